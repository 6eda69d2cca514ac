"""The company in whose name is answered: what prompt, notices, signatures, guard, phrases and pages know of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """The facts of `company.toml`. Empty values are unknown, and nothing is said in their place.

    `product` is what customers ask about, as it stands in a sentence ("questions about …"); `also_called` are other
    names of company and product. `languages` are ISO 639-1 codes, the documents' first. `hours` are written as in
    SUPPORT_HOURS, in `timezone`. `colour` is `#rrggbb`. `logo` is the file's content, `logo_type` its media type.
    `mail_groups` are the company's own mailing addresses. With `quotes_amounts` amounts of money that stand in the
    documents may be told.
    """

    name: str
    product: str
    support_address: str
    also_called: tuple[str, ...] = ()
    trade: str = ""
    website: str = ""
    help_url: str = ""
    languages: tuple[str, ...] = ("en",)
    hours: str = ""
    timezone: str = ""
    tone: str = ""
    competitors: tuple[str, ...] = ()
    mail_groups: tuple[str, ...] = ()
    quotes_amounts: bool = False
    colour: str = ""
    logo: bytes = b""
    logo_type: str = ""

    @property
    def own_names(self) -> tuple[str, ...]:
        """The names of company and product, longest first, so that a name within a name is found last."""
        return tuple(sorted({self.name, *self.also_called}, key=lambda name: (-len(name), name)))

    @property
    def facts(self) -> dict[str, str]:
        """What a channel's template may name."""
        return {
            "company": self.name,
            "address": self.support_address,
            "website": self.website,
            "help": self.help_url,
        }

    @property
    def signature(self) -> str:
        """Who signs: "Acme Support"."""
        return f"{self.name} Support"
