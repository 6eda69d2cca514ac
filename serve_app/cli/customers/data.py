"""`nightdesk customers export` and `erase`: a customer's data in one file, and its erasure (D7)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from serve_app.cli.options import DataDirOption, UrlOption
from serve_app.cli.target import Target, find_product
from serve_app.embedded.base.errors import UserError

WhoArgument = Annotated[
    str, typer.Argument(metavar="WHO", help="An e-mail address, a number with +, or a customer's id.")
]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Where to write; it must not exist. Default: the terminal.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Don't ask: erase at once.")]


def export(who: WhoArgument, out: OutOption = None, data_dir: DataDirOption = None, url: UrlOption = None) -> None:
    """Write all that is kept of a customer, and of those merged with them, as JSON."""
    from serve_app.cli.staff_call import staff_call

    product = find_product(data_dir, url)
    data = staff_call(product, "GET", f"/customers/{_customer_id(product, who)}/export")
    text = json.dumps(data, indent=2, ensure_ascii=False)
    if out is None:
        print(text)
        return
    _write_new(out, text)
    print(f"{len(data['messages'])} messages and {len(data['tickets'])} tickets are in {out}")


def erase(who: WhoArgument, yes: YesOption = False, data_dir: DataDirOption = None, url: UrlOption = None) -> None:
    """Delete all that is kept of a customer and of those merged with them. There is no way back."""
    from serve_app.cli.staff_call import staff_call

    product = find_product(data_dir, url)
    customer_id = _customer_id(product, who)
    if not yes and not typer.confirm(f"Erase customer {customer_id} ({who}) for good?"):
        raise UserError("nothing was erased.")
    gone = staff_call(product, "POST", f"/customers/{customer_id}/erase")
    print(", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in gone.items() if kind != "elsewhere"))
    print(gone["elsewhere"])


def _customer_id(product: Target, who: str) -> UUID:
    from serve_app.cli.staff_call import staff_call

    try:
        return UUID(who)
    except ValueError:
        pass
    query = {"email": who} if "@" in who else {"phone": who}
    found: dict[str, Any] = staff_call(product, "GET", "/customers/lookup", params=query)
    return UUID(found["customer_id"])


def _write_new(path: Path, text: str) -> None:
    """Write a file with mode 0600. Raises UserError when it exists or can't be written."""
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} can't be written ({error.strerror}): name another file with --out.") from None
