"""Runs `nightdesk bench turns` and prints its report."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from db.measurement.scratch import scratch_database
from db.pool import create_pool
from deployments.agent.models.settings import ModelSettings
from deployments.agent.node import AgentNode
from deployments.analysis_node import AnalysisNode
from deployments.rules.escalation import EscalationRules
from embeddings.chunker import parse_docs
from embeddings.encoder import Encoder
from embeddings.relevance import RelevanceGate
from embeddings.vector_model import RELEVANCE
from evaluation.benchmarks import model_turns
from evaluation.benchmarks.model_turns import TurnsReport
from evaluation.demo.samples import load_samples
from evaluation.replay.knowledge import search_in
from serve_app.cli.bench.quality import database
from serve_app.cli.bench.view import write_report
from serve_app.settings.company_documents import company_of, context_dir
from serve_app.settings.settings import load_settings
from serve_app.telemetry import configure_logging

OF_IDEAL, TIMES_ALONE, MB_EACH = 0.9, 30.0, 2.0
console = Console()


def run(json_file: Path | None, *, at_once: int, rounds: int, many: int) -> bool:
    """Measure, print, and return whether what is promised was reached."""
    configure_logging("ERROR", "bench")
    logging.getLogger("openai.agents").setLevel(logging.CRITICAL)  # what fails is counted
    with console.status(f"{at_once} and then {many} turns under way"), database() as url:
        report = asyncio.run(_measure(url, at_once, rounds, many))
    _show(report)
    write_report(json_file, report.as_json())
    fast = report.of_ideal >= OF_IDEAL and report.times_alone >= TIMES_ALONE
    return fast and report.mb_each <= MB_EACH and not report.failed


async def _measure(url: str, at_once: int, rounds: int, many: int) -> TurnsReport:
    settings = load_settings()
    folder, company, encoder = context_dir(settings), company_of(settings), Encoder()
    docs = folder / "product-docs.md"
    analysis = AnalysisNode.with_shipped_heads(encoder)
    async with scratch_database(url) as scratch, model_turns.slow_model() as (port, _):
        pool = await create_pool(scratch, size=settings.db_pool_size)
        try:
            node = AgentNode(
                pool=pool,
                analysis=analysis,
                model=replace(ModelSettings(), api_key="none", base_url=f"http://{model_turns.LOOPBACK}:{port}/v1"),
                gate=RelevanceGate.load(encoder.heads / RELEVANCE, own_names=company.own_names),
                rules=EscalationRules({}, own_names=company.own_names),
                company=company,
                links=lambda number: f"http://{model_turns.LOOPBACK}/#{number}",
                search=search_in(parse_docs(docs.read_text(encoding="utf-8"), docs.name), encoder, company),
                tuned=False,
            )
            samples = load_samples(folder / "sample-tickets.json")
            return await model_turns.measure(node, analysis, samples, at_once=at_once, rounds=rounds, many=many)
        finally:
            await pool.close()


def _show(report: TurnsReport) -> None:
    console.print(f"A model that takes {model_turns.MODEL_S:g} s; a turn alone {report.alone_s:.2f} s.")
    console.print(
        f"{report.at_once} under way: {report.a_second:.1f} turns a second, {report.of_ideal:.2f} of what the model's "
        f"time allows, {report.times_alone:.1f} times as many as one after the other.",
        soft_wrap=True,
    )
    console.print(
        f"A turn costs {report.cpu_ms:.0f} CPU-ms, search and judge included: "
        f"the ideal would take {report.cores:.1f} processors.",
        soft_wrap=True,
    )
    console.print(f"{report.many} under way: {report.mb_each:.2f} MB more memory a turn; {report.failed} turns failed.")
