"""Asking must not load what only collecting needs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import environment, filled_home

HEAVY = {
    "ccxt",
    "textual",
    "sqlalchemy",
    "alembic",
    "aiosqlite",
    "redis",
    "pydantic",
    "rich",
    "aiohttp",
    "asyncio",
    "logging",
}
PROBE = """
import json, sys
from account_cli.cli.main import run
code = run(sys.argv[1:])
sys.stderr.write(json.dumps([code, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled_home(tmp_path_factory.mktemp("start"))


@pytest.mark.parametrize(
    "words",
    [
        "--help",
        "--version",
        "positions --help",
        "-q positions",
        "-q positions --json",
        "-q balances --csv",
        "-q orders --all",
        "-q fills --limit 5",
        "-q pnl",
        "-q pnl --by month",
        "-q pnl --closings",
        "-q pnl --method fifo",
        "-q pnl --in USD",
        "-q pnl --since 2024-01-15",
        "-q pnl --history",
        "-q show main",
        "-q equity",
        "-q equity --now",
        "-q stats",
        "-q lots",
        "-q explain pnl BTC/USD",
        "-q explain balance USD",
        "-q positions --at 2024-01-15",
        "-q balances --at 2024-01-15",
        "-q close --list",
        "-q transfers",
        "-q accounts",
        "-q issues",
        "-q export",
        "-q names symbols",
    ],
)
def test_a_question_loads_nothing_heavy(home: Path, words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *words.split()],
        check=False,
        capture_output=True,
        text=True,
        env=environment(home, COVERAGE_PROCESS_START=""),  # what measures lines loads much itself
        timeout=60,
    )
    code, loaded = json.loads(done.stderr)
    assert code in {0, 3}, "3: there are issues"
    assert HEAVY & set(loaded) == set()
    if words.endswith("--help") or words == "--version":
        assert {"msgspec", "sqlite3", "tomllib"} & set(loaded) == set()
