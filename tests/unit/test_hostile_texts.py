"""Whatever a customer or a model writes is read in linear time, by every function that reads such text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from db.records import OutboxRow, Passage
from deployments.agent.checks.guardrails import Guard
from deployments.agent.checks.masking import Vault
from deployments.agent.language import LanguageDetector
from deployments.agent.models.extract import SHAPES, Source
from deployments.learning.findings import Checks
from deployments.rules.escalation import EscalationRules
from embeddings.judge import Judgement
from embeddings.relevance import RelevanceGate
from embeddings.sentiment import SentimentHead
from embeddings.spelling import Speller
from ingest.form_files import EXTENSIONS, FileRules
from ingest.mail.html.sheet import Sheet
from tests.fixtures.company import EXAMPLE, GUARD
from tests.fixtures.cpu_time import cpu_seconds, slowness
from tests.fixtures.hostile import TextFunction, functions, shapes
from tests.fixtures.turns import RESET, context, passage

LIMIT = 10_000
"""Characters of a form's, and of a WhatsApp, message; what a mail's text is cut to before the agent reads it."""
WITHIN_S = 0.2
"""Of the processor's time, on the machine of the limits."""
GROWTH = 6.0
"""Four times the text may take six times as long; below MEASURABLE_S the clock decides rather than the code."""
MEASURABLE_S = 0.04
ROUNDS = 6
"""So often at most is measured again what seems too slow; the shortest run counts."""

GATE = RelevanceGate.load(own_names=EXAMPLE.own_names).over([RESET])
OBJECTS: Mapping[type, Any] = MappingProxyType(
    {
        LanguageDetector: LanguageDetector(),
        Vault: Vault(names=("Ann Lee",)),
        EscalationRules: EscalationRules(own_names=EXAMPLE.own_names),
        Guard: GUARD,
        Checks: Checks(EXAMPLE, [RESET]),
        RelevanceGate: GATE,
        Speller: GATE.speller,
        SentimentHead: SentimentHead.load(),
        Sheet: Sheet(),
        FileRules: FileRules(most=3, largest=5_000_000, types=tuple(EXTENSIONS)),
    }
)


def _row(text: str) -> OutboxRow:
    return OutboxRow(
        id=UUID(int=1),
        conversation_id=UUID(int=2),
        ticket_id=UUID(int=3),
        message_id=UUID(int=4),
        author="agent",
        channel="email",
        recipient="ann@example.com",
        subject=text,
        body=text,
        attempts=1,
    )


def _passages(text: str) -> list[Passage]:
    """The documents are our own: what a learned entry could bring is as long as a section."""
    return [passage(f"Open the board. {text[:1_000]}", title="Export a board")]


VALUES: Mapping[str, Callable[[str], Any]] = {
    "str": str,
    "str | None": str,
    "str | int": str,
    "bytes": lambda text: text.encode("utf-8", "replace"),
    "Sequence[str]": lambda text: [text],
    "tuple[str, ...]": lambda text: EXAMPLE.own_names,
    "Iterable[str]": lambda text: [text],
    "list[str]": lambda text: [text, text],
    "Collection[str]": lambda text: [text],
    "Collection[str] | None": lambda text: [text],
    "Sequence[tuple[str, str]]": lambda text: [("Subject", text), ("From", text), ("References", text)],
    "Headers": lambda text: [("Authentication-Results", f"mx.google.com; {text}")],
    "Mapping[str, str]": lambda text: {"Body": text, "From": text, "MessageSid": text},
    "Mapping[str, str] | None": lambda text: None,
    "Mapping[str, float]": lambda text: {"refund": 0.2},
    "Params": lambda text: [("Body", text), ("From", "whatsapp:+14155550100"), ("MessageSid", "SM1")],
    "Params | str": lambda text: [("Body", text)],
    "Sequence[Passage]": _passages,
    "Judgement": lambda text: Judgement(shares=(0.5,), none=0.5),
    "Sequence[Source]": lambda text: [Source(title="Export", text=text[:1_100])],
    "Source": lambda text: Source(title="Export", text=text[:1_100]),
    "Shape": lambda text: SHAPES["semi-formal"],
    "ChannelConfig": lambda text: context().config,
    "OutboxRow": _row,
    "Floats": lambda text: np.zeros((1, 384), dtype=np.float32),
    "LengthUnit": lambda text: "words",
    "int": lambda text: 1_000,
    "bool": lambda text: True,
    "datetime": lambda text: datetime.now(UTC),
}

NOT_OUTSIDE: Mapping[str, str] = {
    "deployments.agent.models.grounded_model.GroundedModel.get_response": "joins what extract and questions return",
    "deployments.agent.node.AgentNode.open": "a turn's whole way, measured on the running product",
    "deployments.agent.asking_back.question": "titles of our own documents",
    "deployments.agent.notices.hand_over": "takes a run; its texts are the parts that are walked here",
    "deployments.agent.notices.summary": "takes a run; its texts are the parts that are walked here",
    "deployments.agent.protocol.refusal": "the name of a tool",
    "deployments.agent.protocol.advance": "the name of a tool",
    "deployments.agent.rules_first.decide": "takes a run; EscalationRules.decide is walked",
    "deployments.agent.rules_first.for_a_person": "takes a run; the detector of languages is walked",
    "deployments.agent.run_context.RunContext.answer": "keeps a review",
    "deployments.agent.run_context.RunContext.escalate": "keeps a reason",
    "deployments.agent.run_context.PassageSearch.__call__": "a protocol",
    "deployments.agent.tools.find_passages": "asks the gate, whose methods are walked, and the store",
    "deployments.agent.tools.call": "JSON of the model's, at most 8,000 characters of it a text",
    "deployments.agent.tools.invalid_arguments": "takes pydantic's error",
    "deployments.agent.transcript.conversation": "takes records; fence is walked",
    "deployments.learning.findings.Checks.of": "joins title and answer; of_text is walked",
    "deployments.rules.escalation.EscalationRules.over": "names of thresholds",
    "deployments.rules.escalation.EscalationRules.weigh": "takes the signs that read_words found",
    "deployments.rules.escalation.severity_and_queue": "names of our own",
    "deployments.rules.company_file.wrong": "a file of our own",
    "deployments.rules.support_hours.SupportHours.parse": "a setting",
    "deployments.rules.support_hours.ServiceLevels.parse": "a setting",
    "embeddings.spelling.distance": "two words of like length: Speller.correct is walked",
    "embeddings.judge.PassageJudge.judge": "reads at most 256 tokens of a text; readings is walked",
    "embeddings.escalation.strongest": "scores of stretches",
    "deployments.agent.run_context.QueryAnalysis.embed_query": "a protocol",
    "deployments.agent.run_context.QueryAnalysis.judge": "a protocol",
    "deployments.channels.gmail.parser.MailParser.file": "in the killable process; what takes the mail apart is walked",
    "deployments.channels.status_mails.StatusMails.send_link": "a ticket's number",
    "deployments.channels.mail_template.in_mail_template": "a text of our own",
    "ingest.mail.html.sheet.Sheet.of": "walked by html_text, which asks it for each element",
    "embeddings.chunker.parse_docs": "our own documents",
    "embeddings.chunker.parse_page": "documents that our own people add",
    "embeddings.indexer.sync": "our own documents",
    "embeddings.indexer.take_over": "documents that our own people added",
    "embeddings.indexer.embedded_text": "our own documents",
    "embeddings.indexer.content_hash": "our own documents",
    "embeddings.indexer.passage_rows": "our own documents",
    "embeddings.chunker.slugify": "our own documents",
    "embeddings.encoder.package_file": "a name of our own",
    "embeddings.encoder.model_files": "a name of our own",
    "embeddings.vector_model.VectorModel.load": "a name of our own",
    "embeddings.heads.metrics": "a name of our own",
    "embeddings.kept_models.located": "a name of our own",
    "ingest.mail.headers.tokens.lex": "its second text is a constant of ours; parse_from and dmarc_pass walk it",
    "ingest.events.sender_key": "an identifier that was normalised",
    "ingest.mail.quoting.layouts.HtmlLayouts.is_quote": "takes a parsed element; html_to_text is walked",
    "ingest.mail.quoting.layouts.HtmlLayouts.is_signature": "takes a parsed element; html_to_text is walked",
    "ingest.mail.quoting.layouts.HtmlLayouts.is_signature_prefix": "takes a parsed element; html_to_text is walked",
    "ingest.mail.html.styles.Sheet.add": "a style sheet of a mail; html_to_text is walked",
    "ingest.mail.html.styles.Sheet.of": "a style sheet of a mail; html_to_text is walked",
    "deployments.channels.gmail.parser.MailParser.parse": "runs ingest.mail in a process with limits",
    "deployments.channels.gmail.parser_child.main": "runs ingest.mail in a process with limits",
    "embeddings.relevance.RelevanceGate.load": "a file of our own",
    "embeddings.relevance.RelevanceGate.from_json": "a file of our own",
    "embeddings.sentiment.SentimentHead.load": "a file of our own",
    "embeddings.ticket_labels.TicketLabelHeads.load": "a file of our own",
    "embeddings.ticket_labels.TicketLabelHeads.require_encoder": "a name of our own",
    "deployments.agent.checks.translated.reviewed": "lines_of and agree are walked, and its check is Guard.review",
    "deployments.agent.models.translation.Translator.lines": "asks the model; numbered_lines is walked",
    "ingest.mail.parts.texts.preferred": "takes parsed parts; mime.read is walked",
    "ingest.mail.parts.part.parameter": "takes a parsed part; mime.read is walked",
    "ingest.web_form.new_form": "a validated form",
    "ingest.web_form.new_reply": "a validated form",
    "ingest.bus.failpoints.no_failpoint": "a name of our own",
    "ingest.bus.key_queues.KeyQueues.drop": "partitions",
    "ingest.bus.topics.grow": "a name of our own",
    "ingest.mail.push_token.PushVerifier.verify": "a signed token; its parsing is PyJWT's, bounded by the request",
    "deployments.channels.gmail.transport.fetch_certificates": "a setting",
}
"""Functions that take text and are not called here, and whose text it is. A folder's name stands for all in it."""

NOT_OUTSIDE_FOLDERS: Mapping[str, str] = {
    "deployments.channels.gmail.client.": "our own requests to Gmail",
    "deployments.channels.gmail.mail_store.MailIntake.": "ids of Gmail's",
    "deployments.channels.gmail.transport.": "requests and a setting",
    "deployments.channels.whatsapp.twilio_client.": "our own requests to Twilio",
    "deployments.channels.parking.": "an error's text",
    "deployments.delivery.": "an error's text",
    "deployments.identity.links.": "tokens of ours, and numbers",
    "deployments.learning.finder.": "joins what cleaning and findings return, which are walked",
    "deployments.learning.review.": "texts of our own people, which findings reads",
    "deployments.identity.node.": "a name of our own",
    "deployments.reporting.": "settings and names of our own",
    "deployments.runtime.": "names of our own",
    "deployments.staff.": "names and texts of our own people",
    "deployments.turns.": "takes records",
    "deployments.analysis_node.": "runs a model, in a thread and bounded by tokens",
    "embeddings.encoder.Encoder.": "runs a model, bounded by tokens",
    "embeddings.escalation.EscalationModel.": "runs a model, bounded by tokens",
    "embeddings.sentiment_model.SentimentModel.": "runs a model, bounded by tokens; moodless is walked",
    "embeddings.beside.": "our own documents",
    "deployments.shadow.": "stored turns, read once by what is walked; nobody waits for it",
    "embeddings.text_model.": "runs a model, bounded by tokens",
    "embeddings.heads.": "files of our own",
    "ingest.tracing.": "names of our own",
}

FOUND, UNKNOWN = functions(VALUES, OBJECTS)


def _is_outside(name: str) -> bool:
    return name not in NOT_OUTSIDE and not name.startswith(tuple(NOT_OUTSIDE_FOLDERS))


WALKED = [function for function in FOUND if _is_outside(function.name)]


def test_every_function_that_takes_text_is_walked_or_says_whose_text_it_takes() -> None:
    assert [name for name in UNKNOWN if _is_outside(name)] == []
    assert len(WALKED) >= 45


def _took(function: TextFunction, text: str) -> float:
    def call() -> None:
        with suppress(Exception):  # that a text is refused is as good as that it is read
            function.call(text)

    return cpu_seconds(call)


def _fault(took: float, before: float) -> str:
    """What is wrong with the times for a text and for a quarter of it; nothing, when all is well."""
    if took >= WITHIN_S * slowness():
        return f"{took:.2f} s"
    growth = took / max(before, MEASURABLE_S / GROWTH)
    return f"{growth:.1f} times as long for four times the text" if took > MEASURABLE_S and growth >= GROWTH else ""


@pytest.mark.parametrize("function", WALKED, ids=lambda function: function.name)
def test_no_shape_of_text_makes_a_function_slow(function: TextFunction) -> None:
    for short, long in zip(shapes(LIMIT // 4), shapes(LIMIT), strict=True):
        took = _took(function, long)
        if took > MEASURABLE_S:
            assert not (fault := _least_fault(function, short, long, took)), f"{fault}: {long[:30]!r} …"


def _least_fault(function: TextFunction, short: str, long: str, took: float) -> str:
    """The fault that is left when both are measured in turn until there is none: neighbours only ever add time."""
    before, fault = float("inf"), ""
    for _ in range(ROUNDS):
        before, took = min(before, _took(function, short)), min(took, _took(function, long))
        if not (fault := _fault(took, before)):
            break
    return fault


def test_the_walk_sees_a_pattern_that_is_quadratic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.unit.test_hostile_texts.ROUNDS", 1)
    ends = re.compile(r"^\W*(?:regards|cheers)\W*$", re.MULTILINE)
    slow = TextFunction(name="quadratic", call=lambda text: ends.search(text))
    with pytest.raises(AssertionError, match=r"\d s: |times as long"):
        test_no_shape_of_text_makes_a_function_slow(slow)
