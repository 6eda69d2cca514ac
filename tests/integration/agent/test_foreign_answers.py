"""G10 with a remote model: answers in the customer's language, checked by a translation of the same model."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from deployments.agent.checks.translated import LANGUAGES, lines_of, reviewed
from deployments.agent.models.remote_model import connect
from deployments.agent.models.settings import ModelSettings
from deployments.agent.models.translation import Translator
from embeddings.chunker import parse_docs
from evaluation.drafts.passages import passage_of
from evaluation.providers.serving import serve_in_thread
from tests.fakes.openai_server import OpenAIServer, Step
from tests.fixtures.agent_desk import DOCS, Desk
from tests.fixtures.company import GUARD

DRAFTS = Path(__file__).parents[3] / "evaluation" / "data" / "foreign_drafts.jsonl"
QUESTION = "Wie kann ich mein vergessenes Passwort zurücksetzen? Ich komme nicht mehr hinein."
IN_ENGLISH = Step.tool("search_knowledge_base", query="How do I reset a forgotten password?")
HONEST = "Öffnen Sie die Anmeldeseite, wählen Sie Passwort vergessen und geben Sie Ihre E-Mail-Adresse ein."
INVENTED = "Der Link zum Zurücksetzen gilt 24 Stunden."
TRANSLATED = "Open the sign-in page, choose Forgot password and enter your e-mail address."


def numbered(*lines: str) -> Step:
    return Step.say("\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1)))


async def test_g15_an_answer_in_the_customers_language_is_sent(remote: Desk, openai: OpenAIServer) -> None:
    openai.script(IN_ENGLISH, Step.tool("send_response", text=HONEST), numbered(TRANSLATED))
    decision = await remote.write(QUESTION)
    assert (decision.outcome, decision.rule) == ("answered", "answer:knowledge_base")
    assert HONEST in decision.reply
    assert decision.sources == ("reset-a-forgotten-password",)
    assert decision.usage["requests"] == len(openai.requests) == 3  # the translation is one of them


async def test_g10_an_invented_sentence_is_left_out(remote: Desk, openai: OpenAIServer) -> None:
    openai.script(
        IN_ENGLISH,
        Step.tool("send_response", text=f"{HONEST} {INVENTED}"),
        numbered(TRANSLATED, "The reset link is valid for 24 hours."),
    )
    decision = await remote.write(QUESTION)
    assert HONEST in decision.reply
    assert "24" not in decision.reply


@pytest.mark.parametrize(
    "answer",
    [
        numbered(TRANSLATED, "The reset link is valid for 60 minutes and works once."),  # not what the sentence says
        numbered(TRANSLATED),
        Step.say("I would rather not."),
        Step.fault("status", status=400),
    ],
    ids=["another figure", "a line is missing", "no translation", "an error"],
)
async def test_g10_an_invention_does_not_pass_with_a_bad_translation(
    remote: Desk, openai: OpenAIServer, answer: Step
) -> None:
    openai.script(IN_ENGLISH, Step.tool("send_response", text=f"{HONEST} {INVENTED}"), answer)
    decision = await remote.write(QUESTION)
    assert "24" not in decision.reply


async def test_g15_a_language_that_cannot_be_checked_costs_no_request(remote: Desk, openai: OpenAIServer) -> None:
    decision = await remote.write("パスワードを忘れました。どうすればいいですか。")
    assert (decision.outcome, decision.reason) == ("escalated", "unsupported_language")
    assert openai.requests == []


async def test_g10_planted_inventions_in_five_languages() -> None:
    """The drafts of evaluation/data/foreign_drafts.jsonl, translated by a model server as their English says."""
    rows = [json.loads(line) for line in DRAFTS.read_text(encoding="utf-8").splitlines()]
    counts: Counter[tuple[bool, bool]] = Counter()
    server = OpenAIServer()
    with serve_in_thread(server.app) as url:
        translator = Translator(connect(ModelSettings(base_url=f"{url}/v1")))
        for language in sorted(LANGUAGES):
            for about in dict.fromkeys(row["about"] for row in rows):
                about_it = [row for row in rows if row["about"] == about and language in row["texts"]]
                counts += await _read(translator, server, language, about_it)
    assert sum(counts.values()) == 305
    caught, missed = counts[False, True], counts[False, False]
    kept, dropped = counts[True, True], counts[True, False]
    assert caught / (caught + missed) >= 0.99
    assert dropped / (kept + dropped) <= 0.10


async def _read(
    translator: Translator, server: OpenAIServer, language: str, rows: list[dict[str, Any]]
) -> Counter[tuple[bool, bool]]:
    """Return how many sentences of one draft were (supported or not, judged rightly or not)."""
    draft = "\n".join(row["texts"][language] for row in rows)
    server.script(numbered(*(row["english"] for row in rows)))
    translations = await translator.lines(lines_of(draft))
    assert translations is not None
    passages = [passage_of(section, score=0.7) for section in parse_docs(DOCS.read_text(encoding="utf-8"))]
    near = [passage for passage in passages if passage.slug == rows[0]["about"]]
    near += [passage for passage in passages if passage.category == near[0].category][:4]

    review = reviewed(
        draft, translations, language=language, passages=near, check=lambda text: GUARD.review(text, near, ())
    )
    left = set() if review.problem else set(review.text.split("\n"))
    return Counter((row["supported"], (row["texts"][language] in left) == row["supported"]) for row in rows)
