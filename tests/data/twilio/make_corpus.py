"""Writes the corpus of Twilio's posts and signatures: `python -m tests.data.twilio.make_corpus`."""

from __future__ import annotations

import json
from pathlib import Path

from tests.data.twilio.posts import posts
from tests.data.twilio.signatures import signatures

HERE = Path(__file__).parent


def main() -> None:
    """Write both files; lone surrogates are escaped, as JSON can."""
    entries = [
        {"name": name, "class": kind, "params": params, "expected": expected}
        for name, kind, params, expected in posts()
    ]
    (HERE / "posts.json").write_text(json.dumps(entries, indent=1) + "\n")
    (HERE / "signatures.json").write_text(json.dumps(list(signatures()), indent=1) + "\n")
    print(f"{len(entries)} posts, {len(list(signatures()))} signatures")


if __name__ == "__main__":
    main()
