"""What `nightdesk heads evaluate` measures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from embeddings.escalation import EscalationModel
from embeddings.workbench.escalation_data import Example
from embeddings.workbench.sets.check import checked
from embeddings.workbench.sets.read import read_data
from evaluation.escalation import measure as measuring
from evaluation.escalation import trades
from evaluation.escalation.left_out import LeftOut, leave_one_trade_out
from evaluation.escalation.trades import Tally
from serve_app.cli.embeddings.bench import product_of
from serve_app.cli.heads.training import as_messages, require_classes
from serve_app.cli.thresholds.desk import tuned_of
from serve_app.nodes.tuned import tuned_escalation, tuned_settings

Told = Callable[[str], None]


def by_trade(data_dir: Path | None) -> list[Tally]:
    """Measure the classifier in service on the messages of each trade."""
    model, policy = _in_service(data_dir)
    return [_tally(name, trades.trade_messages(name), model, policy) for name in trades.trade_names()]


def of_file(data_dir: Path | None, file: Path) -> Tally:
    """Measure the classifier in service on all messages of a file. Raises InvalidDataError."""
    data = read_data(file)
    require_classes(data)
    checked(data)
    model, policy = _in_service(data_dir)
    return _tally(data.name, as_messages(data.examples, data.name), model, policy)


def left_out(data_dir: Path | None, *, told: Told) -> LeftOut:
    """Train on all trades but one, for each, and measure on that one, at thresholds chosen on the others."""
    product = product_of(data_dir, needed=False)
    return leave_one_trade_out(tuned_settings(product.settings, tuned_of(product)).escalation_thresholds, told=told)


def _in_service(data_dir: Path | None) -> tuple[EscalationModel, measuring.Policy]:
    product = product_of(data_dir, needed=False)
    found = tuned_of(product)
    settings = tuned_settings(product.settings, found)
    return tuned_escalation(found, product.models), measuring.rules_policy(settings.escalation_thresholds)


def _tally(name: str, examples: Sequence[Example], model: EscalationModel, policy: measuring.Policy) -> Tally:
    return trades.tallied(name, measuring.judge(examples, measuring.scored(model, examples), policy))
