"""Converts HTML mail to the text that a reader sees. Quoted mail becomes a `>` line, as in plain text mail."""

from __future__ import annotations

import re
from itertools import accumulate, islice

from html_to_markdown import ConversionOptions, OutputFormat, convert
from selectolax.lexbor import LexborHTMLParser

_HTML_LIMIT = 300_000
# Finding quotes takes time that grows with tags times nesting; no mail that a person wrote comes near these.
_TAGS_LIMIT = 20_000
_DEPTH_LIMIT = 300
_QUOTES_LIMIT = 200
_TAG = re.compile(
    r"<(/?)(?!(?:p|li|t[dhr]|tbody|d[dt]|option|br|img|hr|meta|link|input|col|area|wbr)\b)[a-z]", re.IGNORECASE
)
_SIGNATURES = ".gmail_signature, .gmail_signature_prefix, .moz-signature, .protonmail_signature_block, #Signature"
_QUOTES = (
    "blockquote.gmail_quote",
    "blockquote[type=cite]",
    "blockquote[cite]",
    "blockquote.protonmail_quote",
    "div.protonmail_quote > blockquote",
    "div.yahoo_quoted",
    "div.zmail_extra",
)
_UNREAD_QUOTES = ", ".join(f"{selector}:not([data-read])" for selector in _QUOTES)
_FORWARDED = re.compile(r"\W*(?:begin )?(?:forwarded message|weitergeleitete nachricht)", re.IGNORECASE)
_PLACEHOLDER = "<p>&gt; …</p>"

_OPTIONS = ConversionOptions(
    output_format=OutputFormat.PLAIN, extract_metadata=False, skip_images=True, strip_tags=["title"], max_depth=1_000
)


def html_to_text(html: str, *, keep_quotes: bool = False) -> str:
    """Return the visible text of an HTML mail: no markup, no links' targets, no images, nothing hidden.

    A quoted mail is replaced by the line `> …` unless `keep_quotes` is set or it is a forward; signatures that are
    marked as such are dropped. What lies beyond 300,000 characters is not read. Never raises.
    """
    html = html[:_HTML_LIMIT].replace("\x00", "").encode("utf-8", "replace").decode()
    if _is_shallow(html):
        html = _without_quotes(html, keep_quotes=keep_quotes)
    return convert(html, _OPTIONS).content or ""


def _is_shallow(html: str) -> bool:
    tags = islice(_TAG.finditer(html), _TAGS_LIMIT + 1)
    depths = list(accumulate(-1 if tag[1] else 1 for tag in tags))
    return len(depths) <= _TAGS_LIMIT and max(depths, default=0) <= _DEPTH_LIMIT


def _without_quotes(html: str, *, keep_quotes: bool) -> str:
    tree = LexborHTMLParser(html)
    for _ in range(_QUOTES_LIMIT):
        node = tree.css_first(_SIGNATURES)
        if node is None:
            break
        node.decompose()
    for _ in range(0 if keep_quotes else _QUOTES_LIMIT):
        node = tree.css_first(_UNREAD_QUOTES)
        if node is None:
            break
        node.attrs["data-read"] = ""
        if not _FORWARDED.match(node.text()[:200]):
            node.inner_html = _PLACEHOLDER
    return tree.html or ""
