"""`nightdesk up`: start the product on this machine and keep it running."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from serve_app.cli.options import DataDirOption, chosen_data_dir
from serve_app.embedded.base.errors import StartError
from serve_app.embedded.base.start_options import GRAPH, StartOptions
from serve_app.settings.settings import HTTP_PORT, Settings, load_settings

if TYPE_CHECKING:
    from serve_app.embedded.base.data_dir import DataDir
    from serve_app.embedded.base.run_file import RunFile
    from serve_app.embedded.supervision.progress import Display

PortOption = Annotated[int, typer.Option("--port", metavar="P", min=1, max=65535, help="HTTP port of the product.")]
DashboardOption = Annotated[
    int | None,
    typer.Option("--dashboard-port", metavar="P", min=1, max=65535, help="Ray's dashboard. Default: 8265, if free."),
]
DetachOption = Annotated[bool, typer.Option("--detach", help="Run in the background; return once it is healthy.")]
DemoOption = Annotated[
    bool, typer.Option("--demo-channels", help="Stand-ins for Gmail and WhatsApp, without accounts.")
]
HaproxyOption = Annotated[
    bool | None,
    typer.Option("--haproxy/--no-haproxy", help="Serve through HAProxy, or Ray's own proxy. Default: where it is."),
]
GraphOption = Annotated[str, typer.Option("--graph", hidden=True, help="Builder of the application, module:function.")]


def up(
    data_dir: DataDirOption = None,
    port: PortOption = HTTP_PORT,
    detach: DetachOption = False,
    demo_channels: DemoOption = False,
    haproxy: HaproxyOption = None,
    dashboard_port: DashboardOption = None,
    graph: GraphOption = GRAPH,
) -> None:
    """Start PostgreSQL, Kafka, Ray and the product, and keep them running until Ctrl-C or `nightdesk down`.

    What DATABASE_URL or KAFKA_BOOTSTRAP_SERVERS name is used instead of the embedded server.
    A second `up` on the same data directory waits until everything is healthy and prints the address.
    """
    from serve_app.embedded.parts.demo_channels import refuse_beside_accounts

    settings = load_settings()
    if demo_channels:
        refuse_beside_accounts(settings)
        if settings.public_base_url:
            print("note: PUBLIC_BASE_URL does not count beside --demo-channels; they call this machine only.")
    directory = chosen_data_dir(data_dir, settings)
    directory.prepare()
    options = StartOptions(
        port=port, haproxy=haproxy, dashboard_port=dashboard_port, demo_channels=demo_channels, graph=graph
    )
    if detach:
        _run_detached(directory, options)
    else:
        _run_in_foreground(directory, settings, options)


def _run_in_foreground(directory: DataDir, settings: Settings, options: StartOptions) -> None:
    """Supervise. While another supervisor does, wait for its product instead; if it ends before, take its place."""
    from serve_app.embedded.supervision.lock import SupervisorBusyError, SupervisorLock
    from serve_app.embedded.supervision.progress import Display

    def show_addresses(run: RunFile, seconds: float) -> None:
        _print_addresses(run, seconds, how_to_stop="Ctrl-C here, or `nightdesk down`")

    while True:
        try:
            with SupervisorLock(directory), Display(on_ready=show_addresses) as display:
                asyncio.run(_supervise(directory, settings, display, options))
                return
        except SupervisorBusyError:
            if _wait_for(directory, options, starting=SupervisorLock(directory).is_held):
                return


async def _supervise(directory: DataDir, settings: Settings, display: Display, options: StartOptions) -> None:
    from serve_app.embedded.supervision.supervisor import Supervisor

    await Supervisor(directory, settings, display, options).run()


def _run_detached(directory: DataDir, options: StartOptions) -> None:
    """Run `nightdesk up` in a session of its own and wait until the product is healthy."""
    output = directory.log("up")
    with output.open("w") as file:
        child = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "serve_app.cli.main", "up", "--data-dir", str(directory.path), *options.arguments()],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    if not _wait_for(directory, options, starting=lambda: child.poll() is None, ours=True):
        errors = [line for line in output.read_text().splitlines() if line.startswith("error: ")]
        raise StartError(errors[-1].removeprefix("error: ") if errors else f"the start failed: see {output}")


def _wait_for(directory: DataDir, options: StartOptions, *, starting: Callable[[], bool], ours: bool = False) -> bool:
    """Wait for the product that another process starts. False when that ended before its product was healthy.

    `ours`: that process is this one's child, and there, however long it imports before it can be seen.

    Raises StartError when `--demo-channels` is wanted and the product runs without.
    """
    from serve_app.embedded.supervision.follow import LONGEST_SECONDS, UNSEEN_SECONDS, follow_until_ready
    from serve_app.embedded.supervision.progress import Display

    with Display() as display:
        unseen = LONGEST_SECONDS if ours else UNSEEN_SECONDS
        run = follow_until_ready(directory, display, starting=starting, unseen=unseen)
    if run is None:
        return False
    if options.demo_channels and not run.demo_channels_url:
        raise StartError(f"Nightdesk runs at {run.url} without demo channels: stop it with `nightdesk down` first.")
    _print_addresses(run, display.elapsed, how_to_stop="nightdesk down")
    return True


def _print_addresses(run: RunFile, seconds: float, *, how_to_stop: str) -> None:
    print(f"Nightdesk is up ({seconds:.0f} s).")
    print(f"  form       {run.url}/")
    print(f"  status     {run.url}/status")
    print(f"  desk       {run.url}/staff")
    print(f"  API        {run.url}/docs")
    if run.demo_channels_url:
        print(f"  channels   {run.demo_channels_url}/  (stand-ins: write a mail or a WhatsApp, see what comes back)")
    print(f"  dashboard  {run.dashboard_url}  (token: {Path(run.data_dir) / 'secrets' / 'ray_token'})")
    print(f"  data       {run.data_dir}")
    print(f"  stop       {how_to_stop}", flush=True)
