"""`nightdesk status`: the parts that run on a data directory, and the health of the product."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from serve_app.cli.options import DataDirOption, JsonOption, chosen_data_dir
from serve_app.settings.settings import load_settings

if TYPE_CHECKING:
    from serve_app.embedded.base.run_file import RunFile

HEALTH_SECONDS = 5.0


def status(data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """Show each part (process, state, restarts) and the product's own health. Exits 3 when nothing runs."""
    from serve_app.embedded.base import run_file

    run = run_file.load(chosen_data_dir(data_dir, load_settings()))
    report = {**_description(run), "health": _health(run.url)}
    if as_json:
        print(json.dumps(report, indent=2))
    else:
        _print_table(report)


def _description(run: RunFile) -> dict[str, Any]:
    """The run file without its secrets."""
    return {
        "state": run.state,
        "url": run.url,
        "dashboard_url": run.dashboard_url,
        "demo_channels_url": run.demo_channels_url,
        "data_dir": run.data_dir,
        "started_at": run.started_at,
        "supervisor_pid": run.supervisor.pid,
        "parts": [asdict(part) for part in run.parts],
    }


def _health(url: str) -> dict[str, Any]:
    """The product's `/health`; a product that does not answer is `{"status": "unreachable", …}`."""
    import httpx

    try:
        answer = httpx.get(f"{url}/health", timeout=HEALTH_SECONDS, trust_env=False)
        body = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        return {"status": "unreachable", "detail": str(error)}
    return body if isinstance(body, dict) else {"status": "unreachable", "detail": f"HTTP {answer.status_code}"}


def _print_table(report: dict[str, Any]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE, pad_edge=False)
    for column in ("part", "state", "pid", "port", "since", "restarts", "detail"):
        table.add_column(column)
    for part in report["parts"]:
        since = datetime.fromisoformat(part["since"]).astimezone()
        shown = {**part, "since": since.strftime("%Y-%m-%d %H:%M:%S")}
        cells = [shown[key] for key in ("name", "state", "pid", "port", "since", "restarts", "detail")]
        table.add_row(*("" if cell is None else str(cell) for cell in cells))
    console = Console(highlight=False)
    console.print(table)
    print(f"product    {report['url']}  {report['health'].get('status', 'unreachable')}")
    for name, component in (report["health"].get("components") or {}).items():
        print(f"  {name:<12} {component.get('status', '')}  {component.get('detail') or ''}".rstrip())
    for alert in report["health"].get("alerts") or []:
        print(f"alert      {alert}")
    if report["demo_channels_url"]:
        print(f"channels   {report['demo_channels_url']}/  stand-ins for Gmail and WhatsApp")
    print(f"dashboard  {report['dashboard_url']}\ndata       {report['data_dir']}")
