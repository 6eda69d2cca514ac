"""What `nightdesk up` can be told."""

from __future__ import annotations

from dataclasses import dataclass

GRAPH = "serve_app.app:graph"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartOptions:
    """Options of one start. Without `dashboard_port` it is Ray's usual one, or a free one where that is taken."""

    port: int
    haproxy: bool = False
    dashboard_port: int | None = None
    demo_channels: bool = False
    graph: str = GRAPH

    def words(self) -> list[str]:
        """The same options as words of a command line."""
        words = ["--port", str(self.port), "--graph", self.graph]
        if self.dashboard_port is not None:
            words += ["--dashboard-port", str(self.dashboard_port)]
        if self.demo_channels:
            words.append("--demo-channels")
        return [*words, "--haproxy"] if self.haproxy else words
