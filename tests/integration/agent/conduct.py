"""150 conversations with a model that misbehaves: fifteen kinds of conduct, ten messages, graded by what is stored.

A conduct is what the stand-in model answers, request by request; its last step repeats. `failing` breaks the search.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.fakes.openai_server import Step

GOOD = (
    "To reset a forgotten password, open the sign-in page, choose Forgot password and enter your work e-mail address."
)
OTHERS = "00000000-0000-4000-8000-000000000001"
_SEND = ("send_response", {"text": GOOD})
_ESCALATE = ("escalate_to_human", {"reason": "no_kb_match", "summary": "nothing found"})


@dataclass(frozen=True, slots=True)
class Conduct:
    """The answers of the model, request by request; the last repeats."""

    steps: tuple[Step, ...]
    then: Step = field(default_factory=Step)
    failing: bool = False


CONDUCTS: Mapping[str, Conduct] = {
    "decent": Conduct(()),
    "out_of_order": Conduct((Step.tool("send_response", text=GOOD), Step.tool("create_ticket", issue="again"))),
    "backwards": Conduct(
        (Step.tool("search_knowledge_base", query="reset a forgotten password"), Step.tool("create_ticket", issue="x"))
    ),
    "twice": Conduct((Step.tools(_SEND, _SEND),), Step.tools(_SEND)),
    "never": Conduct((), Step.say("")),
    "text_instead": Conduct((), Step.say(GOOD)),
    "nonsense_text": Conduct((), Step.say("Lorem ipsum dolor sit amet, consectetur adipiscing elit.")),
    "others_ids": Conduct(
        (
            Step.tool("get_customer_history", customer_id=OTHERS),
            Step.tool("send_response", text=GOOD, recipient="eve@evil.example", ticket_id="TKT-0001"),
        )
    ),
    "others_ids_for_ever": Conduct((), Step.tool("create_ticket", issue="x", customer_id=OTHERS, ticket_id="TKT-0001")),
    "wrong_arguments": Conduct((Step.fault("tool", name="send_response", arguments='{"text": 7'),)),
    "wrong_types": Conduct((), Step.tool("escalate_to_human", reason="because", summary=["x"])),
    "forever": Conduct((), Step.tool("get_customer_history", limit=3)),
    "answers_and_escalates": Conduct((Step.tools(_SEND, _ESCALATE),), Step.tools(_ESCALATE, _SEND)),
    "unknown_tools": Conduct((Step.tools(("delete_customer", {"id": OTHERS}), ("run_sql", {"q": "DROP TABLE x"})),)),
    "tool_failing": Conduct((Step.tool("search_knowledge_base", query="reset"),), failing=True),
}

ANSWERED = None
_GIVEN_UP = frozenset({"no_kb_match", "unsafe_reply", "agent_error"})
"""The allowed outcomes when the model does not do its work."""
_ANSWERABLE = frozenset({ANSWERED}) | _GIVEN_UP

MESSAGES: Mapping[str, frozenset[str | None]] = {
    "How do I reset a forgotten password?": _ANSWERABLE,
    "I forgot my password and cannot sign in any more, what shall I do?": _ANSWERABLE,
    "Which sonata would Mozart recommend for a cat on a piano?": _GIVEN_UP,
    "How do I import tasks from a CSV file? And how do I reset a forgotten password?": _ANSWERABLE,
    "Thanks! And where is the audit log of our workspace?": _ANSWERABLE,
    "I want a refund for last month, please.": frozenset({"refund"}),
    "Let me talk to a real person please.": frozenset({"human_request"}),
    "This is the WORST app ever!!! All my work is gone AGAIN, I hate it, you people are useless!!!": frozenset(
        {"negative_sentiment"}
    ),
    "Wie kann ich mein vergessenes Passwort zurücksetzen? Ich komme nicht mehr in mein Konto.": _ANSWERABLE,
    "Thank you so much!": frozenset({ANSWERED}),
}
"""What customers write, and the reasons of escalation that are right for it, whatever the model does."""


def right_ends(conduct: str, text: str) -> frozenset[str | None]:
    """The allowed outcomes of this conversation.

    A decent model answers what a passage answers. One that searches for something else of its own accord may answer
    with what it found: every sentence of that has its source, though it misses the question.
    """
    if conduct == "decent" and text in DECENTLY_ANSWERED:
        return frozenset({ANSWERED})
    strays = conduct == "backwards" and MESSAGES[text] == _GIVEN_UP
    return MESSAGES[text] | {ANSWERED} if strays else MESSAGES[text]


DECENTLY_ANSWERED = tuple(MESSAGES)[:2]
