"""`nightdesk down`: stop what was started on a data directory, and nothing else."""

from __future__ import annotations

from serve_app.cli.options import DataDirOption, chosen_data_dir
from serve_app.settings.settings import load_settings


def down(data_dir: DataDirOption = None) -> None:
    """Stop the product on this data directory: new work is refused, what is in flight is finished or handed back."""
    from serve_app.embedded.supervision.shutdown import stop_product

    directory = chosen_data_dir(data_dir, load_settings())
    stopped = stop_product(directory)
    print(f"stopped: {', '.join(stopped)}")
