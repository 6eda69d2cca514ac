"""Generated support messages with personal data of ten kinds, and how many of them the masking finds (G12).

Numbers are made with the check digits that their issuers use, so none is anybody's. Half of the templates are
`held_out`: they were written after the patterns, and the patterns were not changed for them.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stdnum import luhn
from stdnum.br import cpf
from stdnum.es import dni
from stdnum.iso7064 import mod_97_10
from stdnum.pl import pesel

from deployments.agent.masking import Vault
from deployments.formatting import sentences
from embeddings.chunker import parse_docs
from evaluation.guards import Measured, Miss, Tally, drafts

KINDS = ("EMAIL", "PHONE", "CARD", "IBAN", "PASSWORD", "KEY", "ID", "BIRTH", "IP", "NAME")
NAMES = ("Anna Lindgren", "Mehmet Öztürk", "Siobhán O'Neill", "Jean-Luc Moreau", "Li Wei", "Paula García Ruiz")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalMessage:
    """A customer's message, the name the channel knows him by, and the personal data in it as (kind, value)."""

    split: str
    name: str
    text: str
    values: tuple[tuple[str, str], ...]


TEMPLATES: Mapping[str, Mapping[str, Sequence[str]]] = {
    "tuning": {
        "EMAIL": ("Please send the invitation to {}.", "My address is {}, and it never arrives.", "Login: {}"),
        "PHONE": ("You can call me on {}.", "My number is {}.", "Phone: {}"),
        "CARD": ("I paid with card {}.", "The card number is {}, valid until 04/29.", "Card {} was declined."),
        "IBAN": ("The invoice should go to {}.", "IBAN: {}", "Our bank account is {}."),
        "PASSWORD": ("My password is {}.", "password: {}", "I tried the password {} and it failed, pwd={}."),
        "KEY": ("I use the API key {}.", "Authorization: Bearer {}", "token={}"),
        "ID": ("My national ID is {}.", "ID number: {}", "The passport number {} is on the form."),
        "BIRTH": ("I was born on {}.", "Date of birth: {}", "DOB {}"),
        "IP": ("I sign in from {}.", "The request came from IP {}.", "Our server {} is blocked."),
        "NAME": ("My name is {}.", "I am {}.", "Kind regards,\n{}"),
    },
    "held_out": {
        "EMAIL": ("it's {} if you need it", "(cc {})", "The account under {} is locked."),
        "PHONE": ("ring me any time: {}", "WhatsApp {}", "cell {} after 6 pm"),
        "CARD": ("Visa {} was charged twice?", "it ends up as {} on the statement", "cc: {}"),
        "IBAN": ("money goes from {} each month", "konto {}", "Account no. {} at our bank"),
        "PASSWORD": ("the pass is {}", "Passwort: {}", "My old password was {}"),
        "KEY": ("here it is {} please check", "export TECHCORP_KEY={}", "with header X-Api-Key: {}"),
        "ID": ("DNI/CPF/PESEL: {}", "tax id {}", "my identity card says {}"),
        "BIRTH": ("birthday: {}", "she was born {}", "my date of birth is {} by the way"),
        "IP": ("whitelist {} please", "vpn exit {} gets a 403", "from={}"),
        "NAME": ("this is {} speaking", "{} here.", "Yours sincerely,\n{}"),
    },
}
_QUESTIONS = (
    "How do I reset my password?",
    "The import fails, what is wrong?",
    "How can I invite my team?",
    "Where do I find the audit log?",
)


def generate(count: int = 500, *, seed: int = 7) -> list[PersonalMessage]:
    """Return `count` messages, each with two kinds; the same seed gives the same messages."""
    source = random.Random(seed)
    return [_message(source, number) for number in range(count)]


def measure_masking(docs: Path, *, count: int = 500) -> tuple[Measured, Measured]:
    """Return (personal values masked, ordinary texts left alone).

    Ordinary texts are the questions of kb_questions.jsonl and the sentences of the knowledge base. Raises OSError.
    """
    return _recall(generate(count)), _false_masks(list(_ordinary(docs)))


def _recall(messages: Sequence[PersonalMessage]) -> Measured:
    hits: dict[tuple[str, str], list[bool]] = {}
    misses = []
    for message in messages:
        masked = Vault(names=(message.name, *message.name.split())).mask(message.text)
        for kind, value in message.values:
            hidden = value not in masked
            hits.setdefault((message.split, kind), []).append(hidden)
            if not hidden:
                misses.append(Miss(split=message.split, kind=kind, id=value, text=message.text, found=masked))
    tallies = [Tally(split=s, kind=k, total=len(found), right=sum(found)) for (s, k), found in sorted(hits.items())]
    return Measured(name="personal values masked", tallies=tuple(tallies), misses=tuple(misses))


def _false_masks(texts: Sequence[tuple[str, str]]) -> Measured:
    misses = []
    totals: dict[str, int] = {}
    for kind, text in texts:
        totals[kind] = totals.get(kind, 0) + 1
        masked = Vault(names=("Anna Lindgren", "Anna", "Lindgren")).mask(text)
        if masked != text:
            misses.append(Miss(split="ordinary", kind=kind, id=kind, text=text, found=masked))
    tallies = tuple(
        Tally(split="ordinary", kind=kind, total=total, right=total - sum(miss.kind == kind for miss in misses))
        for kind, total in totals.items()
    )
    return Measured(name="ordinary texts left alone", tallies=tallies, misses=tuple(misses))


def _ordinary(docs: Path) -> Iterator[tuple[str, str]]:
    for row in drafts("kb_questions"):
        yield "question", row["question"]
    for section in parse_docs(docs.read_text(encoding="utf-8")):
        for sentence in sentences(section.content):
            yield "documentation", sentence.strip()


def _message(source: random.Random, number: int) -> PersonalMessage:
    split = "held_out" if number // len(KINDS) % 2 else "tuning"
    name = source.choice(NAMES)
    values, parts = [], [source.choice(_QUESTIONS)]
    for kind in (KINDS[number % len(KINDS)], source.choice(KINDS)):
        value = name if kind == "NAME" else _MAKERS[kind](source)
        values.append((kind, value))
        parts.append(source.choice(TEMPLATES[split][kind]).replace("{}", value))
    source.shuffle(parts)
    return PersonalMessage(split=split, name=name, text="\n".join(parts), values=tuple(values))


def _digits(source: random.Random, count: int) -> str:
    return "".join(source.choices(string.digits, k=count))


def _signs(source: random.Random, count: int, alphabet: str = string.ascii_letters + string.digits) -> str:
    return "".join(source.choices(alphabet, k=count))


def _email(source: random.Random) -> str:
    local = source.choice(("anna.lindgren", "o'neil+news", "m_oz", "info", "x.y-z", "ünal"))
    return f"{local}@{source.choice(('example.com', 'mail.example.co.uk', 'firma-example.de'))}"


def _phone(source: random.Random) -> str:
    form = source.choice(
        ("+49 30 {3} {4}", "+1 415 555 {4}", "(415) 555-{4}", "0171 {7}", "+44 20 7946 {4}", "030/{7}")
    )
    for count in (3, 4, 7):
        form = form.replace(f"{{{count}}}", _digits(source, count))
    return form


def _card(source: random.Random) -> str:
    body = source.choice(("4", "51", "37", "6011"))
    body += _digits(source, (14 if body == "37" else 15) - len(body))
    number = body + luhn.calc_check_digit(body)
    return source.choice((number, " ".join(number[i : i + 4] for i in range(0, len(number), 4)), _dashed(number)))


def _dashed(number: str) -> str:
    return "-".join(number[i : i + 4] for i in range(0, len(number), 4))


def _iban(source: random.Random) -> str:
    country, length = source.choice((("DE", 18), ("NL", 0), ("FR", 0), ("AT", 16)))
    account = {"NL": f"ABNA{_digits(source, 10)}", "FR": _digits(source, 23)}.get(country, _digits(source, length))
    number = f"{country}{mod_97_10.calc_check_digits(account + country)}{account}"
    return source.choice((number, " ".join(number[i : i + 4] for i in range(0, len(number), 4))))


def _password(source: random.Random) -> str:
    return source.choice((f"Hunter{_digits(source, 2)}!", f"{_signs(source, 9)}$1", f"summer-{_digits(source, 4)}"))


def _key(source: random.Random) -> str:
    return source.choice(
        (
            f"sk-proj-{_signs(source, 24)}",
            f"ghp_{_signs(source, 36)}",
            f"tc_live_{_signs(source, 20)}",
            f"eyJhbGciOiJIUzI1NiJ9.{_signs(source, 20)}.{_signs(source, 12)}",
            f"AKIA{_signs(source, 16, string.ascii_uppercase + string.digits)}",
        )
    )


def _identity(source: random.Random) -> str:
    eight, nine = _digits(source, 8), _digits(source, 9)
    born = f"{source.randint(50, 99)}{source.randint(1, 12):02}{source.randint(1, 28):02}{_digits(source, 4)}"
    return source.choice(
        (
            eight + dni.calc_check_digit(eight),
            cpf.format(next(f"{nine}{end:02}" for end in range(100) if cpf.is_valid(f"{nine}{end:02}"))),
            born + pesel.calc_check_digit(born),
            f"C{_digits(source, 2)}X{_digits(source, 5)}",
        )
    )


def _birth(source: random.Random) -> str:
    day, month, year = source.randint(1, 28), source.randint(1, 12), source.randint(1940, 2005)
    return source.choice(
        (
            f"{year}-{month:02}-{day:02}",
            f"{day}.{month}.{year}",
            f"{month}/{day}/{year}",
            f"{day} March {year}",
            f"March {day}, {year}",
        )
    )


def _address(source: random.Random) -> str:
    octets = ".".join(str(source.randint(1, 254)) for _ in range(4))
    return source.choice((octets, octets, f"2001:db8:{_signs(source, 4, '0123456789abcdef')}::{source.randint(1, 99)}"))


_MAKERS: Mapping[str, Callable[[random.Random], str]] = {
    "EMAIL": _email,
    "PHONE": _phone,
    "CARD": _card,
    "IBAN": _iban,
    "PASSWORD": _password,
    "KEY": _key,
    "ID": _identity,
    "BIRTH": _birth,
    "IP": _address,
}
