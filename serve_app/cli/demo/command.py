"""`nightdesk demo`: send the sample tickets through the running product."""

from __future__ import annotations

from pathlib import Path

import typer

from serve_app.cli.options import DataDirOption, JsonFileOption, UrlOption
from serve_app.cli.target import find_product
from serve_app.embedded.base import run_file
from serve_app.embedded.base.data_dir import DataDir


def demo(data_dir: DataDirOption = None, url: UrlOption = None, json_file: JsonFileOption = None) -> None:
    """Play context/sample-tickets.json through the running product and show what became of each ticket.

    Each ticket takes its own channel where `nightdesk up --demo-channels` runs; elsewhere all take the web form.
    Exits 1 when a ticket was lost or answered twice, or when fewer than 95 % ended as labelled.
    """
    from serve_app.cli.demo.view import run

    target = find_product(data_dir, url)
    stand_ins_url = run_file.load(DataDir(Path(target.data_dir))).demo_channels_url if target.data_dir else ""
    if not run(target, stand_ins_url, json_file):
        raise typer.Exit(1)
