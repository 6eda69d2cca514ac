"""What may wait computes in the idle class of the processor, and only that."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading

import pytest

from embeddings.workbench.idle import in_idle_class
from embeddings.workbench.registry.promote import Promotion
from embeddings.workbench.registry.shadowing import Shadowing

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the class")


def own() -> int:
    return os.sched_getscheduler(0)


def with_what_it_starts() -> set[int]:
    """The class of this thread, of one that it starts, and of a process."""
    found = {own()}
    thread = threading.Thread(target=lambda: found.add(own()))
    thread.start()
    thread.join()
    asked = "import os; print(os.sched_getscheduler(0))"
    said = subprocess.run([sys.executable, "-S", "-c", asked], capture_output=True, text=True, check=True).stdout
    return {*found, int(said)}


async def test_work_of_the_idle_class_leaves_all_else_in_its_own() -> None:
    before = own()
    assert await in_idle_class(with_what_it_starts) == {os.SCHED_IDLE}
    assert own() == await asyncio.to_thread(own) == before != os.SCHED_IDLE


async def test_what_goes_wrong_is_raised() -> None:
    def failing() -> None:
        raise ValueError("no model")

    with pytest.raises(ValueError, match="no model"):
        await in_idle_class(failing)


def test_a_promotion_and_a_shadow_compute_there() -> None:
    assert {one.__dataclass_fields__["apart"].default for one in (Promotion, Shadowing)} == {in_idle_class}
