"""`python -m evaluation.discovery FILE` writes the discovery log."""

import sys
from pathlib import Path

from evaluation.discovery.log import load, text

SAMPLES = Path(__file__).parents[2] / "context" / "sample-tickets.json"

Path(sys.argv[1]).write_text(text(load(SAMPLES)), encoding="utf-8")
