"""Prints how well a cosine tells known answers from new ones: `python -m evaluation.learning [MODEL]`.

MODEL: a folder as `nightdesk embeddings promote` keeps it; by default the model that ships.
"""

from __future__ import annotations

import sys

from deployments.learning.finder import SAME
from embeddings.encoder import BUILT_IN, Encoder
from embeddings.workbench.answers.data import FIRST_TWELVE, HELD_OUT, load_companies
from embeddings.workbench.sameness import measured, same_from

TRIED = (0.66, 0.70, 0.72, SAME, 0.76, 0.80)


def main() -> None:
    """Print a table for the companies that SAME was chosen on, and for those that it was not."""
    encoder = Encoder(sys.argv[1] if len(sys.argv) > 1 else BUILT_IN)
    for name, names in (("chosen on", FIRST_TWELVE), ("held out", HELD_OUT)):
        found = measured(some := load_companies(names=names), encoder)
        chosen = same_from(found.new)
        print(f"{name}: {len(some)} companies, {len(found.whole)} questions; for this model from {chosen:.2f}")
        for least in sorted({*TRIED, chosen}):
            shares = [float((cosines >= least).mean()) for cosines in (found.whole, found.half, found.new)]
            print(
                f"  {least:.2f}  known {shares[0]:.3f} whole, {shares[1]:.3f} half; new taken for known {shares[2]:.4f}"
            )


if __name__ == "__main__":
    main()
