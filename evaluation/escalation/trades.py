"""Escalation among customers of many trades (`embeddings/data/escalation/trades`): who is measured, and the aims."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from embeddings.workbench import escalation_data as data
from embeddings.workbench.answers.data import FIRST_FILES, FIRST_TWELVE, load_companies
from embeddings.workbench.escalation_data import Example
from evaluation.escalation.measure import Judgement, misses

AIMS = {"direct": 1.0, "paraphrases": 0.95, "false alarms": 0.03}
"""At least, at least, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Messages of one trade, and how many of them were decided wrongly: (wrong, of)."""

    name: str
    direct: tuple[int, int]
    paraphrases: tuple[int, int]
    false_alarms: tuple[int, int]
    wrong: tuple[str, ...]

    @property
    def rates(self) -> dict[str, float]:
        """The shares by the names of AIMS."""
        return {
            "direct": 1 - _share(self.direct),
            "paraphrases": 1 - _share(self.paraphrases),
            "false alarms": _share(self.false_alarms),
        }

    @property
    def cost(self) -> float:
        """Errors in false alarms; a miss is worth five."""
        return 5.0 * (self.direct[0] + self.paraphrases[0]) + self.false_alarms[0]


def trade_names() -> list[str]:
    """Return the trades with labelled messages."""
    return sorted(path.stem for path in (data.DATA / "trades").glob("*.jsonl"))


def trade_messages(name: str) -> list[Example]:
    """Return a trade's labelled messages."""
    return data.read_set(f"trades/{name}")


def trade_questions(names: Sequence[str]) -> list[Example]:
    """Return ordinary questions of these trades' customers, all "none": no requests were written for them.

    Of companies and files that came later none: they share names with trades, not customers.
    """
    return [
        Example(text=question.text, label="none", kind="ordinary", family=f"{company.name}-questions")
        for company in load_companies(names=[name for name in FIRST_TWELVE if name in names])
        for question in company.questions
        if question.author in FIRST_FILES
    ]


def tallied(name: str, judgements: Sequence[Judgement]) -> Tally:
    """Count the wrong decisions; what is neither said plainly nor ordinary counts as a paraphrase."""
    ordinary = [one for one in judgements if one.example.label == "none"]
    requests = [one for one in judgements if one.example.label != "none"]
    direct = [one for one in requests if one.example.kind == "direct"]
    others = [one for one in requests if one.example.kind != "direct"]
    return Tally(
        name=name,
        direct=(sum(one.missed for one in direct), len(direct)),
        paraphrases=(sum(one.missed for one in others), len(others)),
        false_alarms=(sum(one.false_alarm for one in ordinary), len(ordinary)),
        wrong=tuple(misses(judgements)),
    )


def total(tallies: Sequence[Tally]) -> Tally:
    """Add them up."""

    def added(name: str) -> tuple[int, int]:
        own = [getattr(one, name) for one in tallies]
        return sum(wrong for wrong, _ in own), sum(of for _, of in own)

    return Tally(
        name="all",
        direct=added("direct"),
        paraphrases=added("paraphrases"),
        false_alarms=added("false_alarms"),
        wrong=tuple(line for one in tallies for line in one.wrong),
    )


def short_of(found: Tally) -> list[str]:
    """Return a line for each aim that is not reached."""
    rates = found.rates
    return [
        f"{name} {rates[name]:.1%}, the aim is {'at most' if name == 'false alarms' else 'at least'} {aim:.0%}"
        for name, aim in AIMS.items()
        if (rates[name] > aim if name == "false alarms" else rates[name] < aim)
    ]


def table(tallies: Sequence[Tally]) -> Iterator[str]:
    """Yield a line a trade, then that of all."""
    yield f"{'':<14}{'direct':>16}{'paraphrases':>16}{'false alarms':>16}"
    for one in (*tallies, total(tallies)):
        rates = one.rates
        cells = (
            f"{rates['direct']:.1%} of {one.direct[1]}",
            f"{rates['paraphrases']:.1%} of {one.paraphrases[1]}",
            f"{rates['false alarms']:.1%} of {one.false_alarms[1]}",
        )
        yield f"{one.name:<14}" + "".join(f"{cell:>16}" for cell in cells)


def as_json(tallies: Sequence[Tally]) -> dict[str, Any]:
    """Return them as plain values, with what was decided wrongly."""
    found: Mapping[str, Any] = {one.name: asdict(one) | {"rates": one.rates} for one in (*tallies, total(tallies))}
    return dict(found)


def _share(counted: tuple[int, int]) -> float:
    wrong, of = counted
    return wrong / of if of else 0.0
