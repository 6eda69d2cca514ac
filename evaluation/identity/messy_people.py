"""Simulated people and their spellings on three channels; the same seed makes the same people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

Country = Literal["AR", "MX", "BR", "DE", "GB"]
COUNTRIES: tuple[Country, ...] = ("AR", "MX", "BR", "DE", "GB")
DOMAINS = ("example.com", "mail.example", "bücher.example", "müller-söhne.example", "acme.example", "пример.example")
FIRST = ("Ana", "Björn", "Chiara", "Dmitri", "Eve", "Fatima", "Gonçalo", "Hana", "Íñigo", "José", "Kofi", "Lucía")
LAST = ("Silva", "Müller", "García", "Nowak", "O'Brien", "Pérez", "Rossi", "Sørensen", "Tanaka", "Ünal", "Vega", "Wu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person with an address and a number of their own. `number` is the E.164 key that it is compared by."""

    n: int
    name: str
    local: str
    domain: str
    country: Country
    digits: str

    @property
    def address(self) -> str:
        """The address as it is compared."""
        return f"{self.local}@{self.domain}"

    @property
    def number(self) -> str:
        """The number as it is compared."""
        return {"AR": "+549", "MX": "+52", "BR": "+55", "DE": "+49", "GB": "+44"}[self.country] + self.digits


def people(count: int, seed: int) -> list[Person]:
    """Make `count` people, no two with the same address or number."""
    rng = Random(seed)
    return [_person(n, rng) for n in range(count)]


def spelled_address(person: Person, rng: Random) -> str:
    """Return the address as people and mail programs write it: capitals, the domain in Punycode."""
    local, domain = person.local, person.domain
    if rng.random() < 0.4:
        local = rng.choice((local.upper(), local.title()))
    if rng.random() < 0.4:
        domain = rng.choice((domain.upper(), domain.encode("idna").decode()))
    return f"{local}@{domain}"


def tagged_address(person: Person, rng: Random) -> str:
    """Return another address of the same mailbox, which nothing proves to be the same."""
    return f"{person.local}+{rng.choice(('shop', 'work', 'news'))}@{person.domain}"


def mistyped_address(person: Person, others: Sequence[Person], rng: Random) -> str:
    """Return the address with a typing error, or by chance the address of another person."""
    if rng.random() < 0.3:
        return rng.choice(others).address
    doubled = rng.choice([at for at, letter in enumerate(person.local) if letter.isalnum()])
    return f"{person.local[:doubled]}{person.local[doubled]}{person.local[doubled:]}@{person.domain}"


def whatsapp_id(person: Person) -> str:
    """Return the number as Twilio gives it: old Mexican and Brazilian ids, the Argentine 9."""
    match person.country:
        case "MX":
            return f"whatsapp:+521{person.digits}"
        case "BR":
            return f"whatsapp:+55{person.digits[:2]}{person.digits[3:]}"
        case _:
            return f"whatsapp:{person.number}"


def spelled_number(person: Person, rng: Random) -> str:
    """Return the number as people type it: without the Argentine 9, with the old Mexican 1, with brackets."""
    bare = person.number
    if person.country == "AR" and rng.random() < 0.7:
        bare = f"+54{person.digits}"
    if person.country == "MX" and rng.random() < 0.3:
        bare = f"+521{person.digits}"
    code = 3
    return f"{bare[:code]} ({bare[code : code + 2]}) {bare[code + 2 : code + 6]}-{bare[code + 6 :]}"


def _person(n: int, rng: Random) -> Person:
    first, last = rng.choice(FIRST), rng.choice(LAST)
    country = COUNTRIES[n % len(COUNTRIES)]
    digits = {
        "AR": f"11{40_000_000 + n:08}",
        "MX": f"55{10_000_000 + n:08}",
        "BR": f"119{80_000_000 + n:08}",
        "DE": f"1701{100_000 + n:06}",
        "GB": f"7700{900_000 + n:06}",
    }[country]
    return Person(
        n=n,
        name=f"{first} {last}",
        local=f"{first[0].lower() if first[0].isascii() else 'x'}{rng.choice(('.', '_', ''))}p{n}",
        domain=rng.choice(DOMAINS),
        country=country,
        digits=digits,
    )
