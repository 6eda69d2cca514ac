"""Category and priority of tickets whose customers were not asked for them, as the analysis read them."""

from __future__ import annotations

from dataclasses import replace

from db.records import GENERAL, Analysis, Ticket, TicketLabels, Turn
from deployments.channels.traits import TRAITS
from deployments.rules.escalation import at_least


def new_labels(ticket: Ticket, analysis: Analysis) -> TicketLabels | None:
    """Return the labels that a message gives to its ticket; None where the ticket keeps its own.

    The customer's own in the form and those of the staff stay, and so does a category once it is known: what comes
    later in a conversation says less of its matter. The first message sets the priority, later ones only raise it.
    """
    labels = analysis.labels
    known = ticket.labelled_by is not None and ticket.category != GENERAL
    if labels is None or TRAITS[ticket.source_channel].asks_for_labels or ticket.labelled_by == "staff" or known:
        return None
    if ticket.labelled_by is None:
        return labels
    return replace(labels, priority=at_least(ticket.priority, labels.priority))


def with_labels(turn: Turn, labels: TicketLabels | None) -> Turn:
    """Return the turn with its ticket under these labels."""
    if labels is None:
        return turn
    ticket = replace(turn.ticket, category=labels.category, priority=labels.priority, labelled_by="model")
    return replace(turn, ticket=ticket)
