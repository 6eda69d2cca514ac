"""The wordings that speak against an entry. English only: what is in another language is a finding by itself."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NEAR = r"[^.!?\n]{0,20}"
_FAR = r"[^.!?\n]{0,60}"


def _of(words: str) -> str:
    """Return a pattern for any of these words, which are patterns themselves; `_` stands for a blank."""
    return rf"\b(?:{'|'.join(word.replace('_', ' ') for word in words.split())})\b"


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE | re.MULTILINE)


_SETS_ASIDE = _of(
    "ignor(?:e|ing) disregard(?:ing)? forget overrid(?:e|ing) bypass(?:ing)? skip drop do_not_(?:follow|apply)"
    " stop_(?:following|applying)"
)
_RULES = _of(
    "instructions? rules? prompts? guidelines? guards? guardrails? restrictions? safety polic(?:y|ies) checks?"
    " training (?:told|said)(?:_you)?_(?:before|above)"
)
_PROGRAM = _of(
    "ai assistant bot chatbot model llm dan agent system administrator root developer_mode jailbr\\w+ unrestricted"
    " unfiltered"
)
_ACTS_AS = _of("you_are you're act behave respond pretend role-?play")
_SAYS = _of("repl(?:y|ies) answers? say tell respond write send give offer use you")
_SOMEBODY = _of(
    "any(?:one|body) some(?:one|body) (?:a_|the_|any_|another_)?customers? (?:a_|the_|any_|another_)?users?"
    " (?:a_|any_)person (?:a_|any_)?callers?"
)
_ASKS = _of("asks? says? writes? mentions? wants? requests? types? contacts? complains? claims?")
_ALL = _of("every each all any")
_EVERY_ANSWER = _of("questions? repl(?:y|ies) messages? answers? customers? mails? tickets? users? sentences?")
_PASSES_ON = _of("tell inform advise instruct assure promise convince ask direct send refer give")
_TO_CUSTOMERS = _of("customers? users? every(?:one|body) any(?:one|body) callers? visitors?")
_WAKES = _of("note message hint memo attention dear hey hello hi")
_READERS = _of("ai llm assistant bot chatbot model language_model agent reviewers? moderators? approvers?")
_TAKES_IN = _of("approve accept publish index save store remember memori[sz]e learn")
_ENTRY = _of("entr(?:y|ies) candidate article passage answer fact text as_(?:a_|the_)?(?:fact|truth|rule)")
_TELLS = _of("reveal print repeat output show leak dump list export")
_INTERNALS = _of("prompts? instructions? other_customers all_(?:the_)?(?:customers|users|tickets|e-?mails|passwords)")
ORDERS = _any(
    rf"{_SETS_ASIDE}{_FAR}{_RULES}",
    rf"{_ACTS_AS}(?: now| no longer| as if| to be| as)? (?:an? |the |my |in )?(?:\w+ )?{_PROGRAM}",
    r"^[^\w\n]*+(?:system|assistant|developer|tool|user|human|instructions?|prompt)\s{0,3}[:>\]]",
    _of("(?:system|hidden|initial|secret|real)_(?:prompts?|instructions?|directives?|orders?|rules?)"),
    r"\b(?:new|updated) (?:prompts?|directives?)\b|\bnew instructions?\s*[:.]",
    rf"\b(?:from now on|as of now)\b{_FAR}{_SAYS}",
    rf"\b(?:whenever|when|each time|every time|any ?time|if) {_SOMEBODY}{_NEAR}{_ASKS}",
    rf"{_of('reply answer respond begin end start finish close')}{_NEAR}{_ALL}{_NEAR}{_EVERY_ANSWER}",
    rf"{_of('call invoke execute run trigger')}{_NEAR}{_of('tools? functions? commands? sql scripts? query')}",
    rf"{_PASSES_ON}[^.!?\n]{{0,10}}{_TO_CUSTOMERS}",
    rf"{_WAKES}[^.!?\n]{{0,12}}{_READERS}",
    rf"{_TAKES_IN}{_NEAR}{_of('this the_following that')}{_NEAR}{_ENTRY}",
    r"\b(?:as an ai|language model|prompt injection|jailbreak|developer mode|knowledge base (?:must|should|shall))\b",
    rf"{_TELLS}{_NEAR}{_INTERNALS}",
)
MARKUP = _any(
    r"<[a-z/!?][^>\n]{0,400}>?",
    r"!?\[[^\]\n]{0,200}\]\s?[(\[:]",
    r"```|~~~|\{\{|\}\}|\{%|\[\[|\]\]|<\||\|>|\$\{",
    r"\b(?:javascript|vbscript|data|file|blob)\s?:\s?\S",
    r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});",
    r"^\s{0,3}(?:#{1,6}\s|>|\|)",
    r"\bhxxps?\b|\S\s?(?:\[\.\]|\(dot\)|\[dot\])\s?\S",
)
ENCODED = _any(
    r"(?<![\w/+])[A-Za-z0-9+/]{40,}={0,2}",
    r"(?:\\[xu][0-9a-f]{2,4}){3,}|(?:%[0-9a-f]{2}){3,}",
    r"(?:\b\w[ ._*-]){4,}\w\b",
)
_SECRETS = _of(
    "passwords? passcodes? passphrase pins? (?:verification|security|sign-in|login|one-time|recovery|access)_codes? cvv"
    " card_(?:number|details) api_keys? tokens? credentials? secrets? social_security account_number bank_details"
)
_TO_US = _of(
    "us me support our the_(?:team|agent|staff) a_colleague by_(?:reply|e-?mail|mail|chat) back"
    " in_(?:your|this|the)_(?:reply|message|mail|chat|ticket)"
)
_HANDS_OVER = _of(
    "send e-?mail text give tell forward dictate read_out share submit post provide disclose include attach write reply"
    " message"
)
ASKS_SECRETS = _any(
    rf"{_HANDS_OVER}{_FAR}{_TO_US}{_FAR}{_SECRETS}",
    rf"{_HANDS_OVER}{_FAR}{_SECRETS}{_FAR}{_TO_US}",
    rf"\breply with\b{_FAR}{_SECRETS}",
)
TELLS_SECRETS = _any(
    rf"{_SECRETS}[^.!?\n]{{0,30}}(?:\b(?:is|are|was)\b|[:=])",
    rf"\b(?:log|sign) ?in\b{_NEAR}\b(?:with|as|using)\b{_NEAR}{_of('admin root user_?name the_user')}",
)
_SWITCHES_OFF = _of("disable turn_off switch_off deactivate remove bypass skip ignore without lower")
_PROTECTION = _of(
    "two-factor 2fa mfa security verification authentication certificate anti-?virus firewall encryption checks?"
    " warnings? virus"
)
_PROGRAMS = _of(
    "remote anydesk teamviewer executable terminal command script attachment extension powershell console crypto"
)
RISKY_STEPS = _any(
    rf"{_SWITCHES_OFF}{_FAR}{_PROTECTION}",
    rf"{_of('install download run open execute paste')}{_FAR}(?:{_PROGRAMS}|\.exe\b)",
    rf"{_of('wire transfer deposit')}{_FAR}{_of('money funds account amount payment bitcoin wallet')}",
    _of("bitcoin gift_cards? wire_transfer western_union wallet_address"),
)
_FAVOURS = _of(
    "free credit(?:ed)? compensat\\w+ discount\\w* upgraded? refund\\w* reimburse\\w* waived? money voucher months?"
)
PROMISES = _any(
    rf"{_of('will shall guaranteed? promised? always entitled owed?')}{_FAR}{_FAVOURS}",
    r"\b(?:refund|reimburse|repay|compensat|waive|credit note|goodwill)\w*\b",
)
ONE_CASE = re.compile(
    r"(?<![\w.])I(?:['’](?:m|ve|ll|d))?\b(?!\.)|\b(?:my|me|mine)\b"
    r"|\b[Ww]e(?:['’](?:re|ve|ll|d)\b| (?:are|have|had|will|would|were|see|found|\w{2,15}ed)\b)"
    r"|\b[Yy]our (?:case|ticket|parcel|claim|complaint|colleague)\b"
    r"|\b(?:[Aa]s|like) (?:discussed|agreed|promised|you (?:said|wrote|asked))\b"
    r"|\b(?:today|tomorrow|yesterday|tonight|this (?:morning|afternoon|week|month)|next (?:week|month))\b"
    r"|\b(?:has|have|was|were) (?:now |already |just )?been "
    r"(?:re(?:set|stored|newed)|unlocked|sent|paid|done|fixed|changed|upgraded|credited)\b"
)
NAME = re.compile(
    r"(?<=[a-z,;] )(?<!> )(?<!\b[Cc]lick )(?<!\b[Oo]pen )(?<!hoose )(?<!\b[Pp]ress )(?<!elect )(?<!\b[Tt]ap )(?<!ick )"
    r"(?<!\b[Tt]hen )"
    r"[A-Z][a-zA-Z'’-]{2,30}(?: [A-Z][a-zA-Z'’-]{1,30}){0,3}"
)
BLOCKING: Sequence[tuple[str, str, re.Pattern[str]]] = (
    ("instructions", "speaks to a program or to those who approve, not to a customer", ORDERS),
    ("markup", "has markup, a link in disguise or the signs of a template", MARKUP),
    ("encoded", "has text that is encoded or spelt out to be overlooked", ENCODED),
    ("asks_secret", "asks customers for what they must tell nobody", ASKS_SECRETS),
    ("promise", "speaks of refunds, credits or what is free", PROMISES),
)
"""Code, what a person reads, and the wording: it has to be edited away."""
DOUBTFUL: Sequence[tuple[str, str, re.Pattern[str]]] = (
    ("tells_secret", "may tell a password, a code or an account", TELLS_SECRETS),
    ("risky_step", "has customers switch protection off, run programs or move money", RISKY_STEPS),
)
"""The same: a person has to confirm it."""
