"""Measures the signs of mood: `python -m embeddings.workbench.moods`.

The lines are `embeddings/data/moods/lines.jsonl`: sixty a language, furious, neutral and pleased. Half of them (`tune`)
were looked at when signs were added; the figures are of the other half. Prints what the English head makes of the same
lines too: the share of its right answers when it has to tell a furious line from another one (AUC).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from sklearn.metrics import roc_auc_score

from embeddings import moods
from embeddings.encoder import Encoder
from embeddings.sentiment import SentimentHead

LINES = Path(__file__).parents[1] / "data" / "moods" / "lines.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a customer with its mood: furious, neutral or pleased."""

    language: str
    text: str
    mood: str
    split: str


def read(split: str) -> list[Line]:
    """Return the lines of a split, `tune` or `test`."""
    lines = (Line(**json.loads(line)) for line in LINES.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line.split == split]


def figures(lines: Sequence[Line]) -> dict[str, float]:
    """Measure the signs: shares of the furious and pleased lines found, and of the finds that were right."""
    scores = {line: moods.mood(line.text, line.language) for line in lines}
    furious = [line.mood == "furious" for line, score in scores.items() if score == moods.FURIOUS]
    pleased = [line.mood == "pleased" for line, score in scores.items() if score == moods.PLEASED]
    counts = {mood: sum(line.mood == mood for line in lines) for mood in ("furious", "pleased")}
    return {
        "furious_found": round(sum(furious) / counts["furious"], 3),
        "furious_rightly": round(sum(furious) / max(len(furious), 1), 3),
        "pleased_found": round(sum(pleased) / counts["pleased"], 3),
        "pleased_rightly": round(sum(pleased) / max(len(pleased), 1), 3),
    }


def head_auc(lines: Sequence[Line]) -> dict[str, float]:
    """Return the English head's AUC of furious against other lines, by language."""
    scores = SentimentHead.load().score([line.text for line in lines], Encoder().encode([line.text for line in lines]))
    found = {}
    for language in sorted({line.language for line in lines}):
        own = [place for place, line in enumerate(lines) if line.language == language]
        furious = [lines[place].mood == "furious" for place in own]
        found[language] = round(float(roc_auc_score(furious, -scores[own])), 3)
    return found


def measure(
    split: Annotated[str, typer.Option(help="tune or test.")] = "test",
    head: Annotated[bool, typer.Option(help="Measure the English head too, which encodes every line.")] = False,
    out: Annotated[Path | None, typer.Option(help="Where the figures are written.")] = None,
) -> None:
    """Print the figures of each language and of all."""
    lines = read(split)
    report: dict[str, Any] = {
        language: figures([line for line in lines if line.language == language])
        for language in sorted({line.language for line in lines})
    }
    report["all"] = figures(lines)
    if head:
        report["english_head_auc"] = head_auc(lines)
    typer.echo(json.dumps(report, indent=2))
    if out:
        out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(measure)
