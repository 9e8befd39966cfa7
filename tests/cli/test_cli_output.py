"""Data goes to stdout whole: a table that fits for people, every digit for pipes and programs."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from account_cli.cli.cells import amount, text
from account_cli.cli.output import fitting, plain_lines
from account_cli.cli.tables import Column
from account_cli.reports.rows import FeeRow, TransferRow
from tests.cli.running import ACCT, acct, acct_on_terminal, database, environment, filled_home

READS = (
    "positions", "balances", "orders", "fills", "pnl", "transfers", "accounts", "issues", "equity", "stats", "lots",
)  # fmt: skip
EXACT = "0.123456789012345678901"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled_home(tmp_path_factory.mktemp("out"))


@pytest.mark.parametrize("command", READS)
def test_nothing_collected_is_an_empty_answer_with_a_hint(tmp_path: Path, command: str) -> None:
    ended = acct(tmp_path, command)
    assert ended.code == 0
    assert len(ended.out.splitlines()) == 1, "the header"
    assert "nothing has been collected yet" in ended.err
    assert acct(tmp_path, "-q", command).err == ""
    body = json.loads(acct(tmp_path, command, "--json").out)
    assert (body["schema"], body["items"]) == (f"acct.{command}/1", [])
    assert len(acct(tmp_path, command, "--csv").out.splitlines()) == 1
    assert not database(tmp_path).exists(), "reading creates nothing"


def test_what_is_configured_and_not_collected_is_not_clean(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[accounts.kraken]\n")
    ended = acct(tmp_path, "--config", "c.toml", "balances", "--json")
    body = json.loads(ended.out)
    assert (body["complete"], body["incomplete"]) == (False, ["kraken: nothing has been collected yet"])
    assert "acct poll kraken" in acct(tmp_path, "--config", "c.toml", "balances").err
    rows = json.loads(acct(tmp_path, "--config", "c.toml", "accounts", "--json").out)["items"]
    assert [(row["account"], row["venue"], row["liveness"]) for row in rows] == [("kraken", "kraken", "OFFLINE")]


@pytest.mark.parametrize("command", READS)
def test_json_is_the_envelope_and_says_what_csv_says(home: Path, command: str) -> None:
    ended = acct(home, command, "--json")
    assert ended.err == ""
    body = json.loads(ended.out, parse_float=_no_float)
    assert list(body)[:5] == ["schema", "as_of", "complete", "incomplete", "items"]
    assert body["complete"] == (not body["incomplete"])
    assert re.fullmatch(r"[\d-]{10}T[\d:.]+Z", body["as_of"])
    assert ended.out.count("\n") == 1
    rows = list(csv.reader(io.StringIO(acct(home, command, "--csv").out)))
    assert len(rows) == len(body["items"]) + 1
    assert {len(row) for row in rows} == {len(rows[0])}


def _no_float(text: str) -> float:
    raise AssertionError(f"a number with a point in JSON: {text}")


def items(home: Path, *words: str) -> list[dict[str, Any]]:
    found = json.loads(acct(home, *words, "--json").out)["items"]
    assert isinstance(found, list)
    return found


def test_every_digit_reaches_every_form(home: Path) -> None:
    assert items(home, "fills", "perp")[0]["quantity"] == EXACT
    for words in (("fills",), ("fills", "--csv"), ("export",), ("export", "--csv")):
        assert EXACT in acct(home, *words).out
    assert items(home, "positions", "perp")[0]["quantity"] == f"-{EXACT}"


def test_the_figures_are_those_of_the_facts(home: Path) -> None:
    (main,) = items(home, "positions", "main")
    assert (main["side"], main["quantity"], main["entry_price"], main["cost"]) == ("long", "0.5", "100", "50.5")
    (pnl,) = items(home, "pnl", "main")
    assert (pnl["key"], pnl["gross_realized_pnl"], pnl["realized_pnl"], pnl["fees_paid"]) == (
        "BTC/USD",
        "25",
        "23.5",
        "2",
    )
    months = items(home, "pnl", "main", "--by", "month")
    assert [(row["key"], row["realized_pnl"]) for row in months] == [("2024-01", "0"), ("2024-02", "23.5")]
    (closing,) = items(home, "pnl", "main", "--closings")
    assert (closing["fill_id"], closing["realized_pnl"]) == ("T2", "23.5")
    totals = {(row["account"], row["asset"]): row["total"] for row in items(home, "balances")}
    assert totals["main", "USD"] == "9973"
    assert [row["id"] for row in items(home, "fills", "--since", "2024-01-02", "--until", "2024-02")] == ["T1"]
    assert [row["id"] for row in items(home, "fills", "main", "--limit", "1")] == ["T2"]
    assert items(home, "fills", "--symbol", "ETH/USDT:USDT")[0]["account"] == "perp"
    assert [row["asset"] for row in items(home, "transfers")] == ["USD"]
    assert items(home, "transfers", "--since", "2024-01-02") == []


def test_plain_output_has_every_column_once_and_no_colour(home: Path) -> None:
    lines = acct(home, "positions").out.splitlines()
    assert len(lines) == 3
    counts = {len(line.split()) for line in lines}
    assert len(counts) == 1, "each line has as many words as the header"
    assert lines[0].split()[:4] == ["account", "symbol", "side", "quantity"]
    assert "\x1b" not in "".join(lines)


def test_words_stand_last_and_two_blanks_part_columns(home: Path) -> None:
    lines = acct(home, "issues").out.splitlines()
    assert lines[0].split() == ["account", "time", "code", "id", "text", "next_action"]
    rows = [re.split(r" {2,}", line) for line in lines]
    assert {len(row) for row in rows} == {6}, "awk -F '  +' sees six columns"
    assert [row[2] for row in rows[1:]] == [line.split()[2] for line in lines[1:]], "the first ones by any white space"
    assert "negative-balance:spot USDT" in [row[3] for row in rows], "a name is not maimed"
    header = acct(home, "balances").out.splitlines()[0].split()
    assert header[-1] == "price_source"


def test_a_chart_is_for_people(home: Path) -> None:
    words = ("-q", "equity", "main", "--since", "2024-01-20", "--until", "2024-02-10", "--interval", "1d")
    shown = acct_on_terminal(home, *words, columns=100, NO_COLOR="1").out
    assert any("\u2800" < letter <= "\u28ff" for letter in shown)
    assert max(len(line) for line in shown.splitlines()) <= 100
    assert "main  10,048.00 USD  ▲ +49.00" in shown
    assert not any("\u2800" <= letter <= "\u28ff" for letter in acct(home, *words).out)


def test_a_terminal_gets_a_table_that_fits(home: Path) -> None:
    for columns in (40, 80, 120, 250):
        ended = acct_on_terminal(home, "--color", "never", "-q", "fills", columns=columns)
        assert ended.code == 0
        assert max(len(line.rstrip()) for line in ended.out.splitlines()) <= columns
        assert "BTC/USD" in ended.out
        assert "\x1b" not in ended.out
    assert "columns fit" in acct_on_terminal(home, "pnl", columns=60).out


def test_what_was_asked_for_by_name_is_headed_by_that_name(home: Path) -> None:
    words = ("--color", "never", "-q", "fills", "main", "--columns", "time,side,realized_pnl")
    heads = [acct_on_terminal(home, *words).out.split("\n")[0].split(), acct(home, *words).out.split("\n")[0].split()]
    assert heads == [["time", "(UTC)", "side", "realized_pnl"], ["time", "side", "realized_pnl"]]
    shown = acct_on_terminal(home, "--color", "never", "-q", "fills", "main").out.split("\n")[0]
    assert "realized " in shown


def test_colour_is_for_gains_and_can_be_refused(home: Path) -> None:
    assert "\x1b[38;5;74m▲ +23.50" in acct_on_terminal(home, "pnl", "main").out
    assert "\x1b" not in acct_on_terminal(home, "-q", "pnl", NO_COLOR="1").out
    assert "\x1b[" in acct(home, "--color", "always", "pnl").out
    assert "\x1b" not in acct(home, "pnl").out


HOSTILE = "[red]x[/red]\x1b]52;c;cHduZWQ=\x07\x9b31m\u202eevil\u2066"


def test_text_of_an_exchange_steers_nothing(tmp_path: Path) -> None:
    home = filled_home(tmp_path)
    fact = {"kind": "transfer", "account": "main", "time": "2024-03-01T00:00:00Z", "asset": "USD", "amount": "-1"}
    fact |= {
        "id": HOSTILE.replace("\x1b", "").replace("\x07", "").replace("\x9b", ""),
        "type": "withdrawal",
        "tx": "=1+1",
    }
    (home / "h.ndjson").write_text(json.dumps(fact) + "\n")
    done = acct(home, "import", "h.ndjson")
    assert done.code == 0, done.err
    for ended in (
        acct(home, "transfers"),
        acct(home, "transfers", "--json"),
        acct_on_terminal(home, "-q", "transfers", columns=250, NO_COLOR="1"),
    ):
        assert not set("\x1b\x07\x9b\u202e\u2066") & set(ended.out)
        assert "[red]x[/red]" in ended.out
    assert "'=1+1" in acct(home, "transfers", "--csv").out
    assert ",-1," in acct(home, "transfers", "--csv").out, "a negative amount is a number"


def test_plain_cells_hold_no_blank_and_hostile_text_no_control() -> None:
    row = TransferRow(
        account="a b", wallet="spot", id=HOSTILE, time=0, asset="USD", amount=Decimal("-0.10"), type="deposit",
        fee=FeeRow("USD", Decimal("0.1")), tx=None,
    )  # fmt: skip
    columns = (
        Column("account", text, 1),
        Column("amount", amount, 2, right=True),
        Column("id", text, 3),
        Column("tx", text, 4),
    )
    head, line = plain_lines([row], columns)
    assert head.split() == ["account", "amount", "id", "tx"]
    assert line.split() == ["a_b", "-0.1", "[red]x[/red]]52;c;cHduZWQ=31mevil", "-"]


def test_the_least_dear_column_gives_way_first() -> None:
    columns = [Column("a", text, 3), Column("b", text, 1), Column("c", text, 2)]
    assert fitting(columns, [4, 4, 4], 16) == [0, 1, 2]
    assert fitting(columns, [4, 4, 4], 15) == [0, 2]
    assert fitting(columns, [4, 4, 4], 9) == [0]
    assert fitting(columns, [4, 4, 4], 1) == [0]


def test_a_reader_that_goes_away_is_no_error(home: Path) -> None:
    facts = [
        {
            "kind": "transfer",
            "account": "many",
            "id": f"D{i}",
            "time": "2024-01-01T00:00:00Z",
            "asset": "USD",
            "amount": "1",
            "type": "deposit",
        }
        for i in range(3000)
    ]
    (home / "many.ndjson").write_text("".join(json.dumps(fact) + "\n" for fact in facts))
    assert acct(home, "import", "many.ndjson").code == 0
    for words in (["transfers"], ["export"], ["transfers", "--csv"], ["transfers", "--json"]):
        with subprocess.Popen(
            [*ACCT, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(home)
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdout.read(10)
            process.stdout.close()
            said = process.stderr.read().decode()
            assert (process.wait(timeout=60), said) == (0, "")


def test_export_and_import_give_the_same_bytes_and_files_are_whole(home: Path, tmp_path: Path) -> None:
    assert acct(home, "export", "main", "perp", "-O", str(tmp_path / "one.ndjson")).code == 0
    assert oct((tmp_path / "one.ndjson").stat().st_mode & 0o777) == "0o600"
    assert acct(tmp_path, "import", "one.ndjson").code == 0
    assert acct(tmp_path, "export").out == (tmp_path / "one.ndjson").read_text()
    again = json.loads(acct(tmp_path, "import", "one.ndjson", "--json").out)
    assert (again["added"], again["already_known"]) == (0, 4)
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []
    (tmp_path / "one.ndjson").write_text("old")
    assert acct(tmp_path, "export", "nobody-of-this-name", "-O", "one.ndjson").code == 2
    assert (tmp_path / "one.ndjson").read_text() == "old", "an export that fails leaves the old file"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_with_its_own_status_and_no_words(home: Path, number: signal.Signals, code: int) -> None:
    os.mkfifo(fifo := home / f"fifo{code}.ndjson")
    before = signal.signal(number, signal.SIG_DFL)  # a shell's background jobs ignore SIGINT, and pass that on
    try:
        process = subprocess.Popen(
            [*ACCT, "import", str(fifo)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(home)
        )
    finally:
        signal.signal(number, before)
    with process, fifo.open("w"):  # opening waits until acct reads
        time.sleep(0.2)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (code, b"", b"")
