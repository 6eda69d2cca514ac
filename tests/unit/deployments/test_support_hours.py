"""G14: support hours, and the due time of a hand-over."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.records import Queue, Severity
from deployments.rules.support_hours import ServiceLevels, SupportHours, SupportHoursError
from serve_app.settings.support import SLA_HOURS

BERLIN = ZoneInfo("Europe/Berlin")
PROFILE = (Path(__file__).parents[3] / "context" / "company-profile.md").read_text(encoding="utf-8")
TEAMS = "Mon-Fri 08:00-20:00; billing Mon-Fri 09:00-17:00; legal Mon-Fri 09:00-17:00"


def at(text: str, zone: ZoneInfo | None = None) -> datetime:
    """A moment of November 2026, when the 20th is a Friday; or a full date."""
    whole = text if text[:4].isdigit() else f"2026-11-{text}"
    return datetime.fromisoformat(whole).replace(tzinfo=zone or UTC)


def levels(hours: str = TEAMS, zone: str = "UTC") -> ServiceLevels:
    return ServiceLevels.parse(hours, zone, SLA_HOURS)


@pytest.mark.parametrize(
    ("severity", "queue", "since", "due"),
    [
        ("critical", "general", "22 03:00", "22 03:30"),  # a Sunday night
        ("critical", "legal", "20 23:45", "21 00:15"),
        ("high", "general", "20 10:00", "20 12:00"),
        ("high", "general", "20 19:00", "23 09:00"),  # an hour on Friday, an hour on Monday
        ("high", "general", "20 18:00", "20 20:00"),
        ("high", "general", "21 12:00", "23 10:00"),
        ("high", "billing", "20 16:30", "23 10:30"),
        ("high", "billing", "23 08:00", "23 11:00"),  # the others come at eight, billing at nine
        ("medium", "technical", "20 15:00", "23 11:00"),
        ("medium", "billing", "20 12:00", "23 12:00"),
        ("low", "general", "23 10:00", "25 10:00"),  # two support days
        ("low", "billing", "23 10:00", "25 10:00"),  # also where a day is shorter
        ("low", "technical", "20 10:00", "24 10:00"),
    ],
)
def test_g14_a_hand_over_is_due_by_its_severity_and_its_teams_hours(
    severity: Severity, queue: Queue, since: str, due: str
) -> None:
    assert levels().due_at(severity, queue, at(since)) == at(due)


def test_g14_a_warning_comes_when_three_quarters_are_over() -> None:
    assert levels().warn_at("critical", "general", at("22 03:00")) == at("22 03:22:30")
    assert levels().warn_at("high", "general", at("20 19:00")) == at("23 08:30")


def test_g14_due_times_match_the_companys_tables() -> None:
    rows = dict(re.findall(r"^\| (people, [^|]+?|legal) \| Monday to Friday, ([\d:–]+) UTC", PROFILE, re.MULTILINE))
    hours = {name: "Mon-Fri " + text.replace("–", "-") for name, text in rows.items()}
    assert (
        f"{hours['people, general and technical']}; billing {hours['people, billing']}; legal {hours['legal']}"
    ) == TEAMS
    targets = dict(re.findall(r"takes over a hand-over, (\w+) \| within ([^|,]+?)[ ,|]* (?:at|\|)", PROFILE))
    assert targets == {"critical": "30 minutes", "high": "2 support hours", "medium": "8 support hours",
                       "low": "2 support days"}  # fmt: skip
    assert {severity: {"30 minutes": 0.5, "2 support hours": 2.0, "8 support hours": 8.0, "2 support days": 24.0}[text]
            for severity, text in targets.items()} == SLA_HOURS  # fmt: skip


def test_g14_an_operators_own_hours_hold_for_every_queue() -> None:
    always = levels("Mon-Sun 00:00-24:00")
    assert always.due_at("high", "billing", at("22 03:00")) == at("22 05:00")
    assert always.due_at("low", "general", at("22 03:00")) == at("23 03:00")
    assert always.team_opens_at("high", "legal", at("22 03:00")) == at("22 03:00")


def test_g14_next_opening_of_a_team() -> None:
    assert levels().team_opens_at("high", "general", at("20 19:59")) == at("20 19:59")
    assert levels().team_opens_at("high", "general", at("20 20:00")) == at("23 08:00")
    assert levels().team_opens_at("high", "billing", at("20 19:59")) == at("23 09:00")
    assert levels().team_opens_at("critical", "billing", at("22 03:00")) == at("22 03:00")
    assert levels().back_at("high", "general", at("20 20:30")) == "Monday 08:00 UTC"
    assert levels().back_at("high", "general", at("20 19:30")) is None
    assert levels().back_at("critical", "legal", at("22 03:00")) is None
    assert levels(zone="Europe/Berlin").wall_time(at("2026-07-20 08:00")) == "Monday 10:00 CEST"
    assert levels(zone="America/Sao_Paulo").wall_time(at("23 08:00")) == "Monday 05:00 UTC-03"
    assert levels(zone="Asia/Kathmandu").wall_time(at("23 08:00")) == "Monday 13:45 UTC+05:45"


def test_g14_the_next_morning_is_that_of_the_teams_next_support_day() -> None:
    assert levels().next_morning("general", at("19 23:00")) == at("20 08:00")
    assert levels().next_morning("general", at("20 01:00")) == at("23 08:00")
    assert levels().next_morning("billing", at("23 10:00")) == at("24 09:00")


def test_g14_the_change_of_the_clocks() -> None:
    night = SupportHours.parse("Sun 00:00-06:00", BERLIN)
    assert night.after(at("2026-03-29 00:00", BERLIN), 5.0) == at("2026-03-29 06:00", BERLIN)  # an hour less
    assert night.after(at("2026-10-25 00:00", BERLIN), 7.0) == at("2026-10-25 06:00", BERLIN)  # an hour more
    day = SupportHours.parse("Mon-Sun 09:00-17:00", BERLIN)
    assert day.opens_at(at("2026-03-28 18:00", BERLIN)) == at("2026-03-29 07:00")
    assert day.opens_at(at("2026-10-24 18:00", BERLIN)) == at("2026-10-25 08:00")


def test_g14_a_shift_over_midnight_and_hours_that_overlap_count_once() -> None:
    night = SupportHours.parse("Fri 22:00-06:00", ZoneInfo("UTC"))
    assert night.is_open(at("21 05:59"))
    assert not night.is_open(at("21 06:00"))
    assert night.after(at("20 12:00"), 8.0) == at("21 06:00")
    both = SupportHours.parse("Mon 09:00-12:00, Mon 10:00-14:00, Sat-Mon 08:00-09:30", ZoneInfo("UTC"))
    assert both.after(at("23 08:00"), 6.0) == at("23 14:00")
    assert both.is_open(at("22 08:00"))


@pytest.mark.parametrize("text", ["", "Mon", "Mon 9-17", "Mon-Fri 09:00-25:00", "Mon 24:00-08:00", "Mo 09:00-17:00"])
def test_g14_malformed_hours_are_refused(text: str) -> None:
    with pytest.raises(SupportHoursError):
        SupportHours.parse(text, ZoneInfo("UTC"))


def test_g14_hours_of_a_queue_that_does_not_exist_are_refused() -> None:
    with pytest.raises(SupportHoursError, match="expected a queue with its hours"):
        levels("Mon-Fri 08:00-20:00; sales Mon 09:00-10:00")


ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu"]
)
QUARTERS = st.integers(0, 95)


@st.composite
def weeks(draw: st.DrawFn) -> str:
    parts = []
    for _ in range(draw(st.integers(1, 4))):
        first, last = draw(st.sampled_from(_DAYS)), draw(st.sampled_from(_DAYS))
        begin, end = draw(QUARTERS), draw(QUARTERS)
        parts.append(f"{first}-{last} {begin // 4:02}:{begin % 4 * 15:02}-{end // 4:02}:{end % 4 * 15:02}")
    return ", ".join(parts)


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# Around the changes of the clocks of all these zones, and some quiet weeks.
MOMENTS = st.builds(
    lambda day, quarter: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day, minutes=15 * quarter),
    st.one_of(st.integers(60, 100), st.integers(270, 320), st.integers(0, 364)),
    QUARTERS,
)


@settings(max_examples=60, deadline=None)
@given(week=weeks(), zone=ZONES, start=MOMENTS, quarters=st.integers(1, 48))
def test_g14_support_hours_match_counting_quarters_of_an_hour(
    week: str, zone: str, start: datetime, quarters: int
) -> None:
    """Every quarter of an hour is open or closed as a whole; the due time is the end of the last one that counts."""
    hours = SupportHours.parse(week, ZoneInfo(zone))
    due = hours.after(start, quarters / 4)
    steps = int((due - start) / timedelta(minutes=15))
    quarter = timedelta(minutes=15)
    assert sum(hours.is_open(start + n * quarter) for n in range(steps)) == quarters
    assert hours.is_open(due - quarter)
    if not hours.is_open(start):
        assert hours.after(hours.opens_at(start), quarters / 4) == due
    assert hours.after(start, (quarters + 1) / 4) > due


@settings(max_examples=200, deadline=None)
@given(zone=ZONES, start=MOMENTS, severity=st.sampled_from(["low", "medium", "high", "critical"]),
       queue=st.sampled_from(["general", "technical", "billing", "legal"]))  # fmt: skip
def test_g14_a_warning_is_never_late_and_nothing_is_due_before_it_began(
    zone: str, start: datetime, severity: Severity, queue: Queue
) -> None:
    clock = levels(zone=zone)
    warned, due = clock.warn_at(severity, queue, start), clock.due_at(severity, queue, start)
    assert start < warned < due
    later = clock.due_at(severity, queue, start + timedelta(minutes=15))
    assert later >= due
