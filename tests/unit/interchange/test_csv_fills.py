"""Fills as a table, as a person or another program writes them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from account_cli.domain.events import Amount, Fill
from account_cli.domain.times import parse_time
from account_cli.errors import InputError
from account_cli.interchange.csv_fills import read_fills, write_fills

HEADER = "time,account,id,order_id,symbol,side,price,quantity,fee,fee_asset"
ROW = "2024-01-01T00:00:00Z,main,T1,O1,BTC/USD,buy,100,1,0.5,USD"


def read(*lines: str) -> list[Fill]:
    found = [line.value for line in read_fills([line + "\n" for line in lines], file="f.csv")]
    return [value for value in found if isinstance(value, Fill)]


def test_columns_may_come_in_any_order_and_only_those_that_are_needed() -> None:
    assert read("\ufeff" + HEADER, ROW) == [
        Fill(
            account="main",
            id="T1",
            order_id="O1",
            time_ns=parse_time("2024-01-01T00:00:00Z"),
            symbol="BTC/USD",
            side="buy",
            price=Decimal(100),
            quantity=Decimal(1),
            fees=(Amount("USD", Decimal("0.5")),),
        )
    ]


@pytest.mark.parametrize(
    ("cells", "fees"),
    [
        (",", None),
        ("0,", ()),
        ("0,USD", (Amount("USD", Decimal(0)),)),
        ("-0.10,BNB", (Amount("BNB", Decimal("-0.1")),)),
        ("-1,'-X", (Amount("-X", Decimal(-1)),)),
    ],
)
def test_a_fee_is_unknown_none_paid_or_received(cells: str, fees: tuple[Amount, ...] | None) -> None:
    (fill,) = read(HEADER, ROW.replace("0.5,USD", cells))
    assert fill.fees == fees
    assert read(*"".join(write_fills([(fill, {})])).splitlines()) == [fill]


def test_several_fees_stand_in_a_column_of_their_own() -> None:
    fees = (Amount("USD", Decimal(1)), Amount("BNB", Decimal("0.01")))
    (fill,) = read(HEADER, ROW)
    both = Fill(**{field: getattr(fill, field) for field in Fill.__struct_fields__} | {"fees": fees})
    table = "".join(write_fills([(both, {})]))
    assert '"[{""asset"":""USD"",""amount"":""1""},' in table
    assert read(*table.splitlines()) == [both]


def test_windows_line_ends_quotes_and_empty_lines_are_read() -> None:
    fills = read(HEADER + "\r", ROW + "\r", "", ROW.replace("T1", '"T,""2"'))
    assert [fill.id for fill in fills] == ["T1", 'T,"2']


WRONG = [
    (HEADER.replace("side", "sied"), ROW, 1, "sied", "is unknown"),
    (HEADER.replace("fee_asset", "id"), ROW, 1, "id", "twice"),
    (HEADER.replace("symbol", "wallet"), ROW, 1, "symbol", "is missing from the header"),
    (HEADER, ROW + ",x", 2, None, "11 cells"),
    (HEADER, ROW.replace(",1,", ",-1,"), 2, "quantity", "greater than zero"),
    (HEADER, ROW.replace("100", '"1,000"'), 2, "price", "is not a number"),
    (HEADER, ROW.replace("100", ""), 2, "price", "is missing"),
    (HEADER, ROW.replace("buy", "Buy"), 2, "side", "must be one of"),
    (HEADER, ROW.replace("0.5,USD", "0.5,"), 2, "fee_asset", "is missing beside fee"),
    (HEADER, ROW.replace("0.5,USD", ",USD"), 2, "fee", "is missing beside fee_asset"),
    (HEADER, ROW.replace("0.5", "x"), 2, "fees[0].amount", "is not a number"),
    (HEADER.replace("fee,fee_asset", "fees,fee"), ROW.replace("0.5,USD", "[],1"), 2, "fees", "cannot stand beside"),
    (HEADER.replace("fee,fee_asset", "fees,seq"), ROW.replace("0.5,USD", "{,1"), 2, "fees", "is not JSON"),
    (HEADER.replace("fee,fee_asset", "kind,seq"), ROW.replace("0.5,USD", "transfer,1"), 2, "kind", "must be fill"),
    (HEADER.replace("fee,fee_asset", "margin,seq"), ROW.replace("0.5,USD", "yes,1"), 2, "margin", "true or false"),
    (HEADER, ROW.replace("T1", '"T1'), 2, None, "is not CSV"),
]


@pytest.mark.parametrize(("header", "row", "line", "field", "message"), WRONG)
def test_what_is_wrong_is_refused_by_file_line_and_column(
    header: str, row: str, line: int, field: str | None, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(header, row)
    error = caught.value
    assert (error.file, error.line, error.field) == ("f.csv", line, field)
    assert message in error.message
