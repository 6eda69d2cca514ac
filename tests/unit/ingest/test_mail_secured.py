"""Issue 12: signed mail is read: an opaque S/MIME signature, PGP's armour."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from ingest.mail.message import ParsedMail, parse
from ingest.mail.parts.secured import without_armour

_HEAD = b"From: mia@shop.example.org\r\n"


def _parse(raw: bytes) -> ParsedMail:
    return parse(raw, gmail_id="1", thread_id="t", label_ids=(), internal_date=datetime.now(UTC), our_addresses=())


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    size = bytes([length]) if length < 0x80 else bytes([0x82, length >> 8, length & 0xFF])
    return bytes([tag]) + size + content


def test_a_mail_within_its_signature_is_read() -> None:
    inner = b"Content-Type: text/plain; charset=utf-8\r\n\r\nThe export stops at 90 %."
    data, signed = bytes.fromhex("06092a864886f70d010701"), bytes.fromhex("06092a864886f70d010702")
    content = _der(0x30, data + _der(0xA0, _der(0x04, inner)))
    whole = _der(0x30, signed + _der(0xA0, _der(0x30, b"\x02\x01\x01" + _der(0x31, b"") + content)))
    raw = _HEAD + b"Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n"
    raw += b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(whole)
    mail = _parse(raw)
    assert (mail.text, mail.attachments) == ("The export stops at 90 %.", ())


def test_armour_is_taken_off() -> None:
    signed = (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nThe export stops.\n- -- \nMia\n"
        "-----BEGIN PGP SIGNATURE-----\n\niQEz\n-----END PGP SIGNATURE-----\n"
    )
    assert without_armour(signed).strip() == "The export stops.\n-- \nMia"
    key = "My key:\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ\n-----END PGP PUBLIC KEY BLOCK-----"
    assert without_armour(key).strip() == "My key:"
    assert without_armour("It prints -----BEGIN PGP and stops") == "It prints -----BEGIN PGP and stops"
