"""Cuts off a mail's signature. In doubt the text stays: a name too much does no harm."""

from __future__ import annotations

import re

_DELIMITER = re.compile(r"(?:--|—|__) ?")
_SENT_FROM = re.compile(
    r"(?:sent (?:from|via|with) (?:my |the )?\w|get outlook for |von meinem \S+ gesendet|gesendet (?:von|mit) "
    r"|envoyé (?:de |depuis |à partir )|enviado (?:desde|do|a partir d|con) |inviato da|verzonden (?:vanaf|met) "
    r"|skickat från |sendt fra |lähetetty |wysłano z|odesláno z|отправлено (?:с|из) |iphoneから送信|发自我的).{0,60}",
    re.IGNORECASE,
)
_NOTICE_START = re.compile(
    r"\W*(?:confidential|disclaimer|this (?:e-?mail|message|communication)|the (?:information|contents?)"
    r"|diese (?:e-?mail|nachricht)|ce (?:message|courriel)|este (?:mensaje|correo|e-?mail)"
    r"|please consider the environment|virus-free)",
    re.IGNORECASE,
)
_NOTICE = re.compile(
    r"confidential|privileged|intended (?:only|solely|for)|vertraulich|confidentiel|confidencial|environment|virus",
    re.IGNORECASE,
)
_BANNER = re.compile(
    r"\W*(?:caution|external|warning)\b.{0,40}(?:e-?mail|sender|message|originated).{0,200}", re.IGNORECASE
)
# An English sign-off is made of these words alone, at least one of them from the first set.
_ENGLISH_ANCHORS = frozenset({
    "thanks", "thank", "thx", "regards", "rgds", "wishes", "best", "cheers", "sincerely", "faithfully", "truly",
    "respectfully", "br", "ta",
})  # fmt: skip
_ENGLISH_WORDS = _ENGLISH_ANCHORS | {
    "with", "my", "our", "many", "you", "very", "so", "much", "a", "lot", "in", "advance", "again", "and", "for",
    "your", "help", "support", "time", "assistance", "kind", "kindest", "warm", "warmest", "all", "the", "yours",
    "have", "nice", "good", "great", "day", "weekend",
}  # fmt: skip
_SIGN_OFFS = frozenset({
    "mit freundlichen grüßen", "mit freundlichen gruessen", "mit freundlichen grüssen", "mit besten grüßen",
    "freundliche grüße", "viele grüße", "viele gruesse", "beste grüße", "liebe grüße", "herzliche grüße",
    "schöne grüße", "gruß", "lg", "vg", "mfg", "vielen dank", "danke", "danke und gruß",
    "vielen dank und viele grüße", "cordialement", "bien cordialement", "salutations", "meilleures salutations",
    "bonne journée", "merci", "merci d'avance", "saludos", "un saludo", "saludos cordiales", "cordiales saludos",
    "atentamente", "gracias", "muchas gracias", "cumprimentos", "com os melhores cumprimentos", "atenciosamente",
    "att", "abraços", "obrigado", "obrigada", "cordiali saluti", "distinti saluti", "grazie", "grazie mille",
    "met vriendelijke groet", "met vriendelijke groeten", "mvg", "groetjes", "bedankt", "med vänlig hälsning",
    "med vänliga hälsningar", "vänliga hälsningar", "mvh", "tack", "med venlig hilsen", "venlig hilsen", "tak",
    "z poważaniem", "pozdrawiam", "dziękuję", "с уважением", "спасибо", "此致", "谢谢",
    "よろしくお願いします", "よろしくお願いいたします", "감사합니다", "saygılarımla", "teşekkürler",
})  # fmt: skip
_ABBREVIATIONS = frozenset({"ltd.", "inc.", "co.", "corp.", "llc.", "e.v.", "s.a.", "s.l.", "jr.", "dept."})
_TAIL_LINES = 10


def without_signature(text: str) -> str:
    """Return `text` without the signature at its end, legal notices and "Sent from my phone".

    A sign-off counts only if something stands above it and what follows it looks like a name, a role, a number or
    an address, not like a sentence. The text is never made empty, except where nothing stands above `-- `.
    """
    lines = text.strip().split("\n")
    if len(lines) > 1 and _BANNER.fullmatch(lines[0]):
        lines = lines[1:]
    lines = _before_delimiter(lines)
    lines = _before_notice(lines)
    lines = _before_sent_from(lines)
    return "\n".join(_before_sign_off(lines)).strip()


def _before_delimiter(lines: list[str]) -> list[str]:
    at = next((n for n in range(len(lines) - 1, -1, -1) if _DELIMITER.fullmatch(lines[n])), len(lines))
    return lines[:at]


def _before_notice(lines: list[str]) -> list[str]:
    """Cut at the first paragraph that begins and speaks like a legal notice, if something stands above it."""
    first = next((n for n, line in enumerate(lines) if line.strip()), len(lines))
    for at in range(first + 1, len(lines)):
        if not lines[at - 1].strip() and _NOTICE_START.match(lines[at]):
            end = next((n for n in range(at, len(lines)) if not lines[n].strip()), len(lines))
            if _NOTICE.search(" ".join(lines[at:end])):
                return lines[:at]
    return lines


def _before_sent_from(lines: list[str]) -> list[str]:
    for at in range(len(lines) - 1, max(len(lines) - _TAIL_LINES, 0), -1):
        if _SENT_FROM.fullmatch(lines[at].strip()) and _written(lines[:at]) and _written(lines[at:]) <= 3:
            return lines[:at]
    return lines


def _before_sign_off(lines: list[str]) -> list[str]:
    """Cut at the sign-off that only name-like lines follow; of several in a row (`Thanks,` `Regards,`) at the first."""
    found, written = len(lines), 0
    for at in range(len(lines) - 1, 0, -1):
        line = lines[at].strip()
        if _is_sign_off(line):
            found, written = at, 0
        elif line:
            written += 1
        if written > _TAIL_LINES or (line and _is_sentence(line) and found != at):
            break
    return lines[:found] if _written(lines[:found]) else lines


def _is_sign_off(line: str) -> bool:
    bare = line.lower().strip(" ,.!;:-–—*。🙂😊🙏")
    words = bare.replace(",", " ").split()
    if not words or len(words) > 12:
        return False
    return bare in _SIGN_OFFS or (_ENGLISH_WORDS.issuperset(words) and not _ENGLISH_ANCHORS.isdisjoint(words))


def _is_sentence(line: str) -> bool:
    words = line.split()
    if len(line) > 80 or line.endswith("?"):
        return True
    if line.endswith((".", "!", ":")) and words[-1].lower() not in _ABBREVIATIONS:
        return len(words) >= 3
    return len(words) >= 8 or (len(words) >= 5 and line[:1].islower())


def _written(lines: list[str]) -> int:
    return sum(bool(line.strip()) for line in lines)
