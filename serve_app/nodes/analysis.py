"""Encoder and heads, loaded once a replica, and again when another encoder is put in force."""

from __future__ import annotations

import structlog

from db.ids import new_id
from db.pool import DatabaseUnavailableError
from deployments.analysis_node import AnalysisNode, shipped_heads
from deployments.runtime.model_watch import ModelWatch
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
        vectors = VectorModel.load(await self._folder(args))
        super().__init__(encoder=vectors.encoder, sentiment=vectors.sentiment, labels=vectors.labels, **shipped_heads())
        self._watch = ModelWatch(
            pool=self._pool, replica=str(new_id()), current=vectors, put_in_force=self.put_in_force
        )
        self._watch.start()
        self._heartbeat = start_heartbeat(self._pool, "analysis", status=self._watch.status)

    async def _folder(self, args: AppArgs) -> str:
        try:
            return await folder_in_force(self._pool, args.embedding_model)
        except DatabaseUnavailableError as error:
            log.warning("model_in_force_unknown", error=str(error))
            return args.embedding_model

    async def __del__(self) -> None:
        await self._watch.stop()
        await self._heartbeat.stop()
        await self._pool.close()
