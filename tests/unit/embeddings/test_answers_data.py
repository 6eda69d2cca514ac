"""The companies that answering is measured on, and what a desk with a threshold does with their questions (E1)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from embeddings.arrays import Floats
from embeddings.workbench.answers.data import (
    ANSWERABLE,
    FIRST_FILES,
    FIRST_TWELVE,
    HELD_OUT,
    UNANSWERABLE,
    Company,
    InvalidQuestionError,
    load_companies,
)
from embeddings.workbench.answers.measure import by_voice, cheapest_threshold, judge, outcomes, recall


@pytest.fixture(scope="module")
def companies() -> list[Company]:
    return load_companies()


def test_there_are_companies_of_many_trades(companies: list[Company]) -> None:
    assert len(companies) == 27
    assert {*FIRST_TWELVE, *HELD_OUT} <= {company.name for company in companies}
    assert all(60 <= len({section.title for section in company.sections}) <= 120 for company in companies)


def test_every_company_is_asked_in_every_voice(companies: list[Company]) -> None:
    for company in companies:
        voices = Counter(question.voice for question in company.questions)
        assert set(voices) == {*ANSWERABLE, *UNANSWERABLE}, company.name
        assert min(voices.values()) >= 8, company.name
        assert len({question.text for question in company.questions}) == len(company.questions), company.name


def test_companies_to_train_on_have_three_files_and_the_others_one(companies: list[Company]) -> None:
    for company in companies:
        files = Counter(question.author for question in company.questions)
        assert set(files) == ({"questions"} if company.name in HELD_OUT else {*FIRST_FILES, "questions_c"}), (
            company.name
        )
        neat = [q for q in company.questions if q.author == "questions_c" and q.answers]
        assert len(neat) in (0, 46)
        assert {question.voice for question in neat} <= {"plain"}


def test_only_the_voices_without_an_answer_have_none(companies: list[Company]) -> None:
    for company in companies:
        wrong = [q.text for q in company.questions if bool(q.answers) != (q.voice in ANSWERABLE)]
        assert wrong == [], company.name


def test_nearly_every_section_is_asked_about(companies: list[Company]) -> None:
    for company in companies:
        asked = frozenset().union(*(question.answers for question in company.questions))
        assert len(asked) >= 0.95 * len(company.sections), company.name


def test_nothing_of_the_example_company_is_in_it(companies: list[Company]) -> None:
    texts = (
        text for company in companies for text in (*(q.text for q in company.questions), company.sections[0].content)
    )
    assert [text for text in texts if "techcorp" in text.lower()] == []


def test_a_line_that_names_no_section_is_refused_by_place(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "docs.md").write_text(
        "# Shop\n\n## Orders\n\n### Cancel an order\n\nOpen Orders and cancel.\n"
    )
    good = '{"q": "stop it", "voice": "plain", "answers": [["Cancel an order"]]}\n'
    (tmp_path / "shop" / "questions.jsonl").write_text(good + good.replace("Cancel", "Change"))
    with pytest.raises(InvalidQuestionError, match=r"shop/questions\.jsonl, line 2: 'Change an order'"):
        load_companies(tmp_path)


def test_a_scorer_that_knows_answers_all_and_one_that_guesses_is_told_to_be_silent(companies: list[Company]) -> None:
    bank = [company for company in companies if company.name == "bank"]

    def knows(company: Company) -> Floats:
        scores = np.zeros((len(company.questions), len(company.sections)), dtype=np.float32)
        for row, question in enumerate(company.questions):
            scores[row, list(question.answers)] = 1.0
        return scores

    def guesses(company: Company) -> Floats:
        size = (len(company.questions), len(company.sections))
        return np.random.default_rng(7).random(size).astype(np.float32)

    perfect = judge(bank, knows)
    best = outcomes(perfect, cheapest_threshold(perfect))
    assert (best.right, best.wrong, best.answered_unanswerable) == (1.0, 0.0, 0.0)
    assert recall(perfect)["all"]["@1"] == 1.0
    blind = judge(bank, guesses)
    silent = outcomes(blind, cheapest_threshold(blind))
    assert silent.right < 0.05
    assert silent.wrong < 0.05
    assert recall(blind)["all"]["@10"] < 0.5
    assert sum(sum(counts.values()) for counts in by_voice(blind, 0.5).values()) == len(bank[0].questions)
