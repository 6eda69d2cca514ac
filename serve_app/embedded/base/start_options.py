"""The options of `nightdesk up`, and one of the processes that it starts."""

from __future__ import annotations

from dataclasses import dataclass

from serve_app.settings.settings import HTTP_PORT

GRAPH = "serve_app.app:graph"
ALONE = "--alone"
"""The option of the preparation that says that nothing else uses the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartOptions:
    """The options of one start. `dashboard_port` None: Ray's default, or a free port when that is taken. `haproxy`
    None: where it can be used."""

    port: int = HTTP_PORT
    haproxy: bool | None = None
    dashboard_port: int | None = None
    demo_channels: bool = False
    graph: str = GRAPH

    def arguments(self) -> list[str]:
        """The options as arguments of `nightdesk up`."""
        arguments = ["--port", str(self.port), "--graph", self.graph]
        if self.dashboard_port is not None:
            arguments += ["--dashboard-port", str(self.dashboard_port)]
        if self.demo_channels:
            arguments.append("--demo-channels")
        if self.haproxy is not None:
            arguments.append("--haproxy" if self.haproxy else "--no-haproxy")
        return arguments
