"""``acct export``: every row and digit, whole files that say what is in them, and texts that stay texts."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import acct, acct_on_terminal, filled_home
from tests.plain_text_books import beancount, hledger

NASTY = (
    '=HYPERLINK("http://e.example")',
    "+1+1",
    "@SUM(A1)",
    "-2+3",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "[bold red]markup[/] [/foo]",
    "a\u202eevil\u2066b",
    "../../etc/passwd",
    'line\nbreak\rand, "quotes" ; note:',
    "; date:1999-01-01 )",
    "',1INCH",
)
HEADERS = {
    "koinly": "Date,Sent Amount,Sent Currency,Received Amount,Received Currency,Fee Amount,Fee Currency,"
    "Net Worth Amount,Net Worth Currency,Label,Description,TxHash",
    "cointracker": "Date,Received Quantity,Received Currency,Sent Quantity,Sent Currency,Fee Amount,Fee Currency,Tag",
}
TABLES = ("fills", "orders", "transfers", "ledger", "closings", "lots", "balances", "pnl", "equity")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled_home(tmp_path_factory.mktemp("export"))


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which every text that an exchange may choose is one that harms whoever runs or prints it."""
    home = tmp_path_factory.mktemp("nasty")
    lines = [_line(kind="transfer", id="D", asset="USD", amount="1000", type="deposit")]
    for number, text in enumerate(NASTY):
        clean = text.strip()
        more = {"order_id": text, "time": f"2024-02-{number + 1:02d}T00:00:00Z"}
        fee = [{"asset": "USD", "amount": "-0.5"}]
        lines.append(
            _line(kind="fill", id=clean, symbol="BTC/USD", side="buy", price="10", quantity="1", fees=fee, **more)
        )
        when = {"time": f"2024-03-{number + 1:02d}T00:00:00Z"}
        lines.append(_line(kind="reward", id=clean, asset=clean, amount="2.5", **when))
    lines.append(_line(kind="fill", id="S", symbol="BTC/USD", side="sell", price="20", quantity="3.5", order_id="o",
                       time="2024-04-01T00:00:00Z", fees=[]))  # fmt: skip
    (home / "nasty.ndjson").write_text("".join(lines))
    done = acct(home, "import", "nasty.ndjson")
    assert done.code == 0, done.err
    return home


def _line(**told: Any) -> str:
    return json.dumps({"account": "main", "time": "2024-01-01T00:00:00Z", **told}) + "\n"


@pytest.mark.parametrize("what", TABLES)
def test_every_kind_of_row_has_the_same_columns_and_digits_in_every_format(home: Path, what: str) -> None:
    asked = ("export", "--what", what, "--until", "2024-06", "--format")
    rows = list(csv.DictReader(io.StringIO(acct(home, *asked, "csv").out)))
    told = json.loads(acct(home, *asked, "json").out)
    assert told["schema"] == f"acct.export.{what}/1"
    if what == "ledger":
        assert [row["kind"] for row in rows] == ["transfer", "fill", "fill", "fill"]
    else:
        lines = acct(home, *asked, "ndjson").out.splitlines()
        assert [json.loads(line) for line in lines] == told["items"]
    assert len(rows) == len(told["items"])
    assert bool(rows) == (what != "orders")
    for row, item in zip(rows, told["items"], strict=True):
        assert list(row) == list(item)
        numbers = [key for key, value in item.items() if isinstance(value, str) and _is_number(value)]
        assert all(row[key] in {item[key], "'" + item[key]} for key in numbers)


def _is_number(text: str) -> bool:
    return text.lstrip("-").replace(".", "", 1).isdigit()


def test_parquet_holds_the_same_digits(home: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow, the extra acct[parquet], is not installed")
    done = acct(home, "export", "--format", "parquet", "--what", "fills", "-O", "fills.parquet")
    assert done.code == 0, done.err
    table = parquet.read_table(home / "fills.parquet")
    told = json.loads(acct(home, "export", "--format", "json", "--what", "fills").out)["items"]
    assert table.column("quantity").to_pylist() == [row["quantity"] for row in told]
    assert "0.123456789012345678901" in table.column("quantity").to_pylist()
    assert str(table.schema.field("time").type) == "timestamp[ns, tz=UTC]"
    assert table.column("margin").to_pylist() == [row["margin"] for row in told]


def test_the_description_beside_a_file_says_what_is_in_it(home: Path) -> None:
    done = acct(home, "export", "main", "--csv", "--since", "2024-01", "--until", "2025", "-O", "f.csv")
    assert (done.code, done.out) == (0, ""), done.err
    data = (home / "f.csv").read_bytes()
    meta = json.loads((home / "f.csv.meta.json").read_text())
    assert meta["sha256"] == hashlib.sha256(data).hexdigest()
    assert (meta["rows"], meta["bytes"]) == (2, len(data))
    assert meta["settings"]["since"] == "2024-01-01T00:00:00Z"
    assert meta["settings"]["accounts"] == ["main"]
    assert meta["complete"] is True
    assert not [path for path in home.iterdir() if path.name.endswith(".part")]


def test_what_may_be_missing_is_said_and_counts_when_it_must_not(tmp_path: Path) -> None:
    home = filled_home(tmp_path)
    (home / "more.ndjson").write_text(
        _line(kind="reward", id="R", asset="BTC", amount="1", time="2023-01-01T00:00:00Z")
    )
    assert acct(home, "import", "more.ndjson").code == 0
    done = acct(home, "export", "--csv", "--require-complete", "-O", "f.csv")
    assert done.code == 4
    assert "incomplete" in done.err
    meta = json.loads((home / "f.csv.meta.json").read_text())
    assert meta["complete"] is False
    assert meta["incomplete"]
    assert acct(filled_home(tmp_path / "whole"), "export", "main", "--csv", "--require-complete").code == 0


def test_a_file_goes_on_as_long_as_what_it_holds_is_true(tmp_path: Path) -> None:
    home = filled_home(tmp_path)
    more = ("--append", "--since-last")
    assert acct(home, "export", "main", "--csv", *more, "-O", "f.csv").code == 0
    before = (home / "f.csv").read_text()
    assert acct(home, "export", "main", "--csv", *more, "-O", "f.csv").code == 0
    assert (home / "f.csv").read_text() == before
    _add(home, "N1", "2024-05-01T00:00:00Z")
    assert acct(home, "export", "main", "--csv", *more, "-O", "f.csv").code == 0
    after = (home / "f.csv").read_text()
    assert after.startswith(before)
    assert after == acct(home, "export", "main", "--csv").out
    assert json.loads((home / "f.csv.meta.json").read_text())["rows"] == 3
    only_new = acct(home, "export", "main", "--csv", "--since-last", "-O", "f.csv")
    assert only_new.code == 0, only_new.err
    assert len((home / "f.csv").read_text().splitlines()) == 1, "the header and nothing new"
    assert acct(home, "export", "main", "--csv", "-O", "f.csv").code == 0
    _add(home, "N0", "2024-01-15T00:00:00Z")  # behind rows that were exported
    refused = acct(home, "export", "main", "--csv", *more, "-O", "f.csv")
    assert refused.code == 2
    assert "no longer what they were" in refused.err
    assert (home / "f.csv").read_text() == after
    (home / "f.csv").write_text(after + "mine\n")
    assert acct(home, "export", "main", "--csv", "-O", "g.csv").code == 0
    (home / "g.csv").write_text("x")
    changed = acct(home, "export", "main", "--csv", *more, "-O", "g.csv")
    assert (changed.code, "was changed since" in changed.err) == (2, True)


def _add(home: Path, name: str, time: str) -> None:
    fill = _line(kind="fill", id=name, order_id="o", symbol="BTC/USD", side="buy", price="1", quantity="1", time=time)
    (home / "add.ndjson").write_text(fill)
    assert acct(home, "import", "add.ndjson").code == 0


def test_columns_zone_and_method_are_as_asked(home: Path) -> None:
    done = acct(home, "export", "--csv", "--columns", "time,realized_pnl", "--tz", "Europe/Berlin", "--method", "fifo")
    assert done.out.splitlines()[:3] == [
        "time,realized_pnl",
        "2024-01-02T01:00:00+01:00,",
        "2024-02-01T01:00:00.123+01:00,23.5",
    ]
    assert acct(home, "export", "--csv", "--columns", "tiem").code == 2
    for wrong in (("--format", "beancount", "--what", "fills"), ("--format", "koinly", "--tz", "local"),
                  ("--append", "--csv"), ("--format", "hledger", "--since", "2024"), ("--tz", "UTC"),
                  ("--format", "rp2"),
                  ("--format", "json", "--append", "--since-last", "-O", "x")):  # fmt: skip
        done = acct(home, "export", *wrong)
        if wrong == ("--tz", "UTC"):
            assert (done.code, "--tz is not for the ledger file" in done.err) == (2, True)
        assert done.code == 2, wrong


@pytest.mark.parametrize("form", sorted(HEADERS))
def test_a_tax_format_has_the_header_its_vendor_states(home: Path, form: str) -> None:
    done = acct(home, "export", "--format", form)
    assert done.out.splitlines()[0] == HEADERS[form]
    rows = list(csv.DictReader(io.StringIO(done.out)))
    trade = rows[1]
    money = {"koinly": "Sent Amount", "cointracker": "Sent Quantity"}[form]
    assert (trade[money], trade["Fee Amount"], trade["Fee Currency"]) == ("100", "1", "USD")
    assert trade["Date"] == {"koinly": "2024-01-02 00:00:00 UTC", "cointracker": "01/02/2024 00:00:00"}[form]


def test_rp2_is_three_files_as_dali_reads_them(home: Path) -> None:
    assert acct(home, "export", "main", "--format", "rp2", "-O", "tax.csv").code == 0
    came, went = ((home / f"tax.{part}.csv").read_text().splitlines() for part in ("in", "out"))
    assert came[0] == (
        "Unique ID,Timestamp,Asset,Exchange,Holder,Transaction Type,Spot Price,Crypto In,Crypto Fee,"
        "Fiat In No Fee,Fiat In With Fee,Fiat Fee,Notes"
    )
    assert came[1].startswith("main/T1/in,2024-01-02T00:00:00Z,BTC,main,me,BUY,100,1,,,,1,")
    assert went[1].startswith("main/T2/out,2024-02-01T00:00:00.123Z,BTC,main,me,SELL,150,0.5,0,,74,1,")
    assert json.loads((home / "tax.intra.csv.meta.json").read_text())["rows"] == 0


@pytest.mark.parametrize("form", ["csv", "koinly", "cointracker"])
def test_no_text_is_run_by_a_spreadsheet_and_no_number_is_guarded(nasty: Path, form: str) -> None:
    for what in ("ledger", "fills", "transfers") if form == "csv" else ("ledger",):
        out = acct(nasty, "export", "--format", form, "--what", what).out
        rows = list(csv.DictReader(io.StringIO(out), strict=True))
        assert rows
        for row in rows:
            for name, cell in row.items():
                if cell.startswith(("=", "+", "@", "\t", "\r")):
                    pytest.fail(f"{name}: {cell!r}")
                if cell.startswith("-"):
                    assert Decimal(cell) < 0
    assert acct(nasty, "export", "--csv").out.count(",-0.5,USD,") == len(NASTY), "a rebate is a negative number"


def test_nasty_texts_come_back_literally(nasty: Path) -> None:
    for form in ("json", "ndjson"):
        out = acct(nasty, "export", "--format", form, "--what", "fills").out
        assert not [letter for letter in out.replace("\n", "") if not letter.isprintable()]
        items = json.loads(out)["items"] if form == "json" else [json.loads(line) for line in out.splitlines()]
        assert [row["order_id"] for row in items][:-1] == list(NASTY)
    assert acct(nasty, "export", "--csv", "-O", "again.csv").code == 0
    assert acct(nasty, "import", "again.csv").out.startswith("again.csv: 0 added, 0 completed")


def test_nasty_texts_stay_texts_in_parquet_and_rp2(nasty: Path) -> None:
    assert acct(nasty, "export", "--format", "rp2", "-O", "tax").code == 0
    for part in ("in", "out", "intra"):
        for row in csv.reader(io.StringIO((nasty / f"tax.{part}.csv").read_text())):
            assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@"))]
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow, the extra acct[parquet], is not installed")
    assert acct(nasty, "export", "--format", "parquet", "--what", "fills", "-O", "n.parquet").code == 0
    assert parquet.read_table(nasty / "n.parquet").column("order_id").to_pylist()[:-1] == list(NASTY)


def test_a_terminal_hears_how_far_it_is_and_a_pipe_gets_nothing_but_rows(home: Path) -> None:
    shown = acct_on_terminal(home, "export", "main", "--csv", "-O", "t.csv")
    assert shown.code == 0
    assert "t.csv: 2 rows" in shown.out
    assert acct(home, "--quiet", "export", "main", "--csv", "-O", "t.csv").err == ""


@pytest.mark.parametrize("form", ["beancount", "hledger"])
def test_nasty_texts_do_no_harm_in_books(nasty: Path, form: str) -> None:
    assert acct(nasty, "export", "--format", form, "-O", f"book.{form}").code == 0
    text = (nasty / f"book.{form}").read_text()
    assert not [c for c in text if c in "\x1b\x07\r\u202e\u2066"]
    book = {"beancount": beancount, "hledger": hledger}[form](nasty / f"book.{form}")
    held = {asset: number for (_, asset), number in book.held("Main").items()}
    assert held.pop("BTC") == Decimal(len(NASTY)) - Decimal("3.5")
    assert held.pop("USD") == Decimal(1000) - 10 * len(NASTY) + Decimal("0.5") * len(NASTY) + 70
    assert sorted(held.values()) == [Decimal("2.5")] * len(NASTY)
    assert not [line for line in text.splitlines() if line.startswith("1999")]
