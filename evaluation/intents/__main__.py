"""Writes the set: `python -m evaluation.intents FILE.csv`, the same rows each time.

`ways.txt` has eight ways of saying each of eighty matters, `words.toml` what else customers write around them. The ways
marked `=` are in the test part only, where they are two of five texts: said as nobody had said it before.
"""

from __future__ import annotations

import csv
import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from embeddings.workbench.sets.near import without_near

HERE = Path(__file__).parent
TRAIN, TEST, UNHEARD = 100, 18, 12
"""Texts of a matter: to train with, to measure with, and to measure with in ways that are not trained on."""
SEED = 14
MOST_TRIES = 50
_CHOICE = re.compile(r"\(([^()]*)\)")
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Slots by name, and what is said before and behind."""

    slots: Mapping[str, Sequence[str]]
    around: Mapping[str, Sequence[str]]


def main(out: Annotated[Path, typer.Argument(metavar="FILE.csv")]) -> None:
    """Write text, label and split."""
    rows = texts()
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label", "split"))
        writer.writerows(rows)
    print(f"{out}: {len(rows)} texts, {len({label for _, label, _ in rows})} labels")


def texts() -> list[tuple[str, str, str]]:
    """Return texts with their label and side, none twice, and none to measure with that is nearly one to train with."""
    rng, words = random.Random(SEED), _words()
    seen: set[str] = set()
    train, test = [], []
    for label, ways in _ways().items():
        heard = [way for way in ways if not way.startswith("= ")]
        unheard = [way.removeprefix("= ") for way in ways if way.startswith("= ")]
        train += [(text, label, "train") for text in _some(heard, TRAIN, words, rng, seen)]
        test += [(text, label, "test") for text in _some(heard, TEST, words, rng, seen)]
        test += [(text, label, "test") for text in _some(unheard, UNHEARD, words, rng, seen)]
    rows = train + without_near(test, [text for text, _, _ in train], text=lambda row: row[0])
    rng.shuffle(rows)
    return rows


def _some(ways: Sequence[str], most: int, words: Words, rng: random.Random, seen: set[str]) -> list[str]:
    found = (_new(ways[number % len(ways)], words, rng, seen) for number in range(most))
    return [text for text in found if text]


def _new(way: str, words: Words, rng: random.Random, seen: set[str]) -> str | None:
    """Return a text that was not seen; None when there seems to be none left."""
    for _ in range(MOST_TRIES):
        text = said(way, words, rng)
        if text.casefold() not in seen:
            seen.add(text.casefold())
            return text
    return None


def said(way: str, words: Words, rng: random.Random) -> str:
    """Say it as a customer might: short, in a mail, in a story, or typed in a hurry."""
    core = _filled(_CHOICE.sub(lambda found: rng.choice(found[1].split("|")), way), words, rng)
    around = words.around
    manner = rng.random()
    if manner < 0.15:
        return _hurried(core, rng)
    sentence = core[0].upper() + core[1:] + rng.choice((".", ".", ".", "?", "!"))
    if manner < 0.55:
        return sentence
    before = [_filled(rng.choice(around["before"]), words, rng)] if rng.random() < 0.5 else []
    after = [_filled(rng.choice(around["after"]), words, rng)] if rng.random() < 0.3 else []
    greeting = [rng.choice(around["greetings"])] if rng.random() < 0.4 else []
    closing = [rng.choice(around["closings"])] if rng.random() < 0.3 else []
    return " ".join([*greeting, *before, sentence, *after, *closing])


def _filled(text: str, words: Words, rng: random.Random) -> str:
    return _SLOT.sub(lambda found: rng.choice(words.slots[found[1]]), text)


def _hurried(text: str, rng: random.Random) -> str:
    """Small letters, no stop, and one slip of the fingers."""
    typed = list(text.lower().replace("'", ""))
    place = rng.randrange(1, len(typed) - 1)
    slip = rng.random()
    if slip < 0.4:
        del typed[place]
    elif slip < 0.8:
        typed[place], typed[place - 1] = typed[place - 1], typed[place]
    return "".join(typed) + rng.choice(("", "", " pls", "??", " asap", " thx"))


def _ways() -> dict[str, list[str]]:
    ways: dict[str, list[str]] = {}
    for line in (HERE / "ways.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            own = ways.setdefault(line[2:], [])
        elif line:
            own.append(line)
    return ways


def _words() -> Words:
    return Words(**tomllib.loads((HERE / "words.toml").read_text(encoding="utf-8")))


if __name__ == "__main__":
    typer.run(main)
