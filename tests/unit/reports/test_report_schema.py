"""The envelope and the CSV cells: exact numbers, RFC 3339, null and never 0, and no formula smuggled in."""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal
from typing import Any, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from account_cli.domain.times import parse_time
from account_cli.reports import rows
from account_cli.reports.positions import positions
from account_cli.reports.rows import FeeRow, FillRow, Report, TransferRow
from account_cli.reports.schema import (
    columns,
    csv_rows,
    envelope,
    guard,
    is_time,
    json_schema,
    record,
    schema_of,
    unguard,
)
from tests.unit.reports.report_views import NOW, D, fill, seen, view

ROW_TYPES = [
    getattr(rows, name)
    for name in dir(rows)
    if name.endswith("Row") or name in {"Change", "Figures"}
    if isinstance(getattr(rows, name), type)
]

SPECIFIED = {
    rows.PositionRow: "account symbol side quantity entry_price mark_price cost market_value unrealized_pnl "
    "unrealized_pnl_pct realized_pnl fees funding leverage margin liquidation_price updated_at",
    rows.PnlRow: "key currency gross_realized_pnl fees realized_pnl fees_paid funding other_income unrealized_pnl "
    "net_pnl unknown_cost_quantity unknown_cost_proceeds unpriced_fees closed_trades winning_trades losing_trades "
    "win_rate average_win average_loss profit_factor",
    rows.ClosingRow: "account symbol fill_id time quantity proceeds cost gross_realized_pnl fees realized_pnl roi_pct "
    "leverage return_on_margin_pct opened_by",
    rows.BalanceRow: "account wallet asset free used total value currency price price_source price_at source "
    "updated_at",
    rows.OrderRow: "account id client_id symbol type side price quantity filled average status created_at updated_at",
}


@pytest.mark.parametrize("row_type", SPECIFIED, ids=lambda row_type: row_type.__name__)
def test_rows_begin_with_the_specified_fields_in_their_order(row_type: type[msgspec.Struct]) -> None:
    names = SPECIFIED[row_type].split()
    assert list(row_type.__struct_fields__[: len(names)]) == names


def example(row_type: type[msgspec.Struct], *, filled: bool) -> msgspec.Struct:
    """A row with every field known, or with every field unknown that may be."""
    values = {}
    for field, hint in get_type_hints(row_type).items():
        values[field] = None if not filled and type(None) in getattr(hint, "__args__", ()) else _value(field, hint)
    return row_type(**values)


def _value(field: str, hint: Any) -> Any:
    text = str(hint)
    if "FeeRow" in text:
        fee = FeeRow("USD", D("-0.10"))
        return (fee,) if "tuple" in text else fee
    if "StreamState" in text:
        return (example(rows.StreamState, filled=False),)
    if "Outage" in text:
        return (example(rows.Outage, filled=True),)
    if "tuple" in text:
        return ("a",)
    if "Decimal" in text:
        return D("1E+3")
    if "bool" in text:
        return True
    if "int" in text:
        return parse_time("2024-01-01T00:00:00.5Z") if is_time(field) else 7
    return "=text"


@pytest.mark.parametrize("row_type", ROW_TYPES, ids=lambda row_type: row_type.__name__)
@pytest.mark.parametrize("filled", [True, False])
def test_every_row_type_has_an_envelope_that_is_its_own_json(row_type: type[msgspec.Struct], filled: bool) -> None:
    row = example(row_type, filled=filled)
    data = envelope(Report(name="x", as_of=NOW, items=(row,), incomplete=("why",)))
    assert list(data) == ["schema", "as_of", "complete", "incomplete", "items"]
    assert (data["schema"], data["as_of"], data["complete"]) == ("acct.x/1", "2026-11-19T14:03:27Z", False)
    assert data["incomplete"] == ["why"]
    (item,) = data["items"]
    assert list(item) == list(row_type.__struct_fields__)
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    _check(json_schema("x", row_type)["properties"]["items"]["items"], item)
    for field, hint in get_type_hints(row_type).items():
        if not filled and type(None) in getattr(hint, "__args__", ()):
            assert item[field] is None


def _check(schema: dict[str, Any], value: Any) -> None:
    """Enough of JSON schema to hold the one against the other."""
    if "anyOf" in schema:
        if value is None:
            assert {"type": "null"} in schema["anyOf"]
        else:
            _check(schema["anyOf"][0], value)
        return
    kinds = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
    assert isinstance(value, kinds[schema["type"]])
    if "pattern" in schema:
        assert isinstance(value, str)
        assert re.search(schema["pattern"], value)
    if schema.get("format") == "date-time":
        assert isinstance(value, str)
        parse_time(value)
    if isinstance(value, list):
        for item in value:
            _check(schema["items"], item)
    if isinstance(value, dict):
        assert set(schema["required"]) == set(value)
        for key, item in value.items():
            _check(schema["properties"][key], item)


def test_a_real_report_reads_as_the_page_says() -> None:
    it = view(fill("1", "BTC/USDT:USDT", "sell", "1", "100", "1"), prices=seen(("BTC/USDT:USDT", "90")))
    data = envelope(positions([it], now_ns=NOW))
    (item,) = data["items"]
    assert data["schema"] == "acct.positions/1"
    assert data["complete"] is True
    assert (item["quantity"], item["cost"], item["market_value"], item["unrealized_pnl"]) == ("-1", "-99", "-90", "9")
    assert (item["leverage"], item["updated_at"]) == (None, "2026-11-19T13:03:27Z")


def test_decimals_leave_with_every_digit_and_no_exponent() -> None:
    assert record(FeeRow("BTC", Decimal("12345678901234567890123456789.123456789")))["amount"] == (
        "12345678901234567890123456789.123456789"
    )
    assert record(FeeRow("BTC", Decimal("1E-18")))["amount"] == "0.000000000000000001"
    assert record(FeeRow("BTC", Decimal("-0.00")))["amount"] == "0"


def fill_row(**changes: Any) -> FillRow:
    row = FillRow(
        account="main", id="-1", order_id="O", time=0, seq=None, symbol="BTC/USD", side="buy", price=D(-5),
        quantity=D("0.10"), fees=None, liquidity=None,
    )  # fmt: skip
    return msgspec.structs.replace(row, **changes)


def table(*fills: FillRow) -> list[dict[str, str]]:
    out = io.StringIO()
    csv.writer(out).writerows(csv_rows(FillRow, fills))
    return list(csv.DictReader(io.StringIO(out.getvalue())))


def test_csv_guards_texts_by_type_and_leaves_negative_numbers_alone() -> None:
    (cells,) = table(fill_row())
    assert (cells["id"], cells["price"], cells["quantity"], cells["time"]) == (
        "'-1",
        "-5",
        "0.1",
        "1970-01-01T00:00:00Z",
    )
    assert (cells["seq"], cells["margin"]) == ("", "false")


def test_csv_of_fills_tells_no_fee_from_an_unknown_one() -> None:
    several = (FeeRow("USD", D(1)), FeeRow("BNB", D("0.1")))
    found = table(fill_row(), fill_row(fees=()), fill_row(fees=(FeeRow("BNB", D("-0.1")),)), fill_row(fees=several))
    assert [(row["fee"], row["fee_asset"], row["fees"]) for row in found] == [
        ("", "", ""),
        ("", "", "[]"),
        ("-0.1", "BNB", ""),
        ("", "", '[{"asset":"USD","amount":"1"},{"asset":"BNB","amount":"0.1"}]'),
    ]


def test_csv_has_its_header_without_rows_too() -> None:
    assert list(csv_rows(TransferRow, [])) == [columns(TransferRow)]
    assert columns(TransferRow)[:3] == ("account", "wallet", "id")


@given(st.text(max_size=30))
def test_a_guarded_text_never_starts_a_formula_and_reads_back(text: str) -> None:
    cell = guard(text)
    assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert unguard(cell) == text


def test_schemas_are_named_by_command_and_version() -> None:
    assert schema_of("positions") == "acct.positions/1"


def test_what_no_report_may_hold_is_refused() -> None:
    class Odd(msgspec.Struct):
        value: Any

    with pytest.raises(TypeError, match="value"):
        record(Odd(object()))
    with pytest.raises(TypeError, match="float"):
        record(Odd(0.5))
