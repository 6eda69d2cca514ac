"""Encoder and heads, loaded once a replica."""

from __future__ import annotations

from deployments.analysis_node import AnalysisNode
from deployments.runtime.loop_lag import LoopLag
from embeddings.encoder import Encoder
from embeddings.escalation import EscalationModel
from embeddings.sentiment import SentimentHead
from serve_app.nodes.startup import begin
from serve_app.settings.app_args import AppArgs


class AnalysisServer(AnalysisNode):
    """deployments.analysis_node, as a replica."""

    def __init__(self, args: AppArgs) -> None:
        begin(args, "analysis")
        super().__init__(
            encoder=Encoder(args.embedding_model), sentiment=SentimentHead.load(), escalation=EscalationModel.load()
        )
        LoopLag(node="analysis").start()
