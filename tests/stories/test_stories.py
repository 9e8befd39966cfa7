"""Every story comes out as it was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.story import check, read

STORIES = sorted(Path(__file__).parent.glob("*.txt"))


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_story_comes_out_as_written(path: Path) -> None:
    for story in read(path.read_text(encoding="utf-8")):
        assert list(check(story))


def test_there_is_a_story_for_each_golden_scenario() -> None:
    told = " ".join(path.stem for path in STORIES)
    missing = [f"g{i:02d}" for i in range(1, 17) if f"g{i:02d}" not in told]
    assert not missing
