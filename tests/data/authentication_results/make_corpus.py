# ruff: noqa: E501 - a header is one line
"""Writes the corpus of Authentication-Results headers: `python -m tests.data.authentication_results.make_corpus`.

Every entry is judged for a mail From `customer.example`, unless it says otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
NAME = "Authentication-Results"
DKIM = "dkim=pass header.i=@customer.example header.s=s1 header.b=Zm9vYmFy"
SPF = "spf=pass (google.com: domain of ann@customer.example designates 192.0.2.25 as permitted sender) smtp.mailfrom=ann@customer.example"
PASS = "dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=customer.example"
FAIL = "dmarc=fail (p=NONE sp=NONE dis=NONE) header.from=customer.example"
GOOD = f"mx.google.com; {DKIM}; {SPF}; {PASS}"
BAD = f"mx.google.com; dkim=fail header.i=@evil.example; spf=pass smtp.mailfrom=eve@evil.example; {FAIL}"

Header = tuple[str, str]


def entry(name: str, genuine: bool, *values: str | Header, domain: str = "customer.example") -> dict[str, Any]:
    """One case: its headers from top to bottom; a bare string is an Authentication-Results header."""
    headers = [(NAME, value) if isinstance(value, str) else value for value in values]
    return {"name": name, "pass": genuine, "domain": domain, "headers": headers}


def entries() -> Iterator[dict[str, Any]]:
    """Yield what is genuine, then each way of pretending."""
    yield from _genuine()
    yield from _verdicts()
    yield from _injections()
    yield from _other_headers()
    yield from _places()
    yield from _malformed()


def _genuine() -> Iterator[dict[str, Any]]:
    yield entry("as Gmail writes it", True, GOOD)
    yield entry("folded over lines", True, GOOD.replace("; ", ";\r\n       "))
    yield entry("folded with tabs and bare line feeds", True, GOOD.replace("; ", ";\n\t"))
    yield entry("only dmarc", True, f"mx.google.com; {PASS}")
    yield entry("dmarc first", True, f"mx.google.com; {PASS}; {DKIM}; {SPF}")
    yield entry("with version 1", True, f"mx.google.com 1; {PASS}")
    yield entry("upper case", True, f"MX.Google.com; {PASS.replace('dmarc=pass', 'DMARC=Pass')}")
    yield entry("header name in lower case", True, (NAME.lower(), GOOD))
    yield entry("header.from in upper case", True, f"mx.google.com; {PASS.replace('customer', 'Customer')}")
    yield entry(
        "bounce address with an equals sign",
        True,
        f"mx.google.com; spf=pass smtp.mailfrom=bounces+1-ann=x.example@customer.example; {PASS}",
    )
    yield entry(
        "quoted signature with slash and equals",
        True,
        f'mx.google.com; dkim=pass header.i=@customer.example header.b="I/6Rk2=x"; {PASS}',
    )
    yield entry(
        "dkim fails, spf aligned, dmarc passes",
        True,
        f"mx.google.com; dkim=fail header.i=@customer.example; {SPF}; {PASS}",
    )
    yield entry(
        "arc and dara beside it",
        True,
        f"mx.google.com; arc=pass (i=1 spf=pass dmarc=pass fromdomain=customer.example); {PASS}; dara=pass header.i=@gmail.com",
    )
    yield entry("comment before the name", True, f"(Gmail) mx.google.com; {PASS}")
    yield entry(
        "nested comment in the dmarc clause",
        True,
        "mx.google.com; dmarc=pass (p=REJECT (sp=NONE) dis=NONE) header.from=customer.example",
    )
    yield entry(
        "comment without spaces around it", True, "mx.google.com;dmarc=pass(p=REJECT)header.from=customer.example"
    )
    yield entry("trailing semicolon", True, f"{GOOD};")
    yield entry("another server's header above", True, "filter.example; dmarc=fail header.from=x.example", GOOD)
    yield entry("another server's header below", True, GOOD, "evil.example; dmarc=fail header.from=customer.example")
    yield entry("a forged failure below", True, GOOD, BAD)
    yield entry(
        "international domain",
        True,
        "mx.google.com; dmarc=pass header.from=xn--bcher-kva.example",
        domain="xn--bcher-kva.example",
    )
    yield entry(
        "local part beyond ASCII elsewhere",
        True,
        f"mx.google.com; spf=pass smtp.mailfrom=jörg@customer.example; {PASS}",
    )
    received = (
        "Received",
        "from mail.customer.example (mail.customer.example. [192.0.2.25]) by mx.google.com with ESMTPS id 1; Sun, 22 Nov 2026",
    )
    inner = ("Received", "by 2002:a05:7300:1234 with SMTP id x; Sun, 22 Nov 2026")
    yield entry(
        "between Gmail's Received lines and the sender's",
        True,
        inner,
        received,
        GOOD,
        ("Received", "from laptop by mail.customer.example"),
    )


def _verdicts() -> Iterator[dict[str, Any]]:
    for verdict in (
        "fail",
        "none",
        "temperror",
        "permerror",
        "bestguesspass",
        "passed",
        "softfail",
        "pass.",
        "neutral",
    ):
        yield entry(f"dmarc={verdict}", False, GOOD.replace("dmarc=pass", f"dmarc={verdict}"))
    yield entry("no dmarc clause", False, f"mx.google.com; {DKIM}; {SPF}")
    yield entry("none at all", False, "mx.google.com; none")
    yield entry("no header", False)
    yield entry("another domain passes", False, GOOD.replace("header.from=customer", "header.from=evil"))
    yield entry("a subdomain passes", False, GOOD.replace("header.from=", "header.from=mail."))
    yield entry("the parent domain passes", False, GOOD, domain="mail.customer.example")
    yield entry(
        "a domain that begins alike",
        False,
        GOOD.replace("header.from=customer.example", "header.from=customer.example.evil.example"),
    )
    yield entry(
        "a domain that ends alike",
        False,
        GOOD.replace("header.from=customer.example", "header.from=notcustomer.example"),
    )
    yield entry("dmarc without header.from", False, f"mx.google.com; {DKIM}; dmarc=pass (p=REJECT)")
    yield entry("header.from twice, both", False, f"mx.google.com; {PASS} header.from=evil.example")
    yield entry(
        "header.from twice, other first",
        False,
        "mx.google.com; dmarc=pass header.from=evil.example header.from=customer.example",
    )
    yield entry("header.from empty", False, "mx.google.com; dmarc=pass header.from=", domain="")
    yield entry("header.from as an address", False, "mx.google.com; dmarc=pass header.from=ann@customer.example")


def _injections() -> Iterator[dict[str, Any]]:
    local = '"x) dmarc=pass header.from=customer.example ("'
    yield entry(
        "quoted local part closes the comment",
        False,
        f"mx.google.com; spf=fail (google.com: domain of {local}@evil.example does not designate) smtp.mailfrom={local}@evil.example; {FAIL}",
    )
    split = '"x); dmarc=pass header.from=customer.example; ("'
    yield entry(
        "quoted local part opens a clause",
        False,
        f"mx.google.com; spf=fail (google.com: domain of {split}@evil.example does not designate); {FAIL}",
    )
    yield entry(
        "the same, for a domain without a DMARC record",
        False,
        f"mx.google.com; spf=fail (google.com: domain of {split}@evil.example does not designate) smtp.mailfrom=eve@evil.example",
    )
    bare = "x); dmarc=pass header.from=customer.example; y=z ("
    yield entry(
        "the same, unquoted, with the address repeated",
        False,
        f"mx.google.com; spf=fail (google.com: domain of {bare}@evil.example) smtp.mailfrom={bare}@evil.example",
    )
    yield entry(
        "clause inside a quoted property",
        False,
        'mx.google.com; spf=fail smtp.mailfrom="x; dmarc=pass header.from=customer.example; "@evil.example',
    )
    yield entry(
        "clause inside a quoted property, quote escaped",
        False,
        'mx.google.com; spf=fail smtp.mailfrom="x\\"; dmarc=pass header.from=customer.example; "@evil.example',
    )
    yield entry(
        "clause inside a comment",
        False,
        "mx.google.com; spf=fail (x; dmarc=pass header.from=customer.example; y) smtp.mailfrom=eve@evil.example",
    )
    yield entry(
        "clause inside a nested comment",
        False,
        "mx.google.com; spf=fail (a (b) ; dmarc=pass header.from=customer.example ; c) smtp.mailfrom=e@evil.example",
    )
    yield entry(
        "comment closed by an escaped parenthesis",
        False,
        "mx.google.com; spf=fail (a \\) ; dmarc=pass header.from=customer.example ; b) smtp.mailfrom=e@evil.example",
    )
    yield entry("fail, then pass", False, f"mx.google.com; {FAIL}; {PASS}")
    yield entry("pass, then fail", False, f"mx.google.com; {PASS}; {FAIL}")
    yield entry("pass twice", False, f"mx.google.com; {PASS}; {PASS}")
    yield entry(
        "fail and pass in one clause", False, "mx.google.com; dmarc=fail dmarc=pass header.from=customer.example"
    )
    yield entry(
        "pass and fail in one clause",
        False,
        "mx.google.com; dmarc=pass header.from=customer.example dmarc=fail header.from=x",
    )
    yield entry(
        "header.from belongs to the failing clause",
        False,
        "mx.google.com; dkim=fail header.from=customer.example; dmarc=pass",
    )
    yield entry(
        "header.from belongs to dkim, dmarc passes for another",
        False,
        "mx.google.com; dkim=pass header.from=customer.example; dmarc=pass header.from=evil.example",
    )
    yield entry(
        "dmarc=pass is a property of spf", False, "mx.google.com; spf=fail dmarc=pass header.from=customer.example"
    )
    yield entry(
        "dmarc=pass is arc's comment",
        False,
        "mx.google.com; arc=pass (i=1 dmarc=pass header.from=customer.example); dmarc=fail header.from=customer.example",
    )
    yield entry(
        "reason speaks of a pass", False, 'mx.google.com; dmarc=fail reason="dmarc=pass" header.from=customer.example'
    )
    yield entry(
        "policy property says pass", False, "mx.google.com; dmarc=fail policy.dmarc=pass header.from=customer.example"
    )
    yield entry("x-dmarc passes", False, "mx.google.com; x-dmarc=pass header.from=customer.example")
    yield entry("method in quotes", False, 'mx.google.com; "dmarc"=pass header.from=customer.example')


def _other_headers() -> Iterator[dict[str, Any]]:
    yield entry("forged header alone, of another server", False, f"evil.example; {PASS}")
    yield entry("server name with more behind it", False, f"mx.google.com.evil.example; {PASS}")
    yield entry("server name with more before it", False, f"fakemx.google.com; {PASS}")
    yield entry("server name inside a comment", False, f"evil.example (mx.google.com); {PASS}")
    yield entry("server name missing", False, PASS)
    yield entry("server name empty", False, f"; {PASS}")
    yield entry("version 2", False, f"mx.google.com 2; {PASS}")
    yield entry("forged pass below Gmail's fail", False, BAD, GOOD)
    yield entry("forged pass below two others", False, "filter.example; none", BAD, GOOD, GOOD)
    yield entry("forged pass below Gmail's header without dmarc", False, f"mx.google.com; {SPF}", GOOD)
    yield entry("forged pass below an unreadable header", False, "mx.google.com; spf=fail (never closed", GOOD)
    yield entry(
        "forged pass below Gmail's with a missing semicolon", False, "mx.google.com dmarc=fail header.from=x", GOOD
    )
    yield entry("in the ARC header only", False, ("ARC-Authentication-Results", f"i=1; {GOOD}"))
    yield entry("in the original header only", False, ("X-Original-Authentication-Results", GOOD))
    yield entry("in Received-SPF", False, ("Received-SPF", GOOD))


def _places() -> Iterator[dict[str, Any]]:
    ours = ("Received", "from evil.example ([192.0.2.66]) by mx.google.com with ESMTPS id 1; Sun, 22 Nov 2026")
    theirs = ("Received", "from laptop by mail.evil.example with ESMTPA; Sun, 22 Nov 2026")
    yield entry("below the sender's own Received line", False, ours, theirs, GOOD)
    yield entry("below a forged Received line of Gmail's", False, ours, theirs, ours, GOOD)
    yield entry("above every Received line of Gmail's", False, GOOD, theirs, ours)


def _malformed() -> Iterator[dict[str, Any]]:
    yield entry("comment never closed", False, f"mx.google.com; spf=fail (x; {PASS}")
    yield entry("quote never closed", False, f'mx.google.com; spf=fail smtp.mailfrom="x; {PASS}')
    yield entry("comment closed once too often", False, f"mx.google.com; spf=fail (x)) ; {PASS}")
    yield entry("NUL in it", False, f"mx.google.com; spf=fail\x00; {PASS}")
    yield entry("lone carriage return kept as space", True, GOOD.replace("; ", ";\r "))
    yield entry("no equals sign", False, "mx.google.com; dmarc pass header.from=customer.example")
    yield entry("two equals signs", False, "mx.google.com; dmarc==pass header.from=customer.example")
    yield entry("domain in lookalike letters", False, GOOD.replace("header.from=customer", "header.from=сustomer"))
    yield entry(
        "kelvin sign for k", False, "mx.google.com; dmarc=pass header.from=\u212aey.example", domain="key.example"
    )
    yield entry("20,000 characters long", False, f"mx.google.com; {'x=y; ' * 4000}{PASS}")
    yield entry("5,000 nested comments", False, f"mx.google.com; {'(' * 5000} {PASS}")
    yield entry("asked for no domain", False, GOOD, domain="")


def main() -> None:
    """Write the corpus."""
    found = list(entries())
    (HERE / "headers.json").write_text(json.dumps(found, indent=1) + "\n")
    print(f"{len(found)} cases, {sum(case['pass'] for case in found)} genuine")


if __name__ == "__main__":
    main()
