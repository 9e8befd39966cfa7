"""What acct is said to be built on is what runs: each library of the stack is imported by the part that it is for."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ACCT = "from account_cli.cli.main import run; assert run({}.split()) == 0"
IMPORTED = ACCT.format("'import ledger.ndjson'")
RUNS = {
    "typer": ACCT.format("'version'"),
    "rich": ACCT.format("'--color always balances'"),
    "textual": "import account_cli.tui.app",
    "ccxt": "from account_cli.exchanges.lean import venue_class; venue_class('kraken')",
    "sqlalchemy": IMPORTED,
    "alembic": IMPORTED,
    "aiosqlite": "import account_cli.storage.following",
    "redis": "import account_cli.bus.redis",
    "msgspec": ACCT.format("'balances --json'"),
    "tomlkit": ACCT.format("'accounts add mine --exchange kraken --no-input'"),
}
"""What runs where a person uses it, by the library that must be loaded then; in a home with a ledger file."""
LEDGER = '{"kind":"transfer","account":"a","id":"1","time":"2024-01-01T00:00:00Z","asset":"USD","amount":"1","type":"deposit"}\n'  # noqa: E501 -- one line of a file
TESTS = {"pytest", "pytest_asyncio"}


def dependencies() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {line.split("=")[0].split("~")[0].split(">")[0].strip() for line in project["dependencies"]}


def test_every_dependency_is_held_here() -> None:
    assert dependencies() <= set(RUNS), "what nothing imports is not a dependency"
    assert {"typer", "rich", "textual", "ccxt", "aiosqlite", "redis"} <= dependencies()
    assert set(sys.modules) >= TESTS


@pytest.mark.parametrize("library", RUNS)
def test_what_runs_loads_what_it_is_built_on(library: str, tmp_path: Path) -> None:
    (tmp_path / "ledger.ndjson").write_text(LEDGER)
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"{RUNS[library]}\nimport sys\nprint('loaded' if {library!r} in sys.modules else 'absent')",
        ],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("loaded"), f"{library}: {RUNS[library]}"
