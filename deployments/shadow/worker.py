"""Compares the model in the shadow with the one in service, turn after turn, once each was decided.

Customers' turns know nothing of it: it reads what is stored, in a thread that yields the processor to all others. What
it does not get to in time is dropped, and what fails is counted; neither is anything that health would report.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from db import embedding_models, knowledge, shadow
from db.embedding_models import ModelChangedError
from db.pool import Connection, DatabaseUnavailableError, Pool, acquire, transaction
from db.shadow import DueTurn, Run, RunOverError
from db.turns import stored_turns
from deployments.agent.live_gate import LiveGate
from deployments.shadow.looking import Looking, QuietAnalysis, QuietThread, look, passages_in, question_of
from embeddings.beside import embed_missing
from embeddings.encoder import Encoder
from embeddings.judge import PassageJudge
from embeddings.kept_models import located
from embeddings.relevance import RelevanceGate

EVERY_S = 2.0
AT_ONCE = 8
"""Turns of one run of the task."""
LATE_S = 120.0
"""A turn that was decided longer ago is dropped: whoever is behind does not catch up at the cost of others."""
SETTLE_S = 2.0
"""A decision is written within so many seconds of its time."""
AGAIN_S = 30.0
"""After which a run is gone on with that could not be, as when its model can't be loaded."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    """Both models of a run. `version`: of the passages that both have."""

    run: Run
    base: QuietAnalysis
    beside: QuietAnalysis
    version: int | None


class ShadowWorker:
    """A periodic task. `gate`: of the model that the settings name, for the company · `models`: the folder that keeps
    models here · `thread`: where both models read."""

    def __init__(
        self,
        *,
        pool: Pool,
        gate: RelevanceGate,
        models: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        settle_s: float = SETTLE_S,
    ) -> None:
        self._pool, self._models, self._clock, self._settle_s = pool, models, clock, settle_s
        self._own_names, self._configured = gate.own_names, gate.model_id
        self._gate = LiveGate(gate, pool=pool, clock=clock)
        self._thread = QuietThread()
        self._loaded: _Loaded | None = None
        self._again_at = float("-inf")

    async def run_once(self) -> int:
        """Compare what is due; return how many turns. Raises DatabaseUnavailableError."""
        if self._clock() < self._again_at:
            return 0
        async with acquire(self._pool) as connection:
            run = await shadow.running(connection)
        if run is None or await self._over(run):
            self._loaded = None
            return 0
        try:
            return await self._compare(await self._ready(run))
        except DatabaseUnavailableError:
            raise
        except (ModelChangedError, RunOverError):
            self._loaded = None
            await self._over(run)
            return 0
        except Exception as error:  # what can be wrong with a model's files has no common class
            await self._put_off(run, error)
            return 0

    async def close(self) -> None:
        """Let the thread go."""
        self._thread.close()

    async def _over(self, run: Run) -> bool:
        async with transaction(self._pool) as connection:
            current = (await embedding_models.in_force(connection)).model_id or self._configured
            if current == run.base and datetime.now(UTC) < run.until:
                return False
            await shadow.drop_late(connection, run.id, late_s=LATE_S)
            await shadow.end(connection, "another model in service" if current != run.base else "over", run.id)
        log.info("shadow_over", model=run.model_id)
        return True

    async def _put_off(self, run: Run, error: Exception) -> None:
        log.warning("shadow_waits", model=run.model_id, problem=str(error))
        self._again_at = self._clock() + AGAIN_S
        async with acquire(self._pool) as connection:
            await shadow.drop_late(connection, run.id, late_s=LATE_S)
            await shadow.set_problem(connection, run.id, f"{type(error).__name__}: {error}")

    async def _ready(self, run: Run) -> _Loaded:
        """Return the run's models, loaded, with the passages of the model in service embedded by the other too."""
        loaded = self._loaded
        if loaded is None or loaded.run.id != run.id:
            base, beside = await self._thread.run(lambda: self._load(run))
            async with acquire(self._pool) as connection:
                await shadow.set_problem(connection, run.id, "")
            log.info("shadow_loaded", model=run.model_id, base=run.base)
            loaded = _Loaded(run=run, base=base, beside=beside, version=None)
        async with acquire(self._pool) as connection:
            version = await knowledge.version(connection, run.base)
        if loaded.version != version:
            await self._embed(loaded)
        self._loaded = _Loaded(run=run, base=loaded.base, beside=loaded.beside, version=version)
        return self._loaded

    def _load(self, run: Run) -> tuple[QuietAnalysis, QuietAnalysis]:
        judge = PassageJudge.load()
        found = []
        for model_id, folder in ((run.base, run.base_folder), (run.model_id, run.folder)):
            if folder is None:
                raise ValueError(f"{model_id} is not registered any more")
            encoder = Encoder(located(folder, self._models))
            if encoder.model_id != model_id:
                raise ValueError(f"{folder} holds {encoder.model_id}, not {model_id}")
            found.append(QuietAnalysis(encoder, judge, self._thread))
        return found[0], found[1]

    async def _embed(self, loaded: _Loaded) -> None:
        run = loaded.run

        async def hold(connection: Connection) -> None:
            await shadow.hold(connection, run.id)

        await embed_missing(
            self._pool,
            of=run.base,
            to=run.model_id,
            encode=loaded.beside.encode,
            own_names=self._own_names,
            hold=hold,
        )
        async with transaction(self._pool) as connection:
            await hold(connection)
            await embedding_models.hold(connection, run.base)
            await embedding_models.remove_surplus(connection, run.base, run.model_id)

    async def _compare(self, loaded: _Loaded) -> int:
        run, compared = loaded.run, 0
        async with acquire(self._pool) as connection:
            turns = await shadow.due(connection, run.id, limit=AT_ONCE, late_s=LATE_S, settle_s=self._settle_s)
        for turn in turns:
            try:
                compared += await self._turn(loaded, turn)
            except DatabaseUnavailableError:
                raise
            except Exception as error:
                log.warning("shadow_turn_failed", inbox_id=str(turn.inbox_id), error=type(error).__name__)
                async with acquire(self._pool) as connection:
                    await shadow.count_failed(connection, run.id, type(error).__name__)
            async with acquire(self._pool) as connection:
                await shadow.looked(connection, run.id, turn)
        return compared

    async def _turn(self, loaded: _Loaded, due: DueTurn) -> bool:
        async with acquire(self._pool) as connection:
            turn = await stored_turns.turn_as_opened(connection, due.inbox_id)
        question = question_of(turn, due.tool_calls) if turn is not None else None
        if question is None:
            return False
        gate = await self._gate.current()
        search = passages_in(self._pool)
        base, _ = await look(Looking(search=search, analysis=loaded.base, gate=gate), question)
        beside, took = await look(Looking(search=search, analysis=loaded.beside, gate=gate), question)
        async with acquire(self._pool) as connection:
            await shadow.note(connection, loaded.run.id, due.inbox_id, base, beside, shadow_ms=round(took, 2))
        return True
