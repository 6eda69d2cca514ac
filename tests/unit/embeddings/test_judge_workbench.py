"""The judge's making: what is tuned is what is served, and a step of training brings the answer nearer."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import torch

from embeddings.chunker import Section
from embeddings.encoder import Encoder
from embeddings.judge import PassageJudge, passage_text, readings
from embeddings.workbench.answers.data import Company, CustomerQuestion, blind_company, example_company
from embeddings.workbench.answers.judge.calibrate import products
from embeddings.workbench.answers.judge.fit import Tuning
from embeddings.workbench.answers.judge.typing_errors import mistyped
from embeddings.workbench.served_graph import write

SECTIONS = tuple(
    Section(title=title, category="c", content=content, source="docs.md", slug=title.lower())
    for title, content in (
        ("Borrow a book", "Show your card at the desk. A book may stay with you for four weeks."),
        ("Lost card", "Call us, and we lock the card. A new one is made at the desk while you wait."),
        ("Opening hours", "We open at nine and close at six, on Saturdays at noon."),
    )
)
QUESTIONS = (
    ("how long can i keep a book?", {0}),
    ("my card is gone", {1}),
    ("are you there on saturday afternoon", {2}),
    ("do you sell coffee?", set[int]()),
)
COMPANY = Company(
    name="library",
    sections=SECTIONS,
    questions=tuple(
        CustomerQuestion(text=text, voice="plain", author="test", wanted=(frozenset(wanted),))
        for text, wanted in QUESTIONS
    ),
)


@pytest.fixture(scope="module")
def tuning(encoder: Encoder) -> Tuning:
    return Tuning([COMPANY], encoder)


def test_what_is_served_judges_as_what_was_tuned(tuning: Tuning, encoder: Encoder, tmp_path: Path) -> None:
    model = tuning.model.eval()
    metadata = {"scale": json.dumps(model.scale.tolist()), "bias": str(model.bias.item())}
    write(model.encoder, tmp_path / "judge.onnx", tail=model.write_tail, metadata=metadata)
    served = PassageJudge.load(tmp_path / "judge.onnx")
    prepared = tuning.prepare(COMPANY, encoder)
    texts = [passage_text(section.title, section.content) for section in SECTIONS]
    for row, (text, _) in enumerate(QUESTIONS):
        with torch.no_grad():
            tuned = torch.softmax(tuning.logits(prepared, [row], [text]), dim=1)[0].tolist()
        judged = served.judge(text, texts, prepared.cosines[row].tolist())
        assert [*judged.shares, judged.none] == pytest.approx(tuned, abs=0.05)


def test_pieces_change_no_logit(tuning: Tuning, encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embeddings.workbench.answers.judge.fit.PIECE", 2)
    tuning.model.eval()
    prepared, texts = tuning.prepare(COMPANY, encoder), [text for text, _ in QUESTIONS]
    with torch.no_grad():
        together = tuning.logits(prepared, range(len(texts)), texts)
        alone = torch.cat([tuning.logits(prepared, [row], [text]) for row, text in enumerate(texts)])
    assert torch.allclose(together, alone, atol=0.2)  # bfloat16


def test_training_favours_the_answers(tuning: Tuning, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embeddings.workbench.answers.judge.fit.EPOCHS", 3)
    before = tuning._loss(tuning._prepared[0], range(len(QUESTIONS))).item()
    tuning.fit()
    assert tuning._loss(tuning._prepared[0], range(len(QUESTIONS))).item() < before


def test_slips_leave_most_letters() -> None:
    text = "Please tell me where the invoices of the previous quarter can be downloaded"
    typed = [mistyped(text, random.Random(seed)) for seed in range(20)]
    assert len(set(typed)) > 10
    assert all(abs(len(one) - len(text)) <= 3 for one in typed)


def test_a_single_question_stays_in_its_story_and_several_are_read_apart() -> None:
    single = "We moved last week. How do I change my address?"
    assert readings(single) == [single]
    both = "How do I change my address? And where do I find invoices? Thanks?"
    assert readings(both) == [both, "How do I change my address?", "And where do I find invoices?"]


def test_the_example_companys_questions_are_answered_by_its_sections() -> None:
    for company in (example_company(), blind_company()):
        assert len(company.questions) >= 160
        assert any(question.answers for question in company.questions)
        assert any(not question.answers for question in company.questions)


def test_other_makers_products_are_in_lower_case() -> None:
    assert all(name == name.lower() for name in products())
