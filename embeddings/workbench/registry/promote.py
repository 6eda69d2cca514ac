"""Promotes a model: brings it into the form that is served, judges it at the gate, keeps it, puts it into service."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from db import embedding_models
from db.embedding_models import RegisteredModel
from db.pool import acquire
from embeddings.encoder import model_files
from embeddings.workbench.idle import Apart, in_idle_class
from embeddings.workbench.registry.candidate import licence_of, served_form
from embeddings.workbench.registry.gate import Gate, Limits, Verdict
from embeddings.workbench.registry.heads import Corrections
from embeddings.workbench.registry.room import keep, room
from embeddings.workbench.registry.service import Service, SwitchError, described
from embeddings.workbench.sets.retrieval_set import RetrievalSet


class RefusedError(Exception):
    """The gate refuses the model; the message has a line for each figure that fails. Nothing was changed."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__("; ".join(check.line for check in verdict.failed))
        self.verdict = verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """A model (built-in name or folder) on its way. `models`: where models that pass are kept, for all replicas.

    `corrections`: what the desk's staff corrected in category and priority, see `train_heads` · `apart`: where the
    gate computes, by default without keeping customers waiting.
    """

    service: Service
    model: str
    data: RetrievalSet
    models: Path
    limits: Limits = field(default_factory=Limits)
    licence: str = ""
    every: int = 1
    corrections: Corrections = ()
    told: Callable[[str], None] = lambda _what: None
    apart: Apart = in_idle_class

    async def run(self) -> RegisteredModel:
        """Do all of it. A model that passed before, judged by the same, and was broken off then, goes on where it was.

        Raises RefusedError, SwitchError, and what the model's files and the data can be wrong with.
        """
        model = await self.judged()
        await self.service.put_in_service(model, kind="promote")
        return model

    async def judged(self) -> RegisteredModel:
        """Return the model, kept and registered, if the gate lets it pass. Raises RefusedError."""
        self.data.require_enough()
        current = await self.service.current()
        await asyncio.to_thread(self.models.mkdir, parents=True, exist_ok=True)
        with room(self.models) as work:
            folder = await self.apart(lambda: served_form(self.model, work))
            model_id = (await asyncio.to_thread(model_files, str(folder))).model_id
            if model_id == current.model_id:
                raise SwitchError(f"{model_id} is in service already")
            async with acquire(self.service.pool) as connection:
                known = (await embedding_models.registered(connection)).get(model_id)
            judged = known and self.judges_as(known, current)
            if known and judged and await asyncio.to_thread(Path(self.service.folder_of(known)).is_dir):
                self.told("it has passed the gate with these data, corrections and limits before")
                return known
            verdict = await self.apart(lambda: self._gate(current).judge(folder))
            for check in verdict.checks:
                self.told(f"{'passed' if check.ok else 'FAILED'}  {check.line}")
            if verdict.failed:
                raise RefusedError(verdict)
            kept = await asyncio.to_thread(keep, folder, model_id, self.models)
        model = await asyncio.to_thread(self._described, kept, current, verdict)
        async with acquire(self.service.pool) as connection:
            await embedding_models.register(connection, model)
        return model

    def judges_as(self, known: RegisteredModel, current: RegisteredModel) -> bool:
        """Return whether a model was judged by the same data, corrections and limits, against the one in service."""
        same = known.data_sha256 == self.data.sha256 and known.parent == current.model_id
        return same and all(known.metrics.get(name) == value for name, value in self._judged_by().items())

    def _judged_by(self) -> dict[str, Any]:
        """What decides beside the data, as the registry keeps it."""
        corrections = json.dumps([asdict(one) for one in self.corrections], sort_keys=True)
        return {
            "corrections": len(self.corrections),
            "corrections_sha256": hashlib.sha256(corrections.encode()).hexdigest(),
            "limits": asdict(self.limits),
        }

    def _gate(self, current: RegisteredModel) -> Gate:
        return Gate(
            data=self.data,
            in_service=self.service.folder_of(current),
            limits=self.limits,
            every=self.every,
            corrections=self.corrections,
            told=self.told,
            progress=self.service.progress.encoded,
        )

    def _described(self, kept: Path, current: RegisteredModel, verdict: Verdict) -> RegisteredModel:
        return described(
            str(kept),
            self.service.models,
            parent=current.model_id,
            licence=self.licence or licence_of(self.model),
            data_sha256=self.data.sha256,
            metrics=verdict.metrics | self._judged_by(),
        )
