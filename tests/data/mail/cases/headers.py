"""Subjects, senders and message ids: encoded, folded, forged, doubled and missing."""

from __future__ import annotations

from collections.abc import Iterator

from tests.data.mail.cases.letter import ANN, Case, customer, letter, trace

_TEXT = "How do I reset my password?"


def cases() -> Iterator[Case]:
    """All of them ask the same question."""
    yield from _subjects()
    yield from _senders()
    yield from _doubtful_senders()
    yield from _ids()


def _subject(name: str, subject: str, expected: str) -> Case:
    return customer(f"subject-{name}", letter(_TEXT, subject=subject), _TEXT, subject=expected)


def _subjects() -> Iterator[Case]:
    yield _subject("base64-word", "=?UTF-8?B?UGFzc3dvcnQgdmVyZ2Vzc2VuIPCfmKI=?=", "Passwort vergessen 😢")
    yield _subject("q-word", "=?iso-8859-1?Q?Gr=FC=DFe_und_eine_Frage?=", "Grüße und eine Frage")
    yield _subject("two-words-joined", "=?utf-8?Q?Pass?= =?utf-8?Q?wort?=", "Passwort")
    yield _subject("character-split-over-words", "=?utf-8?B?R3LD?=\r\n =?utf-8?B?vMOfZQ==?=", "Grüße")
    yield _subject("words-of-two-charsets", "=?iso-8859-1?Q?caf=E9?= =?koi8-r?B?8NLJ18XU?=", "caféПривет")
    yield _subject("word-between-plain-words", "Re: =?utf-8?Q?Stra=C3=9Fe?= again", "Re: Straße again")
    yield _subject("raw-utf8", "Grüße aus Köln", "Grüße aus Köln")
    yield _subject("broken-base64-word", "=?utf-8?B?====?= hello", "hello")
    yield _subject("unknown-charset-word", "=?x-klingon?Q?hello?=", "hello")
    yield _subject("utf-7-word", "=?utf-7?Q?+ADw-b+AD4-?=", "+ADw-b+AD4-")
    yield _subject("word-without-end", "=?utf-8?Q?hello", "=?utf-8?Q?hello")
    yield _subject(
        "folded",
        "A very long question\r\n about my account\r\n\tand more",
        "A very long question about my account and more",
    )
    yield _subject(
        "encoded-line-break-and-header", "=?utf-8?Q?Hi=0D=0ABcc:_all@victim.example?=", "Hi Bcc: all@victim.example"
    )
    yield _subject("empty", "", "")
    yield _subject("nul-and-bell", "He\x00llo\x07", "Hello")
    yield _subject("of-5000-characters", "x" * 900 + "\r\n " + "y" * 4000, "x" * 500)
    yield _subject("japanese-iso-2022-jp", "=?iso-2022-jp?B?GyRCQEE1YT1xGyhC?=", "請求書")
    missing = letter(_TEXT).replace(b"Subject: Question about my account\r\n", b"")
    yield customer("subject-missing", missing, _TEXT, subject="")
    raw_latin = letter(_TEXT).replace(b"Question about", "Größe von".encode("latin-1"))
    yield customer("subject-raw-latin-1", raw_latin, _TEXT, subject="Größe von my account")


def _from(name: str, sender: str, address: str, shown: str, **expected: object) -> Case:
    raw = letter(_TEXT, sender=sender, dmarc="pass")
    return customer(f"from-{name}", raw, _TEXT, sender=address, sender_name=shown, **expected)


def _senders() -> Iterator[Case]:
    yield _from("plain-address", "ann@customer.example", "ann@customer.example", "")
    yield _from("angle-only", "<ann@customer.example>", "ann@customer.example", "")
    yield _from("upper-case", "Ann <ANN@Customer.EXAMPLE>", "ann@customer.example", "Ann")
    yield _from("quoted-comma", '"Customer, Ann" <ann@customer.example>', "ann@customer.example", "Customer, Ann")
    yield _from("bare-comma", "Customer, Ann <ann@customer.example>", "ann@customer.example", "Customer, Ann")
    yield _from(
        "address-as-name", "ann@customer.example <ann@customer.example>", "ann@customer.example", "ann@customer.example"
    )
    yield _from("comment-with-name", "ann@customer.example (Ann (at work))", "ann@customer.example", "")
    yield _from("encoded-name", "=?utf-8?Q?J=C3=B6rg?= <joerg@customer.example>", "joerg@customer.example", "Jörg")
    yield _from(
        "encoded-quoted-name", '"=?utf-8?Q?J=C3=B6rg?=" <joerg@customer.example>', "joerg@customer.example", "Jörg"
    )
    yield _from("raw-utf8-name", "Jörg <joerg@customer.example>", "joerg@customer.example", "Jörg")
    yield _from("plus-tag-and-dots", "<a.n.n+work@customer.example>", "a.n.n+work@customer.example", "")
    yield _from("unicode-domain", "Ann <ann@bücher.example>", "ann@bücher.example", "Ann")
    yield _from("punycode-domain", "Ann <ann@xn--bcher-kva.example>", "ann@bücher.example", "Ann")
    yield _from(
        "escaped-quotes", '"Ann \\"Annie\\" C." <ann@customer.example>', "ann@customer.example", 'Ann "Annie" C.'
    )
    yield _from("folded", "Ann Customer\r\n <ann@customer.example>", "ann@customer.example", "Ann Customer")
    evil = "=?utf-8?Q?boss=40bank.example=3E?= <ann@customer.example>"
    yield _from("name-that-looks-like-an-address", evil, "ann@customer.example", "boss@bank.example>")


def _doubtful(name: str, sender: str, address: str, dmarc_for: str) -> Case:
    body = letter(_TEXT, sender=sender)[len(trace(sender)) :]
    return customer(f"from-{name}", trace(dmarc_for) + body, _TEXT, sender=address, authenticated=False)


def _doubtful_senders() -> Iterator[Case]:
    """They may be answered, but nobody vouches for them."""
    yield _doubtful("two-mailboxes", "ann@customer.example, boss@bank.example", "ann@customer.example", ANN)
    yield _doubtful("two-angles", "A <ann@customer.example> <boss@bank.example>", "ann@customer.example", ANN)
    yield _doubtful("quote-without-end", '"Ann <ann@customer.example>', "ann@customer.example", ANN)
    yield _doubtful("angle-without-end", "Ann <ann@customer.example", "ann@customer.example", ANN)
    yield _doubtful("dmarc-for-another-domain", ANN, "ann@customer.example", "eve@evil.example")
    yield _doubtful("dmarc-for-the-parent-domain", "<ann@mail.customer.example>", "ann@mail.customer.example", ANN)
    twice = letter(_TEXT).replace(b"\r\nTo:", b"\r\nFrom: boss@bank.example\r\nTo:", 1)
    yield customer("from-twice", twice, _TEXT, sender="ann@customer.example", authenticated=False)
    for verdict in ("fail", "none", "temperror", "bestguesspass"):
        raw = letter(_TEXT, dmarc=verdict)
        yield customer(f"dmarc-{verdict}", raw, _TEXT, authenticated=False)
    bare = letter(_TEXT)[len(trace(ANN)) :]
    yield customer("no-authentication-results", bare, _TEXT, authenticated=False)
    forged = b"Authentication-Results: mx.google.com; dmarc=pass header.from=customer.example\r\n"
    yield customer("forged-verdict-below-gmails", trace(ANN, "fail") + forged + bare, _TEXT, authenticated=False)


def _ids() -> Iterator[Case]:
    chain = " ".join(f"<m{n}@customer.example>" for n in range(100))
    long_chain = letter(_TEXT, headers=f"In-Reply-To: <m99@customer.example>\nReferences: {chain}")
    last = [f"<m{n}@customer.example>" for n in range(50, 100)]
    yield customer("references-of-100", long_chain, _TEXT, references=last, in_reply_to="<m99@customer.example>")
    wordy = letter(_TEXT, headers='In-Reply-To: "Your message of Monday" <x1@techcorp.example>')
    yield customer("in-reply-to-with-words", wordy, _TEXT, in_reply_to="<x1@techcorp.example>")
    none = letter(_TEXT).replace(b"Message-ID: <a1b2c3@customer.example>\r\n", b"")
    yield customer("message-id-missing", none, _TEXT, rfc_message_id=None)
    odd = letter(_TEXT).replace(b"<a1b2c3@customer.example>", b"<a b\x00c>")
    yield customer("message-id-with-space-and-nul", odd, _TEXT, rfc_message_id=None)
    injected = letter(_TEXT, headers="In-Reply-To: <x@y>\n <z@w>\nReferences:\n <x@y>\n\t<z@w>")
    yield customer("references-folded", injected, _TEXT, references=["<x@y>", "<z@w>"], in_reply_to="<x@y>")
    other = letter(_TEXT, headers="Reply-To: Boss <Boss@Bank.example>")
    yield customer("reply-to-somebody-else", other, _TEXT, sender="ann@customer.example", reply_to="boss@bank.example")
    nonsense = letter(_TEXT, headers="Reply-To: nobody at all")
    yield customer("reply-to-nonsense", nonsense, _TEXT, reply_to=None)
    spaced = letter(_TEXT).replace(b"Subject:", b"SUBJECT:").replace(b"From:", b"from:")
    yield customer("header-names-in-other-case", spaced, _TEXT, sender="ann@customer.example")
