# ruff: noqa: E501 - the lines of a mail are as long as mail programs make them
"""Replies and forwards, as the mail programs of the world quote them."""

from __future__ import annotations

from collections.abc import Iterator

from tests.data.mail.cases.letter import Case, customer, letter, multipart, part

_REPLY = "In-Reply-To: <r1@techcorp.example>\nReferences: <r1@techcorp.example>"
_OURS = "Dear Ann,\n\nplease open Settings and press Reset.\n\nBest regards,\nTechCorp Support"
_QUOTED = "\n".join(f"> {line}".rstrip() for line in _OURS.split("\n"))
_YES = "That worked, but now I see error 42."

# The line above the quote, from mail programs in many languages.
_INTRODUCTIONS = {
    "gmail-english": "On Sun, 22 Nov 2026 at 10:15, TechCorp Support <support@techcorp.example> wrote:",
    "gmail-wrapped": "On Sun, 22 Nov 2026 at 10:15, TechCorp Support <support@techcorp.example>\nwrote:",
    "gmail-wrapped-in-the-address": "On Sun, Nov 22, 2026 at 10:15 AM TechCorp Support <\nsupport@techcorp.example> wrote:",
    "apple-mail": "On 22. Nov 2026, at 10:15, TechCorp Support <support@techcorp.example> wrote:",
    "thunderbird": "On 11/22/26 10:15, TechCorp Support wrote:",
    "german": "Am So., 22. Nov. 2026 um 10:15 Uhr schrieb TechCorp Support <support@techcorp.example>:",
    "german-apple": "Am 22.11.2026 um 10:15 schrieb TechCorp Support <support@techcorp.example>:",
    "french": "Le dim. 22 nov. 2026 à 10:15, TechCorp Support <support@techcorp.example> a écrit :",
    "spanish": "El dom, 22 nov 2026 a las 10:15, TechCorp Support (<support@techcorp.example>) escribió:",
    "portuguese": "Em dom., 22 de nov. de 2026 às 10:15, TechCorp Support <support@techcorp.example> escreveu:",
    "italian": "Il giorno dom 22 nov 2026 alle ore 10:15 TechCorp Support <support@techcorp.example> ha scritto:",
    "dutch": "Op zo 22 nov. 2026 om 10:15 schreef TechCorp Support <support@techcorp.example>:",
    "polish": "niedz., 22 lis 2026 o 10:15 TechCorp Support <support@techcorp.example> napisał(a):",
    "swedish": "Den sön 22 nov. 2026 kl 10:15 skrev TechCorp Support <support@techcorp.example>:",
    "danish": "Den søn. 22. nov. 2026 kl. 10.15 skrev TechCorp Support <support@techcorp.example>:",
    "russian": "вс, 22 нояб. 2026 г. в 10:15, TechCorp Support <support@techcorp.example>:",
    "turkish": "TechCorp Support <support@techcorp.example>, 22 Kas 2026 Paz, 10:15 tarihinde şunu yazdı:",
    "japanese": "2026年11月22日(日) 10:15 TechCorp Support <support@techcorp.example>:",
    "chinese": "TechCorp Support <support@techcorp.example> 于2026年11月22日周日 10:15写道：",
    "korean": "2026년 11월 22일 (일) 오전 10:15, TechCorp Support <support@techcorp.example>님이 작성:",
}

# Outlook's block, which quotes without any mark.
_BLOCKS = {
    "outlook-english": "From: TechCorp Support <support@techcorp.example>\nSent: Sunday, November 22, 2026 10:15 AM\n"
    "To: Ann Customer <ann@customer.example>\nSubject: RE: Question",
    "outlook-with-line": "________________________________\nFrom: TechCorp Support <support@techcorp.example>\n"
    "Sent: Sunday, November 22, 2026 10:15 AM\nTo: Ann Customer\nSubject: RE: Question",
    "outlook-2003": "-----Original Message-----\nFrom: TechCorp Support [mailto:support@techcorp.example]\n"
    "Sent: Sunday, November 22, 2026 10:15 AM\nTo: Ann Customer\nSubject: RE: Question",
    "outlook-mobile-bold": "*From:* TechCorp Support <support@techcorp.example>\n*Sent:* Sunday, November 22, 2026\n"
    "*To:* Ann Customer <ann@customer.example>\n*Subject:* RE: Question",
    "outlook-many-recipients": "From: Lena Berg\nSent: Sunday, November 22, 2026 10:15 AM\nTo: "
    + "; ".join(f"Colleague {n}" for n in range(40))
    + "\nSubject: RE: Question",
    "outlook-german": "Von: TechCorp Support <support@techcorp.example>\nGesendet: Sonntag, 22. November 2026 10:15\n"
    "An: Ann Customer <ann@customer.example>\nBetreff: AW: Frage",
    "outlook-french": "De : TechCorp Support <support@techcorp.example>\nEnvoyé : dimanche 22 novembre 2026 10:15\n"
    "À : Ann Customer <ann@customer.example>\nObjet : RE: Question",
    "outlook-spanish": "De: TechCorp Support <support@techcorp.example>\nEnviado: domingo, 22 de noviembre de 2026\n"
    "Para: Ann Customer <ann@customer.example>\nAsunto: RE: Pregunta",
    "outlook-portuguese": "De: TechCorp Support <support@techcorp.example>\nEnviada em: domingo, 22 de novembro\n"
    "Para: Ann Customer <ann@customer.example>\nAssunto: RES: Pergunta",
    "outlook-italian": "Da: TechCorp Support <support@techcorp.example>\nInviato: domenica 22 novembre 2026 10:15\n"
    "A: Ann Customer <ann@customer.example>\nOggetto: R: Domanda",
    "outlook-russian": "От: TechCorp Support <support@techcorp.example>\nОтправлено: 22 ноября 2026 г. 10:15\n"
    "Кому: Ann Customer <ann@customer.example>\nТема: RE: Вопрос",
    "outlook-chinese": "发件人: TechCorp Support <support@techcorp.example>\n发送时间: 2026年11月22日 10:15\n"
    "收件人: Ann Customer <ann@customer.example>\n主题: 回复: 问题",
}


def cases() -> Iterator[Case]:
    """Replies with marked and unmarked quotes, odd replies, forwards, and mails that only look like replies."""
    for name, line in _INTRODUCTIONS.items():
        yield _reply(f"reply-{name}", f"{_YES}\n\n{line}\n\n{_QUOTED}\n", _YES)
    for name, block in _BLOCKS.items():
        yield _reply(f"reply-{name}", f"{_YES}\n\n{block}\n\n{_OURS}\n", _YES)
    yield from _between()
    yield from _forwards()
    yield from _look_alikes()


def _reply(name: str, body: str, text: str, subject: str = "Re: Question about my account") -> Case:
    return customer(name, letter(body, subject=subject, headers=_REPLY), text)


def _between() -> Iterator[Case]:
    line = _INTRODUCTIONS["gmail-english"]
    between = f"{line}\n\n> Which browser?\n\nFirefox.\n\n> Since when?\n\nSince Monday.\n"
    yield _reply("reply-between-the-lines", between, "Firefox.\n\nSince Monday.")
    yield _reply("reply-below-the-quote", f"{line}\n\n{_QUOTED}\n\n{_YES}\n", _YES)
    both = f"See below.\n\n{line}\n> Which browser?\nFirefox.\n"
    yield _reply("reply-above-and-between", both, "See below.\n\nFirefox.")
    yield _reply("reply-without-introduction", f"{_YES}\n\n{_QUOTED}\n", _YES)
    yield _reply("reply-empty-above-the-quote", f"{line}\n\n{_QUOTED}\n", "")
    deep = f"{_YES}\n\n{line}\n\n> Hello\n>\n> On Sat, 21 Nov 2026, Ann wrote:\n>\n>> First question\n>>> Older\n"
    yield _reply("reply-to-a-reply-to-a-reply", deep, _YES)
    signed = f"{_YES}\n\n--\nAnn Customer\n+46 8 123 456\n\n{line}\n\n{_QUOTED}\n"
    yield _reply("reply-with-signature-above-the-quote", signed, _YES)
    mobile = f"{_YES}\n\nSent from my iPhone\n\n> On 22 Nov 2026, at 10:15, TechCorp Support <s@t.example> wrote:\n> \n> Hi\n"
    yield _reply("reply-iphone-marks-the-introduction", mobile, _YES)
    yield _reply(
        "reply-with-list-of-points",
        f"1. ok\n- fine\n- Take a look at /srv\n\n{line}\n> x\n",
        "1. ok\n- fine\n- Take a look at /srv",
    )
    flowed = letter(
        f"This is a long \nline that was \nbroken.\n\n{line}\n> x\n",
        content_type="text/plain; format=flowed",
        headers=_REPLY,
    )
    yield customer("reply-format-flowed", flowed, "This is a long line that was broken.")
    thread = f"{_YES}\n\n{_BLOCKS['outlook-english']}\n\n" + "old text again and again\n" * 3000
    yield _reply("reply-with-3000-quoted-lines", thread, _YES)


def _forwards() -> Iterator[Case]:
    inner = "From: Bob <bob@other.example>\nDate: Fri, 20 Nov 2026 08:00\nSubject: Export fails\nTo: Ann\n\nThe export stops at 90 %."
    gmail = f"Can you help with this?\n\n---------- Forwarded message ---------\n{inner}"
    yield customer("forward-gmail", letter(gmail, subject="Fwd: Export fails"), gmail)
    yield customer("forward-gmail-subject-changed", letter(gmail, subject="Please help"), gmail)
    apple = f"Begin forwarded message:\n\n{inner}"
    yield customer("forward-apple-nothing-above", letter(apple, subject="Fwd: Export fails"), apple)
    outlook = "FYI\n\nFrom: Bob <bob@other.example>\nSent: Friday\nTo: Ann\nSubject: Export fails\n\nThe export stops at 90 %."
    yield customer("forward-outlook", letter(outlook, subject="FW: Export fails"), outlook)
    german = "Bitte prüfen.\n\nVon: Bob <bob@other.example>\nGesendet: Freitag\nAn: Ann\nBetreff: Export\n\nDer Export bricht ab."
    yield customer("forward-outlook-german", letter(german, subject="WG: Export"), german)
    bare = "From: Bob <bob@other.example>\nSent: Friday\nTo: Ann\nSubject: Export fails\n\nThe export stops at 90 %."
    yield customer("forward-outlook-no-prefix-nothing-above", letter(bare, subject="Export fails"), bare)
    french = f"-------- Message transféré --------\n{inner}"
    yield customer("forward-thunderbird-french", letter(french, subject="Fwd: Export"), french)
    thread = letter(gmail, subject="Fwd: Export fails", headers=_REPLY)
    yield customer("forward-within-a-thread", thread, gmail)
    html = (
        '<div>Can you help?</div><div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>'
        "From: Bob &lt;bob@other.example&gt;<br></div><p>The export stops at 90 %.</p></div>"
    )
    text = "Can you help?\n\n---------- Forwarded message ---------\nFrom: Bob <bob@other.example>\n\nThe export stops at 90 %."
    yield customer("forward-gmail-html", letter(html, subject="Fwd: Export", content_type="text/html"), text)
    cite = '<p>See this</p><blockquote type="cite"><div>Begin forwarded message:</div><p>The export stops.</p></blockquote>'
    expected = "See this\n\nBegin forwarded message:\n\nThe export stops."
    yield customer("forward-apple-html", letter(cite, subject="Fwd: Export", content_type="text/html"), expected)
    attached = multipart(
        part("Please see the attached mail.", "text/plain"),
        part("From: bob@other.example\nSubject: Export fails\n\nThe export stops.", "message/rfc822"),
        subject="Fwd: Export fails",
    )
    yield customer("forward-as-attachment", attached, "Please see the attached mail.", attachments=["Export fails.eml"])
    answered = f"Thanks, Bob's case is solved.\n\n{_INTRODUCTIONS['gmail-english']}\n\n> ---------- Forwarded message ---------\n> From: Bob\n"
    yield _reply("reply-to-a-forward", answered, "Thanks, Bob's case is solved.")


def _look_alikes() -> Iterator[Case]:
    for name, body in {
        "sentence-on-monday-i-wrote": "On Monday I wrote:\n\nI need a new seat. Nobody answered.",
        "data-and-do-lines": "Do: export the board\nData: 5 GB\nIt never ends.",
        "from-and-to-of-a-route": "From: Berlin\nTo: Paris\nOur team has moved. How do we change the address?",
        "error-text-marked-by-hand": "I get this:\n> Error 500: upstream failed\nWhat can I do?",
        "take-at-the-start-of-a-line": "Take a look at the board.\nTak is our Polish project.\nWhy is it empty?",
        "thanks-in-the-middle": "Thanks, that helps with the first.\nBut how do I archive the second board?",
        "regards-in-a-sentence": "With regards to the invoice of May:\nwhich address is printed there?",
        "warning-line-of-a-log": "Warning: disk full\nis what the client prints when I upload. What does it mean?",
        "dashes-as-a-ruler": "First question\n-------------\nHow do I invite a guest?",
        "sentences-with-colon-and-numbers": "We have two boards:\nboard 1: sales\nboard 2: ops\nCan they be merged?",
    }.items():
        yield customer(f"plain-{name}", letter(body), body)
