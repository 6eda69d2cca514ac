"""Encoder and heads, loaded once a replica, and again when another encoder is put in force."""

from __future__ import annotations

import contextlib

import structlog

from db.ids import new_id
from db.operations.node_status import Status
from db.pool import DatabaseUnavailableError
from deployments.analysis_node import AnalysisNode, shipped_heads
from deployments.runtime.model_watch import ModelWatch
from deployments.runtime.tuning_watch import TuningWatch
from embeddings.sentiment_model import SentimentModel
from embeddings.vector_model import VectorModel
from serve_app.nodes.model_in_force import folder_in_force
from serve_app.nodes.startup import begin, open_pool, start_heartbeat
from serve_app.settings.app_args import AppArgs

log = structlog.get_logger(__name__)


class AnalysisServer(AnalysisNode):
    """deployments.analysis_node, as a replica. Its one connection is for its heartbeat and the model in force."""

    async def __init__(self, args: AppArgs) -> None:  # type: ignore[misc]
        begin(args, "analysis")
        self._pool = await open_pool(args, size=1)
        vectors, heads = VectorModel.load(await self._folder(args)), shipped_heads()
        moods = SentimentModel.load(args.sentiment_model) if args.sentiment_model else None
        super().__init__(
            encoder=vectors.encoder, sentiment=vectors.sentiment, labels=vectors.labels, moods=moods, **heads
        )
        self._tuning = TuningWatch(
            pool=self._pool, shipped=heads["escalation"], put_in_force=self.put_tuned, models=args.models_dir
        )
        with contextlib.suppress(DatabaseUnavailableError):  # the watch looks again
            await self._tuning.look()
        self._tuning.start()
        self._watch = ModelWatch(
            pool=self._pool,
            replica=str(new_id()),
            current=vectors,
            put_in_force=self.put_in_force,
            models=args.models_dir,
        )
        self._watch.start()
        self._heartbeat = start_heartbeat(self._pool, "analysis", status=self._status)

    async def _folder(self, args: AppArgs) -> str:
        try:
            return await folder_in_force(self._pool, args.embedding_model, args.models_dir)
        except DatabaseUnavailableError as error:
            log.warning("model_in_force_unknown", error=str(error))
            return args.embedding_model

    def _status(self) -> tuple[Status, str]:
        return max(self._watch.status(), self._tuning.status(), key=lambda status: status[0] != "healthy")

    async def __del__(self) -> None:
        await self._tuning.stop()
        await self._watch.stop()
        await self._heartbeat.stop()
        await self._pool.close()
