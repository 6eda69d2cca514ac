"""Support hours and the service levels of hand-overs (context/company-profile.md).

Hours are wall-clock times in one time zone. Arguments are aware datetimes, results are in UTC. Written by hand because
maintained business-time libraries count days only, and those that count hours predate zoneinfo and daylight saving.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from typing import TypeAlias, get_args
from zoneinfo import ZoneInfo

from db.records import Queue, Severity

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SPAN = re.compile(rf"^({'|'.join(_DAYS)})(?:-({'|'.join(_DAYS)}))? (\d\d):(\d\d)-(\d\d):(\d\d)$")
_QUEUE = re.compile(rf"^({'|'.join(get_args(Queue))}) ")
_WHOLE_DAY = timedelta(days=1)
WARN_AT = 0.75
"""The share of its time after which the team is warned of a hand-over that nobody has taken."""

Span: TypeAlias = tuple[timedelta, timedelta]


class SupportHoursError(ValueError):
    """The hours can't be parsed; the message says what was found and what is expected. Start-up fails."""


class SupportHours:
    """The weekly hours of one team. `week`: spans as offsets from midnight, by weekday from 0 (Monday); not empty."""

    def __init__(self, week: Mapping[int, tuple[Span, ...]], zone: ZoneInfo) -> None:
        self._week, self.zone = week, zone

    @classmethod
    def parse(cls, text: str, zone: ZoneInfo) -> SupportHours:
        """Parse "Mon-Fri 09:00-18:00, Sat 10:00-14:00"; a span may end on the next day. Raises SupportHoursError."""
        week: dict[int, list[Span]] = {day: [] for day in range(7)}
        for part in text.split(","):
            days, span = _parse_span(part.strip())
            for day in days:
                week[day].append(span)
        return cls({day: tuple(sorted(spans)) for day, spans in week.items()}, zone)

    def is_open(self, at: datetime) -> bool:
        """Return whether the team works at that time."""
        return self.opens_at(at) == at

    def opens_at(self, at: datetime) -> datetime:
        """Return the next time at which the team works: `at` itself if it is open."""
        begin, _ = next(self._open_from(at))
        return begin

    def after(self, start: datetime, hours: float) -> datetime:
        """Return when so many working hours have passed since `start`."""
        left = timedelta(hours=hours)
        for begin, end in self._open_from(start):
            if end - begin >= left:
                return begin + left
            left -= end - begin
        raise AssertionError("unreachable: _open_from does not end")

    @cached_property
    def day(self) -> timedelta:
        """The length of a working day: the mean of the days with hours."""
        lengths = [sum((end - begin for begin, end in spans), timedelta()) for spans in self._week.values() if spans]
        return sum(lengths, timedelta()) / len(lengths)

    def _open_from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the open spans from `start` on, in order, without overlap."""
        reached = start.astimezone(UTC)
        date = start.astimezone(self.zone).date() - _WHOLE_DAY  # yesterday's span may end today
        while True:
            for opens, closes in self._week[date.weekday()]:
                midnight = datetime.combine(date, time())
                end = self._utc(midnight + closes)
                if end > reached:
                    yield max(self._utc(midnight + opens), reached), end
                    reached = end
            date += _WHOLE_DAY

    def _utc(self, wall: datetime) -> datetime:
        # Daylight saving: a skipped wall time counts as the time after the change, an ambiguous one as its first.
        return wall.replace(tzinfo=self.zone).astimezone(UTC)


class ServiceLevels:
    """By when a person has to take a hand-over: in working hours of the queue's team; critical ones around the clock.

    `targets` are hours by severity; `general` applies to queues without hours of their own.
    """

    def __init__(
        self, *, general: SupportHours, queues: Mapping[Queue, SupportHours], targets: Mapping[Severity, float]
    ):
        self._general, self._queues, self._targets = general, queues, targets

    @classmethod
    def parse(cls, hours: str, zone: str, targets: Mapping[Severity, float]) -> ServiceLevels:
        """Parse "Mon-Fri 08:00-20:00; billing Mon-Fri 09:00-17:00": general hours, then those of single queues.

        Raises SupportHoursError.
        """
        where = ZoneInfo(zone)
        first, *others = (part.strip() for part in hours.split(";"))
        queues: dict[Queue, SupportHours] = {}
        for part in others:
            named = _QUEUE.match(part)
            if named is None:
                raise SupportHoursError(
                    f"{part!r}: expected a queue with its hours, such as billing Mon-Fri 09:00-17:00"
                )
            queues[named.group(1)] = SupportHours.parse(part[named.end() :], where)  # type: ignore[index]
        return cls(general=SupportHours.parse(first, where), queues=queues, targets=targets)

    def due_at(self, severity: Severity, queue: Queue, since: datetime) -> datetime:
        """Return by when a hand-over of `since` must be taken."""
        return self._after(severity, queue, since, 1.0)

    def warn_at(self, severity: Severity, queue: Queue, since: datetime) -> datetime:
        """Return when the team is warned: at three quarters of the time until `due_at`."""
        return self._after(severity, queue, since, WARN_AT)

    def team_opens_at(self, severity: Severity, queue: Queue, at: datetime) -> datetime:
        """Return when the team works next: `at` itself if it is open, or for critical hand-overs (on-call duty)."""
        return at if severity == "critical" else self._team(queue).opens_at(at)

    def back_at(self, severity: Severity, queue: Queue, at: datetime) -> str | None:
        """Return when the team works again, such as "Monday 08:00 UTC"; None if it is open or on call."""
        opens = self.team_opens_at(severity, queue, at)
        return self.wall_time(opens) if opens > at else None

    def next_morning(self, queue: Queue, at: datetime) -> datetime:
        """Return the team's first opening on a later date than `at`'s."""
        team = self._team(queue)
        local = at.astimezone(team.zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0) + _WHOLE_DAY
        return team.opens_at(midnight)

    def wall_time(self, at: datetime) -> str:
        """Return weekday and wall-clock time in the general time zone, such as "Monday 08:00 UTC"."""
        local = at.astimezone(self._general.zone)
        return f"{_NAMES[local.weekday()]} {local:%H:%M} {zone_name(local)}"

    def _team(self, queue: Queue) -> SupportHours:
        return self._queues.get(queue, self._general)

    def _after(self, severity: Severity, queue: Queue, since: datetime, share: float) -> datetime:
        hours = self._targets[severity]
        if severity == "critical":
            return since + timedelta(hours=hours * share)
        team = self._team(queue)
        # A target of days is that many of this team's days, however long they are; a shorter one is hours.
        days = timedelta(hours=hours) / self._general.day
        wanted = hours if days < 1 else days * (team.day / timedelta(hours=1))
        return team.after(since, wanted * share)


def zone_name(local: datetime) -> str:
    """Return the zone's abbreviation at that time ("UTC", "CEST"), or its offset ("UTC+05:30") if it has none."""
    name = local.tzname() or ""
    offset = local.strftime("%z")
    minutes = "" if offset[3:5] == "00" else f":{offset[3:5]}"
    return name if name[:1].isalpha() else f"UTC{offset[:3]}{minutes}"


def _parse_span(part: str) -> tuple[list[int], Span]:
    found = _SPAN.match(part)
    if found is None:
        raise SupportHoursError(f"{part!r}: expected such as Mon-Fri 09:00-18:00")
    first, last, *clock = found.groups()
    begin = _DAYS.index(first)
    length = (_DAYS.index(last or first) - begin) % 7
    opens = timedelta(hours=int(clock[0]), minutes=int(clock[1]))
    closes = timedelta(hours=int(clock[2]), minutes=int(clock[3]))
    if max(opens, closes) > _WHOLE_DAY or opens == _WHOLE_DAY:
        raise SupportHoursError(f"{part!r}: a day begins at 00:00 and ends at 24:00")
    return [(begin + n) % 7 for n in range(length + 1)], (opens, closes if closes > opens else closes + _WHOLE_DAY)
