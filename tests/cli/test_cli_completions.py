"""Completion scripts are made from the commands, are up to date, and work in a shell."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from account_cli.cli.app import COMMANDS
from account_cli.cli.completions import FILES, main
from tests.cli.running import acct, filled_home

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", FILES)
def test_the_scripts_in_the_repository_are_those_of_today(name: str) -> None:
    stored = (ROOT / "completions" / name).read_text()
    assert stored == FILES[name](), "run: python -m account_cli.cli.completions completions"


def test_the_scripts_are_written_where_one_says(tmp_path: Path) -> None:
    assert main([str(tmp_path / "new")]) == 0
    assert {path.name for path in (tmp_path / "new").iterdir()} == set(FILES)
    assert main([]) == 2


def completed(home: Path, *words: str) -> set[str]:
    """Ask bash what it would offer for these words, the last of them unfinished."""
    (home / "bin").mkdir(exist_ok=True)
    program = home / "bin/acct"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m account_cli "$@"\n')
    program.chmod(0o755)
    script = (
        f'source {ROOT}/completions/acct.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _acct; '
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", *words],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=home,
        env={"PATH": f"{home}/bin:{os.environ['PATH']}", "HOME": str(home), "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on this machine")
def test_bash_offers_commands_options_choices_and_names(tmp_path: Path) -> None:
    home = filled_home(tmp_path)
    assert {name for name, entry in COMMANDS.items() if not entry.hidden} <= completed(home, "acct", "")
    assert completed(home, "acct", "pos") == {"positions"}
    assert completed(home, "acct", "pnl", "--by", "m") == {"month"}
    assert {"--json", "--csv", "--since", "-h"} <= completed(home, "acct", "fills", "-")
    assert completed(home, "acct", "--color", "n") == {"never"}
    assert completed(home, "acct", "positions", "") == {"main", "perp"}
    assert completed(home, "acct", "-q", "positions", "--symbol", "BTC") == {"BTC/USD"}
    assert {"F03", "F31", "F31b", "F31c", "F31d"} - completed(home, "acct", "simulate", "--fault", "F31") == {"F03"}
    assert "ledger.ndjson" in completed(home, "acct", "import", "led")
    assert completed(home, "acct", "db", "ba") == {"backup"}
    assert completed(home, "acct", "db", "backup", "led") == {"ledger.ndjson"}
    assert completed(home, "acct", "explain", "po") == {"position"}
    assert completed(home, "acct", "lots", "") == {"main", "perp"}


def test_a_name_that_a_shell_would_run_is_not_offered(tmp_path: Path) -> None:
    fact = {"kind": "transfer", "account": "$(touch pwned)", "id": "D", "asset": "USD", "amount": "1"}
    fact |= {"type": "deposit", "time": "2024-01-01T00:00:00Z"}
    (tmp_path / "l.ndjson").write_text(json.dumps(fact) + "\n")
    assert acct(tmp_path, "import", "l.ndjson").code == 0
    assert acct(tmp_path, "names", "accounts").out == ""
