"""The limits of the providers' accounts, and the turns that a leased portion of one gives."""

from __future__ import annotations

import pytest

from deployments.channels.gmail import quota as gmail
from deployments.channels.gmail.mailbox_reader import WATCH_UNITS
from deployments.channels.gmail.sender import SENDING_UNITS
from deployments.channels.limit import Limit
from deployments.channels.quota import Portion
from deployments.channels.whatsapp import rate as twilio

LEAST_UNITS = 7_500
"""The least that GMAIL_UNITS_PER_MINUTE takes."""
ROUND_TRIP_S = 0.1


@pytest.mark.parametrize("units", [LEAST_UNITS, gmail.UNITS_PER_MINUTE, 1_000_000])
def test_sending_and_reading_together_stay_within_the_accounts_minute(units: int) -> None:
    sending, reading = gmail.sending(units), gmail.reading(units)
    assert sending.units + reading.units < units
    for limit in (sending, reading):
        assert limit.per_second * (gmail.WINDOW_S + limit.spare_s) == pytest.approx(limit.units)


def test_googles_usual_units_let_a_hundred_mails_a_minute_out() -> None:
    assert gmail.sending(gmail.UNITS_PER_MINUTE).per_second * 60 / SENDING_UNITS > 100


@pytest.mark.parametrize("per_second", [0.3, 1, 10, 80])
def test_twilios_limit_holds_in_every_second(per_second: float) -> None:
    limit = twilio.sending(per_second)
    assert limit.per_second * (limit.window_s + limit.spare_s) == pytest.approx(per_second * limit.window_s)
    assert limit.per_second == pytest.approx(per_second * 0.8)


@pytest.mark.parametrize(
    ("limit", "units"),
    [
        (gmail.sending(LEAST_UNITS), SENDING_UNITS),
        (gmail.reading(LEAST_UNITS), WATCH_UNITS),
        (twilio.sending(0.3), 1),
        (twilio.sending(10), 1),
        (twilio.sending(80), 1),
    ],
)
def test_the_largest_call_gets_a_turn_although_the_database_takes_a_while(limit: Limit, units: int) -> None:
    needed_s = units / limit.per_second
    portion = Portion(earliest=100.0, latest=100.0 + ROUND_TRIP_S, length_s=max(limit.portion_s, needed_s))
    turn = portion.turn(needed_s, 100.0 + ROUND_TRIP_S, spare_s=limit.spare_s)
    assert turn is not None
    assert turn.begins <= turn.ends


def test_turns_follow_each_other_until_the_portion_is_spent() -> None:
    portion = Portion(earliest=10.0, latest=10.5, length_s=3.0)
    turns = [portion.turn(1.0, 10.5, spare_s=5.0) for _ in range(4)]
    assert [(turn.begins, turn.ends) if turn else None for turn in turns] == [
        (11.5, 15.0), (12.5, 16.0), (13.5, 17.0), None,
    ]  # fmt: skip


def test_time_gone_by_is_spent_at_once_while_it_is_good_and_lost_afterwards() -> None:
    portion = Portion(earliest=10.0, latest=10.0, length_s=10.0)
    for needed_s, now, begins in ((2.0, 13.0, 13.0), (2.0, 18.0, 18.0), (2.0, 18.0, 18.0)):
        turn = portion.turn(needed_s, now, spare_s=5.0)
        assert turn is not None
        assert (turn.begins, turn.ends >= turn.begins) == (begins, True)
    assert portion.used_s == 7.0  # 2 s of the first 5, then the second 5 from 13 on
    assert portion.turn(2.0, 24.0, spare_s=5.0) is None
