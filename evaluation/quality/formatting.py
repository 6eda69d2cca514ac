"""Measures whether what the agent would send keeps to the form of its channel (R1 to R4): each sample on each channel.

The agent with its embedded model decides, as in production; the channels' rows are those of a migrated database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from db.measurement.scratch import scratch_database
from db.outbound import channel_configs
from db.pool import create_pool, transaction
from db.records import Analysis, Channel, ChannelConfig, Turn
from deployments.agent.models.settings import ModelSettings
from deployments.agent.node import AgentNode
from deployments.analysis_node import AnalysisNode
from deployments.rules.company import Company
from deployments.rules.company_file import read_company
from deployments.rules.escalation import EscalationRules
from embeddings.chunker import Section, parse_docs
from embeddings.encoder import Encoder
from embeddings.indexer import sync
from embeddings.relevance import RelevanceGate
from embeddings.vector_model import RELEVANCE
from evaluation.demo.sample_turns import turn_of
from evaluation.demo.samples import Sample, load_samples
from evaluation.quality.form import PREFERRED, broken_rules
from evaluation.quality.report import Figure, Group


def link(number: str) -> str:
    """Return the address of a ticket's status page."""
    return f"https://help.example/status#{number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The first reply as it would be sent, to a sample by its id and a ticket by its number."""

    sample: str
    config: ChannelConfig
    text: str
    number: str

    @property
    def broken(self) -> list[str]:
        """The rules of its channel that it breaks."""
        return broken_rules(self.config, self.text, number=self.number, link=link(self.number), first=True)


def measure(dsn: str, encoder: Encoder, docs: Path) -> list[Group]:
    """Measure in a scratch database on the server of `dsn`. Raises ScratchRefusedError."""
    company, samples = read_company(docs.parent), load_samples(docs.parent / "sample-tickets.json")
    sections = parse_docs(docs.read_text(encoding="utf-8"), docs.name)
    return [group(asyncio.run(_written(dsn, encoder, company, sections, samples)))]


def group(written: Sequence[Written]) -> Group:
    """Return the figures of replies, by channel; beside them those of sending what the web form shows everywhere."""
    by_channel: dict[Channel, list[Written]] = {channel: [] for channel in get_args(Channel)}
    for one in written:
        by_channel[one.config.channel].append(one)
    shown = {one.sample: one.text for one in by_channel["web_form"]}
    figures = [_kept(channel, replies, shown) for channel, replies in by_channel.items()]
    short = [len(one.text) <= PREFERRED for one in by_channel["whatsapp"]]
    figures.append(Figure(name=f"WhatsApp, {PREFERRED} characters at most", measured=_share(short), of=len(short)))
    misses = tuple(f"{one.config.channel} {one.sample}: {', '.join(one.broken)}" for one in written if one.broken)
    return Group(name="Formatting", figures=tuple(figures), misses=misses)


def _kept(channel: Channel, replies: Sequence[Written], shown: Mapping[str, str]) -> Figure:
    as_shown = [
        replace(one, text=shown[one.sample]) for one in replies if channel != "web_form" and one.sample in shown
    ]
    return Figure(
        name=f"replies in the form of {channel}",
        measured=_share([not one.broken for one in replies]),
        of=len(replies),
        at_least=1.0,
        blocking=True,
        beside={"the web form's text": _share([not one.broken for one in as_shown])} if as_shown else {},
    )


def _share(cases: Sequence[bool]) -> float:
    return sum(cases) / max(1, len(cases))


async def _written(
    dsn: str, encoder: Encoder, company: Company, sections: Sequence[Section], samples: Sequence[Sample]
) -> list[Written]:
    analysis = AnalysisNode.with_shipped_heads(encoder)
    analyses = await analysis.analyse([sample.form["message"] for sample in samples])
    async with scratch_database(dsn) as scratch:
        pool = await create_pool(scratch, size=2)
        try:
            async with transaction(pool) as connection:
                await channel_configs.set_facts(connection, company.facts)
                configs = await channel_configs.list_all(connection)
            await sync(pool, encoder, sections, own_names=company.own_names, allow_amounts=company.quotes_amounts)
            agent = AgentNode(
                pool=pool,
                analysis=analysis,
                model=ModelSettings(),
                gate=RelevanceGate.load(encoder.heads / RELEVANCE, own_names=company.own_names),
                rules=EscalationRules({}, own_names=company.own_names),
                company=company,
                links=link,
                tuned=False,
            )
            return [
                await _decided(agent, turn_of(sample, channel), analysed, config, sample.id)
                for channel, config in configs.items()
                for sample, analysed in zip(samples, analyses, strict=True)
            ]
        finally:
            await pool.close()


async def _decided(agent: AgentNode, turn: Turn, analysis: Analysis, config: ChannelConfig, sample: str) -> Written:
    decision = await agent.run(turn, analysis)
    return Written(sample=sample, config=config, text=decision.reply, number=turn.ticket.number)
