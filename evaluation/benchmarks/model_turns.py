"""`bench turns`: how many turns an agent node has under way beside a model that takes a second, and what each costs."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import asdict, dataclass
from typing import Any

import psutil

from db.pool import DatabaseUnavailableError
from db.records import Analysis, Decision, Turn
from deployments.agent.node import AgentNode
from deployments.analysis_node import AnalysisNode
from evaluation.benchmarks.child_server import LOOPBACK, child_server
from evaluation.demo.sample_turns import turn_of
from evaluation.demo.samples import Sample

MODEL_S = 1.0
LOOK_S = 0.05
__all__ = ["LOOPBACK", "MODEL_S", "TurnsReport", "measure", "slow_model"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnsReport:
    """`alone_s`: a turn with nothing beside it · `at_once` turns under way: `a_second` of them are decided, at `cpu_ms`
    each · `many` under way: the memory of this process grows by `mb_each` · `failed`: turns that the model or the store
    did not answer in time."""

    alone_s: float
    at_once: int
    a_second: float
    cpu_ms: float
    many: int
    mb_each: float
    failed: int

    @property
    def of_ideal(self) -> float:
        """The share of what would end if a turn took the model's time and nothing else."""
        return self.a_second / (self.at_once / MODEL_S)

    @property
    def times_alone(self) -> float:
        """How many times more turns end than one after the other."""
        return self.a_second * self.alone_s

    @property
    def cores(self) -> float:
        """Processors that the ideal would take."""
        return self.at_once / MODEL_S * self.cpu_ms / 1000

    def as_json(self) -> dict[str, Any]:
        """Return the report as `--json` writes it."""
        return {**asdict(self), "of_ideal": self.of_ideal, "times_alone": self.times_alone, "cores": self.cores}


def slow_model() -> AbstractAsyncContextManager[tuple[int, int]]:
    """Run the model's server; the context gives its port and process."""
    return child_server("evaluation.benchmarks.slow_model", str(MODEL_S))


async def measure(
    node: AgentNode, analysis: AnalysisNode, samples: Sequence[Sample], *, at_once: int, rounds: int, many: int
) -> TurnsReport:
    """Decide the sample tickets that the model is asked about: one by one, then `at_once` at a time, then `many`."""
    asked = await _asked(node, analysis, samples, at_once)
    began = time.perf_counter()
    for turn, analysed in asked[:5]:
        await node.run(turn, analysed)
    alone_s = (time.perf_counter() - began) / len(asked[:5])
    number = at_once * rounds
    began, cpu = time.perf_counter(), time.process_time()
    decisions = await _run(node, list(itertools.islice(itertools.cycle(asked), number)), at_once)
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu
    grown_mb, of_many = await _grown_mb(node, list(itertools.islice(itertools.cycle(asked), many)))
    return TurnsReport(
        alone_s=alone_s,
        at_once=at_once,
        a_second=(number - decisions.count(None)) / seconds,
        cpu_ms=1000 * cpu_s / number,
        many=many,
        mb_each=grown_mb / many,
        failed=decisions.count(None) + of_many.count(None),
    )


async def _asked(
    node: AgentNode, analysis: AnalysisNode, samples: Sequence[Sample], at_once: int
) -> list[tuple[Turn, Analysis]]:
    """Return the turns in which the model is asked, after deciding all once."""
    analyses = await analysis.analyse([sample.form["message"] for sample in samples])
    turns = [(turn_of(sample), analysed) for sample, analysed in zip(samples, analyses, strict=True)]
    decisions = await _run(node, turns, at_once)
    return [one for one, decision in zip(turns, decisions, strict=True) if decision and decision.usage]


async def _run(node: AgentNode, turns: Sequence[tuple[Turn, Analysis]], at_once: int) -> list[Decision | None]:
    """Return the decisions, None where the model or the store did not answer in time."""
    gate = asyncio.Semaphore(at_once)

    async def one(turn: Turn, analysed: Analysis) -> Decision | None:
        async with gate:
            try:
                decision = await node.run(turn, analysed)
            except DatabaseUnavailableError:
                return None
            return None if decision.reason == "agent_error" else decision

    return await asyncio.gather(*(one(*each) for each in turns))


async def _grown_mb(node: AgentNode, turns: Sequence[tuple[Turn, Analysis]]) -> tuple[float, list[Decision | None]]:
    """Decide all of these together; return by how much this process grew at most meanwhile, and the decisions."""
    process = psutil.Process()
    before: int = process.memory_info().rss
    most = before

    async def look() -> None:
        nonlocal most
        while True:
            most = max(most, process.memory_info().rss)
            await asyncio.sleep(LOOK_S)

    looking = asyncio.create_task(look())
    decisions = await _run(node, turns, len(turns))
    looking.cancel()
    with suppress(asyncio.CancelledError):
        await looking
    return (most - before) / 1024**2, decisions
