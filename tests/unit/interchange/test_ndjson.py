"""The ledger file: what formats.md shows is read, written the same, and refused with file, line and field."""

from __future__ import annotations

from decimal import Decimal
from typing import get_args

import msgspec
import pytest

from account_cli.domain.events import (
    Amount,
    Converted,
    Event,
    Fill,
    FundingPaid,
    Opening,
    PriceQuoted,
    TransferArrived,
)
from account_cli.domain.identity import kind_of
from account_cli.domain.instruments import Instrument
from account_cli.domain.times import parse_time
from account_cli.errors import InputError, InternalError
from account_cli.interchange.fields import KINDS, ORDER
from account_cli.interchange.ndjson import read_ledger, write_event, write_ledger

NOON = parse_time("2024-01-01T12:00:00Z")
FILL = (
    '{"kind":"fill","account":"main","id":"T1","order_id":"O1","time":"2024-01-01T00:00:00Z","seq":1,'
    '"symbol":"BTC/USD","side":"buy","price":"100","quantity":"1","fees":[{"asset":"USD","amount":"1"}],'
    '"liquidity":"taker"}'
)
EXAMPLES = {
    FILL: Fill(
        account="main",
        id="T1",
        order_id="O1",
        time_ns=parse_time("2024-01-01T00:00:00Z"),
        seq=1,
        symbol="BTC/USD",
        side="buy",
        price=Decimal(100),
        quantity=Decimal(1),
        fees=(Amount("USD", Decimal(1)),),
        liquidity="taker",
    ),
    '{"kind":"transfer","account":"main","id":"D1","time":"2024-01-01T12:00:00Z","asset":"USD","amount":"10000",'
    '"type":"deposit"}': TransferArrived(
        account="main", id="D1", time_ns=NOON, asset="USD", amount=Decimal(10000), type="deposit"
    ),
    '{"kind":"funding","account":"perp","id":"F1","time":"2024-01-01T12:00:00Z","symbol":"BTC/USDT:USDT",'
    '"asset":"USDT","amount":"-1.25"}': FundingPaid(
        account="perp", id="F1", time_ns=NOON, symbol="BTC/USDT:USDT", asset="USDT", amount=Decimal("-1.25")
    ),
    '{"kind":"conversion","account":"a","id":"C","time":"2024-01-01T12:00:00Z","from":{"asset":"SHIB","amount":"1000"},'
    '"to":{"asset":"BNB","amount":"0.01"},"fees":[]}': Converted(
        account="a", id="C", time_ns=NOON, from_=Amount("SHIB", Decimal(1000)), to=Amount("BNB", Decimal("0.01"))
    ),
    '{"kind":"opening","account":"main","id":"o","time":"2024-01-01T12:00:00Z","asset":"BTC","amount":"2",'
    '"cost":"30000","cost_asset":"USD"}': Opening(
        account="main", id="o", time_ns=NOON, asset="BTC", amount=Decimal(2), cost=Decimal(30000), cost_asset="USD"
    ),
    '{"kind":"instrument","symbol":"BTC/USD:BTC","base":"BTC","quote":"USD","settle":"BTC","inverse":true,'
    '"contract_size":"1"}': Instrument(symbol="BTC/USD:BTC", base="BTC", quote="USD", settle="BTC", inverse=True),
    '{"kind":"price","time":"2024-01-01T12:00:00Z","asset":"BNB","price":"300","currency":"USD","source":"manual"}': (
        PriceQuoted(time_ns=NOON, asset="BNB", price=Decimal(300), currency="USD", source="manual")
    ),
}


@pytest.mark.parametrize("line", EXAMPLES)
def test_the_documented_lines_are_read_and_written_to_the_letter(line: str) -> None:
    (read,) = read_ledger([line + "\n"], file="f")
    assert read.value == EXAMPLES[line]
    assert read.number == 1
    assert write_event(read.value) == line


def test_every_kind_of_the_domain_has_a_kind_of_line_and_every_field_its_place() -> None:
    tags = {str(type_.__struct_config__.tag) for type_ in get_args(Event)}
    assert set(KINDS) == tags | {"instrument", "price"}
    keys = [field.key for kind in KINDS.values() for field in kind.fields]
    assert set(keys) == set(ORDER)
    assert len(ORDER) == len(set(ORDER))


def test_what_is_unknown_or_goes_without_saying_is_not_written() -> None:
    fill = Fill(account="a", id="1", time_ns=0, order_id="", symbol="X/Y", side="sell", price=Decimal("1E+2"))
    line = write_event(msgspec.structs.replace(fill, quantity=Decimal("0.10"), fees=()))
    assert line == (
        '{"kind":"fill","account":"a","id":"1","order_id":"","time":"1970-01-01T00:00:00Z","symbol":"X/Y",'
        '"side":"sell","price":"100","quantity":"0.1","fees":[]}'
    )
    assert '"fees"' not in write_event(fill)


def test_empty_lines_and_a_byte_order_mark_are_passed_over() -> None:
    lines = list(read_ledger(["\ufeff" + FILL, "", "  \n", FILL], file="f"))
    assert [line.number for line in lines] == [1, 4]


def test_a_number_without_quotes_keeps_its_digits() -> None:
    bare = FILL.replace('"price":"100"', '"price":12345678901234567890.123456789012345678')
    (read,) = read_ledger([bare], file="f")
    assert isinstance(read.value, Fill)
    assert str(read.value.price) == "12345678901234567890.123456789012345678"


WRONG = [
    ("{", "", "is not JSON"),
    ("[]", "", "must be an object"),
    ("[" * 100_000, "", "nested too deeply"),
    ('{"account":"a"}', "kind", "is missing"),
    ('{"kind":"order"}', "kind", "must be one of"),
    ('{"kind":["fill"]}', "kind", "must be one of"),
    (FILL.replace('"id":"T1",', ""), "id", "is missing"),
    (FILL.replace('"account":"main",', ""), "account", "is missing"),
    (FILL.replace('"time":"2024-01-01T00:00:00Z",', ""), "time", "is missing"),
    (FILL.replace('"quantity":"1",', ""), "quantity", "is missing"),
    (FILL.replace('"id":"T1"', '"id":"T1","id":"T2"'), "id", "is given twice"),
    (FILL.replace('"id":"T1"', '"id":5'), "id", "must be a text, not the number 5"),
    (FILL.replace('"id":"T1"', '"id":""'), "id", "may not be empty"),
    (FILL.replace('"id":"T1"', '"id":null'), "id", "may not be null"),
    (FILL.replace('"id":"T1"', '"id":"\\ud800"'), "id", "lone surrogate"),
    (FILL.replace('"seq":1', '"seq":-1'), "seq", "whole number"),
    (FILL.replace('"seq":1', '"seq":1.0'), "seq", "whole number"),
    (FILL.replace('"seq":1', '"seq":true'), "seq", "whole number"),
    (FILL.replace('"seq":1', '"seq":' + "9" * 5000), "seq", "whole number"),
    (FILL.replace('"symbol"', '"sybmol"'), "sybmol", "is unknown in a fill"),
    (FILL.replace("BTC/USD", " BTC/USD"), "symbol", "spaces"),
    (FILL.replace('"buy"', '"BUY"'), "side", "must be one of buy, sell"),
    (FILL.replace('"price":"100"', '"price":"0"'), "price", "greater than zero"),
    (FILL.replace('"price":"100"', '"price":"-1"'), "price", "greater than zero"),
    (FILL.replace('"price":"100"', '"price":NaN'), "", "NaN"),
    (FILL.replace('"price":"100"', '"price":"NaN"'), "price", "is not a number"),
    (FILL.replace('"price":"100"', '"price":"Infinity"'), "price", "is not a number"),
    (FILL.replace('"price":"100"', '"price":"1_000"'), "price", "is not a number"),
    (FILL.replace('"price":"100"', '"price":"١"'), "price", "is not a number"),
    (FILL.replace('"price":"100"', '"price":"1,5"'), "price", "is not a number"),
    (FILL.replace('"price":"100"', '"price":"1e9999"'), "price", "too many digits"),
    (FILL.replace('"price":"100"', '"price":true'), "price", "must be a number in quotes, not true"),
    (FILL.replace('"quantity":"1"', '"quantity":"-1"'), "quantity", "greater than zero"),
    (FILL.replace('"time":"2024-01-01T00:00:00Z"', '"time":"2024-01-01"'), "time", "must be a time"),
    (FILL.replace('"time":"2024-01-01T00:00:00Z"', '"time":"2024-13-01T00:00:00Z"'), "time", "must be a time"),
    (FILL.replace('"time":"2024-01-01T00:00:00Z"', '"time":"9999-01-01T00:00:00Z"'), "time", "too far away"),
    (FILL.replace('[{"asset":"USD","amount":"1"}]', '{"asset":"USD"}'), "fees", "must be an array"),
    (FILL.replace('"amount":"1"', '"amount":"x"'), "fees[0].amount", "is not a number"),
    (FILL.replace('"amount":"1"', '"amount":"1","x":1'), "fees[0].x", "is unknown"),
    (FILL.replace(',"amount":"1"', ""), "fees[0].amount", "is missing"),
    (FILL.replace('"liquidity"', '"inverse":true,"liquidity"'), "contracts", "is missing"),
    (FILL.replace('"liquidity"', '"margin":1,"liquidity"'), "margin", "must be true or false"),
    (FILL.replace('"liquidity"', '"leverage":"0","liquidity"'), "leverage", "greater than zero"),
    (next(x for x in EXAMPLES if "opening" in x).replace(',"cost_asset":"USD"', ""), "cost_asset", "is missing"),
    (next(x for x in EXAMPLES if "conversion" in x).replace("0.01", "0"), "to.amount", "greater than zero"),
    (next(x for x in EXAMPLES if "price" in x and "BNB" in x).replace("300", "-1"), "price", "negative"),
]


@pytest.mark.parametrize(("line", "field", "message"), WRONG)
def test_what_is_wrong_is_refused_by_file_line_and_field(line: str, field: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        list(read_ledger([FILL, "", line], file="my.ndjson"))
    error = caught.value
    assert (error.file, error.line, error.field or "") == ("my.ndjson", 3, field)
    assert message in error.message
    assert len(error.message) < 600


def test_an_inverse_fill_may_have_no_quantity() -> None:
    line = FILL.replace('"quantity":"1"', '"contracts":"100","inverse":true,"settle":"BTC","quantity":null')
    (read,) = read_ledger([line], file="f")
    assert isinstance(read.value, Fill)
    assert (read.value.quantity, read.value.contracts) == (None, Decimal(100))


def test_a_whole_file_has_instruments_and_prices_first_and_facts_in_order() -> None:
    found = {kind: [value for value in EXAMPLES.values() if isinstance(value, kind)] for kind in (Fill, Opening)}
    events: list[Event] = [*found[Fill], *found[Opening]]
    prices = [value for value in EXAMPLES.values() if isinstance(value, PriceQuoted)]
    instruments = [value for value in EXAMPLES.values() if isinstance(value, Instrument)]
    earlier = msgspec.structs.replace(prices[0], time_ns=1)
    lines = list(write_ledger(events, instruments, [*prices, earlier]))
    values = [line.value for line in read_ledger(lines, file="f")]
    assert values == [*instruments, earlier, *prices, *events]
    assert all(line.endswith("}\n") for line in lines)


def test_facts_out_of_order_are_a_bug_and_not_an_export() -> None:
    events: list[Event] = [value for value in EXAMPLES.values() if isinstance(value, (Fill, Opening))]
    with pytest.raises(InternalError, match="out of order"):
        list(write_ledger(events[::-1]))
    assert kind_of(events[0]) == "fill"
