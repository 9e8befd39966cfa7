"""docs/library.md is true: its examples run, and it lists every public name."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from account_cli import library
from tests.cli.running import ACCT, acct, environment

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "library.md").read_text()
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
LINES = """\
{"kind":"transfer","account":"main","id":"D1","time":"2024-01-01T00:00:00Z","asset":"USD","amount":"10000","type":"deposit"}
{"kind":"fill","account":"main","id":"T1","order_id":"O1","time":"2024-01-02T00:00:00Z","symbol":"BTC/USD","side":"buy",\
"price":"100","quantity":"1","fees":[{"asset":"USD","amount":"1"}]}
{"kind":"fill","account":"main","id":"T2","order_id":"O2","time":"2024-02-01T00:00:00Z","symbol":"BTC/USD","side":"sell",\
"price":"150","quantity":"0.5","fees":[{"asset":"USD","amount":"1"}]}
"""


def test_the_page_lists_every_public_name_and_no_other() -> None:
    listed = re.findall(r"`(\w+)`", PAGE.rpartition("## Names")[2])
    assert sorted(listed) == sorted(library.__all__)
    assert all(getattr(library, name).__doc__ or name in {"Reason", "SIGNIFICANT"} for name in library.__all__)
    assert (ROOT / "account_cli" / "py.typed").exists()


def test_importing_it_loads_no_exchange_library_no_screen_and_no_migrations(tmp_path: Path) -> None:
    heavy = ("ccxt", "textual", "sqlalchemy", "alembic", "aiosqlite", "psycopg", "typer")
    done = _run(f"import sys, account_cli.library; print([name for name in {heavy} if name in sys.modules])", tmp_path)
    assert done.stdout == "[]\n", done.stderr


def test_there_is_an_example_of_everything_and_each_is_run_below() -> None:
    called = ("Store(", "AsyncStore(", "follow(", "listen(", "Collecting(", "configuration(")
    assert [name for name in called if not any(name in example for example in EXAMPLES)] == []
    assert len(EXAMPLES) == 5


@pytest.mark.parametrize("number", range(5))
def test_an_example_runs(number: int, tmp_path: Path) -> None:
    (tmp_path / "ledger.ndjson").write_text(LINES)
    (tmp_path / "plain.toml").write_text(f'data_dir = "{tmp_path}"\n')
    (tmp_path / "plain.toml").chmod(0o600)
    if "config.toml" in EXAMPLES[number]:
        done = _collecting(EXAMPLES[number], tmp_path)
    else:
        filled = acct(tmp_path, "--config", "plain.toml", "import", "ledger.ndjson")
        assert filled.code == 0, filled.err
        done = _run(EXAMPLES[number], tmp_path)
    assert done.returncode == 0, done.stderr
    told = ("main spot USD 9973", "2 1", "3 BTC/USD sell 0.5 150", "go on after 3", "('main',) {} {}")[number]
    assert told in done.stdout


def _run(example: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", example],
        cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def _collecting(example: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run it against the built-in exchange."""
    command = [*ACCT, "simulate", "--venue", "kraken", "--account", "main", "--port", "0", "--seed", "7"]
    with subprocess.Popen(command, env=environment(folder), cwd=folder, stdout=subprocess.PIPE, text=True) as exchange:
        try:
            assert exchange.stdout is not None
            section: list[str] = []
            while not section or section[-1].strip():
                section.append(exchange.stdout.readline())
            file = folder / "config.toml"
            file.touch(mode=0o600)
            file.write_text(f'data_dir = "{folder}"\ncache_dir = "{folder}/cache"\n\n{"".join(section)}')
            return _run(example, folder)
        finally:
            exchange.terminate()
