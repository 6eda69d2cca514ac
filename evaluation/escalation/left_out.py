"""What training does for a trade of which it saw nothing: each is left out in turn, its customers' questions too.

The thresholds of each are chosen on the others, as a team chooses its own on messages that it has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeAlias

from deployments.rules.wording import WORD_REASONS
from embeddings.workbench.escalation_data import Example
from evaluation.escalation import measure as measuring
from evaluation.escalation import trades
from evaluation.escalation.retrain import Told, fitted, read_all
from evaluation.escalation.trades import Tally

GRID = {"request": (0.001, 0.01, 0.015, 0.02, 0.03), "meaning": (0.45, 0.5, 0.6, 0.7, 0.8), "mention": (0.5, 0.65, 0.8)}
"""Scores that are tried, by the wording that they belong to; the same for all four reasons."""
KEPT = 0.955
"""The share of the other trades' paraphrases that thresholds keep: half a point above the aim, for the unseen one."""

Choice: TypeAlias = tuple[float, ...]
"""A score for each wording of GRID, in its order."""
Scored: TypeAlias = Mapping[str, tuple[Sequence[Example], measuring.Scores]]
"""Messages by trade, and what a classifier that saw nothing of the trade makes of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A tally a trade, and the thresholds that all of them together choose, by the names of ESCALATION_THRESHOLDS."""

    tallies: tuple[Tally, ...]
    chosen: Mapping[str, float]


def leave_one_trade_out(thresholds: Mapping[str, float], *, told: Told = lambda _what: None) -> LeftOut:
    """Train without each trade, choose thresholds on the others, measure on it. `thresholds`: those in force.

    What chooses them was trained with the trade that is measured, each time without the one that it scores.
    """
    known, found = read_all((), told=told), dict[str, tuple[Sequence[Example], measuring.Scores]]()
    with TemporaryDirectory() as folder:
        for name in trades.trade_names():
            messages = trades.trade_messages(name)
            model = fitted(known.without(name), Path(folder) / "without.onnx")
            found[name] = messages, measuring.scored(model, messages)
            told(f"trained without {name}")
    counted = {choice: _tallies(found, _with(thresholds, choice)) for choice in _choices()}
    tallies = [counted[best(counted, name)][name] for name in found]
    return LeftOut(tallies=tuple(tallies), chosen=_with({}, best(counted, "")))


def _choices() -> list[Choice]:
    return list(product(*GRID.values()))


def _with(thresholds: Mapping[str, float], choice: Choice) -> dict[str, float]:
    own = zip(GRID, choice, strict=True)
    return {**thresholds, **{f"{reason}.{wording}": score for wording, score in own for reason in WORD_REASONS}}


def _tallies(found: Scored, thresholds: Mapping[str, float]) -> dict[str, Tally]:
    policy = measuring.rules_policy(thresholds)
    return {name: trades.tallied(name, measuring.judge(*own, policy)) for name, own in found.items()}


def best(counted: Mapping[Choice, Mapping[str, Tally]], without: str) -> Choice:
    """Return the choice with the fewest direct requests missed, then false alarms, that keeps the paraphrases.

    Where none keeps them, the one that keeps the most.
    """
    totals = {
        choice: trades.total([tally for name, tally in own.items() if name != without])
        for choice, own in counted.items()
    }
    keeping = [choice for choice, all_others in totals.items() if all_others.rates["paraphrases"] >= KEPT]
    if not keeping:
        return max(totals, key=lambda choice: totals[choice].rates["paraphrases"])
    return min(keeping, key=lambda choice: (totals[choice].direct[0], totals[choice].false_alarms[0]))
