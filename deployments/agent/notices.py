"""Fixed texts in the channel's tone (context/brand-voice.md): hand-overs, questions back, courtesies; and the summary.

They promise no time, no money and no outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from deployments.agent.run_context import RunContext
from deployments.channels.traits import TRAITS
from deployments.rules.formatting import shorten

Tone = Literal["formal", "semi-formal", "conversational"]
SUMMARY_CHARACTERS = 600

_TONES: tuple[Tone, ...] = ("formal", "semi-formal", "conversational")

_THANKS: Mapping[Tone, str] = {
    "formal": "Thank you for your message.",
    "semi-formal": "Thank you for your message.",
    "conversational": "Thanks for your message.",
}
_PASSED_ON: Mapping[Tone, str] = {
    "formal": "I have passed your request to a colleague, who will reply to you personally.",
    "semi-formal": "A colleague will take over and reply to you here.",
    "conversational": "I've passed this to a colleague who will write to you here.",
}
_BACK: Mapping[Tone, str] = {
    "formal": "Our team is back on {when}.",
    "semi-formal": "Our team is back on {when}.",
    "conversational": "The team is back on {when}.",
}
_REFERENCE: Mapping[Tone, str] = {
    "formal": "Your ticket reference is {ticket}.",
    "semi-formal": "Your ticket reference is {ticket}.",
    "conversational": "Your reference: {ticket}",
}
_BECAUSE: Mapping[str, Mapping[Tone, str]] = {
    "negative_sentiment": {
        "formal": "I am sorry about the trouble that you describe.",
        "semi-formal": "I am sorry about the trouble that you describe.",
        "conversational": "I'm sorry about the trouble you've had.",
    },
    "no_kb_match": {
        "formal": "Thank you for your message. I do not have a reliable answer to your question.",
        "semi-formal": "Thank you for your message. I do not have a reliable answer to your question.",
        "conversational": "Thanks for your message. I don't have a reliable answer to that.",
    },
    "agent_error": {
        "formal": "I am sorry that I could not answer your message myself.",
        "semi-formal": "I am sorry that I could not answer your message myself.",
        "conversational": "I'm sorry, I couldn't answer this myself.",
    },
    "unsupported_language": dict.fromkeys(
        ("formal", "semi-formal", "conversational"), "Thank you for your message. I can only answer in English."
    ),
}
_BECAUSE_UNSAFE = _BECAUSE["no_kb_match"]
_IN_THEIR_LANGUAGE: Mapping[str, str] = {
    "de": "Ich kann nur auf Englisch antworten und habe Ihre Nachricht an einen Kollegen weitergegeben.",
    "fr": "Je ne peux répondre qu'en anglais et j'ai transmis votre message à un collègue.",
    "es": "Solo puedo responder en inglés y he pasado su mensaje a un compañero.",
    "it": "Posso rispondere solo in inglese e ho inoltrato il Suo messaggio a un collega.",
    "pt": "Só posso responder em inglês e encaminhei a sua mensagem a um colega.",
    "nl": "Ik kan alleen in het Engels antwoorden en heb uw bericht doorgegeven aan een collega.",
}
"""By ISO 639-1 code of the customer's language."""
_SORRY_IN_THEIR_LANGUAGE: Mapping[str, str] = {
    "de": "Es tut mir leid, dass Sie Ärger hatten. Ich habe Ihre Nachricht an einen Kollegen weitergegeben.",
    "fr": "Je suis désolé pour ces désagréments. J'ai transmis votre message à un collègue.",
    "es": "Lamento las molestias. He pasado su mensaje a un compañero.",
    "it": "Mi dispiace per il disagio. Ho inoltrato il Suo messaggio a un collega.",
    "pt": "Lamento o incómodo. Encaminhei a sua mensagem a um colega.",
    "nl": "Het spijt me dat u hier last van heeft. Ik heb uw bericht doorgegeven aan een collega.",
    "pl": "Przykro mi z powodu tej sytuacji. Wiadomość została przekazana pracownikowi.",
    "tr": "Yaşadığınız sorun için üzgünüm. Mesajınızı bir çalışma arkadaşıma ilettim.",
}
"""To angry customers, in the languages in which anger is told (embeddings/data/moods)."""

_THEIRS: Mapping[str, Mapping[str, str]] = {
    "unsupported_language": _IN_THEIR_LANGUAGE,
    "negative_sentiment": _SORRY_IN_THEIR_LANGUAGE,
}

_QUESTION: Mapping[Tone, str] = {
    "formal": "Thank you for your message. It reached us without any text. Could you please describe what you would "
    "like to know or what went wrong?",
    "semi-formal": "Thank you for your message. It reached us without any text. What would you like to know, or what "
    "went wrong?",
    "conversational": "Thanks for your message! It came without any text. What can I help you with?",
}
_FILES_ONLY: Mapping[Tone, str] = {
    "formal": "Thank you for the {files}. I cannot open attachments. Could you please describe in words what it shows "
    "and what you would like to know?",
    "semi-formal": "Thank you for the {files}. I cannot open attachments: please describe in words what it shows and "
    "what you would like to know.",
    "conversational": "Thanks for the {files}! I can't open attachments. Could you tell me in words what it's about?",
}
_FILES_TOO: Mapping[Tone, str] = {
    "formal": "I have received your {files}, but I cannot open attachments. Please describe in words what it shows "
    "if it matters for your question.",
    "semi-formal": "I have received your {files}, but I cannot open attachments. Please describe what it shows if it "
    "matters for your question.",
    "conversational": "I got your {files} but can't open attachments. If it matters, tell me what it shows.",
}
_FILES_PASSED_ON = "I have noted the {files} in your ticket."
_GREETING: Mapping[Tone, str] = {
    "formal": "Thank you for writing to us. What would you like to know about {product}?",
    "semi-formal": "Thank you for writing to us. What would you like to know about {product}?",
    "conversational": "Hi! What can I help you with?",
}
_WELCOME: Mapping[Tone, str] = {
    "formal": "You are welcome. Please reply to this message if you have another question.",
    "semi-formal": "You are welcome. Just reply here if you have another question.",
    "conversational": "You're welcome! Just write if there's anything else.",
}


def tone_of(configured: str) -> Tone:
    """Return the channel's configured tone; "semi-formal" if there are no texts for it."""
    return next((tone for tone in _TONES if tone == configured), "semi-formal")


def hand_over(context: RunContext, reason: str, *, back_at: str | None = None) -> str:
    """Return the message to the customer about a hand-over, without the ticket's number.

    `back_at` says when the team works again ("Monday 08:00 UTC") if it does not now: opening hours, not a promise.
    """
    tone = tone_of(context.config.tone)
    because = _BECAUSE_UNSAFE if reason == "unsafe_reply" else _BECAUSE.get(reason, _THANKS)
    parts = [because[tone], _PASSED_ON[tone]]
    if back_at:
        parts.append(_BACK[tone].format(when=back_at))
    if context.attachments:
        parts.append(_FILES_PASSED_ON.format(files=_files(context)))
    text = " ".join(parts)
    theirs = _THEIRS.get(reason, {}).get(context.language)
    return f"{theirs}\n\n{text}" if theirs else text


def reference(context: RunContext) -> str:
    """Return the sentence with the ticket's number, for channels whose template lacks it."""
    return _REFERENCE[tone_of(context.config.tone)].format(ticket=context.turn.ticket.number)


def question_back(context: RunContext) -> str:
    """Return the reply to a message without text."""
    texts = _FILES_ONLY if context.attachments else _QUESTION
    return texts[tone_of(context.config.tone)].format(files=_files(context))


def attachment_note(context: RunContext) -> str:
    """Return the sentence that acknowledges attachments, '' without any."""
    return _FILES_TOO[tone_of(context.config.tone)].format(files=_files(context)) if context.attachments else ""


def courtesy(context: RunContext, kind: Literal["greeting", "thanks"]) -> str:
    """Return the reply to a greeting or to thanks without a question."""
    text = (_GREETING if kind == "greeting" else _WELCOME)[tone_of(context.config.tone)]
    return text.format(product=context.services.company.product)


def summary(context: RunContext, reason: str) -> str:
    """Return the summary for the person who takes over, at most 600 characters: who, where, why, question, searches."""
    turn = context.turn
    who = f"{turn.customer_name or 'Customer'} ({turn.channel}) in {turn.ticket.number}: {reason} [{context.rule}]."
    tried = _tried(context)
    note = f" Model: {' '.join(context.note.split())}" if context.note else ""
    files = f" Files: {', '.join(context.attachments)}." if context.attachments else ""
    room = SUMMARY_CHARACTERS - len(who) - len(tried) - len(files) - len(" Asked: “”. ")
    subject = turn.ticket.subject.strip() if TRAITS[turn.channel].has_subject else ""
    question = " ".join(turn.text.split()) or "(no text)"
    asked = shorten(f"{subject} – {question}" if subject else question, max(room, 80), "characters")
    return shorten(f"{who} Asked: “{asked}”. {tried}{files}{note}", SUMMARY_CHARACTERS, "characters")


def _tried(context: RunContext) -> str:
    if not context.searches:
        return "Nothing was searched."
    nearest = max((p for s in context.searches for p in s.passages), key=lambda p: p.score, default=None)
    found = f", nearest “{nearest.title}” {nearest.score:.2f}" if nearest else ""
    refused = f" Refused drafts: {'; '.join(context.problems)}." if context.problems else ""
    return f"{len(context.searches)} search(es){found}.{refused}"


def _files(context: RunContext) -> str:
    return "attachment" if len(context.attachments) == 1 else "attachments"
