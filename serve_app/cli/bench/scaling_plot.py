"""The picture of `nightdesk bench scaling`: load and lag, each node's replicas, and how long answers took."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from serve_app.embedded.base.errors import UserError

if TYPE_CHECKING:
    from evaluation.benchmarks.scaling import ScalingReport

APART = 0.06
"""Lines of nodes with as many replicas are drawn this far apart, so that each is seen."""


def require_library() -> None:
    """Raise UserError when the library is not installed: before the measurement, not after it."""
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise UserError("--plot needs matplotlib: install nightdesk[workbench], or leave the option out.") from None


def draw(report: ScalingReport, file: Path) -> None:
    """Write the picture, a PNG."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 9), layout="constrained")
    FigureCanvasAgg(figure)
    work, replicas, answers = figure.subplots(3, 1, sharex=True, height_ratios=[2, 3, 2])
    _draw_work(report, work)
    _draw_replicas(report, replicas)
    _draw_answers(report, answers)
    figure.savefig(file, format="png", dpi=110)


def _draw_work(report: ScalingReport, axes: Any) -> None:
    at = [look.at_s for look in report.looks]
    axes.fill_between(at, [look.rate for look in report.looks], step="post", alpha=0.25, color="tab:gray")
    axes.set_ylabel("forms a second (grey)")
    lag = axes.twinx()
    lag.plot(at, [float("nan") if look.lag is None else look.lag for look in report.looks], color="tab:red")
    lag.set_ylabel("lag, records (red)")
    axes.set_title("Load and lag")


def _draw_replicas(report: ScalingReport, axes: Any) -> None:
    at = [look.at_s for look in report.looks]
    for number, name in enumerate(report.nodes):
        counts = [look.replicas[name] + APART * number for look in report.looks]
        axes.step(at, counts, where="post", label=name)
    most = max(found.peak for found in report.nodes.values())
    axes.set_yticks(range(most + 1))
    axes.set_ylim(0.5, most + 1)
    axes.set_ylabel("replicas")
    axes.set_title("Replicas of each node (lines drawn slightly apart)")
    axes.legend(loc="upper right", ncols=4, fontsize="small")


def _draw_answers(report: ScalingReport, axes: Any) -> None:
    axes.scatter([answer.at_s for answer in report.answers], [answer.seconds for answer in report.answers], s=5)
    axes.set_ylabel("answered after, s")
    axes.set_xlabel("seconds since the start; each point is a form, where it was accepted")
    axes.set_title("Answer time")
