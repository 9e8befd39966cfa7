"""Whatever stands in a name, a symbol or a note is shown as letters: no escape, markup, formula or path is obeyed."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from pathlib import Path

import pytest

from account_cli.cli.app import COMMANDS
from tests.cli.running import Ended, acct, acct_on_terminal, acct_several

ESCAPES = "\x1b]52;c;cHduZWQ=\x07\x1b[31m\x1b[2J\x9b31m\r\x08"
BIDI = "\u202egnp\u2066\u200b\ufeff"
MARKUP = "[red]x[/red][/x][link=http://e]y[/link][bold"
NASTY = {
    "formula": "=HYPERLINK(1)",
    "plus": "+1+1",
    "at": "@SUM(1)",
    "minus": "-2-3",
    "wide": "＝1+1",
    "markup": MARKUP,
    "ansi": f"a{ESCAPES}b",
    "bidi": f"a{BIDI}b",
    "path": "../../etc/passwd",
    "shell": "$(touch pwned)`touch pwned`",
    "sql": "'; DROP TABLE facts; --",
    "format": "{account.__class__} %s %n",
    "quotes": "a\"b'c,d;e\tf",
    "long": "x" * 10_000,
}
DANGEROUS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
READS = (
    "positions", "balances", "balances --zero", "orders --all", "fills", "transfers", "pnl", "pnl --by account",
    "pnl --closings", "pnl --by asset", "equity --now", "stats", "lots", "accounts", "coverage", "coverage --parts",
    "issues", "issues --restatements", "inbox", "close --list", "explain balance USD", "status", "health", "alerts",
    "alerts rules", "db stats", "positions --in EUR", "fills --in EUR",
)  # fmt: skip
"""Every command that reads a database and needs no exchange and no server."""
ELSEWHERE = {"show", "reconcile", "outbox", "schema"}


def ledger(nasty: str, number: int) -> list[dict[str, object]]:
    day = f"2024-01-{number + 1:02d}T00:00:00Z"
    name = re.sub(DANGEROUS, "", nasty)[:40].strip() or "x"
    fill = {
        "kind": "fill",
        "time": day,
        "side": "buy",
        "price": "2",
        "quantity": "1",
        "fees": [{"asset": "USD", "amount": "1"}],
    }
    return [
        {"kind": "transfer", "account": "main", "id": nasty, "time": day, "asset": "USD", "amount": "-1",
         "type": "withdrawal", "tx": nasty},
        {**fill, "account": "main", "id": nasty, "order_id": nasty, "symbol": f"{name}/USD"},
        {**fill, "account": name, "id": "1", "order_id": "1", "symbol": "BTC/USD"},
        {"kind": "transfer", "account": name, "id": "2", "time": day, "asset": name, "amount": "3", "type": "deposit"},
        {"kind": "adjustment", "account": "main", "id": f"a{number}", "time": day, "asset": "USD", "amount": "1",
         "reason": nasty},
    ]  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that holds what of all this acct takes in: refused is refused whole, with its file, line and field."""
    home = tmp_path_factory.mktemp("nasty")
    taken = 0
    for number, (what, nasty) in enumerate(NASTY.items()):
        for line, fact in enumerate(ledger(nasty, number)):
            file = home / f"{what}{line}.ndjson"
            file.write_text(json.dumps(fact) + "\n")
            taken += 1
    ended_all = acct_several(home, *[["import", file.name] for file in sorted(home.glob("*.ndjson"))])
    for ended in ended_all:
        assert ended.code in {0, 2}, ended.err
        harmless(ended)
    assert sum(ended.code == 0 for ended in ended_all) > taken // 2, "most of it may be in a file"
    return home


def harmless(ended: Ended) -> None:
    for text in (ended.out, ended.err):
        assert not DANGEROUS.search(text), repr(DANGEROUS.search(text))
    assert "Traceback" not in ended.err
    assert "MarkupError" not in ended.err


def test_no_form_of_any_answer_lets_a_text_act(home: Path) -> None:
    forms = ((), ("--json",), ("--csv",))
    asked = [[*shlex.split(words), *form] for words in READS for form in forms]
    asked = [words for words in asked if words != ["health", "--csv"]]
    for words, ended in zip(asked, acct_several(home, *asked), strict=True):
        assert ended.code in {0, 1, 3, 4}, (words, ended.err)
        harmless(ended)
        if "--json" in words:
            json.loads(ended.out)
        elif "--csv" in words:
            rows = list(csv.reader(io.StringIO(ended.out)))
            assert {len(row) for row in rows} == {len(rows[0])}
            for cell in (cell for row in rows for cell in row):
                assert re.fullmatch(r"-?[\d.]+", cell) or not cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝")), (
                    cell
                )
    assert not (home / "pwned").exists()


def test_every_command_that_reads_is_asked_here() -> None:
    asked = {words.split()[0] for words in READS}
    assert {name for name, entry in COMMANDS.items() if entry.reads is not None} == asked | ELSEWHERE


def test_what_can_be_shown_is_shown_to_the_letter(home: Path) -> None:
    transfers, fills, rows, symbols = acct_several(
        home, ["transfers"], ["fills"], ["transfers", "--json"], ["positions", "--columns", "symbol"]
    )
    for what in ("formula", "plus", "at", "minus", "wide", "path", "shell", "markup"):
        assert NASTY[what].replace(" ", "_") in transfers.out
        assert NASTY[what].replace(" ", "_") in fills.out
    ids = {row["id"] for row in json.loads(rows.out)["items"]}
    assert ids >= {NASTY["formula"], NASTY["markup"], NASTY["sql"], NASTY["quotes"]}, "programs get it as it is"
    assert MARKUP[:40].strip() + "/USD" in symbols.out


@pytest.mark.parametrize(
    "words", ["transfers", "fills", "positions", "balances", "accounts", "issues", "explain balance USD"]
)
def test_a_terminal_shows_letters_and_takes_no_orders(home: Path, words: str) -> None:
    shown = acct_on_terminal(home, "-q", *words.split(), ACCT_PAGER="", columns=250, NO_COLOR="1")
    assert not DANGEROUS.search(shown.out), repr(DANGEROUS.search(shown.out))
    assert shown.code in {0, 3}
    if words in {"transfers", "fills"}:
        assert "[red]x[/red]" in shown.out


def test_names_that_are_asked_for_are_repeated_harmlessly(home: Path) -> None:
    for nasty in (NASTY["ansi"], NASTY["bidi"], NASTY["markup"], NASTY["path"], NASTY["format"]):
        options = [["fills", option, nasty] for option in ("--symbol", "--since", "--columns", "--sort", "--tz")]
        for ended in acct_several(home, *options, ["show", nasty], [nasty], ["schema", nasty], ["fills", f"--{nasty}"]):
            assert ended.code in {0, 2}
            harmless(ended)


def test_a_shell_is_offered_only_names_that_it_would_not_run(home: Path) -> None:
    (ended,) = acct_several(home, ["names", "accounts", "assets", "symbols"])
    assert not set("$`'\"(){}; \\*?<>|&\n") & set(ended.out.replace("\n", ""))
    assert "BTC/USD" in ended.out


def test_a_report_of_a_bug_and_an_export_stay_where_they_belong(home: Path, tmp_path: Path) -> None:
    ended = acct(home, "export", "-O", str(tmp_path / "all.ndjson"))
    assert ended.code == 0, ended.err
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".ndjson"] == ["all.ndjson"]
    assert not DANGEROUS.search((tmp_path / "all.ndjson").read_text().replace("\n", ""))
