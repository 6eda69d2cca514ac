"""Labelled messages for escalation: template families, expanded deterministically and split by family, and sentences
written one by one.

A family is one pattern of wording (`data/escalation/<class>.toml`): `[a|b|]` is a choice, `{slot}` a word of
`slots.toml`. All messages of a family are on the same side of the split, so the test has wordings that were
not in the training.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from embeddings.escalation import CLASSES, SENTENCE_END

DATA = Path(__file__).parents[1] / "data" / "escalation"
MANUAL = Path(__file__).parents[2] / "context" / "product-docs.md"
TEST_SHARE, TUNE_SHARE = 0.075, 0.075
VOICES = ("trades", *(f"voices/{path.stem}" for path in sorted((DATA / "voices").glob("*.jsonl"))))
LONG_MESSAGE, SHORT_SENTENCE, MAX_SENTENCES = 200, 25, 12
"""Messages of so many characters are split into sentences to train with; shorter sentences join their neighbour."""
LONG_PADDING = 60
"""An ordinary message of fewer characters may stand among the sentences of a long mail."""
COMPOSED = 60
"""Messages of a composed family, whose requests combine long lists of words."""

Split = Literal["train", "tune", "test"]
"""What the model learns from, what thresholds are chosen on, what both are measured with."""

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_GREETINGS = ("Hi", "Hello", "Hi team", "Good morning", "Dear support", "hey", "Hello TechCorp", "Dear Sir or Madam")
_CLOSINGS = ("Thanks", "Best regards, Ana", "thx", "Kind regards", "Regards, Tom", "Thank you", "Cheers", "tia")


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One pattern of wording. `kind`: direct, paraphrase, other_language; hard, ordinary, filler for "none"."""

    label: str
    kind: str
    pattern: str

    @property
    def split(self) -> Split:
        """By a hash of the pattern, so that adding a family moves no other."""
        place = int.from_bytes(hashlib.sha256(self.pattern.encode()).digest()[:4]) / 2**32  # in [0, 1)
        return "test" if place < TEST_SHARE else "tune" if place < TEST_SHARE + TUNE_SHARE else "train"


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One labelled message. `family` groups what must stay on one side of a split; `kind` as in Family, or "mixed"."""

    text: str
    label: str
    kind: str
    family: str
    subject: str = ""

    @property
    def whole(self) -> str:
        """The text that the analysis node classifies."""
        return f"{self.subject}\n{self.text}" if self.subject else self.text


def families() -> list[Family]:
    """Return every family, in the order of the files."""
    found = []
    for label in CLASSES:
        kinds = tomllib.loads((DATA / f"{label}.toml").read_text(encoding="utf-8"))
        found += [Family(label=label, kind=kind, pattern=text) for kind, texts in kinds.items() for text in texts]
    return found


def slots() -> dict[str, list[str]]:
    """Return the words of each slot."""
    return tomllib.loads((DATA / "slots.toml").read_text(encoding="utf-8"))


def expand(family: Family, most: int, words: Mapping[str, Sequence[str]]) -> list[Example]:
    """Return up to `most` different messages of a family, the same ones at every call."""
    rng = random.Random(family.pattern)  # noqa: S311 - no secret, a repeatable draw
    texts = dict.fromkeys(_fill(family.pattern, words, rng) for _ in range(most * 3))
    return [
        Example(text=text, label=family.label, kind=family.kind, family=family.pattern) for text in list(texts)[:most]
    ]


def examples(split: Split, most: int) -> list[Example]:
    """Return the messages of one side of the split, at most `most` a family."""
    words = slots()
    chosen = [family for family in families() if family.split == split]
    return [e for family in chosen for e in expand(family, COMPOSED if family.kind == "composed" else most, words)]


def styled(batch: Sequence[Example], seed: int) -> Iterator[Example]:
    """Yield each message in a variation: chat style, typing errors, a greeting or a closing."""
    rng = random.Random(seed)  # noqa: S311
    for example in batch:
        yield _with_text(example, rng.choice((_chat, _typos, _greeted, _closed, _greeted))(example.text, rng))


def long_messages(pool: Sequence[Example], seed: int, per_label: int, *, ordinary: int) -> list[Example]:
    """Return mails of 5 to 14 sentences: `per_label` of each class with one request, and `ordinary` ones without."""
    rng = random.Random(seed)  # noqa: S311
    padding = [e.text for e in pool if e.kind == "filler" or (e.kind == "ordinary" and len(e.text) < LONG_PADDING)]
    asides = [e.text for e in pool if e.label == "none" and e.kind in ("hard", "ordinary") and len(e.text) > 30]
    mails = []
    for label in CLASSES:
        requests = [e for e in pool if e.label == label and e.kind in ("direct", "paraphrase", "hard", "ordinary")]
        count = ordinary if label == "none" else per_label
        mails += [_mail(rng.choice(requests), padding, asides, rng) for _ in range(count)]
    return mails


def parts(batch: Sequence[Example]) -> list[Example]:
    """Return the sentences of long messages labelled "none", which are "none" as well."""
    harmless = [example for example in batch if example.label == "none" and len(example.text) >= LONG_MESSAGE]
    return [_with_text(example, part) for example in harmless for part in _sentences(example.text)]


def manual() -> list[Example]:
    """Return titles and sentences of the product's manual, all "none"."""
    sections = re.split(r"^### ", MANUAL.read_text(encoding="utf-8"), flags=re.M)[1:]
    return [
        Example(text=text, label="none", kind="manual", family=f"manual: {section.splitlines()[0]}")
        for section in sections
        for text in re.split(r"\n+|(?<=[.!?])\s+", section)
        if 10 < len(text) < 300 and not text.startswith("#")
    ]


def read_set(name: str) -> list[Example]:
    """Read sentences that were written one by one, without the families (`data/escalation/README.md`)."""
    lines = (DATA / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [Example(**{"family": f"{name}-{n}", **json.loads(line)}) for n, line in enumerate(lines) if line.strip()]


def voices() -> list[Example]:
    """Return the sentences of VOICES, by many authors, to train with."""
    return [example for name in VOICES for example in read_set(name)]


def _sentences(text: str) -> list[str]:
    pieces = [piece for piece in SENTENCE_END.split(text.strip()) if any(letter.isalnum() for letter in piece)]
    least = max(SHORT_SENTENCE, -(-sum(map(len, pieces)) // MAX_SENTENCES))
    sentences: list[str] = []
    for piece in pieces:
        if sentences and len(sentences[-1]) < least:
            sentences[-1] = f"{sentences[-1]} {piece}"
        else:
            sentences.append(piece)
    return sentences if len(pieces) > 1 else []


def _mail(request: Example, padding: Sequence[str], asides: Sequence[str], rng: random.Random) -> Example:
    sentences = rng.sample(padding, rng.randint(4, 11)) + rng.sample(asides, 1)
    rng.shuffle(sentences)
    sentences.insert(rng.randint(0, len(sentences)), request.text)
    body = " ".join(text if text[-1] in ".!?" else f"{text}." for text in sentences)
    text = f"{rng.choice(_GREETINGS)},\n\n{body}\n\n{rng.choice(_CLOSINGS)}"
    return Example(text=text, label=request.label, kind="mixed", family=request.family)


def _fill(pattern: str, words: Mapping[str, Sequence[str]], rng: random.Random) -> str:
    text = _CHOICE.sub(lambda match: rng.choice(match[1].split("|")), pattern)
    while _SLOT.search(text):  # a slot's word may hold a slot
        text = _SLOT.sub(lambda match: rng.choice(words[match[1]]), text)
    return re.sub(r" +(?=[.?!,]|$)", "", text).strip()


def _chat(text: str, rng: random.Random) -> str:
    short = text.lower().replace("please", "pls").replace(" you ", " u ").replace(" your ", " ur ")
    return re.sub(r"[.?!,']", "", short) + rng.choice(("", "", "?", "!!", " :("))


def _typos(text: str, rng: random.Random) -> str:
    """Swap, drop or double a letter in one or two of the longer words."""
    words = text.split(" ")
    longer = [n for n, word in enumerate(words) if len(word) > 4 and word.isalpha()]
    for n in rng.sample(longer, min(len(longer), rng.randint(1, 2))):
        word, at = words[n], rng.randint(1, len(words[n]) - 2)
        dropped, doubled = word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]
        words[n] = rng.choice((dropped, doubled, word[:at] + word[at + 1] + word[at] + word[at + 2 :]))
    return " ".join(words)


def _greeted(text: str, rng: random.Random) -> str:
    return f"{rng.choice(_GREETINGS)}{rng.choice((', ', '. ', ' - ', ' '))}{text}"


def _closed(text: str, rng: random.Random) -> str:
    return f"{text} {rng.choice(_CLOSINGS)}"


def _with_text(example: Example, text: str) -> Example:
    return Example(text=text, label=example.label, kind=example.kind, family=example.family)
