"""Faults that can be ordered: what goes wrong, at which method, how often."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class FaultKind(StrEnum):
    """What can go wrong. A *call* is a request to a stand-in, a *notice* is what it posts to the product."""

    DROP_BEFORE = "drop_before"  # call: close the connection, nothing accepted
    DROP_ANSWER = "drop_answer"  # call: accept, then close the connection without an answer
    ERROR_BEFORE = "error_before"  # call: answer `status` (503), nothing accepted
    ERROR_AFTER = "error_after"  # call: accept, then answer `status` (503)
    DELAY_BEFORE = "delay_before"  # call: wait `seconds`, then accept and answer
    DELAY_ANSWER = "delay_answer"  # call: accept, wait `seconds`, then answer
    RATE_LIMITED = "rate_limited"  # call: 429 with Retry-After of `seconds`, nothing accepted
    REFUSED = "refused"  # messages.create: refused with error `code` (63016), nothing accepted
    HISTORY_GONE = "history_gone"  # users.history.list: 404, as for an id that is too old
    INVALID_GRANT = "invalid_grant"  # oauth2.token: the refresh token is expired or revoked
    CERTS_UNAVAILABLE = "certs_unavailable"  # oauth2.certs: 503
    UNDELIVERED = "undelivered"  # messages.create: accepted, then undelivered with error `code` (63018)
    DROP = "drop"  # notice: never posted
    DUPLICATE = "duplicate"  # notice: posted `copies` times
    REORDER = "reorder"  # notice: posted after the one that follows it
    DELAY = "delay"  # notice: posted `seconds` later


CALL_KINDS = frozenset(
    {
        FaultKind.DROP_BEFORE,
        FaultKind.DROP_ANSWER,
        FaultKind.ERROR_BEFORE,
        FaultKind.ERROR_AFTER,
        FaultKind.DELAY_BEFORE,
        FaultKind.DELAY_ANSWER,
        FaultKind.RATE_LIMITED,
    }
)
NOTICE_KINDS = frozenset({FaultKind.DROP, FaultKind.DUPLICATE, FaultKind.REORDER, FaultKind.DELAY})


class WrongFaultError(ValueError):
    """The order names an unknown method, kind or field; the control endpoint responds with 400."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One order of a fault: `kind` at `method`, `times` times (None: until cleared), after the first `skip` calls."""

    method: str
    kind: FaultKind
    times: int | None = 1
    skip: int = 0
    probability: float = 1.0
    seconds: float = 1.0
    status: int = 503
    code: int = 63018
    copies: int = 2

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Fault:
        """Read an order. Raises WrongFaultError."""
        try:
            return cls(**{**value, "kind": FaultKind(value["kind"])})
        except (KeyError, TypeError, ValueError) as error:
            raise WrongFaultError(f"no such fault: {error}") from None

    def as_json(self) -> dict[str, Any]:
        """Return the order as it is posted and listed."""
        return asdict(self)


@dataclass(slots=True)
class _Order:
    fault: Fault
    to_skip: int
    left: int | None


class Faults:
    """The orders in force. Each method declares its possible faults when its route is made."""

    def __init__(self, seed: int = 20260101) -> None:
        self._known: dict[str, frozenset[FaultKind]] = {}
        self._orders: list[_Order] = []
        self._random = random.Random(seed)

    def declare(self, method: str, kinds: frozenset[FaultKind]) -> None:
        """Allow these kinds to be ordered at `method`."""
        self._known[method] = self._known.get(method, frozenset()) | kinds

    def add(self, fault: Fault) -> None:
        """Put an order in force, behind the earlier ones. Raises WrongFaultError."""
        if fault.method not in self._known:
            raise WrongFaultError(f"no method {fault.method!r}; there are {', '.join(sorted(self._known))}")
        if fault.kind not in self._known[fault.method]:
            raise WrongFaultError(f"{fault.kind} cannot happen at {fault.method}")
        self._orders.append(_Order(fault, fault.skip, fault.times))

    def clear(self) -> None:
        """Cancel every order."""
        self._orders.clear()

    def active(self) -> list[Fault]:
        """Return the orders that are not used up."""
        return [order.fault for order in self._orders if order.left != 0]

    def take(self, method: str, kinds: frozenset[FaultKind]) -> Fault | None:
        """Return the fault of this call or notice, counted against the first order that applies; None without one."""
        for order in self._orders:
            if order.fault.method != method or order.fault.kind not in kinds or order.left == 0:
                continue
            if order.to_skip > 0:
                order.to_skip -= 1
                continue
            if self._random.random() >= order.fault.probability:
                continue
            if order.left is not None:
                order.left -= 1
            return order.fault
        return None
