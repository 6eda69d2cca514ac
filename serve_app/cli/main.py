"""The `nightdesk` command line. Command modules import what is slow to import inside their functions."""

from __future__ import annotations

import sys

import typer

from serve_app.cli import digest, dlq, down, migrate, status, up
from serve_app.cli.bench import command as bench
from serve_app.cli.channels import command as channels
from serve_app.cli.company import command as company
from serve_app.cli.customers import command as customers
from serve_app.cli.data import command as data
from serve_app.cli.demo import command as demo
from serve_app.cli.embeddings import command as embeddings
from serve_app.cli.explain import command as explain
from serve_app.cli.heads import command as heads
from serve_app.cli.kb import command as kb
from serve_app.cli.mcp import command as mcp
from serve_app.cli.replay import command as replay
from serve_app.cli.sentiment import command as sentiment
from serve_app.cli.serve_config import command as serve_config
from serve_app.cli.sizing import command as sizing
from serve_app.cli.thresholds import command as thresholds
from serve_app.cli.trace import command as trace
from serve_app.embedded.base.environment import one_thread_for_numpy
from serve_app.embedded.base.errors import UserError
from serve_app.settings.settings import SettingsError

app = typer.Typer(
    name="nightdesk",
    help="A 24/7 customer-success agent: e-mail, WhatsApp and a web form in, one grounded answer or a hand-over out.",
    epilog="Exit codes: 0 ok, 1 failed, 2 wrong usage, 3 not running.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("up")(up.up)
app.command("down")(down.down)
app.command("status")(status.status)
app.command("demo")(demo.demo)
app.command("digest")(digest.digest)
app.command("explain")(explain.explain)
app.command("trace")(trace.trace)
app.command("replay")(replay.replay)
app.command("migrate")(migrate.migrate)
app.command("mcp")(mcp.mcp)
app.command("serve-config")(serve_config.serve_config)
app.command("sizing")(sizing.sizing)
app.add_typer(bench.app, name="bench")
app.add_typer(channels.app, name="channels")
app.add_typer(company.app, name="company")
app.add_typer(customers.app, name="customers")
app.add_typer(data.app, name="data")
app.add_typer(dlq.app, name="dlq")
app.add_typer(embeddings.app, name="embeddings")
app.add_typer(heads.app, name="heads")
app.add_typer(kb.app, name="kb")
app.add_typer(sentiment.app, name="sentiment")
app.add_typer(thresholds.app, name="thresholds")


def main() -> None:
    """Run the command. UserError and SettingsError become one line on stderr and an exit code."""
    one_thread_for_numpy()
    try:
        app()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except SettingsError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
