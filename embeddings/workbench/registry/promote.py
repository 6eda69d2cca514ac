"""Promotes a model: brings it into the form that is served, judges it at the gate, keeps it, puts it into service."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from db import embedding_models
from db.embedding_models import RegisteredModel
from db.pool import acquire
from embeddings.encoder import model_files
from embeddings.workbench.measuring.compare import Progress
from embeddings.workbench.registry.candidate import licence_of, served_form
from embeddings.workbench.registry.gate import Gate, Limits, Verdict
from embeddings.workbench.registry.service import Service, described
from embeddings.workbench.sets.retrieval_set import RetrievalSet


class RefusedError(Exception):
    """The gate refuses the model; the message has a line for each figure that fails. Nothing was changed."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__("; ".join(check.line for check in verdict.failed))
        self.verdict = verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """A model (built-in name or folder) on its way. `models`: where models that pass are kept, for all replicas."""

    service: Service
    model: str
    data: RetrievalSet
    models: Path
    limits: Limits = field(default_factory=Limits)
    licence: str = ""
    every: int = 1
    told: Callable[[str], None] = lambda _what: None
    progress: Progress = lambda _done, _of: None

    async def run(self) -> RegisteredModel:
        """Do all of it. A model that passed with the same data before, and was broken off then, goes on where it was.

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
        with tempfile.TemporaryDirectory(prefix=".gate-", dir=self.models) as work:
            folder = await asyncio.to_thread(served_form, self.model, Path(work))
            model_id = (await asyncio.to_thread(model_files, str(folder))).model_id
            async with acquire(self.service.pool) as connection:
                known = (await embedding_models.registered(connection)).get(model_id)
            judged = known and known.data_sha256 == self.data.sha256 and known.parent == current.model_id
            if known and judged and await asyncio.to_thread(Path(known.folder).is_dir):
                self.told("it has passed the gate with these data before")
                return known
            verdict = await asyncio.to_thread(self._gate(current).judge, folder)
            for check in verdict.checks:
                self.told(f"{'passed' if check.ok else 'FAILED'}  {check.line}")
            if verdict.failed:
                raise RefusedError(verdict)
            kept = await asyncio.to_thread(self._keep, folder, model_id)
        model = await asyncio.to_thread(self._described, kept, current, verdict)
        async with acquire(self.service.pool) as connection:
            await embedding_models.register(connection, model)
        return model

    def _gate(self, current: RegisteredModel) -> Gate:
        return Gate(
            data=self.data,
            in_service=current.folder,
            limits=self.limits,
            every=self.every,
            told=self.told,
            progress=self.progress,
        )

    def _keep(self, folder: Path, model_id: str) -> Path:
        """Move the folder to where models are kept; the name stays, as it is part of the id."""
        kept = self.models.resolve() / model_id / folder.name
        shutil.rmtree(kept.parent, ignore_errors=True)
        kept.parent.mkdir(parents=True)
        folder.rename(kept)
        return kept

    def _described(self, kept: Path, current: RegisteredModel, verdict: Verdict) -> RegisteredModel:
        return described(
            str(kept),
            parent=current.model_id,
            licence=self.licence or licence_of(self.model),
            data_sha256=self.data.sha256,
            metrics=verdict.metrics,
        )
