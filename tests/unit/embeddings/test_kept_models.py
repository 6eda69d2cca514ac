"""Where a promoted model lies is written down so that the folder which keeps it may be moved."""

from __future__ import annotations

from pathlib import Path

from embeddings.encoder import BUILT_IN
from embeddings.kept_models import located, written_down


def test_a_model_is_found_after_its_data_directory_was_moved(tmp_path: Path) -> None:
    before, after, elsewhere = tmp_path / "before", tmp_path / "after", tmp_path / "elsewhere/model"
    (before / "mine-1a2b/mine").mkdir(parents=True)
    elsewhere.mkdir(parents=True)
    kept, whole = written_down(before / "mine-1a2b/mine", before), str(before / "mine-1a2b/mine")
    assert located(kept, before) == located(whole, before) == whole
    before.rename(after)
    assert located(kept, after) == str(after / "mine-1a2b/mine")
    assert located(whole, after) == str(after / "mine-1a2b/mine")  # as it was written down before paths were relative
    assert located(written_down(elsewhere, after), after) == str(elsewhere)
    assert located(BUILT_IN, after) == BUILT_IN
