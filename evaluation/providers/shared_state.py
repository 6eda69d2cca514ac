"""The state that all stand-ins of a process share, and its control endpoints."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from evaluation.providers.clock import ShiftedClock
from evaluation.providers.faults import Fault, Faults
from evaluation.providers.journal import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedState:
    """Journal, faults and clock, one instance for Gmail, Twilio and the console of a process."""

    journal: Journal
    faults: Faults
    clock: ShiftedClock

    @classmethod
    def create(cls, path: Path | None = None) -> SharedState:
        """Create the state; the journal is also written to `path`."""
        clock = ShiftedClock()
        return cls(journal=Journal(clock, path), faults=Faults(), clock=clock)


def control_routes(shared: SharedState) -> list[Route]:
    """Return `/_control/journal`, `/faults` and `/clock`, the same on every stand-in of the process."""

    async def journal(request: Request) -> Response:
        query = request.query_params
        found = shared.journal.entries(
            kind=query.get("kind"), provider=query.get("provider"), after=int(query.get("after", "0"))
        )
        return JSONResponse([entry.as_json() for entry in found])

    async def add_fault(request: Request) -> Response:
        order = await json_body(request)
        try:
            shared.faults.add(Fault.from_json(order))
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(_active(shared), 201)

    async def list_faults(_: Request) -> Response:
        return JSONResponse(_active(shared))

    async def clear_faults(_: Request) -> Response:
        shared.faults.clear()
        return Response(status_code=204)

    async def advance(request: Request) -> Response:
        now = shared.clock.advance(float((await json_body(request))["advance_seconds"]))
        return JSONResponse({"now": now.isoformat()})

    return [
        Route("/_control/journal", journal),
        Route("/_control/faults", add_fault, methods=["POST"]),
        Route("/_control/faults", list_faults),
        Route("/_control/faults", clear_faults, methods=["DELETE"]),
        Route("/_control/clock", advance, methods=["POST"]),
    ]


async def json_body(request: Request) -> Mapping[str, Any]:
    """Return the request's JSON object, empty for an empty body. Raises ValueError or TypeError for anything else."""
    raw = await request.body()
    value = json.loads(raw) if raw else {}
    if not isinstance(value, dict):
        raise TypeError("expected a JSON object")
    return value


def _active(shared: SharedState) -> list[dict[str, Any]]:
    return [fault.as_json() for fault in shared.faults.active()]
