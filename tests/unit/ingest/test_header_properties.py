"""T-Z2, T-S2: senders and the headers that prove something, whatever a sender writes into them."""

from __future__ import annotations

from hypothesis import assume, example, given
from hypothesis import strategies as st

from ingest.identifiers import InvalidIdentifierError, normalise_email
from ingest.mail.headers.addresses import parse_from
from ingest.mail.headers.authentication import dmarc_pass
from ingest.mail.headers.automated import automated_reason
from ingest.mail.headers.tokens import MalformedHeaderError, lex
from ingest.whatsapp.sender_id import normalise_whatsapp
from tests.unit.ingest.strategies import anything, header_characters, prose, relaxed, storable


@relaxed
@given(st.one_of(anything, header_characters))
def test_t_z2_any_from_header_is_a_sender_or_refused(value: str) -> None:
    try:
        mailbox = parse_from(value)
    except InvalidIdentifierError:
        return
    storable(mailbox.address)
    assert normalise_email(mailbox.address) == mailbox.address
    assert mailbox.address.count("@") == 1
    assert not set(mailbox.address) & set("<>, \t\r\n")


@relaxed
@given(prose, st.emails())
def test_t_z2_a_quoted_name_never_becomes_the_address(name: str, address: str) -> None:
    try:
        expected = normalise_email(address)
    except InvalidIdentifierError:
        assume(False)
    quoted = name.replace("\\", "").replace('"', "")
    mailbox = parse_from(f'"boss@bank.example, {quoted}" <{address}>')
    assert (mailbox.address, mailbox.sole) == (expected, True)


@relaxed
@given(st.one_of(anything, st.from_regex(r"(whatsapp:)?\+?[0-9 ().-]{5,20}", fullmatch=True)))
@example("whatsapp:+5215512345678")
@example("+541123456789")
@example("+553181234567")
def test_t_z2_whatsapp_senders_have_one_spelling(text: str) -> None:
    try:
        sender = normalise_whatsapp(text)
    except InvalidIdentifierError:
        return
    assert normalise_whatsapp(sender) == sender
    assert normalise_whatsapp(f"whatsapp:{sender}") == sender
    assert sender.isascii()


@relaxed
@given(st.one_of(anything, header_characters))
def test_t_z2_any_header_is_read_in_order_or_malformed(value: str) -> None:
    try:
        tokens = list(lex(value, ";="))
    except MalformedHeaderError:
        return
    at = 0
    for token in tokens:
        if token.kind in ("word", "special"):
            at = value.index(token.text, at) + len(token.text)


_local_part = st.text(st.one_of(st.sampled_from('"\\() ;=.@'), st.characters(min_codepoint=32, max_codepoint=126)))
_injected = st.lists(
    st.one_of(
        _local_part,
        st.sampled_from(
            [
                "dmarc=pass",
                "header.from=victim.example",
                "; dmarc=pass header.from=victim.example",
                "x); dmarc=pass header.from=victim.example; (",
                ") dmarc=pass (",
                '"',
                "\\",
                "((",
                "))",
            ]
        ),
    ),
    max_size=8,
).map("".join)


@relaxed
@given(_injected, st.sampled_from(["dmarc=fail (p=NONE) header.from=victim.example", "dmarc=none", "x=y"]))
@example("x); dmarc=pass header.from=victim.example; (", "x=y")
def test_t_s2_no_local_part_talks_its_way_to_a_pass(local: str, verdict: str) -> None:
    quoted = '"' + local.replace("\\", "\\\\").replace('"', '\\"') + '"'
    header = (
        f"mx.google.com; spf=fail (google.com: domain of {quoted}@evil.example does not designate 192.0.2.1 as"
        f" permitted sender) smtp.mailfrom={quoted}@evil.example; {verdict}"
    )
    assert not dmarc_pass([("Authentication-Results", header)], "victim.example")


@relaxed
@given(st.lists(st.tuples(st.sampled_from(["Authentication-Results", "Received", "From"]), _injected), max_size=6))
def test_t_s2_headers_that_do_not_name_gmail_never_pass(headers: list[tuple[str, str]]) -> None:
    assume(not any("mx.google.com" in value for _, value in headers))
    assert not dmarc_pass(headers, "victim.example")


@relaxed
@given(
    st.lists(st.tuples(st.one_of(anything, st.sampled_from(["Auto-Submitted", "Precedence"])), anything), max_size=8)
)
def test_t_z2_any_headers_are_automated_or_not(headers: list[tuple[str, str]]) -> None:
    reason = automated_reason(headers, sender="ann@x.example", content_type="text/plain", our_addresses=())
    assert reason is None or reason.isidentifier()
