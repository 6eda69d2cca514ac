"""Runs `nightdesk replay` and prints the report."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import ndiff
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from db.pool import DatabaseUnavailableError, create_pool
from db.tuning import Tuning
from db.turns.stored_turns import StoredDecision
from deployments.agent.prompt import PromptNotUsableError, load_prompt
from deployments.rules.escalation import EscalationRules
from embeddings.chunker import InvalidDocumentError, parse_docs
from embeddings.encoder import Encoder
from embeddings.heads import HeadNotUsableError
from embeddings.indexer import PriceInSectionError
from embeddings.relevance import RelevanceGate
from embeddings.vector_model import RELEVANCE
from evaluation.replay.knowledge import search_in
from evaluation.replay.report import COMPARED, Case, ReplayReport
from evaluation.replay.run import Replayer, Variant
from serve_app.cli.replay.settings import TriedSettings, read_tried
from serve_app.cli.target import Target
from serve_app.embedded.base.errors import UserError
from serve_app.nodes.agent_model import model_settings
from serve_app.nodes.model_in_force import folder_in_force
from serve_app.nodes.tuned import tuned as tuned_in
from serve_app.nodes.tuned import tuned_analysis, tuned_settings
from serve_app.settings.app_args import model_args, support_args
from serve_app.settings.company_documents import company_of
from serve_app.settings.settings import Settings
from serve_app.settings.support import service_levels
from serve_app.telemetry import configure_logging

_STYLES = {"+": "green", "-": "red"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which turns: decided from `since` until before `until`, at most `limit`."""

    since: datetime
    until: datetime
    limit: int


def run(product: Target, settings: Settings, file: Path, span: Span, json_file: Path | None) -> ReplayReport:
    """Replay, print, and write the JSON file. Raises UserError."""
    configure_logging("ERROR", "replay")
    console = Console(highlight=False)
    source = f"of the product on {product.data_dir}" if product.data_dir else "of this shell's environment"
    console.print(Text(f"settings that the file leaves alone: {source}", style="dim"))
    try:
        folder, tuned = asyncio.run(_in_force(product.database_url, settings))
        tried, encoder = read_tried(file, tuned_settings(settings, tuned)), Encoder(folder)
        report = asyncio.run(_replay(product.database_url, encoder, tried, tuned, span, console))
    except (
        ValueError, PromptNotUsableError, InvalidDocumentError, PriceInSectionError, HeadNotUsableError
    ) as error:  # fmt: skip
        raise UserError(str(error)) from error
    except DatabaseUnavailableError as error:
        raise UserError(f"{error}: a replay needs the database.") from error
    if json_file:
        json_file.write_text(json.dumps(report.as_json(), indent=1, ensure_ascii=False), encoding="utf-8")
    for line in (*_cases(report), *_counts(report)):
        console.print(line)
    return report


def variant_of(tried: TriedSettings, encoder: Encoder, tuned: Tuning) -> Variant:
    """Build the variant of the agent that `tried` describes, over what is tuned in the store.

    Raises ValueError, PromptNotUsableError, InvalidDocumentError or PriceInSectionError.
    """
    company = company_of(tried.settings)
    gate = RelevanceGate.load(encoder.heads / RELEVANCE, own_names=company.own_names)
    docs, support = tried.product_docs, support_args(tried.settings, company)
    return Variant(
        model=model_settings(model_args(tried.settings)),
        rules=EscalationRules(tried.settings.escalation_thresholds, own_names=company.own_names).over(
            {}, tuned.mood if tried.mood_threshold is None else tried.mood_threshold
        ),
        company=company,
        gate=_tried_gate(gate, tried, tuned),
        prompt=load_prompt(tried.prompt) if tried.prompt else None,
        search=search_in(parse_docs(docs.read_text(encoding="utf-8"), docs.name), encoder, company) if docs else None,
        answers=support.agent_mode != "off",
        levels=service_levels(support),
    )


def _tried_gate(gate: RelevanceGate, tried: TriedSettings, tuned: Tuning) -> RelevanceGate:
    present = tuned.relevance.get(gate.model_id, gate.threshold)
    threshold = present if tried.relevance_threshold is None else tried.relevance_threshold
    return replace(gate, threshold=threshold, ask_from=gate.ask_from if tried.ask_from is None else tried.ask_from)


async def _in_force(url: str, settings: Settings) -> tuple[str, Tuning]:
    """Return the folder of the encoder in force, and what is tuned."""
    pool = await create_pool(url, size=1, read_only=True)
    try:
        return await folder_in_force(pool, settings.embedding_model, settings.models_dir), await tuned_in(pool)
    finally:
        await pool.close()


async def _replay(
    url: str, encoder: Encoder, tried: TriedSettings, tuned: Tuning, span: Span, console: Console
) -> ReplayReport:
    category = tuned.category if tried.category_threshold is None else tried.category_threshold
    analysis = tuned_analysis(
        encoder, replace(tuned, category=category), tried.settings.models_dir, tried.settings.sentiment_model
    )
    pool = await create_pool(url, size=2, read_only=True)
    try:
        replayer = Replayer(pool=pool, analysis=analysis, variant=variant_of(tried, encoder, tuned))
        decided = await replayer.stored(span.since, span.until, limit=span.limit)
        return ReplayReport(cases=tuple(await _replay_all(replayer, decided, console)))
    finally:
        await pool.close()


async def _replay_all(replayer: Replayer, decided: Sequence[StoredDecision], console: Console) -> list[Case]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    cases = []
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("stored turns", total=len(decided))
        async for case in replayer.replay(decided):
            cases.append(case)
            progress.advance(task)
    return cases


def _cases(report: ReplayReport) -> Iterator[Text]:
    for case in report.changed:
        assert case.after is not None
        when = f"{case.decided_at.astimezone():%Y-%m-%d %H:%M:%S}"
        yield Text(f"\n{case.ticket}  {when}  {case.channel}: {', '.join(case.changed)}", style="bold")
        yield Text(f"  {' '.join(case.message.split())[:160]}", style="dim")
        for name in COMPARED[:-1]:
            if name in case.changed:
                old, new = (_shown(getattr(side, name)) for side in (case.before, case.after))
                yield Text.assemble(f"  {name:<9} ", (old, "red"), " → ", (new, "green"))
        if "text" in case.changed:
            yield from _text_diff(case.before.text, case.after.text)


def _shown(value: object) -> str:
    return ", ".join(value) or "none" if isinstance(value, tuple) else str(value)


def _text_diff(before: str, after: str) -> Iterator[Text]:
    for line in ndiff(before.splitlines(), after.splitlines()):
        if line[0] in _STYLES and line[1:].strip():
            yield Text(f"    {line}", style=_STYLES[line[0]])


def _counts(report: ReplayReport) -> Iterator[Text]:
    changed, replayed = len(report.changed), len(report.replayed)
    yield Text(f"\n{replayed} turns replayed: {replayed - changed} unchanged, {changed} changed", style="bold")
    for name, count in report.differences.items():
        if count:
            yield Text(f"  {name:<9} {count}")
    for (old, new), count in report.moves.items():
        yield Text(f"  {old} → {new}: {count}")
    for reason, count in report.skipped.items():
        yield Text(f"  not replayed, {reason}: {count}", style="dim")
