"""Finds personal data in a text: ten kinds, each by its form, its check digits or the words before it.

EMAIL   e-mail addresses                      SECRET  passwords, keys and tokens, private keys
PHONE   telephone numbers                     ID      national, tax and passport numbers
CARD    card numbers (check digit)            BIRTH   dates of birth
IBAN    bank accounts (check digits)          IP      network addresses, version 4 and 6
        The tenth, NAME, is found by `masking.Vault`: the names that it is given, and introductions in the text.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import phonenumbers
from stdnum import iban, luhn
from stdnum.be import nn
from stdnum.br import cpf
from stdnum.ch import ssn as ahv
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.it import codicefiscale
from stdnum.mx import curp
from stdnum.se import personnummer
from stdnum.us import ssn

Span = tuple[int, int]
Finder = Callable[[str], Iterator[Span]]

# Behind a character of its own class an address can't begin: without that, each place of a long run is tried anew.
_EMAIL = re.compile(r"(?<![\w.!#$%&'*+/=?^`{|}~-])[\w.!#$%&'*+/=?^`{|}~-]++@[\w-]++(?:\.[\w-]++)++")
_CARD = re.compile(r"(?<![\d.])\d(?:[ .-]?\d){12,18}(?![\d.]?\d)")
_IBAN = re.compile(r"\b[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}\b")
_ADDRESS_V4 = re.compile(r"(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\w]|\.\d)")
_ADDRESS_V6 = re.compile(r"(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?![\w:])", re.IGNORECASE)
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")
_PEM = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_KEY = re.compile(
    r"\b(?:sk|pk|rk|tc|tck|whsec|xox[abprs])[-_](?:live[-_]|test[-_]|proj[-_])?[A-Za-z0-9_-]{12,}"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,}\b|\bglpat-[\w-]{16,}|\bnpm_[A-Za-z0-9]{20,}|\bAKIA[A-Z0-9]{16}\b|\bAIza[\w-]{30,}"
    r"|\b(?=[A-Za-z0-9]*\d)(?=[A-Za-z0-9]*[A-Za-z])[A-Za-z0-9]{32,}\b"
)
_BEARER = re.compile(r"(?<=\bbearer )(?=\S*\d|\S{20})[\w.~+/=-]{8,}", re.IGNORECASE)
_LABELS = (  # words that introduce a secret
    r"(?i:\b(?:password|passwort|passphrase|passcode|pwd|pass|pin|secret|token|(?:api|access|secret)[ _-]?key"
    r"|contraseña|mot de passe|senha|kennwort)\b)"
)
_PASSWORD = re.compile(
    _LABELS
    + r"(?:"
    + r"(?i:\s+(?:is|was|to|ist|lautet|es|est|é)\s+|\s*[:=]\s*)(?P<quoted>[\"“‘'][^\"”’'\n]{4,60}[\"”’'])"
    + r"|\s*[:=]\s*(?P<given>[^\s\"'”’,;<>]{4,})"
    + r"|(?i:\s+(?:is|was|to|ist|lautet|es|est|é)\s+:?\s*)(?P<told>(?=\S*[\d!@#$%^&*_+=-])[^\s\"'”’,;<>]{4,})"
    + r")"
)
_PLAIN_WORDS = re.compile(
    r"(?i:reset|forgotten|expired|wrong|invalid|incorrect|rejected|change|required|rules?|\[\w+)\W*"
)
_BIRTH_DATE = (
    r"\d{4}-\d{2}-\d{2}|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})"
    r"|\d{1,2}(?:st|nd|rd|th|\.)?(?: of)? [A-Za-zéûä]{3,10},? \d{4}|[A-Z][a-z]{2,9} \d{1,2}(?:st|nd|rd|th)?,? \d{4}"
)
_BIRTH = re.compile(
    r"(?i:\b(?:born|date of birth|birth ?date|birth ?day|d\.?o\.?b\b\.?|geboren|geburtsdatum|née?|nacid[oa]|nata?o?)\b)"
    rf"(?:\W{{0,3}}(?i:is|was|am|on|the|le|el|il))*\W{{0,3}}(?P<value>{_BIRTH_DATE})"
)
_NAMED_ID = re.compile(
    r"(?i:\b(?:ssn|social security|national (?:id|insurance)|identity (?:card|number)|id (?:card|no|number)|passport"
    r"|tax (?:id|no|number)|personnummer|bsn|pesel|cpf|dni|nie|nif|curp|aadhaar|nino|driv\w+ licen[cs]e|ausweisnummer"
    r"|steuer-?id)\b)(?:\W{1,3}[a-z]{1,6}){0,3}\W{0,3}"
    r"(?P<value>(?=(?:[A-Z /.-]*\d){5})[A-Z0-9](?:[ ./-]?[A-Z0-9]){4,19})\b"
)
_IDS: Sequence[tuple[re.Pattern[str], Callable[[str], bool]]] = (
    (re.compile(r"\b\d{3}-\d{2}-\d{4}\b"), ssn.is_valid),
    (re.compile(r"\b\d{8}-?[A-Z]\b"), dni.is_valid),
    (re.compile(r"\b[XYZ]-?\d{7}-?[A-Z]\b"), nie.is_valid),
    (re.compile(r"\b[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]\b", re.IGNORECASE), codicefiscale.is_valid),
    (re.compile(r"\b\d{3}\.\d{3}\.\d{3}-\d{2}\b"), cpf.is_valid),
    (re.compile(r"\b[12] ?\d{2} ?\d{2} ?\d[\dAB] ?\d{3} ?\d{3} ?\d{2}\b"), nir.is_valid),
    (re.compile(r"\b\d{2} \d{3} \d{3} \d{3}\b"), idnr.is_valid),
    (re.compile(r"\b(?:\d{2})?\d{6}[-+]\d{4}\b"), personnummer.is_valid),
    (re.compile(r"\b756\.\d{4}\.\d{4}\.\d{2}\b"), ahv.is_valid),
    (re.compile(r"\b[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d\b"), curp.is_valid),
    (re.compile(r"\b\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}\b"), nn.is_valid),
    (re.compile(r"\b\d{6}[-+A]\d{3}[0-9A-Y]\b"), hetu.is_valid),
)
"""Formats with check digits. Plain digits count only after a label (`_NAMED_ID`)."""
_LOCAL_PHONE = re.compile(
    r"(?<![\w.-])\(?0\d[\d ()/.-]{6,16}\d(?![\w-])|(?<![\w.-])(?:1[ .-])?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\w-])"
)
_NAMED_PHONE = re.compile(
    r"(?i:\b(?:phone|mobile|cell|call me (?:at|on)|reach me (?:at|on)|whatsapp|tel|telephone|number)\b)\W{1,3}"
    r"(?:(?i:is|number|no)\W{1,3})*(?P<value>\+?\d(?:[ ()/.-]{0,2}\d){7,14})(?![\w-])"
)


def _spans(pattern: re.Pattern[str], accept: Callable[[str], Any] = bool, group: int | str = 0) -> Finder:
    return lambda text: (match.span(group) for match in pattern.finditer(text) if accept(match.group(group)))


def _passwords(text: str) -> Iterator[Span]:
    for match in _PASSWORD.finditer(text):
        group = next(name for name in ("quoted", "given", "told") if match[name])
        if not _PLAIN_WORDS.fullmatch(match[group]):
            start, end = match.span(group)
            yield start, end - len(match[group]) + len(match[group].rstrip(".!?)"))


def _phones(text: str) -> Iterator[Span]:
    if sum(c.isdigit() for c in text) < 7:
        return
    found = [(m.start, m.end) for m in phonenumbers.PhoneNumberMatcher(text, None)] if "+" in text else []
    found += [match.span("value") for match in _NAMED_PHONE.finditer(text)]
    yield from sorted(found + [match.span() for match in _LOCAL_PHONE.finditer(text)])


def _ibans(text: str) -> Iterator[Span]:
    for match in _IBAN.finditer(text):
        candidate = match.group()
        while candidate and not iban.is_valid(candidate, check_country=False):  # next words may look like groups
            candidate = candidate.rpartition(" ")[0]
        if candidate:
            yield match.start(), match.start() + len(candidate)


def _card(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return luhn.is_valid(digits) and len(set(digits)) > 1


def _is_v6(text: str) -> bool:
    try:
        return ipaddress.IPv6Address(text).compressed != "::"
    except ValueError:
        return False


FINDERS: Sequence[tuple[str, Finder]] = (
    ("SECRET", _spans(_PEM)),
    ("SECRET", _spans(_JWT)),
    ("SECRET", _spans(_KEY)),
    ("SECRET", _spans(_BEARER)),
    ("SECRET", _passwords),
    ("EMAIL", _spans(_EMAIL)),
    ("IBAN", _ibans),
    ("CARD", _spans(_CARD, _card)),
    ("BIRTH", _spans(_BIRTH, group="value")),
    *(("ID", _spans(pattern, accept)) for pattern, accept in _IDS),
    ("ID", _spans(_NAMED_ID, group="value")),
    ("IP", _spans(_ADDRESS_V4)),
    ("IP", _spans(_ADDRESS_V6, _is_v6)),
    ("PHONE", _phones),
)
"""In order of application: later finders do not see what earlier ones have found."""
