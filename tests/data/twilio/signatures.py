# ruff: noqa: E501 - a request is one line
"""Signatures as Twilio describes them, computed with `hmac` alone so that they test the library too, and forgeries."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

from tests.data.twilio.posts import Pairs, post

TOKEN = "test-auth-token-of-no-account"
OTHER_TOKEN = "another-token"
URL = "https://desk.techcorp.example/webhooks/whatsapp"


def signed(url: str, pairs: Pairs, token: str = TOKEN, algorithm: str = "sha1") -> str:
    """Twilio's description: the URL, then each name with its distinct values, sorted; keyed hash, base64."""
    text = url
    for name in sorted({name for name, _ in pairs}):
        text += "".join(name + value for value in sorted({value for other, value in pairs if other == name}))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), algorithm).digest()).decode()


def signatures() -> Iterator[dict[str, Any]]:
    """Yield what a request carries, and whether Twilio can have signed it."""
    plain, many = post(), [*post(), ("Tag", "b"), ("Tag", "a"), ("Tag", "b")]
    with_port = URL.replace(".example/", ".example:443/")

    def case(
        name: str, genuine: bool, *, url: str = URL, params: Pairs | str = plain, signature: str, **more: str
    ) -> dict[str, Any]:
        return {
            "name": name,
            "genuine": genuine,
            "url": url,
            "params": params,
            "signature": signature,
            "token": TOKEN,
            **more,
        }

    good = signed(URL, plain)
    yield case("an ordinary post", True, signature=good)
    yield {
        "name": "the example of Twilio's documentation", "genuine": True, "token": "12345", "signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        "url": "https://mycompany.com/myapp.php?foo=1&bar=2",
        "params": [("CallSid", "CA1234567890ABCDE"), ("Caller", "+14158675309"), ("Digits", "1234"), ("From", "+14158675309"), ("To", "+18005551212")],
    }  # fmt: skip
    yield case("parameters in another order", True, params=plain[::-1], signature=good)
    yield case("repeated parameters", True, params=many, signature=signed(URL, many))
    yield case("unknown parameters", True, params=[*plain, ("New", "1")], signature=signed(URL, [*plain, ("New", "1")]))
    yield case("empty value", True, params=post(Body=""), signature=signed(URL, post(Body="")))
    yield case("beyond ASCII", True, params=post(Body="Grüße 👋"), signature=signed(URL, post(Body="Grüße 👋")))
    yield case("line breaks kept", True, params=post(Body="a\r\nb"), signature=signed(URL, post(Body="a\r\nb")))
    yield case("signed with the port", True, signature=signed(with_port, plain))
    yield case("we name the port, signed without", True, url=with_port, signature=good)
    query = URL + "?token=%20a+b"
    yield case("query in the URL", True, url=query, signature=signed(query, plain))
    yield case("no parameters at all", True, params=[], signature=signed(URL, []))
    for name, body in {"object": '{"a": 1}', "empty": "", "beyond ASCII": '{"a": "ü"}'}.items():
        url = f"{URL}?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}"
        yield case(f"JSON body, {name}", True, url=url, params=body, signature=signed(url, []))
    shared = "key=webhooks_sharedkey_1,algorithm=HMAC_SHA256"
    yield case("shared key with SHA-256", True, signature=signed(URL, plain, algorithm="sha256"), settings=shared)
    yield from (
        case(f"no: {name}", False, **given)
        for name, given in _forgeries(plain, good, query, shared).items()
    )  # fmt: skip


def _forgeries(plain: Pairs, good: str, query: str, shared: str) -> dict[str, dict[str, Any]]:
    hashed = f"{URL}?bodySHA256={hashlib.sha256(b'{}').hexdigest()}"
    return {
        "empty signature": {"signature": ""},
        "signature of another length": {"signature": good[:-1]},
        "one character changed": {"signature": ("A" if good[0] != "A" else "B") + good[1:]},
        "signature in lower case": {"signature": good.lower()},
        "space around it": {"signature": f" {good}"},
        "another account's token": {"signature": signed(URL, plain, OTHER_TOKEN)},
        "empty token": {"signature": signed(URL, plain, ""), "token": ""},
        "text changed": {"params": post(Body="changed"), "signature": good},
        "sender changed": {"params": post(From="whatsapp:+15550001111"), "signature": good},
        "parameter added": {"params": [*plain, ("X", "1")], "signature": good},
        "parameter left out": {"params": plain[1:], "signature": good},
        "second value added": {"params": [*plain, ("From", "whatsapp:+15550001111")], "signature": good},
        "value moved into the name": {
            "params": [*post(Body=None), ("BodyHow", " do I reset my password?")],
            "signature": signed(URL, []),
        },
        "signed for http": {"signature": signed(URL.replace("https", "http"), plain)},
        "signed for the inner host": {"signature": signed("http://127.0.0.1:8000/webhooks/whatsapp", plain)},
        "signed for the status path": {"signature": signed(URL + "/status", plain)},
        "trailing slash": {"signature": signed(URL + "/", plain)},
        "query left out": {"url": query, "signature": good},
        "JSON body changed": {"url": hashed, "params": '{"a": 1}', "signature": signed(hashed, [])},
        "JSON body without a hash in the URL": {"params": "{}", "signature": signed(URL, [])},
        "hash in the URL not signed": {"url": hashed, "params": "{}", "signature": signed(URL, [])},
        "SHA-256 where SHA-1 is due": {"signature": signed(URL, plain, algorithm="sha256")},
        "SHA-1 where SHA-256 is said": {"signature": good, "settings": shared},
        "unknown algorithm": {"signature": good, "settings": "key=1,algorithm=HMAC_MD5"},
        "lone surrogate": {"params": post(Body="\ud83d"), "signature": good},
        "signature beyond ASCII": {"signature": "ü" * 28},
    }
