# ruff: noqa: E501 - the lines of a mail are as long as mail programs make them
"""How people end a mail."""

from __future__ import annotations

from collections.abc import Iterator

from tests.data.mail.cases.letter import Case, customer, letter

_ASK = "Hello,\n\nhow do I export a board to Excel?"

_ENDINGS = {
    "delimiter": "-- \nAnn Customer\nCustomer Ltd",
    "delimiter-without-space": "--\nAnn Customer",
    "kind-regards": "Kind regards,\nAnn Customer\nCustomer Ltd\n+44 20 7946 0000",
    "many-thanks-and-best-wishes": "Many thanks and best wishes,\n\nAnn",
    "thank-you-in-advance": "Thank you very much in advance for your help.\n\nBest,\nAnn",
    "cheers": "Cheers\nAnn",
    "sincerely-with-title": "Yours sincerely,\n\nDr. Ann Customer\nHead of Operations, Customer Ltd.",
    "german": "Mit freundlichen Grüßen\nAnn Kunde\nKunde GmbH, Musterstraße 1, 10115 Berlin",
    "german-short": "LG\nAnn",
    "french": "Cordialement,\nAnne Cliente",
    "spanish": "Saludos cordiales,\nAna Cliente",
    "portuguese": "Atenciosamente,\nAna Cliente",
    "italian": "Cordiali saluti,\nAnna Cliente",
    "dutch": "Met vriendelijke groet,\nAnna Klant",
    "swedish": "Med vänliga hälsningar\nAnna Kund",
    "polish": "Pozdrawiam\nAnna Klient",
    "russian": "С уважением,\nАнна",
    "iphone": "Sent from my iPhone",
    "outlook-for-android": "Get Outlook for Android<https://aka.ms/AAb9ysg>",
    "von-meinem-iphone": "Von meinem iPhone gesendet",
    "enviado-desde-mi-iphone": "Enviado desde mi iPhone",
    "confidentiality": "Regards,\nAnn\n\nCONFIDENTIALITY NOTICE: This e-mail is intended only for the person it is\n"
    "addressed to. If you are not that person, delete it.",
    "this-message-is-confidential": "Ann\n\nThis message and any attachments are confidential and may be privileged.",
    "please-consider-the-environment": "Best regards\nAnn\n\nPlease consider the environment before printing this e-mail.",
    "german-vertraulich": "Viele Grüße\nAnn\n\nDiese E-Mail kann vertrauliche Informationen enthalten.",
}


def cases() -> Iterator[Case]:
    """The same question with many endings; then what must not be taken for one."""
    for name, ending in _ENDINGS.items():
        kept = f"{_ASK}\n\nAnn" if name == "this-message-is-confidential" else _ASK
        yield customer(f"signature-{name}", letter(f"{_ASK}\n\n{ending}\n"), kept)
    banner = "CAUTION: This email originated from outside of the organization.\n\n"
    yield customer("signature-banner-on-top", letter(banner + _ASK), _ASK)
    yield customer("signature-is-all-there-is", letter("Thanks!\nAnn"), "Thanks!\nAnn")
    more = f"{_ASK}\n\nThanks\n\nPS: it must contain the archived cards too."
    yield customer("signature-followed-by-a-postscript", letter(more), more)
    question = f"{_ASK}\n\nRegards,\nAnn\nWhen will this be possible?"
    yield customer("signature-followed-by-a-question", letter(question), question)
    email = "This email is registered to the wrong account.\n\nThis message keeps coming: seat limit reached."
    yield customer("signature-look-alike-this-email-is", letter(email), email)
