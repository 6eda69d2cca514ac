"""Word lists of `claims` and `grounding`: denials, numbers, units, synonyms, words without a claim."""

from __future__ import annotations

from collections.abc import Mapping

from embeddings import lexical

_INFLECTIONS = ("", "s", "es", "d", "ed", "ing")


def _stems(words: str) -> frozenset[str]:
    return frozenset(lexical.stem(word + ending) for word in words.split() for ending in _INFLECTIONS)


_DENYING = """
    not no never cannot cant none neither nor without nobody nothing nowhere unable impossible isnt arent dont doesnt
    wont didnt hasnt havent except
"""
DENIALS = frozenset(_DENYING.split())

_BETWEEN = "a an the any be been being have has had to yet by itself of always ever also"
PARTICLES = frozenset(_BETWEEN.split())
"""Words that may stand between a denial and what it denies."""

_UNIT_NAMES = """
    second minute hour day week month year mb gb kb tb px pixel character digit percent row column task project people
    person member guest user time attempt code request entry file workspace field address level version decimal page
    record word letter device password comment item result rule retry seat invitation reminder
"""
UNITS: Mapping[str, str] = {
    **{lexical.stem(name): lexical.stem(name) for name in _UNIT_NAMES.split()},
    **{
        short: lexical.stem(long)
        for short, long in {"min": "minute", "h": "hour", "s": "second", "sec": "second"}.items()
    },
    lexical.stem("people"): lexical.stem("person"),
}

FIGURES: Mapping[str, str] = {
    word: str(number)
    for number, words in {
        1: "one single", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine",
        10: "ten", 11: "eleven", 12: "twelve", 13: "thirteen", 14: "fourteen", 15: "fifteen", 16: "sixteen",
        17: "seventeen", 18: "eighteen", 19: "nineteen", 20: "twenty", 30: "thirty", 40: "forty", 50: "fifty",
        60: "sixty", 70: "seventy", 80: "eighty", 90: "ninety", 100: "hundred", 1000: "thousand", 1000000: "million",
    }.items()
    for word in words.split()
}  # fmt: skip

PHRASES: Mapping[str, str] = {"at once": "immediately", "right away": "immediately", "as soon as": "when"}

_SAME = """
    log-sign login-sign logon-sign signin-sign email-mail emails-mail pick-choose select-choose tick-choose
    tap-click press-click hit-click screen-page window-page section-page
    enable-switch activate-switch turn-switch disable-switch type-enter input-enter fill-enter
    colleague-member teammate-member folk-people user-person people-person anybody-anyone
    phone-mobile cellphone-mobile smartphone-mobile picture-photo image-photo delete-remove erase-remove
    launch-open visit-open begin-start
    go-open head-open navigate-open all-every everyone-every everybody-every
    undo-undone shown-show sent-send written-write chosen-choose kept-keep lost-lose synced-sync synchronise-sync
    synchronisation-sync synchronization-sync synchronize-sync sync-sync
"""
SYNONYMS: Mapping[str, str] = {
    lexical.stem(word + ending): lexical.stem(same)
    for word, same in (pair.split("-") for pair in _SAME.split())
    for ending in _INFLECTIONS
}

_NEUTRAL_WORDS = """
    simply easily directly following follow below above next then finally afterwards first last step steps via through
    need must should shall able possible allow let lets make makes made sure ensure check note remember keep mind
    way option button menu icon link page place right there here case if once when while also both either each
    where see find look get take takes give work works working do does done go done it its them they these those such
    want wish like please begin start finish complete help helps solve problem issue question answer thing
    receive send sent get number mean
    currently already now again instead other same different certain particular several available appear show
    click choose open enter switch set change move on off access located under within inside top
    simple quick automatically
    account customer yes so because since therefore however otherwise
    platform app application system software tool
"""
_CLAIMING = """
    off already now free automatically available switch access last first automatic other same different
"""
NEUTRAL = _stems(_NEUTRAL_WORDS) - _stems(_CLAIMING)
"""Words of a paraphrase that no passage need contain; they don't count as content."""

BOUND = _stems(
    "before after only first last least most more less off every each new old same without either both until every any"
)
"""Function words that change the meaning: they must stand in the window that supports the sentence."""

ORDERS = frozenset({"before", "after", "until", "per"})

POLITE = _stems(
    """
    happy help helpful hope glad sorry ask question reply mail e message answer found again part details describe more
    few anything further welcome great good look forward contact write feel assist assistance steps step following
    follow below above i you we that solve problem trouble nice wish note please let know hesitate reach otherwise
    understand hear inconvenience frustrating apologise apologize apologies patience kind regards dear sincerely sure
    course here see if try these short quick issue thing thank thanks reading
    """
)
"""Sentences of these words only make no claim."""
