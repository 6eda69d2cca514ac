"""The state machine of a run: new → opened → history → searched (once or twice) → answered or escalated.

A tool called out of order is refused with a sentence that tells the model what to call instead.
"""

from __future__ import annotations

from collections.abc import Mapping

from deployments.agent.run_context import Phase, RunContext

MAX_SEARCHES = 2

CREATE_TICKET = "create_ticket"
GET_HISTORY = "get_customer_history"
SEARCH = "search_knowledge_base"
ESCALATE = "escalate_to_human"
SEND = "send_response"
TOOL_NAMES = (CREATE_TICKET, GET_HISTORY, SEARCH, SEND, ESCALATE)

_ALLOWED: Mapping[Phase, frozenset[str]] = {
    "new": frozenset({CREATE_TICKET}),
    "opened": frozenset({CREATE_TICKET, GET_HISTORY, ESCALATE}),
    "history": frozenset({CREATE_TICKET, GET_HISTORY, SEARCH, ESCALATE}),
    "searched": frozenset({CREATE_TICKET, GET_HISTORY, SEARCH, SEND, ESCALATE}),
    "answered": frozenset(),
    "escalated": frozenset(),
}
_NEXT: Mapping[str, Mapping[Phase, Phase]] = {
    CREATE_TICKET: {"new": "opened"},
    GET_HISTORY: {"opened": "history"},
    SEARCH: {"history": "searched"},
}
_INSTEAD: Mapping[Phase, str] = {
    "new": f"call {CREATE_TICKET} first",
    "opened": f"call {GET_HISTORY} next; {ESCALATE} is possible at any time",
    "history": f"call {SEARCH} next; {ESCALATE} is possible at any time",
    "searched": f"call {SEND} or {ESCALATE}",
}


def refusal(context: RunContext, tool: str) -> str | None:
    """Return a sentence for the model that says why `tool` may not run now, None if it may."""
    if context.phase == "answered":
        return "Refused: the customer has been answered in this turn. Call no more tools."
    if context.phase == "escalated":
        return "Refused: the conversation has been handed to a colleague. Call no more tools."
    if tool not in _ALLOWED[context.phase]:
        return f"Refused: {tool} is not possible yet. Instead, {_INSTEAD[context.phase]}."
    if tool == SEARCH and len(context.searches) >= MAX_SEARCHES:
        return (
            f"Refused: the knowledge base has been searched {MAX_SEARCHES} times in this turn, which is the limit. "
            f"Answer with {SEND} from the passages you have, or call {ESCALATE} with the reason no_kb_match."
        )
    if tool == SEND and not context.passages:
        return (
            "Refused: no passage found so far answers the question, and a reply may only say what a passage says. "
            f"Search once more in other words, or call {ESCALATE} with the reason no_kb_match."
        )
    return None


def advance(context: RunContext, tool: str) -> None:
    """Set the phase after `tool` has run. Answering and escalating set it in RunContext themselves."""
    context.phase = _NEXT.get(tool, {}).get(context.phase, context.phase)
