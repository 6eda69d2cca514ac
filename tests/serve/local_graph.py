"""`python -m tests.serve.local_graph DATABASE_URL KAFKA`: the graph in one process, without a cluster, until killed.

A process of its own: Serve's local mode has no end, and its nodes would go on working beside the tests that follow.
"""

from __future__ import annotations

import sys
import threading

from pydantic import SecretStr
from ray import serve

from serve_app.app import graph
from serve_app.settings.app_args import AppArgs, KafkaArgs
from tests.fixtures.company import EXAMPLE


def main(database_url: str, bootstrap_servers: str) -> None:
    """Run it; never returns."""
    args = AppArgs(
        company=EXAMPLE,
        database_url=database_url,
        kafka=KafkaArgs(bootstrap_servers=bootstrap_servers),
        secret_key=SecretStr("a-secret-of-this-test"),
        scaling_bounds={"ingress": (1, 3), "analysis": (1, 2), "agent": (1, 3), "ingest": (1, 3), "delivery": (1, 2)},
        embedded=False,
    )
    serve.run(graph(args), name="local", _local_testing_mode=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
