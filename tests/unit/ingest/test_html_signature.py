"""Issue 12: what a mail program marks as a signature is stored, and is the text where the customer wrote into it."""

from __future__ import annotations

import pytest

from ingest.mail.html.html_text import html_to_text
from ingest.mail.quoting.quotes import own_text
from ingest.text import clean

_SIGNATURE = '<span class="gmail_signature_prefix">-- </span><br><div class="gmail_signature">{}</div>'
_ASK = "How do I export a board?"


@pytest.mark.parametrize(
    ("page", "whole", "own"),
    [
        (f"<p>{_ASK}</p>" + _SIGNATURE.format("Mia Holm<br>Shop Ltd"), f"{_ASK}\n\n--\nMia Holm\nShop Ltd", _ASK),
        (_SIGNATURE.format(f"{_ASK}<br>Mia Holm"), f"--\n{_ASK}\nMia Holm", f"{_ASK}\nMia Holm"),
        (
            f"<p>{_ASK}</p>" + _SIGNATURE.format("Mia") + "<p>PS: it is order 4711.</p>",
            f"{_ASK}\n\n--\nMia\n\nPS: it is order 4711.",
            f"{_ASK}\n\n--\nMia\n\nPS: it is order 4711.",
        ),
        (
            f'<p>{_ASK}</p><div id="Signature"><div class="gmail_signature">Mia Holm</div></div>',
            f"{_ASK}\n\n--\n\nMia Holm",
            _ASK,
        ),
        (f"<p>{_ASK}</p>" + _SIGNATURE.format(" "), _ASK, _ASK),
        ('<img src="cid:1">' + _SIGNATURE.format("Mia Holm<br>Shop Ltd"), "--\nMia Holm\nShop Ltd", ""),
    ],
    ids=["a signature", "written into it", "written below it", "one in another", "an empty one", "nothing else"],
)
def test_a_signature_that_is_marked(page: str, whole: str, own: str) -> None:
    shown = clean(html_to_text(page))
    assert shown == whole
    assert own_text(shown) == own
