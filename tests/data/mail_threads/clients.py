"""How ten mail clients quote the mail before, each as (content type, body) of a reply."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass

PLAIN = "text/plain; charset=utf-8"
HTML = "text/html; charset=utf-8"
Wording = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """The mail that a reply answers: who wrote it, at which minute, and its body with what it quotes in turn."""

    name: str
    address: str
    minute: int
    body: str
    to: str


Client = Callable[[str, Before, Wording], tuple[str, str]]


def _line(kind: str, before: Before, wording: Wording) -> str:
    return wording[kind].format(m=before.minute, name=before.name, address=before.address)


def _marked(body: str) -> str:
    return "\n".join(f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in body.split("\n"))


def _wrapped(text: str, width: int = 72) -> str:
    """Break long lines at spaces, as clients do when they quote."""
    lines = []
    for line in text.split("\n"):
        while len(line) > width and " " in line[20:width]:
            at = line.rindex(" ", 20, width)
            lines.append(line[:at])
            line = line[at + 1 :]
        lines.append(line)
    return "\n".join(lines)


def _fields(before: Before, wording: Wording, mark: str = "", address: bool = False) -> str:
    sender = f"{before.name} <{before.address}>" if address else before.name
    pairs = (
        (wording["from"], sender),
        (wording["sent"], wording["date"].format(m=before.minute)),
        (wording["to"], before.to),
        (wording["subject"], "Re: Boards"),
    )
    return "\n".join(f"{mark}{name}:{mark} {value}" for name, value in pairs)


def gmail(own: str, before: Before, wording: Wording) -> tuple[str, str]:
    """Gmail in plain text: the reply line may break, the quotation is marked and wrapped."""
    return PLAIN, f"{own}\n\n{_wrapped(_line('gmail', before, wording))}\n\n{_wrapped(_marked(before.body))}\n"


def apple(own: str, before: Before, wording: Wording) -> tuple[str, str]:
    """Apple's iPhone program, which marks its reply line too."""
    return PLAIN, f"{own}\n\n{_marked(_line('apple', before, wording) + chr(10) + chr(10) + before.body)}\n"


def thunderbird(own: str, before: Before, wording: Wording) -> tuple[str, str]:
    """Thunderbird in plain text."""
    return PLAIN, f"{own}\n\n{_line('bird', before, wording)}\n{_marked(before.body)}\n"


def outlook(own: str, before: Before, wording: Wording) -> tuple[str, str]:
    """Outlook: nothing is marked, four fields stand above."""
    return PLAIN, f"{own}\n\n{_fields(before, wording)}\n\n{before.body}\n"


def outlook_mobile(own: str, before: Before, wording: Wording) -> tuple[str, str]:
    """Outlook on telephones: a ruler and bold fields."""
    return PLAIN, f"{own}\n\n________________________________\n{_fields(before, wording, '*', True)}\n\n{before.body}\n"


def samsung(own: str, before: Before, wording: Wording) -> tuple[str, str]:
    """Samsung's program: a separator, then fields."""
    return (
        PLAIN,
        f"{own}\n\n-------- {wording['original']} --------\n{_fields(before, wording, '', True)}\n\n{before.body}\n",
    )


def netease(own: str, before: Before, wording: Wording) -> tuple[str, str]:
    """NetEase: a table of fields."""
    rows = "\n".join(f"| {line.replace(':', ' |', 1)} |" for line in _fields(before, wording, "", True).split("\n"))
    return PLAIN, f"{own}\n\n---- Replied Message ----\n{rows}\n{before.body}\n"


def gmail_html(own: str, before: Before, wording: Wording) -> tuple[str, str]:
    """Gmail in HTML."""
    line = html.escape(_line("gmail", before, wording))
    return HTML, (
        f'<div dir="ltr">{_html(own)}</div><br><div class="gmail_quote">'
        f'<div dir="ltr" class="gmail_attr">{line}<br></div>'
        f'<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex">{_html(before.body)}</blockquote></div>'
    )


def outlook_html(own: str, before: Before, wording: Wording) -> tuple[str, str]:
    """Outlook in the browser."""
    fields = "<br>".join(
        f"<b>{name}:</b>{html.escape(value)}"
        for name, _, value in (line.partition(":") for line in _fields(before, wording, "", True).split("\n"))
    )
    return (
        HTML,
        f'<div>{_html(own)}</div><hr><div id="divRplyFwdMsg">{fields}<div>&nbsp;</div></div>{_html(before.body)}',
    )


def yahoo_html(own: str, before: Before, wording: Wording) -> tuple[str, str]:
    """Yahoo in HTML."""
    line = html.escape(_line("gmail", before, wording))
    return (
        HTML,
        f'<div>{_html(own)}</div><div class="yahoo_quoted"><div>{line}</div><div>{_html(before.body)}</div></div>',
    )


def _html(text: str) -> str:
    return "".join(f"<div>{html.escape(line) or '<br>'}</div>" for line in text.split("\n"))


CLIENTS: tuple[Client, ...] = (
    gmail, apple, thunderbird, outlook, outlook_mobile, samsung, netease, gmail_html, outlook_html, yahoo_html,
)  # fmt: skip
