"""T-B1, T-S1, T-S2: the corpora are what their scripts write, and as large as they have to be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.data.authentication_results import make_corpus as results
from tests.data.forms import make_corpus as forms
from tests.data.pubsub import make_corpus as pubsub
from tests.data.twilio.posts import posts
from tests.data.twilio.signatures import signatures

DATA = Path(__file__).parents[2] / "data"


def _plain(made: object) -> Any:
    return json.loads(json.dumps(made))


def test_t_b1_twilio_posts() -> None:
    written = json.loads((DATA / "twilio" / "posts.json").read_text())
    made = [
        {"name": name, "class": kind, "params": params, "expected": fields} for name, kind, params, fields in posts()
    ]
    assert _plain(made) == written
    assert len(written) >= 60


def test_t_s1_twilio_signatures() -> None:
    written = json.loads((DATA / "twilio" / "signatures.json").read_text())
    assert _plain(list(signatures())) == written
    assert len(written) >= 40


def test_t_b1_pushes() -> None:
    written = json.loads((DATA / "pubsub" / "pushes.json").read_text())
    assert _plain(list(pubsub.entries())) == written
    assert len(written) >= 40


def test_t_s2_authentication_results() -> None:
    written = json.loads((DATA / "authentication_results" / "headers.json").read_text())
    assert _plain(list(results.entries())) == written
    assert len(written) >= 60


@pytest.mark.parametrize("file", forms.FILES)
def test_t_b1_forms(file: str) -> None:
    written = json.loads((DATA / "forms" / f"{file}.json").read_text())
    assert _plain(list(forms.FILES[file]())) == written


def test_t_b1_200_forms_with_names_of_their_own() -> None:
    names = [
        entry["name"] for file in forms.FILES for entry in json.loads((DATA / "forms" / f"{file}.json").read_text())
    ]
    assert len(set(names)) == len(names) >= 200
