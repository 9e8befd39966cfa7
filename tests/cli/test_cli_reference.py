"""Man pages and docs/commands.md are made from the commands, are up to date, and are read as they are meant."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from account_cli.cli import reference
from account_cli.cli.app import COMMANDS

ROOT = Path(__file__).parents[2]
SHOWN = {name for name, entry in COMMANDS.items() if not entry.hidden}


def test_the_man_pages_in_the_repository_are_those_of_today() -> None:
    made = reference.manuals()
    assert {path.name for path in (ROOT / "docs/man").iterdir()} == set(made)
    assert set(made) == {"acct.1", *(f"acct-{name}.1" for name in SHOWN)}
    for name, page in made.items():
        assert (ROOT / "docs/man" / name).read_text() == page, "run: make reference"
        assert page.isascii()


def test_the_reference_in_the_repository_is_that_of_today() -> None:
    assert (ROOT / "docs/commands.md").read_text() == reference.markdown(), "run: make reference"


def test_both_are_written_where_one_says(tmp_path: Path) -> None:
    (tmp_path / "man").mkdir()
    (tmp_path / "man/acct-gone.1").write_text("a command that there was")
    assert reference.main([str(tmp_path / "man"), str(tmp_path / "commands.md")]) == 0
    assert not (tmp_path / "man/acct-gone.1").exists()
    assert (tmp_path / "commands.md").read_text().count("\n## acct ") == len(SHOWN)
    assert reference.main([]) == 2


@pytest.mark.skipif(shutil.which("man") is None, reason="no man on this machine")
def test_a_manual_says_what_help_says_and_man_has_nothing_to_complain_of() -> None:
    done = subprocess.run(
        ["man", "--warnings", "-l", "-Tutf8", ROOT / "docs/man/acct-fills.1"],
        check=False,
        capture_output=True,
        text=True,
        env={
            "PATH": "/usr/bin:/bin",
            "MANWIDTH": "100",
            "MANPAGER": "cat",
            "LC_ALL": "C.UTF-8",
        },
    )
    assert (done.returncode, done.stderr) == (0, "")
    shown = " ".join(re.sub(r".\x08", "", done.stdout).split())
    assert "--sort [-]COLUMN By this column" in shown
    assert "acct-fills - show trades with their fees and what they realised" in shown
