"""Parts within parts, attachments of every kind, and encodings that break off."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from tests.data.mail.cases.letter import Case, customer, letter, multipart, nested, part

_TEXT = "The upload fails, see the file."
_PLAIN = part(_TEXT, "text/plain; charset=utf-8")
_PNG = base64.encodebytes(b"\x89PNG\r\n" + bytes(3000)).decode()


def _attached(name: str, headers: str, filename: str, content_type: str = "application/pdf") -> Case:
    item = part("JVBERi0xLjQK", content_type, headers=f"Content-Transfer-Encoding: base64\n{headers}")
    return customer(f"attachment-{name}", multipart(_PLAIN, item), _TEXT, attachments=[filename])


def _mail(name: str, raw: bytes, attachments: list[str], text: str = _TEXT, **expected: Any) -> Case:
    return customer(name, raw, text, attachments=attachments, **expected)


def cases() -> Iterator[Case]:
    """Names of files, kinds of attachments, nesting, and broken parts."""
    yield from _names()
    yield from _kinds()
    yield from _nesting()
    yield from _broken()


def _names() -> Iterator[Case]:
    disposition = "Content-Disposition: attachment; "
    yield _attached("plain-name", f'{disposition}filename="report.pdf"', "report.pdf")
    yield _attached("name-rfc2231", f"{disposition}filename*=UTF-8''R%C3%A9sum%C3%A9.pdf", "Résumé.pdf")
    pieces = f"{disposition}filename*0*=UTF-8''R%C3%A9;\n filename*1*=sum%C3%A9; filename*2=.pdf"
    yield _attached("name-rfc2231-in-pieces", pieces, "Résumé.pdf")
    yield _attached("name-rfc2047", f'{disposition}filename="=?utf-8?B?UsOpc3Vtw6kucGRm?="', "Résumé.pdf")
    yield _attached("name-raw-utf8", f'{disposition}filename="Résumé.pdf"', "Résumé.pdf")
    yield _attached("name-with-path", f'{disposition}filename="C:\\\\temp\\\\..\\\\report.pdf"', "report.pdf")
    yield _attached("name-climbs-up", f'{disposition}filename="../../etc/passwd"', "passwd")
    yield _attached("name-with-controls", f'{disposition}filename="re\x07port\u202efdp.exe"', "reportfdp.exe")
    yield _attached(
        "name-only-in-content-type", "Content-Disposition: attachment", "scan.pdf", 'application/pdf; name="scan.pdf"'
    )
    yield _attached("without-any-name", "Content-Disposition: attachment", "application.pdf")
    yield _attached("name-unknown-charset", f"{disposition}filename*=x-foo''report.pdf", "report.pdf")
    yield _attached("name-of-300-characters", f'{disposition}filename="{"x" * 300}.pdf"', "x" * 200)


def _kinds() -> Iterator[Case]:
    inline = part(
        _PNG, "image/png", headers="Content-Transfer-Encoding: base64\nContent-ID: <i1>\nContent-Disposition: inline"
    )
    html = part('<p>The upload fails, see the file.</p><img src="cid:i1">', "text/html")
    yield _mail("inline-image-of-html", multipart(html, inline, kind="related"), ["image.png"])
    yield _mail(
        "photo-between-two-texts",
        multipart(_PLAIN, inline, part("Thank you so far, more later today", "text/plain")),
        ["image.png"],
        f"{_TEXT}\n\nThank you so far, more later today",
    )
    dot = "Content-Transfer-Encoding: base64\nContent-ID: <i2>"
    pixel = part("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "image/gif", headers=dot)
    yield _mail("tracking-pixel-is-no-attachment", multipart(html, pixel, kind="related"), [])
    invite = part("BEGIN:VCALENDAR\nMETHOD:REQUEST\nEND:VCALENDAR", "text/calendar; method=REQUEST")
    yield _mail("calendar-invitation", multipart(_PLAIN, invite, kind="alternative"), ["invite.ics"])
    tnef = part("eJ8+Ig==", 'application/ms-tnef; name="winmail.dat"', headers="Content-Transfer-Encoding: base64")
    yield _mail("winmail-dat", multipart(_PLAIN, tnef), ["winmail.dat"])
    log = part("12:00 error 42", "text/plain", headers='Content-Disposition: attachment; filename="app.log"')
    yield _mail("text-file-is-no-text", multipart(_PLAIN, log), ["app.log"])
    unnamed = part("a,b\n1,2", "text/csv")
    yield _mail("csv-without-disposition", multipart(_PLAIN, unnamed), ["text.csv"])
    card = part("BEGIN:VCARD\nEND:VCARD", "text/vcard")
    yield _mail("contact-card", multipart(_PLAIN, card), ["contact.vcf"])
    pgp = part(
        "-----BEGIN PGP SIGNATURE-----",
        "application/pgp-signature",
        headers='Content-Disposition: attachment; filename="s.asc"',
    )
    yield _mail("pgp-signed", multipart(_PLAIN, pgp, kind="signed"), [])
    smime = part("MIAG", 'application/pkcs7-signature; name="smime.p7s"', headers="Content-Transfer-Encoding: base64")
    yield _mail("smime-signed", multipart(_PLAIN, smime, kind="signed"), [])
    sealed = letter(
        "MIAGCSqG", content_type='application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"', encoding=""
    )
    yield _mail("smime-encrypted", sealed, ["smime.p7m"], "")
    image_only = letter(
        _PNG, content_type='image/png; name="screenshot.png"', headers="Content-Transfer-Encoding: base64"
    )
    yield _mail("nothing-but-an-image", image_only, ["screenshot.png"], "")
    voice = multipart(part("", "text/plain"), part("AAAA", 'audio/mpeg; name="message.mp3"'))
    yield _mail("voice-mail-and-empty-text", voice, ["message.mp3"], "")
    empty = letter("   \n\n")
    yield _mail("no-text-at-all", empty, [], "")


def _nesting() -> Iterator[Case]:
    both = nested(_PLAIN, part("<p>HTML</p>", "text/html"), kind="alternative", boundary="b1")
    pdf = part("JVBERi0x", 'application/pdf; name="a.pdf"', headers="Content-Transfer-Encoding: base64")
    yield _mail("alternative-within-mixed", multipart(both, pdf), ["a.pdf"])
    picture = part(
        _PNG, "image/png", headers='Content-Transfer-Encoding: base64\nContent-Disposition: inline; filename="p.png"'
    )
    related = nested(part("<p>HTML</p>", "text/html"), picture, kind="related", boundary="b2")
    alternative = nested(_PLAIN, related, kind="alternative", boundary="b1")
    yield _mail("related-within-alternative-within-mixed", multipart(alternative, pdf), ["p.png", "a.pdf"])
    deep = _PLAIN
    for level in range(30):
        deep = nested(deep, kind="mixed", boundary=f"d{level}")
    yield _mail("30-multiparts-deep", multipart(deep), [])
    bottomless = b"From: a@b.example\r\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1_000)
    )
    yield _mail("1000-multiparts-deep", bottomless, [], "", truncated=True, authenticated=False)
    many = multipart(_PLAIN, *[part("AAAA", f'application/pdf; name="{n}.pdf"') for n in range(250)])
    yield _mail("250-attachments", many, [f"{n}.pdf" for n in range(118)], truncated=True)
    mail = part("From: x@y.example\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n\nHi", "message/rfc822")
    yield _mail("mail-within-a-mail", multipart(_PLAIN, mail), ["Grüße.eml"])


def _broken() -> Iterator[Case]:
    yield _mail("boundary-never-closed", multipart(_PLAIN).replace(b"--b0--\r\n", b""), [])
    wrong = multipart(_PLAIN).replace(b'boundary="b0"', b'boundary="zz"')
    yield _mail("boundary-not-found", wrong, [], f"--b0\nContent-Type: text/plain; charset=utf-8\n\n{_TEXT}\n--b0--")
    garbled = part("AAAA", "application/p\x00d\x07f", headers="Content-Disposition: attachment")
    yield _mail("content-type-with-nul", multipart(_PLAIN, garbled), ["application.octet-stream"])
    none = letter(_TEXT, content_type="multipart/mixed")
    yield _mail("multipart-without-boundary", none, [])
    yield _mail("content-type-nonsense", letter(_TEXT, content_type="fnord"), [])
    yield _mail("content-type-missing", letter(_TEXT).replace(b"Content-Type: text/plain; charset=utf-8\r\n", b""), [])
    yield _mail("encoding-unknown", letter(_TEXT, headers="Content-Transfer-Encoding: x-magic"), [])
    coded = base64.b64encode(_TEXT.encode()).decode()
    head = "Content-Transfer-Encoding: base64"
    yield _mail("base64-without-padding", letter(coded.rstrip("="), headers=head), [])
    yield _mail("base64-then-a-footer", letter(f"{coded}\n\n-- sent by a scanner, 5 pages\n", headers=head), [])
    yield _mail("base64-broken-off", letter(coded[:-3], headers=head), [], _TEXT[:-1])
    yield _mail(
        "base64-in-two-pieces",
        letter(
            base64.b64encode(b"The upload fails, ").decode() + "\n" + base64.b64encode(b"see the file.").decode(),
            headers=head,
        ),
        [],
    )
    yield _mail("base64-that-is-none", letter(_TEXT, headers=head), [])
    yield _mail(
        "quoted-printable-broken",
        letter("The upload fails, see =ZZ the file=", headers="Content-Transfer-Encoding: quoted-printable"),
        [],
        "The upload fails, see =ZZ the file",
    )
    yield _mail("line-of-200000-characters", letter("word " * 40_000), [], ("word " * 4_000).rstrip(), truncated=True)
    yield _mail(
        "a-header-line-in-the-body",
        letter(f"Bcc: all@victim.example\n\n{_TEXT}"),
        [],
        f"Bcc: all@victim.example\n\n{_TEXT}",
    )
    duplicated = letter(_TEXT, headers="Content-Type: text/html")
    yield _mail("two-content-types", duplicated, [])
