"""Makes threads of three to six mails and knows of each line of a customer's mail who wrote it."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.data.mail_threads.clients import CLIENTS, PLAIN, Before, Client

DESK, CUSTOMER = "help@desk.example.org", "mia@shop.example.org"
WORDING: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("wording.toml").read_text())
_CODES = ("Error 4711: quota reached", "HTTP 502 upstream timed out", "E-17 disk full on /srv/data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A customer's mail: its bytes, what we sent before it, the customer's own lines, and how they said goodbye."""

    raw: bytes
    ours: tuple[str, ...]
    own: tuple[str, ...]
    ending: tuple[str, ...]
    quoted: tuple[str, ...]
    language: str
    client: str


def threads(count: int, seed: int = 12) -> Iterator[list[Letter]]:
    """Yield threads; every language meets every client."""
    chance = random.Random(seed)
    languages = list(WORDING)
    for n in range(count):
        language, client = languages[n % len(languages)], CLIENTS[(n // len(languages)) % len(CLIENTS)]
        yield list(_thread(chance, language, client))


def _thread(chance: random.Random, language: str, client: Client) -> Iterator[Letter]:
    wording = WORDING[language]
    ours: list[str] = []
    body = ""
    for at in range(chance.randint(3, 6)):
        if at % 2:
            reply = "\n\n".join((wording["greeting"], *chance.sample(wording["answers"], 2), wording["close"]))
            ours.append(reply)
            body = f"{reply}\n\n{_desk_line(wording, at)}\n\n{_as_quoted(body)}" if chance.random() < 0.5 else reply
            continue
        letter, body = _letter(chance, language, client, body, ours, at)
        yield letter


def _desk_line(wording: dict[str, Any], at: int) -> str:
    return str(wording["gmail"]).format(m=10 + at, name="Mia Holm", address=CUSTOMER)


def _as_quoted(body: str) -> str:
    return "\n".join(f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in body.split("\n"))


def _letter(
    chance: random.Random, language: str, client: Client, body: str, ours: list[str], at: int
) -> tuple[Letter, str]:
    wording = WORDING[language]
    own = chance.sample(wording["asks"], chance.randint(1, 3))
    if chance.random() < 0.3:
        own += [wording["error"], f"> {chance.choice(_CODES)}", wording["inline"]]
    ending = wording["bye"].split("\n") if chance.random() < 0.6 else []
    written = "\n".join([*own, *([""] if ending else []), *ending])
    if not body:
        kind, text = PLAIN, written
    else:
        before = Before(name="Nordlys", address=DESK, minute=10 + at, body=body, to=f"Mia Holm <{CUSTOMER}>")
        kind, text = client(written, before, wording)
    raw = _raw(kind, text, is_reply=bool(body))
    shown = text if kind == PLAIN else f"{written}\n\n{body}"
    return Letter(
        raw=raw,
        ours=tuple(ours),
        own=tuple(own),
        ending=tuple(ending),
        quoted=tuple(line for line in body.split("\n") if line.strip(" >")),
        language=language,
        client=client.__name__,
    ), shown


def _raw(kind: str, text: str, *, is_reply: bool) -> bytes:
    head = [f"From: Mia Holm <{CUSTOMER}>", f"To: {DESK}", f"Subject: {'Re: ' if is_reply else ''}Boards"]
    head += ["Message-ID: <m1@shop.example.org>", f"Content-Type: {kind}", "Content-Transfer-Encoding: 8bit"]
    head += ["In-Reply-To: <r7@desk.example.org>"] if is_reply else []
    return ("\r\n".join(head) + "\r\n\r\n" + text.replace("\n", "\r\n")).encode()
