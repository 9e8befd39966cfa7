"""Every error has an id and a page, and every page an error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from account_cli.cli.error_pages import PAGES, exit_codes, id_of, list_lines
from account_cli.cli.schemas import schema_named
from tests.cli.running import acct, database


def test_pages_and_errors_are_the_same() -> None:
    assert set(PAGES) == set(exit_codes())
    for code, page in PAGES.items():
        assert page.means.endswith("."), code
        assert page.causes, code
        assert page.steps, code


def test_an_error_ends_with_its_id_and_the_id_is_explained(tmp_path: Path) -> None:
    wrong = acct(tmp_path, "positions", "nobody-here")
    assert wrong.err.rstrip().endswith("[E-INPUT]")
    assert acct(tmp_path, "positions", "nobody-here", "--json").error["id"] == "E-INPUT"
    assert "id" in schema_named("error")["properties"]["error"]["required"]
    page = acct(tmp_path, "explain", "E-INPUT")
    assert (page.code, page.err) == (0, "")
    assert page.out.startswith("E-INPUT, exit status 2\n")
    assert "acct COMMAND --help" in page.out
    assert acct(tmp_path, "explain", "e-key-rejected").out.startswith("E-KEY-REJECTED, exit status 5\n")


def _config(home: Path, api_key: str, mode: int = 0o600) -> None:
    file = home / ".config/acct/config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(f'[accounts.main]\nexchange = "kraken"\napi_key = "{api_key}"\nsecret = "{api_key}"\n')
    file.chmod(mode)


def _damaged(home: Path) -> None:
    database(home).parent.mkdir(parents=True)
    database(home).write_bytes(b"SQLite format 3\0" + b"x" * 4096)


@pytest.mark.parametrize(
    ("words", "prepare", "code", "says"),
    [
        (("poll", "main"), lambda home: _config(home, "env:NOWHERE"), "E-SECRET-NOT-FOUND", "acct accounts key NAME"),
        (("poll", "main"), lambda home: _config(home, "a", 0o644), "E-SECRET-EXPOSED", "chmod 600 FILE"),
        (("import", "x.csv"), lambda home: (home / "x.csv").write_text("a,b\n1,2\n"), "E-FILE", "--dry-run"),
        (("import", "nowhere.csv"), lambda _: None, "E-FILE", "--dry-run"),
        (("fills",), _damaged, "E-STORAGE-DAMAGED", "acct db restore FILE"),
        (("fills", "nobody"), lambda _: None, "E-INPUT", "acct COMMAND --help"),
    ],
)
def test_situations_with_different_remedies_have_different_ids(
    tmp_path: Path, words: tuple[str, ...], prepare: Callable[[Path], object], code: str, says: str
) -> None:
    prepare(tmp_path)
    told = acct(tmp_path, *words)
    assert told.err.rstrip().endswith(f"[{code}]"), told.err
    page = acct(tmp_path, "explain", code).out
    assert page.startswith(f"{code}, exit status {told.code}\n")
    assert says in page


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("E-KEY-REJECT",), "did you mean 'E-KEY-REJECTED'"),
        (("E-12",), "acct explain errors"),
        (("E-INPUT", "more"), "nothing comes after E-INPUT"),
        (("pnl",), "SYMBOL|ASSET is missing"),
        (("porfit",), "the figure"),
    ],
)
def test_what_cannot_be_explained_is_said(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = acct(tmp_path, "explain", *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_all_errors_are_listed(tmp_path: Path) -> None:
    done = acct(tmp_path, "explain", "errors")
    assert done.out.splitlines() == list_lines()
    assert all(id_of(code) in done.out for code in PAGES)
