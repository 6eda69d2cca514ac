"""Fixed texts of the agent: hand-over notices, questions back, courtesies (G9, G14, R9)."""

from __future__ import annotations

import itertools

import pytest

from deployments.agent import notices
from deployments.agent.checks import guardrails
from deployments.rules.escalation import REASON_PRECEDENCE
from embeddings import moods
from tests.fixtures.company import GUARD
from tests.fixtures.turns import context, searched

TONES = ["formal", "semi-formal", "conversational"]
ALL = list(itertools.product(REASON_PRECEDENCE, [*TONES, "pirate"]))


@pytest.mark.parametrize(("reason", "tone"), ALL)
def test_g14_notice_promises_nothing_and_says_who_answers(reason: str, tone: str) -> None:
    text = notices.hand_over(context(tone=tone), reason)
    assert "colleague" in text
    assert GUARD.forbidden(text) is None
    assert not any(word in text.lower() for word in ("soon", "within", "minutes", "hours", "today", "guarantee"))
    assert len(text) <= 300


@pytest.mark.parametrize(("reason", "tone"), ALL)
def test_g14_outside_support_hours_the_notice_names_the_next_opening(reason: str, tone: str) -> None:
    text = notices.hand_over(context(tone=tone), reason, back_at="Monday 08:00 UTC")
    assert "team is back on Monday 08:00 UTC." in text
    assert GUARD.forbidden(text) is None
    assert guardrails.foreign_addresses(text, []) == []
    assert len(text) <= 300


@pytest.mark.parametrize("tone", TONES)
def test_g9_apology_in_each_tone(tone: str) -> None:
    assert "sorry" in notices.hand_over(context(tone=tone), "agent_error")
    assert "sorry" in notices.hand_over(context(tone=tone), "negative_sentiment")


def test_brand_no_exclamation_marks_and_contractions_in_mail() -> None:
    texts = [notices.hand_over(context(tone="formal"), reason) for reason in REASON_PRECEDENCE]
    texts += [notices.question_back(context(tone="formal")), notices.courtesy(context(tone="formal"), "thanks")]
    assert not any("!" in text or "'" in text for text in texts)


@pytest.mark.parametrize("tone", TONES)
def test_r9_files_are_acknowledged_whatever_happens(tone: str) -> None:
    one = context(tone=tone, attachments=("a.png",))
    two = context(tone=tone, attachments=("a.png", "b.pdf"))
    for run, word in ((one, "attachment"), (two, "attachments")):
        for text in (notices.hand_over(run, "pricing"), notices.question_back(run), notices.attachment_note(run)):
            assert word in text
    assert notices.attachment_note(context(tone=tone)) == ""


@pytest.mark.parametrize("language", ["de", "fr", "es", "it", "pt", "nl"])
def test_g15_language_notice_in_the_languages_of_the_product(language: str) -> None:
    text = notices.hand_over(context(language=language), "unsupported_language")
    own, _, english = text.partition("\n\n")
    assert own
    assert "only answer in English" in english


@pytest.mark.parametrize("language", sorted(moods.languages()))
def test_g7_an_angry_customer_reads_an_apology_in_every_language_whose_fury_is_read(language: str) -> None:
    own, _, english = notices.hand_over(context(language=language), "negative_sentiment").partition("\n\n")
    assert own
    assert "sorry" in english
    assert "only answer in English" not in english


def test_g15_other_languages_get_the_english_notice() -> None:
    assert "\n\n" not in notices.hand_over(context(language="ja"), "unsupported_language")


@pytest.mark.parametrize("length", [0, 10, 1000, 9000])
def test_g14_summary_fits_and_names_the_essentials(length: int) -> None:
    run = searched(context("a question? " * (length // 12), attachments=("plan.pdf",), subject="Sign-in"), ok=False)
    run.escalate("no_kb_match", rule="relevance:two_searches", note="n" * 500)
    text = notices.summary(run, "no_kb_match")
    assert len(text) <= 600
    for part in ("Anna Lindgren", "web_form", "TKT-0042", "no_kb_match", "Sign-in", "1 search(es)", "plan.pdf"):
        assert part in text
