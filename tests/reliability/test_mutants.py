"""The deliberate breakages still fit the code: one whose place is gone would be counted as nothing."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from tests.reliability.mutations import ROOT, Gone, Mutant, mutants

ALL = mutants()


@pytest.mark.parametrize("mutant", ALL, ids=lambda one: f"{one.group}: {one.breaks}")
def test_a_mutant_applies_to_one_place_and_is_still_a_program(mutant: Mutant) -> None:
    changed = mutant.applied(ROOT)
    assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse((ROOT / mutant.file).read_text(encoding="utf-8")))
    assert mutant.tests
    assert [path for path in mutant.tests if not (ROOT / path).exists()] == []


def test_no_two_mutants_have_one_name() -> None:
    assert [name for name, count in Counter(one.breaks for one in ALL).items() if count > 1] == []


def test_a_mutant_whose_place_is_gone_says_so(tmp_path: Path) -> None:
    (tmp_path / "it.py").write_text("x = 1\n")
    lost = Mutant("none", "nothing", "it.py", "y = 1", "y = 2", ("tests",))
    with pytest.raises(Gone, match=r"nothing: its text is 0 times in it\.py"):
        lost.applied(tmp_path)
