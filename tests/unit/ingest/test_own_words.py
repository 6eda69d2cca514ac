# ruff: noqa: E501 - the lines of a mail are as long as mail programs make them
"""Issue 12: a customer's words stay, whatever they look like; what clients in other languages put around them goes."""

from __future__ import annotations

import pytest

from ingest.mail.quoting.quotes import own_text
from ingest.mail.quoting.signatures import without_signature
from ingest.text import clean

_SENT = "Dear Mia,\n\nplease sign out once and sign in again.\n\nKind regards\nNightdesk"
_OWN = "It works for me now, but not for Jonas."
_ASK = "Hello,\n\nhow do I export a board to Excel?"

_HEADERS = {
    "Norwegian": "Fra: Nordlys\nSendt: mandag 2. mars 2026 09:12\nTil: Mia\nEmne: SV: Tavler",
    "Czech": "Od: Nordlys\nOdesláno: pondělí 2. března 2026 9:12\nKomu: Mia\nPředmět: RE: x",
    "Korean": "보낸 사람: Nordlys\n보낸 날짜: 2026년 3월 2일 월요일 오전 9:12\n받는 사람: Mia\n제목: RE: x",
    "QQ": '------------------ 原始邮件 ------------------\n发件人: "Nordlys"<help@desk.example.org>;\n'
    '发送时间: 2026年3月2日(星期一) 上午9:12\n收件人: "Mia"<mia@shop.example.org>;\n主题: Re: x',
    "NetEase": "---- 回复的原邮件 ----\n| 发件人 | Nordlys<help@desk.example.org> |\n| 发送日期 | 2026年03月02日 09:12 |\n"
    "| 收件人 | mia<mia@shop.example.org> |\n| 主题 | Re: x |",
    "Samsung": "-------- Message d'origine --------\nDe : Nordlys <help@desk.example.org>\nDate : 02/03/2026 09:12\n"
    "À : mia@shop.example.org\nObjet : Re: x",
    "Notes": "-----Nordlys <help@desk.example.org> wrote: -----\nTo: mia@shop.example.org\n"
    "From: Nordlys <help@desk.example.org>\nDate: 03/02/2026 09:12AM\nSubject: Re: x",
    "Greek": "Στις Δευ 2 Μαρ 2026 στις 9:12 π.μ., ο χρήστης Nordlys <help@desk.example.org> έγραψε:",
    "Thai": "ในวันที่ จ. 2 มี.ค. 2026 เวลา 09:12 Nordlys <help@desk.example.org> เขียนว่า:",
    "Zoho": "---- On Mon, 02 Mar 2026 09:12:44 +0530 Nordlys <help@desk.example.org> wrote ----",
    "another desk": "##- Please type your reply above this line -##\n\nNordlys <help@desk.example.org>, Mar 2, 2026, 09:12",
    "without an address": "On Mon, 2 Mar 2026, at 09:12, Ben Lei wrote:",
    "wrapped thrice": "On Mon, Mar 2, 2026 at 9:12 AM\nNordlys Support and Care Team of\nthe North <help@desk.example.org>\nwrote:",
    "wrapped": "On Mon, 2 Mar 2026 at\n09:12, Nordlys <help@desk.example.org>\nwrote:",
}
_STAYS = {
    "route": "Here is the route:\n\nFrom: Berlin\nDate: 3 May\nTo: Munich\n\nIs it right?",
    "period": "The report is wrong:\n\nFrom: 1 March 2026\nDate: 9 March 2026\nTo: 10 March 2026\nSubject: all\n\nWhy?",
    "sentence": "On 3 March 2026 your colleague Tom wrote:\n\nYou get it.\n\nWhere is it?",
    "German sentence": "Am 3.3.2026 um 9:12 schrieb mir Ihr Kollege:\n\nSie bekommen es.\n\nWo ist es?",
    "rulers": "Problem 1: a\n-----------\nProblem 2: b\n________________________________\nProblem 3",
    "log": "It prints:\n-----Original Message-----\nand stops. Why?",
    "own quotation": "I get this:\n> Error 4711: quota reached\nWhat now?",
}
_SENT_FROM = (
    "Skickat från min iPhone", "Wysłano z iPhone'a", "Lähetetty iPhonesta", "发自我的iPhone", "נשלח מה-iPhone שלי",
    "Obtenir Outlook pour Android<https://x.example>", "iOS用Outlookを入手<https://x.example>",
    "Von meinem Huawei-Mobiltelefon gesendet", "Sent from Yahoo Mail on Android", "Sent from Mail for Windows",
    "Sent with Proton Mail secure email.",
)  # fmt: skip
_SIGN_OFFS = (
    "Mit freundlichen Grüßen\n\ni. A. Anna Kunde\nVertrieb\n\nKunde GmbH\nMusterstraße 1\n10115 Berlin\nTel.: +49 30 1234567",
    "Best regards,\nAnn Smith\nHead of Ops | Customer Ltd\n12 High Street, London SW1A 1AA\nT: +44 20 7946 0000",
)
_ENDS_THAT_STAY = (
    "Thanks!\nOrder no. 4711", "Merci\n\nFacture 2026-118", "Gracias\n\nPedido: 4711\nNIF: B123", "Thanks\n\n1. Sales\n2. Ops",
    "Danke\n\nDE89 3704 0044 0532 0130 00", "Thanks\n\nhttps://app.example.org/b/4711", "Best,\nAnn\n\nPS: only archived cards",
    "Спасибо\n\nИванов И. — склад\nПетрова А. — бухгалтерия", "Thanks\n\nAnn Holm - admin\nTom Berg - guest",
    "Sent from the web app they do.", "Sent from my iPhone they never arrive, why?",
    "This message is confidential for my boss only. Please call me at 4711.",
)  # fmt: skip
_BANNERS = (
    "[EXTERNAL EMAIL]", "*** External email ***", "ACHTUNG: Externe E-Mail",
    "ATTENTION : Ce courriel provient de l'extérieur de l'organisation.",
    "LET OP: Deze e-mail komt van buiten de organisatie.",
    "CAUTION: External email. Do not click links or open attachments unless you recognize the sender.",
)  # fmt: skip
_NO_BANNERS = (
    "External links on our boards are broken.", "Caution: the export deletes cards. Is that known?",
    "Warning: this email address is already taken", "Extern\nkann niemand die Tafel sehen. Warum?",
)  # fmt: skip


@pytest.mark.parametrize("name", _HEADERS)
@pytest.mark.parametrize("ours", [(), (_SENT,)], ids=["layout", "evidence"])
@pytest.mark.parametrize("mark", ["", "> "], ids=["bare", "marked"])
def test_quoted_mail_goes(name: str, ours: tuple[str, ...], mark: str) -> None:
    quoted = "\n".join(f"{mark}{line}" for line in _SENT.split("\n"))
    assert own_text(clean(f"{_OWN}\n\n{_HEADERS[name]}\n\n{quoted}"), is_reply=True, ours=ours) == _OWN


def test_what_we_sent_is_found_under_a_header_in_no_known_language() -> None:
    welsh = "Gwreiddiol: Nordlys\nDyddiad: 2 Mawrth 2026 9:12\nAt: Mia\nPwnc: Byrddau"
    assert own_text(f"{_OWN}\n\n{welsh}\n\n{_SENT}", is_reply=True, ours=[_SENT]) == _OWN


def test_answers_between_our_unmarked_lines_stay() -> None:
    between = _SENT.replace("again.", "again.\n\nI did that twice!")
    text = f"See below.\n\nOn Mon, 2 Mar 2026 at 09:12, Nordlys <h@d.example> wrote:\n\n{between}"
    assert own_text(text, is_reply=True, ours=[_SENT]) == "See below.\n\nI did that twice!"


@pytest.mark.parametrize("name", _STAYS)
def test_own_words_in_a_reply_stay(name: str) -> None:
    below = f"\n\nOn Mon, 2 Mar 2026 at 09:12, Nordlys <h@d.example> wrote:\n> {_SENT.splitlines()[2]}"
    assert own_text(_STAYS[name] + below, is_reply=True) == _STAYS[name]
    assert own_text(_STAYS[name] + below, is_reply=True, ours=[_SENT]) == _STAYS[name]
    assert own_text(_STAYS[name]) == _STAYS[name]


@pytest.mark.parametrize("ending", [*_SENT_FROM, *_SIGN_OFFS])
def test_an_ending_goes(ending: str) -> None:
    assert without_signature(f"{_ASK}\n\n{ending}") == _ASK


@pytest.mark.parametrize("ending", _ENDS_THAT_STAY)
def test_words_that_look_like_an_ending_stay(ending: str) -> None:
    assert without_signature(f"{_ASK}\n\n{ending}") == f"{_ASK}\n\n{ending}"


@pytest.mark.parametrize("banner", _BANNERS)
def test_a_gateways_banner_goes(banner: str) -> None:
    assert without_signature(f"{banner}\n\n{_ASK}") == _ASK


@pytest.mark.parametrize("line", _NO_BANNERS)
def test_a_first_line_of_the_customers_stays(line: str) -> None:
    assert without_signature(f"{line}\n\n{_ASK}") == f"{line}\n\n{_ASK}"
