"""The learning rate of the workbench's trainings: it grows at first, then decays linearly to 0."""

from __future__ import annotations

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

WARM_UP = 0.06
"""The share of the steps in which the learning rate grows."""


def warmed_up(optimizer: Optimizer, steps: int) -> LambdaLR:
    """Return the schedule of a training of so many steps."""
    return LambdaLR(optimizer, lambda step: min((step + 1) / (WARM_UP * steps), 1.0) * (1.0 - step / steps))
