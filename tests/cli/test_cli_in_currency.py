"""``--in`` of positions and fills: figures of their own beside what they are in the currency asked for."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest

from account_cli.domain.events import Fill
from account_cli.domain.instruments import Instrument, from_symbol
from account_cli.ledger.fills import notional
from tests.cli.running import acct, acct_several

LEDGER = """\
{"kind":"transfer","account":"main","id":"D1","time":"2024-01-01T00:00:00Z","asset":"USD","amount":"10000","type":"deposit"}
{"kind":"fill","account":"main","id":"T1","order_id":"O1","time":"2024-01-02T00:00:00Z","symbol":"BTC/USD",\
"side":"buy","price":"100","quantity":"1","fees":[{"asset":"USD","amount":"1"}]}
{"kind":"price","time":"2024-01-02T00:01:00Z","asset":"USD","price":"0.9","currency":"EUR","source":"bank"}
{"kind":"fill","account":"main","id":"T2","order_id":"O2","time":"2024-02-01T00:00:00Z","symbol":"BTC/USD",\
"side":"sell","price":"150","quantity":"0.5","fees":[{"asset":"USD","amount":"1"}]}
{"kind":"fill","account":"main","id":"T3","order_id":"O3","time":"2024-03-01T00:00:00Z","symbol":"BTC/USD",\
"side":"sell","price":"150","quantity":"0.25","fees":[{"asset":"BTC","amount":"0.01"},{"asset":"BNB","amount":"2"}]}
{"kind":"price","time":"2024-03-01T00:01:00Z","asset":"USD","price":"0.8","currency":"EUR","source":"bank"}
{"kind":"price","time":"2024-03-01T00:02:00Z","asset":"BNB","price":"3","currency":"EUR","source":"bank"}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("in")
    (home / "ledger.ndjson").write_text(LEDGER)
    done = acct(home, "import", "ledger.ndjson")
    assert done.code == 0, done.err
    return home


def test_a_fill_is_valued_at_the_prices_of_its_own_time_and_what_has_none_is_unknown(home: Path) -> None:
    (ended,) = acct_several(home, ["fills", "--in", "eur", "--json"])
    body = json.loads(ended.out)
    third, second, first = body["items"]
    fields = ("in_currency", "value_in", "fees_in", "realized_pnl_in")
    assert [first[name] for name in fields] == ["EUR", "90", "0.9", None]
    assert [second[name] for name in fields] == ["EUR", None, None, None]
    assert second["realized_pnl"] == "23.5", "it is known in its own currency"
    assert (third["value_in"], third["fees_in"]) == ("30", "7.2"), "0.01 BTC at 150 USD at 0.8, and 2 BNB at 3"
    assert Decimal(third["realized_pnl_in"]) == Decimal(third["realized_pnl"]) * Decimal("0.8")
    assert body["complete"] is False
    lacking = [reason for reason in body["incomplete"] if "no price" in reason]
    assert len(lacking) == 1, "once for the fill, not again for its fee"
    assert lacking[0].startswith("main: no price of USD in EUR at 2024-02-01T00:00:00Z for 75")
    assert body["price_sources"]["bank"] >= 3
    first = next(csv.DictReader(io.StringIO(acct(home, "fills", "--in", "EUR", "--csv", "--until", "2024-02").out)))
    assert (first["fee"], first["fee_asset"], first["in_currency"], first["value_in"]) == ("1", "USD", "EUR", "90")


def test_where_the_money_has_no_price_a_fill_is_worth_what_was_traded(home: Path) -> None:
    rows = json.loads(acct(home, "fills", "--in", "BTC", "--json", "--limit", "2").out)["items"]
    assert [row["value_in"] for row in rows] == ["0.25", "0.5"]
    assert rows[1]["realized_pnl_in"] == "0.156666666666666667", "23.5 USD at the 150 of the fill itself"


def test_a_position_is_valued_now_and_what_is_of_other_times_is_left_in_its_own_currency(home: Path) -> None:
    ended, past, none, plain = acct_several(
        home,
        ["positions", "--in", "EUR", "--json"],
        ["positions", "--in", "EUR", "--at", "2024-01-02", "--json"],
        ["positions", "--in", "JPY", "--json"],
        ["positions", "--in", "JPY"],
    )
    row = json.loads(ended.out)["items"][0]
    assert (row["in_currency"], row["rate"], row["rate_source"]) == ("EUR", "0.8", "USD/EUR")
    assert Decimal(row["market_value_in"]) == Decimal(row["market_value"]) * Decimal("0.8")
    assert Decimal(row["unrealized_pnl_in"]) == Decimal(row["unrealized_pnl"]) * Decimal("0.8")
    assert not {"cost_in", "realized_pnl_in"} & set(row)
    (then,) = json.loads(past.out)["items"]
    assert (then["rate"], then["market_value_in"]) == ("0.9", "90")
    body = json.loads(none.out)
    assert [body["items"][0][name] for name in ("rate", "market_value_in", "unrealized_pnl_in")] == [None] * 3
    assert "main: USD has no price in JPY" in body["incomplete"]
    assert plain.out.splitlines()[1].count(" ?") >= 3


def test_an_order_is_refused_with_what_takes_it(home: Path) -> None:
    ended = acct(home, "orders", "--in", "EUR")
    assert (ended.code, ended.out) == (2, "")
    assert "shows figures in their own currencies" in ended.err
    assert "positions and fills take --in" in ended.err


INVERSE = from_symbol("BTC/USD:BTC")
OF_INVERSE = {"contracts": "3", "contract_size": "100"}


@pytest.mark.parametrize(
    ("symbol", "more", "market", "changed_hands"),
    [
        ("BTC/USD", {"quantity": "2"}, from_symbol("BTC/USD"), ("USD", "200")),
        ("BTC/USD", {}, from_symbol("BTC/USD"), None),
        ("BTC/USDT:USDT", {"quantity": "2", "settle": "USDT"}, None, ("USDT", "200")),
        ("BTC/USDT:USDT", {"contracts": "2", "contract_size": "0.1", "settle": "USDT"}, None, ("USDT", "20")),
        ("BTC/USD:BTC", {**OF_INVERSE, "settle": "BTC", "inverse": True}, None, ("BTC", "3")),
        ("BTC/USD:BTC", OF_INVERSE, INVERSE, ("BTC", "3")),
        ("nonsense", {"quantity": "2"}, None, None),
    ],
)  # fmt: skip
def test_what_changed_hands_in_a_fill_is_in_the_money_of_its_market(
    symbol: str, more: dict[str, object], market: Instrument | None, changed_hands: tuple[str, str] | None
) -> None:
    exact = {key: Decimal(value) if key in {"quantity", "contracts", "contract_size"} else value  # type: ignore[arg-type]
             for key, value in more.items()}  # fmt: skip
    fill = Fill(account="a", id="1", time_ns=0, order_id="1", symbol=symbol, side="buy", price=Decimal(100), **exact)  # type: ignore[arg-type]
    expected = None if changed_hands is None else (changed_hands[0], Decimal(changed_hands[1]))
    assert notional(fill, market) == expected
