"""Encoder and heads, loaded once a replica."""

from __future__ import annotations

from deployments.analysis_node import AnalysisNode, shipped_heads
from embeddings.encoder import Encoder
from serve_app.nodes.startup import begin, open_pool, start_heartbeat
from serve_app.settings.app_args import AppArgs


class AnalysisServer(AnalysisNode):
    """deployments.analysis_node, as a replica. Its only connection is for its heartbeat."""

    async def __init__(self, args: AppArgs) -> None:  # type: ignore[misc]
        begin(args, "analysis")
        super().__init__(encoder=Encoder(args.embedding_model), **shipped_heads())
        self._pool = await open_pool(args, size=1)
        self._heartbeat = start_heartbeat(self._pool, "analysis")

    async def __del__(self) -> None:
        await self._heartbeat.stop()
        await self._pool.close()
