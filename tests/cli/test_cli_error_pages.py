"""Every error has an id and a page, and every page an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from account_cli.cli.error_pages import PAGES, exit_codes, id_of, list_lines
from account_cli.cli.schemas import schema_named
from tests.cli.running import acct


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
