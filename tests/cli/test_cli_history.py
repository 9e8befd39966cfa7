"""What was recorded is shown as recorded; the demo's text is for people."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from account_cli.cli import tables
from account_cli.cli.diagnostics import log_to_stderr
from account_cli.cli.screenful import compact_lines
from account_cli.cli.session import Session
from account_cli.domain.times import DAY, parse_time
from account_cli.engine.history import rows_of
from account_cli.reports.history import HistoryPoint
from account_cli.reports.rows import FeeRow, FillRow, PositionRow
from account_cli.storage import open_journal
from tests.cli.running import acct, database, filled_home

FIRST = parse_time("2024-02-01T00:00:00Z")


def point(day: int, equity: str, flows: str = "0", symbol: str | None = None) -> HistoryPoint:
    return HistoryPoint(
        account="main",
        at_ns=FIRST + day * DAY + DAY - 30,
        currency="USD",
        symbol=symbol,
        equity=None if symbol else Decimal(equity),
        net_pnl=Decimal(equity),
        flows=None if symbol else Decimal(flows),
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = filled_home(tmp_path_factory.mktemp("history"))
    points = [point(0, "1000", "1000"), point(1, "1100", "1000"), point(2, "550", "450"), point(3, "522.5", "450")]
    points.append(point(3, "7", symbol="BTC/USD"))
    journal = open_journal(database(made))
    with journal.transaction() as tx:
        tx.put_points("main", "1d", rows_of(points, "1d"))
    journal.close()
    return made


def asked(home: Path, *words: str) -> dict[str, Any]:
    ended = acct(home, *words, "--json")
    assert ended.code == 0, ended.err
    found = json.loads(ended.out)
    assert isinstance(found, dict)
    return found


def test_the_history_of_profit_and_loss(home: Path) -> None:
    rows = asked(home, "pnl", "--history", "--interval", "1d")["items"]
    assert [(row["symbol"], row["time"], row["net_pnl"]) for row in rows][-1] == (
        "BTC/USD", "2024-02-04T00:00:00Z", "7",
    )  # fmt: skip
    assert [row["source"] for row in rows] == ["recorded"] * 5
    since = asked(home, "pnl", "--history", "--interval", "1d", "--since", "2024-02-03")["items"]
    assert len(since) == 3
    weeks = asked(home, "pnl", "--history", "--interval", "1w")["items"]
    assert [row["time"][:10] for row in weeks if row["symbol"] is None] == ["2024-01-29"]


def test_the_history_of_equity_ends_with_the_present(home: Path) -> None:
    body = asked(home, "equity", "main", "--interval", "1d")
    assert [row["equity"] for row in body["items"]][:4] == ["1000", "1100", "550", "522.5"]
    assert body["items"][-1]["source"] == "now"
    assert body["now"][0]["account"] == "main"
    ended = asked(home, "equity", "main", "--interval", "1d", "--until", "2024-02-03")
    assert [row["source"] for row in ended["items"]] == ["recorded", "recorded"]
    assert "now" not in ended


def test_returns_are_those_of_the_index(home: Path) -> None:
    # +10 %, half taken out, −5 %: 4.5 % in all; the deepest fall is 5 %, the withdrawal is none.
    (row,) = asked(home, "stats", "main", "--returns")["items"]
    assert (row["days"], row["small"], row["time_weighted_pct"]) == (3, True, "4.5")
    assert (row["max_drawdown_pct"], row["drawdown_pct"]) == ("-5", "-5")
    assert asked(home, "stats", "main")["performance"] == [row]
    assert asked(home, "equity", "main", "--now")["items"][0]["drawdown_pct"] == "-5"


def position(symbol: str, price: str) -> PositionRow:
    return PositionRow(
        account="binance", symbol=symbol, side="long", quantity=Decimal("0.00123456789"), entry_price=Decimal(price),
        mark_price=Decimal(price), cost=Decimal("64.1"), market_value=Decimal("64.123456"),
        unrealized_pnl=Decimal("-0.0234567"), unrealized_pnl_pct=Decimal("-0.0123"), realized_pnl=Decimal(0),
        fees=Decimal(0), funding=Decimal(0), currency="USDT",
    )  # fmt: skip


def test_the_text_of_a_screen_is_compact_and_rounded() -> None:
    rows = [position("BTC/USDT:USDT", "64990.123456789012"), position("DOGE/USDT:USDT", "0.1226987654321")]
    lines = compact_lines(rows, tables.POSITIONS)
    assert max(len(line) for line in lines) <= 160
    assert "64,990.12" in lines[1]
    assert "0.122699" in lines[2]
    assert "▼ −0.02" in lines[1]
    assert "leverage" not in lines[0], "a column in which nothing exists"
    fill = FillRow(
        account="kraken", id="T" * 200, order_id="O" * 200, time=0, seq=None, symbol="BTC/USD", side="buy",
        price=Decimal(1), quantity=Decimal(1), fees=(FeeRow("USD", Decimal("0.1")),), liquidity="taker",
    )  # fmt: skip
    (_, line) = compact_lines([fill], tables.FILLS)
    assert len(line) <= 160
    assert "TTTT" not in line
    assert "OOOO" not in line
    assert compact_lines([], tables.FILLS) == ["  none"]


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize("name", ["ccxt", "ccxt.base.exchange", "aiosqlite", "asyncio", "sqlalchemy.engine"])
def test_details_of_others_are_never_logged(name: str, logging_as_before: None) -> None:
    session = Session()
    session.verbosity = 2
    log_to_stderr(session)
    assert logging.getLogger("account_cli.engine").isEnabledFor(logging.DEBUG)
    assert not logging.getLogger(name).isEnabledFor(logging.INFO)
    assert logging.getLogger(name).isEnabledFor(logging.WARNING)
