"""Makes labelled texts from hand-written template families; whole families are held out, with their own slot values.

A family is a few templates that say one thing in several ways. `[a|b]` is a choice, `{problem}` a slot, `{problem.}`
the same at the start of a sentence, `{problem_up}` in capitals, `{thing_bare}` without its article. A hash
of its name decides whether a family is held out.
"""

from __future__ import annotations

import hashlib
import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Split = Literal["train", "test"]
Slots = Mapping[str, Mapping[str, Sequence[str]]]

TEST_SHARE = 4
"""One family in so many is held out."""
_CHOICE = re.compile(r"\[([^\[\]]*\|[^\[\]]*|[^\[\]]*)\]")
_SLOT = re.compile(r"\{([a-z]+)(\.|_up|_bare)?\}")
_GREETINGS = (
    "Hi,",
    "Hello,",
    "Dear support team,",
    "Hi there,",
    "Good morning,",
    "Dear TechCorp,",
    "hey",
    "Hello team,",
)
_SIGN_OFFS = (
    "Thanks",
    "Regards, Anna",
    "Best regards\nTom Berger",
    "Kind regards,\nMaria Lopez\nAcme Ltd",
    "- Sam",
    "Cheers",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A text with its label, family and split."""

    text: str
    label: str
    family: str
    split: Split


def expand(folder: Path, labels: Sequence[str], *, per_family: int, seed: int = 7) -> list[Labelled]:
    """Make up to `per_family` different texts of every family in `<folder>/<label>.toml`; the same each time."""
    slots = tomllib.loads((folder / "slots.toml").read_text(encoding="utf-8"))
    return [
        Labelled(text=text, label=label, family=f"{label}/{name}", split=split)
        for label in labels
        for name, family in tomllib.loads((folder / f"{label}.toml").read_text(encoding="utf-8")).items()
        for split in [_split(f"{label}/{name}")]
        for text in _texts(family["texts"], slots, split, per_family, random.Random(f"{seed}/{label}/{name}"))  # noqa: S311 - reproducible, not secret
    ]


def _split(family: str) -> Split:
    return "test" if hashlib.sha256(family.encode()).digest()[0] % TEST_SHARE == 0 else "train"


def _texts(templates: Sequence[str], slots: Slots, split: Split, count: int, rng: random.Random) -> list[str]:
    made: dict[str, None] = {}
    for attempt in range(count * 3):
        text = _fill(templates[attempt % len(templates)], slots, split, rng)
        made[_roughen(_frame(text, rng), rng)] = None
        if len(made) == count:
            break
    return list(made)


def _fill(template: str, slots: Slots, split: Split, rng: random.Random) -> str:
    text = _CHOICE.sub(lambda choice: rng.choice(choice.group(1).split("|")), template)
    text = _SLOT.sub(lambda slot: _value(slot, slots, split, rng), text)
    return re.sub(r"([.!?])\.(?!\.)", r"\1", " ".join(text.split())).strip()


def _value(slot: re.Match[str], slots: Slots, split: Split, rng: random.Random) -> str:
    value, form = rng.choice(slots[slot.group(1)][split]), slot.group(2)
    if form == "_up":
        return value.upper()
    if form == "_bare":
        return re.sub(r"^(the|your|this) ", "", value)
    if form is None:
        return value
    follows = slot.string[slot.end() : slot.end() + 2]
    stop = "." if re.match(r" [A-Z\[]", follows) or not follows else ""
    return value[0].upper() + value[1:] + stop


def _frame(text: str, rng: random.Random) -> str:
    """Give a third of the texts a greeting or a closing, in every label alike, so that they are no sign of a mood."""
    if rng.random() < 0.2:
        text = f"{rng.choice(_GREETINGS)} {text}"
    if rng.random() < 0.15:
        text = f"{text}\n{rng.choice(_SIGN_OFFS)}"
    return text


def _roughen(text: str, rng: random.Random) -> str:
    """Type a few texts as on a phone: no capitals, no full stops; a very few all in capitals."""
    draw = rng.random()
    if draw < 0.15:
        return text.lower().replace(".", "")
    if draw < 0.2:
        return text.lower().replace("'", "").replace(" you ", " u ").replace("please", "pls")
    return text.upper() if draw > 0.985 else text
