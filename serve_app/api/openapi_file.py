"""Writes the OpenAPI schema without a running product: `python -m serve_app.api.openapi_file FILE`.

The pages' types and rules are generated from that file (`make web-types`).
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from db.pool import create_pool
from deployments.ingress_node import IngressParts
from deployments.rules.company import Company
from ingest.bus.relay import Relay
from serve_app.api.build import build_for
from serve_app.settings.app_args import AppArgs, KafkaArgs

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"


async def schema() -> dict[str, Any]:
    """Return the schema of the calls below /api/v1; the pool and the relay are made and never used."""
    args = AppArgs(
        company=Company(name="Company", product="Product", support_address="support@company.example"),
        database_url=NOWHERE,
        kafka=KafkaArgs(bootstrap_servers="127.0.0.1:1"),
        secret_key=SecretStr("not used"),
    )
    pool = await create_pool(NOWHERE, size=1, min_size=0)
    relay = Relay(pool=pool, kafka=args.kafka)
    described = build_for(args, "1", IngressParts(pool=pool, probes=pool, relay=relay, close=pool.close)).openapi()
    paths = {path: calls for path, calls in described["paths"].items() if path.startswith("/api/v1/")}
    return {**described, "paths": paths}


def text() -> str:
    """Return the file's content."""
    return json.dumps(asyncio.run(schema()), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
