"""Completion scripts are made from the commands, are up to date, and work in a shell."""

from __future__ import annotations

import json
import os
import pty
import re
import select
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


def shell(home: Path) -> dict[str, str]:
    """Put ``acct`` where a shell finds it, and return the environment of that shell."""
    (home / "bin").mkdir(exist_ok=True)
    program = home / "bin/acct"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m account_cli "$@"\n')
    program.chmod(0o755)
    home_of_fish = {"XDG_CONFIG_HOME": str(home / "fish"), "XDG_DATA_HOME": str(home / ".local/share")}
    return {
        "PATH": f"{home}/bin:{os.environ['PATH']}",
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "TERM": "xterm",
        **home_of_fish,
    }


def completed(home: Path, *words: str) -> set[str]:
    """Ask bash what it would offer for these words, the last of them unfinished."""
    script = (
        f"source {ROOT}/completions/acct.bash; "
        'COMP_LINE=$*; COMP_POINT=${#COMP_LINE}; _acct; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", *words],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=home,
        env=shell(home),
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
    assert completed(home, "acct", "--profile", "other", "lots", "") == {"main", "perp"}
    assert completed(home, "acct", "fills", "--columns", "time,si") == {"time,side"}
    assert completed(home, "acct", "fills", "--sort", "-pri") == {"-price"}
    assert completed(home, "acct", "fills", "--symbol=BTC/USD") == {"BTC/USD"}
    # Bash takes what follows the colon for a word, and puts the answer in its place.
    assert completed(home, "acct", "fills", "--symbol", "ETH/USDT:U") == {"USDT"}


@pytest.mark.skipif(shutil.which("fish") is None, reason="no fish on this machine")
def test_fish_offers_the_same_and_no_files_among_them(tmp_path: Path) -> None:
    home = filled_home(tmp_path)

    def offered(line: str) -> set[str]:
        script = f"source {ROOT}/completions/acct.fish; complete -C {line!r}"
        done = subprocess.run(
            ["fish", "--no-config", "-c", script],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
            cwd=home,
            env=shell(home),
        )
        assert done.returncode == 0, done.stderr
        return {one.split("\t")[0] for one in done.stdout.splitlines()}

    assert {name for name, entry in COMMANDS.items() if not entry.hidden} <= offered("acct ")
    assert offered("acct fills ") == {"main", "perp"}
    assert offered("acct --profile other fills ") == {"main", "perp"}
    assert offered("acct -q fills --symbol ETH") == {"ETH/USDT:USDT"}
    assert offered("acct pnl --by m") == {"month"}
    assert offered("acct fills --columns time,si") == {"time,side"}
    assert "--symbol" not in offered("acct export --what fills --"), "fills is no command here"
    assert "ledger.ndjson" in offered("acct import led")


@pytest.mark.skipif(shutil.which("zsh") is None, reason="no zsh on this machine")
def test_zsh_completes_what_is_typed(tmp_path: Path) -> None:
    home = filled_home(tmp_path)
    (home / ".zshrc").write_text(
        f"fpath=({ROOT}/completions $fpath); autoload -Uz compinit; compinit -u -D; unsetopt beep; PS1='> '\n"
        "tell() { print -r -- \"LINE<$BUFFER>\"; BUFFER=; }; zle -N tell; bindkey '^X' tell; print READY\n"
    )
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(home)
        os.execvpe("zsh", ["zsh", "-i"], shell(home))

    def read_until(mark: bytes) -> str:
        seen = b""
        while mark not in seen:
            ready, _, _ = select.select([terminal], [], [], 60)
            assert ready, seen
            seen += os.read(terminal, 4096)
        return seen.decode()

    def line(typed: str) -> str:
        os.write(terminal, typed.encode() + b"\t\x18")
        found = re.search(r"LINE<([^>]*)>", read_until(b">\r\n"))
        assert found is not None
        return found[1].rstrip(" ,")

    try:
        read_until(b"READY")
        assert line("acct posi") == "acct positions"
        assert line("acct fills ma") == "acct fills main"
        assert line("acct fills --symbol ETH") == "acct fills --symbol ETH/USDT:USDT"
        assert line("acct fills --symbol=ETH/USDT:") == "acct fills --symbol=ETH/USDT:USDT"
        assert line("acct pnl --by mon") == "acct pnl --by month"
        assert line("acct fills --columns time,si") == "acct fills --columns time,side"
        assert line("acct fills --sort -pri") == "acct fills --sort -price"
        assert line("acct import led") == "acct import ledger.ndjson"
    finally:
        os.close(terminal)
        os.waitpid(pid, 0)


def test_a_name_that_a_shell_would_run_is_not_offered(tmp_path: Path) -> None:
    fact = {"kind": "transfer", "account": "$(touch pwned)", "id": "D", "asset": "USD", "amount": "1"}
    fact |= {"type": "deposit", "time": "2024-01-01T00:00:00Z"}
    (tmp_path / "l.ndjson").write_text(json.dumps(fact) + "\n")
    assert acct(tmp_path, "import", "l.ndjson").code == 0
    assert acct(tmp_path, "names", "accounts").out == ""
