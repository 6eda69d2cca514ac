"""Converts HTML mail to the text that a reader sees. Quoted mail becomes lines with `>`, as in plain text mail."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice

from html_to_markdown import ConversionOptions, OutputFormat, convert
from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.mail.html.sheet import Sheet
from ingest.mail.html.styles import Look, look_of
from ingest.mail.quoting.layouts import HTML, is_forward_line

_HTML_LIMIT = 300_000
_NODES_LIMIT = 120_000
# The parser's time grows with the depth of elements; no mail that a person wrote comes near this.
_DEPTH_LIMIT = 2_000
_TAG = re.compile(
    r"<(/?)(?!(?:p|li|t[dhr]|tbody|d[dt]|option|br|img|hr|meta|link|input|col|area|wbr)\b)[a-z]", re.IGNORECASE
)
_DEPTH_SHOWN = 3
_EMOJI_LIMIT = 12
_SIGNATURES_LIMIT = 20
_SIGNED, _OPEN, _CLOSE = "\ue0fd", "\ue0fe", "\ue0ff"
_BOUNDS = re.compile(f"[{_SIGNED}{_OPEN}{_CLOSE}]")
_DELIMITER = "-- "
_UNREAD = frozenset({"xml", "style", "script", "template", "noscript", "title", "object", "svg", "math", "select"})
_STYLED = ("style", "class", "id", "hidden", "bgcolor", "background", "color", "size", "height", "width")

_OPTIONS = ConversionOptions(
    output_format=OutputFormat.PLAIN, extract_metadata=False, skip_images=True, strip_tags=["title"], max_depth=1_000
)
Attributes = Mapping[str, str | None]


def html_to_text(html: str, *, keep_quotes: bool = False) -> str:
    """Return the visible text of an HTML mail: no markup, no links' targets, no pictures, nothing hidden.

    A quoted mail's lines are marked with `>` unless `keep_quotes` is set or it is a forward; a line `-- ` stands above
    what the mail program marked as a signature, a picture of an emoji is the emoji. What lies beyond 300,000 characters
    or 2,000 elements deep is not read. Never raises.
    """
    html = _BOUNDS.sub("", html[:_HTML_LIMIT].replace("\x00", "")).encode("utf-8", "replace").decode()
    tree = LexborHTMLParser(html[: _deepest(html)])
    quotes, signatures = _prepared(tree)
    for node in signatures:
        _sign(node)
    if not keep_quotes:
        for node in quotes:
            _bound(node)
    return _marked(convert(tree.html or "", _OPTIONS).content or "")


def _deepest(html: str) -> int:
    """Return where elements become too deep; the length of the mail where they don't."""
    depth = 0
    for tag in _TAG.finditer(html):
        depth = max(depth - 1, 0) if tag[1] else depth + 1
        if depth > _DEPTH_LIMIT:
            return tag.start()
    return len(html)


def _prepared(tree: LexborHTMLParser) -> tuple[list[LexborNode], list[LexborNode]]:
    """Take out what a person does not see, put emoji in place of their pictures; return quoted mails and signatures."""
    sheet = Sheet()
    for style in islice(tree.css("style"), 20):
        sheet.add(style.text())
    looks: dict[int, Look] = {}
    removed: list[LexborNode] = []
    emoji: list[tuple[LexborNode, str]] = []
    quotes: list[LexborNode] = []
    signatures: list[LexborNode] = []
    root = tree.root
    for node in islice(root.traverse(include_text=True), _NODES_LIMIT) if root is not None else ():
        parent = node.parent
        look = looks.get(parent.mem_id, Look()) if parent is not None else Look()
        if node.tag == "-text":
            if not look.is_seen and not look.removed:
                removed.append(node)
            continue
        attributes = node.attributes
        if not look.removed:
            look, dropped = _looked(node, attributes, look, sheet)
            if dropped:
                removed.append(node)
            elif node.tag == "img" and (sign := _emoji(attributes)) and look.is_seen:
                emoji.append((node, sign))
            elif HTML.is_quote(node.tag or "", attributes) and look.quoted < _DEPTH_SHOWN:
                look = replace(look, quoted=look.quoted + 1)
                quotes.append(node)
            elif len(signatures) < _SIGNATURES_LIMIT and HTML.is_signature(node.tag or "", attributes):
                signatures.append(node)
        looks[node.mem_id] = look
    for picture, sign in emoji:
        picture.replace_with(sign)
    for node in removed:
        node.decompose()
    return quotes, signatures


def _looked(node: LexborNode, attributes: Attributes, look: Look, sheet: Sheet) -> tuple[Look, bool]:
    """Return how text looks within an element, and whether nothing of the element is read."""
    tag = node.tag or ""
    if tag in _UNREAD or "hidden" in attributes or HTML.is_signature_prefix(tag, attributes):
        return replace(look, removed=True), True
    if not attributes and not sheet.rules:
        return look, False
    declared = sheet.of(tag, attributes)
    for attribute, name in (("bgcolor", "background-color"), ("color", "color")):
        given = (attributes.get(attribute) or "").lower()
        if given and (attribute != "color" or tag == "font"):
            declared = {name: given, **declared}
    if attributes.get("background"):
        declared = {"background-image": "url(", **declared}
    if "visibility" in declared and "style" in attributes:
        # The converter would leave out a whole element, with those in it that are visible again.
        node.attrs["style"] = ""
    looked = look_of(look, declared)
    return looked, looked.removed


def _emoji(attributes: Attributes) -> str:
    sign = (attributes.get("data-emoji") or attributes.get("alt") or "").strip()
    if not sign or len(sign) > _EMOJI_LIMIT or any(char.isspace() for char in sign):
        return ""
    kinds = [unicodedata.category(char) for char in sign]
    keycap = "\u20e3" in sign
    known = all(kind in ("So", "Sk", "Mn", "Me", "Cf", "Cn", "Sm", "Po", "Co") or keycap for kind in kinds)
    return sign if known and any(kind in ("So", "Me", "Cn") for kind in kinds) else ""


def _bound(node: LexborNode) -> None:
    """Put signs around the text of a quoted mail, unless it is a forwarded one."""
    first = node.first_child
    if first is None or _is_forwarded(node):
        return
    first.insert_before(_OPEN)
    node.insert_child(_CLOSE)


def _sign(node: LexborNode) -> None:
    """Put a sign in front of a signature's text."""
    first = node.first_child
    if first is not None and node.text().strip():
        first.insert_before(_SIGNED)


def _is_forwarded(node: LexborNode) -> bool:
    at = node.first_child
    while at is not None and not (text := at.text()[:200].strip()):
        at = at.next
    return at is not None and is_forward_line(text.split("\n")[0])


def _delimited(text: str) -> str:
    """Put `-- ` on a line of its own where a signature begins; of one within another the outer counts."""
    before, *signed = text.split(_SIGNED)
    for piece in signed:
        delimited = before.rstrip(_OPEN + " \n").endswith(_DELIMITER.strip())
        before = before + piece if delimited else f"{before.rstrip(' ')}\n{_DELIMITER}\n{piece}"
    return before


def _marked(text: str) -> str:
    """Mark the lines between the signs with `>`, and put `-- ` above a signature."""
    text = _delimited(text)
    if _OPEN not in text:
        return text
    lines: list[str] = []
    depth = 0
    for line in text.split("\n"):
        depth += line.count(_OPEN)
        bare = _BOUNDS.sub("", line)
        mark = ">" * min(depth, _DEPTH_SHOWN)
        lines.append(f"{mark} {bare}".rstrip() if mark and (bare.strip() or _OPEN not in line) else bare)
        depth = max(depth - line.count(_CLOSE), 0)
    return "\n".join(lines)
