"""Normal forms of e-mail addresses and telephone numbers: the spellings of one mailbox or telephone compare equal."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from functools import cache

import phonenumbers
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, ValidationResult


def _vietnamese_70s(old: re.Match[str]) -> str:
    return f"+847{dict(zip('01268', '09768', strict=True))[old[1]]}{old[2]}"


def _vietnamese_80s(old: re.Match[str]) -> str:
    return f"+848{dict(zip('34579', '34512', strict=True))[old[1]]}{old[2]}"


# How people write international numbers; phonenumbers alone would also read letters as digits and drop what follows.
_SEPARATOR = "[ ()./-]{0,3}"
_DIGIT = f"{_SEPARATOR}[0-9]"
_WRITTEN = re.compile(rf"\+[1-9](?:{_DIGIT}){{6,15}}")  # E.164: 15 digits at most; one 0 more is forgiven

_MEXICO = 52
_OLD_MEXICAN = re.compile(r"\+521([0-9]{10})")
_VARIANTS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (_OLD_MEXICAN, r"+52\1"),
    (re.compile(r"\+54([1-8][0-9]{9})"), r"+549\1"),
    (re.compile(r"\+55([0-9]{2})([6-9][0-9]{7})"), r"+55\g<1>9\2"),
    # Ivory Coast, 2021: two digits more, by the operator that the second digit named.
    (re.compile(r"\+225([04-9][0-3][0-9]{6})"), r"+22501\1"),
    (re.compile(r"\+225([04-9][4-6][0-9]{6})"), r"+22505\1"),
    (re.compile(r"\+225([04-9][7-9][0-9]{6})"), r"+22507\1"),
    (re.compile(r"\+225([23][0-9]8[0-9]{5})"), r"+22521\1"),
    (re.compile(r"\+225([23][0-9]0[0-9]{5})"), r"+22525\1"),
    (re.compile(r"\+225([23][0-9][1-79][0-9]{5})"), r"+22527\1"),
    # Benin, 2024: 01 in front.
    (re.compile(r"\+229([2-9][0-9]{7})"), r"+22901\1"),
    # Vietnam, 2018: mobiles of eleven digits became ten.
    (re.compile(r"\+8416([2-9][0-9]{7})"), r"+843\1"),
    (re.compile(r"\+8412([01268])([0-9]{7})"), _vietnamese_70s),
    (re.compile(r"\+8412([34579])([0-9]{7})"), _vietnamese_80s),
    (re.compile(r"\+8418([68])([0-9]{7})"), r"+845\1\2"),
    (re.compile(r"\+84199([0-9]{7})"), r"+8459\1"),
)


class InvalidIdentifierError(ValueError):
    """The text is no such identifier; the message is shown to the person who typed it."""


def normalise_email(text: str) -> str:
    """Return the address in lower case with its domain in Unicode (RFC 6531), without asking the DNS.

    Raises InvalidIdentifierError. `.test` is let through (RFC 6761 reserves it for testing).
    """
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError as error:
        raise InvalidIdentifierError(str(error)) from None
    return found.normalized.lower()


def normalise_phone(text: str) -> str:
    """Return an international number in E.164 (`+441632960123`). Raises InvalidIdentifierError, also without a `+`.

    The 1 that Mexican mobiles had after +52 until 2019, and that people still type, is left out.
    """
    written = text.strip()
    if not _WRITTEN.fullmatch(written):
        raise InvalidIdentifierError("must be written as + and the country code, then digits")
    try:
        number = phonenumbers.parse(written)
        if old := _OLD_MEXICAN.fullmatch(_e164(number)):
            number = phonenumbers.parse(f"+52{old[1]}")
    except phonenumbers.NumberParseException:
        raise InvalidIdentifierError("has no country code that exists") from None
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        raise InvalidIdentifierError("is too short or too long for its country")
    return _e164(number)


def phone_key(number: str) -> str:
    """Return the spelling of an E.164 number to compare by, where a country has several for one telephone.

    WhatsApp's ids keep old ones: Mexican mobiles with a 1 after +52, Brazilian ones without their ninth digit, and
    Argentine ones always with a 9 that people leave out. Mexico is compared without the 1, Brazil and Argentina with
    the 9, Ivory Coast, Benin and Vietnam by the numbers of today. A key is no number to call: an
    Argentine landline has no 9.
    """
    for pattern, settled in _VARIANTS:
        if match := pattern.fullmatch(number):
            return settled(match) if callable(settled) else match.expand(settled)
    return number


@cache
def phone_pattern() -> str:
    """Return a regular expression of numbers that `normalise_phone` takes: each country code with its lengths.

    Every match is taken. Not every number that is taken matches: a domestic 0 after the country code is forgiven.
    """
    codes: dict[str, list[str]] = defaultdict(list)
    for code, regions in COUNTRY_CODE_TO_REGION_CODE.items():
        country = PhoneMetadata.metadata_for_region_or_calling_code(code, regions[0])
        assert country is not None
        assert country.general_desc is not None
        lengths = [n for n in country.general_desc.possible_length if 7 <= len(str(code)) + n <= 15]
        codes["|".join(f"(?:{_DIGIT}){repeats}" for repeats in _repeats(lengths))].append(str(code))
    return r"\+(?:" + "|".join(f"(?:{'|'.join(group)})(?:{lengths})" for lengths, group in codes.items()) + ")"


@cache
def typed_phone_pattern() -> str:
    """Return a regular expression of trimmed numbers as people type them, for a page's own check.

    It takes what `normalise_phone` takes: separators anywhere, and the country's domestic prefix. They differ on a
    thousandth of made-up numbers, where a prefix is also the start of a number.
    """
    codes: dict[str, list[str]] = defaultdict(list)
    for code, regions in COUNTRY_CODE_TO_REGION_CODE.items():
        country = PhoneMetadata.metadata_for_region_or_calling_code(code, regions[0])
        assert country is not None
        assert country.general_desc is not None
        prefix = "1" if code == _MEXICO else country.national_prefix or ""
        lengths = "|".join(f"(?:{_DIGIT}){repeats}" for repeats in _repeats(list(country.general_desc.possible_length)))
        forgiven = f"(?:{''.join(_SEPARATOR + digit for digit in prefix)})?" if prefix else ""
        codes[f"{forgiven}(?:{lengths})"].append(_SEPARATOR.join(str(code)))
    numbers = "|".join(f"(?:{'|'.join(group)}){rest}" for rest, group in codes.items())
    return rf"^\+(?=[1-9](?:{_DIGIT}){{6,15}}$)(?:{numbers})$"


def typed_email_pattern() -> str:
    """Return a regular expression (ECMAScript, flag u) of trimmed addresses, for a page's own check.

    It takes what `normalise_email` takes, but for the finer rules of domains that are not ASCII.
    """
    wide = r"\p{L}\p{M}\p{N}"
    atom = r"(?:[A-Za-z0-9!#$%&'*+\/=?^_`\{\|\}~\-]|(?![\p{Z}\p{C}])[^\x00-\x7f])+"
    label = rf"(?!(?!xn)..--)[{wide}](?:[{wide}\-]{{0,61}}[{wide}])?"
    reserved = "|".join(sorted(name for name in SPECIAL_USE_DOMAIN_NAMES if "." not in name and name != "test"))
    top = rf"(?!(?:{reserved})$)(?=.*\p{{L}}\p{{M}}*$){label}"
    dot = r"[.\u3002\uff0e\uff61]"  # IDNA reads the full stops of other scripts as dots
    return rf"^(?=.{{1,254}}$)(?=[^@]{{1,64}}@){atom}(?:\.{atom})*@(?:{label}{dot})+{top}$"


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _repeats(lengths: list[int]) -> list[str]:
    """Write lengths as the fewest repetitions: 5, 8, 9, 10 as {5} and {8,10}."""
    ends = [n for n in lengths if n + 1 not in lengths]
    starts = [n for n in lengths if n - 1 not in lengths]
    return [f"{{{first},{last}}}" if first < last else f"{{{first}}}" for first, last in zip(starts, ends, strict=True)]
