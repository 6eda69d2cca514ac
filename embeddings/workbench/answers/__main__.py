"""How passages are found and judged, on companies of many trades: `python -m embeddings.workbench.answers`.

`report`: the figures of simple ways (BM25, the encoder alone), each with the threshold that is cheapest on the
companies of HELD_OUT. `train`: tunes the judge on the others and writes `heads/judge.onnx`, then does what `calibrate`
does: it chooses the threshold of `heads/relevance.json` on HELD_OUT and writes `heads/relevance.metrics.json`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from embeddings.encoder import Encoder
from embeddings.heads import HEADS
from embeddings.judge import MODEL, PassageJudge
from embeddings.relevance import RelevanceGate
from embeddings.workbench.answers.baselines import baselines
from embeddings.workbench.answers.data import HELD_OUT, blind_company, example_company, load_companies
from embeddings.workbench.answers.judge.calibrate import calibrated, judged_by, products
from embeddings.workbench.answers.measure import RANKS, Scorer, by_voice, cheapest_threshold, judge, outcomes, recall

app = typer.Typer(no_args_is_help=True)


@app.callback()
def main() -> None:
    """Passages that answer: data of other companies, and how well a desk does with them."""


@app.command("report")
def report(
    out: Annotated[Path | None, typer.Option("--json", help="Write the figures here too.")] = None,
) -> None:
    """Measure every simple way on the companies that thresholds are not chosen on."""
    encoder = Encoder()
    figures = {name: _measured(scorer) for name, scorer in baselines(encoder).items()}
    _show(figures)
    if out:
        out.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


@app.command("train")
def train() -> None:
    """Tune the judge on every company but those of HELD_OUT, write it, calibrate."""
    # torch takes seconds to import, and the other commands work without it.
    from embeddings.workbench.answers.judge.fit import Tuning
    from embeddings.workbench.served_graph import write

    tuned = Tuning([company for company in load_companies() if company.name not in HELD_OUT], Encoder()).fit()
    scale, bias = [round(value, 4) for value in tuned.scale.tolist()], round(tuned.bias.item(), 4)
    metadata = {"scale": json.dumps(scale), "bias": str(bias)}
    write(tuned.encoder, MODEL, tail=tuned.write_tail, metadata=metadata)
    calibrate()


@app.command("calibrate")
def calibrate() -> None:
    """Choose the threshold with the judge as it is, measure, write."""
    encoder = Encoder()
    gate = replace(RelevanceGate.load(), model_id=encoder.model_id, products=products())
    scorer = judged_by(PassageJudge.load(), encoder, gate)
    chosen, figures = calibrated(gate, scorer, load_companies(names=HELD_OUT), [example_company(), blind_company()])
    stored = json.dumps(chosen.as_json(), ensure_ascii=False)
    (HEADS / "relevance.json").write_text(f"{stored}\n", encoding="utf-8")
    (HEADS / "relevance.metrics.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    Console().print_json(data=figures)


def _measured(scorer: Scorer) -> dict[str, Any]:
    """Return the figures at the threshold that is cheapest on HELD_OUT."""
    chosen_on = judge(load_companies(names=HELD_OUT), scorer)
    threshold = cheapest_threshold(chosen_on)
    measured = judge([company for company in load_companies() if company.name not in HELD_OUT], scorer)
    at = outcomes(measured, threshold)
    return {
        "threshold": round(threshold, 4),
        "right": round(at.right, 3),
        "wrong": round(at.wrong, 3),
        "unanswerable_answered": round(at.answered_unanswerable, 3),
        "recall": recall(measured),
        "by_voice": by_voice(measured, threshold),
    }


def _show(figures: Mapping[str, Mapping[str, Any]]) -> None:
    table = Table("search", "recall@1", "@3", "@5", "@10", "right", "wrong", "unanswerable answered")
    for name, row in figures.items():
        found = [str(row["recall"]["all"][f"@{rank}"]) for rank in RANKS]
        table.add_row(name, *found, *(str(row[key]) for key in ("right", "wrong", "unanswerable_answered")))
    Console().print(table)


if __name__ == "__main__":
    app()
