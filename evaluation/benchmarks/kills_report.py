"""The report of `bench kills`: what became of the forms and of their replies' form, and how soon each part was back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from db.measurement.bench_reads import Reply
from db.records import Channel, ChannelConfig
from evaluation.quality.form import broken_rules
from evaluation.quality.report import Figure, Group, Scorecard


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """What came of killing a part: its processes; how many forms were not accepted until a form sent afterwards was
    answered; the seconds to that answer and, of a node, to the first report of a new replica (None: not within five
    minutes, and of what is no node).
    """

    part: str
    processes: int
    refused: int
    answered_s: float | None
    back_s: float | None
    is_node: bool

    @property
    def recovered(self) -> bool:
        """Whether there was something to kill, and the product answered again, by a new replica of a node."""
        return self.processes > 0 and self.answered_s is not None and (self.back_s is not None or not self.is_node)


@dataclass(frozen=True, slots=True, kw_only=True)
class KillsReport:
    """`statuses` counts the HTTP responses (0: no connection). `left_alone` are parts that do not run on this machine.

    `lost`: accepted and never answered · `malformed`: what is wrong with the form of a reply, a line each.
    """

    statuses: Mapping[int, int]
    answered_once: int
    lost: int
    doubled: int
    settled_s: float
    kills: tuple[Kill, ...]
    left_alone: tuple[str, ...]
    replies: int
    malformed: tuple[str, ...]

    @property
    def accepted(self) -> int:
        """Forms that got a 201."""
        return self.statuses.get(201, 0)

    @property
    def passed(self) -> bool:
        """Whether forms were accepted, none was lost or doubled, and each part came back."""
        return self.accepted > 0 and self.scorecard.passed and all(kill.recovered for kill in self.kills)

    @property
    def scorecard(self) -> Scorecard:
        """The figures of T3 that need a running product; what is lost or doubled fails it."""
        return Scorecard(groups=(_exactly_once(self), _formatting(self)))

    def as_json(self) -> dict[str, Any]:
        """Return the report as `--json` writes it."""
        return {**asdict(self), "accepted": self.accepted, "scorecard": self.scorecard.as_json()}


def malformed(replies: Sequence[Reply], configs: Mapping[Channel, ChannelConfig]) -> tuple[str, ...]:
    """Return a line for each reply that breaks a rule of its channel's form."""
    broken = [(reply, broken_rules(configs[reply.channel], reply.text, number=reply.number)) for reply in replies]
    return tuple(f"{reply.channel} {reply.number}: {', '.join(rules)}" for reply, rules in broken if rules)


def _exactly_once(found: KillsReport) -> Group:
    return Group(
        name=f"Exactly-once under {len(found.kills)} kills",
        figures=(
            Figure(
                name="accepted forms that were answered once", measured=found.answered_once, of=found.accepted, unit=""
            ),
            _none("accepted forms that were lost", found.lost, found.accepted),
            _none("accepted forms that were answered twice", found.doubled, found.accepted),
        ),
    )


def _formatting(found: KillsReport) -> Group:
    kept = 1 - len(found.malformed) / max(1, found.replies)
    figure = Figure(name="replies in their channel's form", measured=kept, of=found.replies, at_least=1.0)
    return Group(name="Formatting", figures=(figure,), misses=found.malformed)


def _none(name: str, measured: int, of: int) -> Figure:
    return Figure(name=name, measured=measured, of=of, unit="", at_most=0, blocking=True)
