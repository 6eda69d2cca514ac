"""T3: how the quality report compares figures with their bounds, and when it fails."""

from __future__ import annotations

import json

import pytest

from embeddings.encoder import Encoder
from embeddings.workbench.answers.data import blind_company
from evaluation.quality import answers, scorecard
from evaluation.quality.report import Figure, Group, Scorecard


def _card(*figures: Figure) -> Scorecard:
    return Scorecard(groups=(Group(name="Part", figures=figures, misses=("one",)),))


@pytest.mark.parametrize(
    ("figure", "ok", "bound"),
    [
        (Figure(name="a", measured=0.97, of=10, at_least=0.97), True, "≥ 97.0%"),
        (Figure(name="a", measured=0.969, of=10, at_least=0.97), False, "≥ 97.0%"),
        (Figure(name="a", measured=0.03, of=10, at_most=0.03), True, "≤ 3.0%"),
        (Figure(name="a", measured=1, of=10, unit="", at_most=0), False, "≤ 0"),
        (Figure(name="a", measured=0.5, of=10), None, ""),
        (Figure(name="a", measured=0.0, of=0, at_least=0.97), None, "≥ 97.0%"),
    ],
)
def test_t3_a_figure_is_compared_with_its_bound(figure: Figure, ok: bool | None, bound: str) -> None:
    assert figure.ok is ok
    assert figure.bound == bound


def test_t3_only_a_blocking_figure_fails_the_report() -> None:
    short = Figure(name="short", measured=0.5, of=10, at_least=0.97)
    leak = Figure(name="leak", measured=1, of=10, unit="", at_most=0, blocking=True)
    assert _card(short).passed
    assert not _card(short, leak).passed
    assert _card(short, leak).broken == ("Part: leak",)


def test_t3_the_json_has_every_figure_with_bound_result_and_misses() -> None:
    card = _card(Figure(name="a", measured=0.9, of=10, at_least=0.97, beside={"word": 0.5}))
    written = json.loads(json.dumps(card.as_json()))
    (group,) = written["groups"]
    assert group["misses"] == ["one"]
    assert group["figures"][0] | {"beside": {}} == {
        "name": "a", "measured": 0.9, "of": 10, "unit": "%", "at_least": 0.97, "at_most": None, "blocking": False,
        "beside": {}, "bound": "≥ 97.0%", "ok": False,
    }  # fmt: skip
    assert group["figures"][0]["beside"] == {"word": 0.5}


def test_t3_parts_are_announced_before_they_run() -> None:
    announced: list[str] = []

    def part() -> list[Group]:
        announced.append("ran")
        return [Group(name="Part", figures=())]

    card = scorecard.measure({"first": part, "second": part}, announced.append)
    assert announced == ["first", "ran", "second", "ran"]
    assert len(card.groups) == 2


def test_e1_the_answers_to_a_blind_author_keep_their_floors() -> None:
    card = Scorecard(groups=tuple(answers.measure(Encoder(), {answers.BLIND: [blind_company()]})))
    assert card.broken == ()
    assert {figure.name for figure in card.groups[0].figures if figure.blocking} == {*answers.FLOORS, *answers.CEILINGS}
