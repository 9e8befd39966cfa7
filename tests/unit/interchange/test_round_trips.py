"""What is written is read back the same, and what was read is written as the same bytes.

The records are made from the domain's own structs, field by field, so that a new field is tested as soon as it exists.
"""

from __future__ import annotations

import csv
import io
import types
from contextlib import suppress
from decimal import Decimal
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from account_cli.domain.events import Amount, Event, Fill, Opening, PriceQuoted
from account_cli.domain.identity import order_key
from account_cli.domain.instruments import Instrument
from account_cli.errors import InputError
from account_cli.interchange.csv_fills import COLUMNS, guarded, read_fills, write_fills
from account_cli.interchange.fields import Record
from account_cli.interchange.ndjson import read_ledger, write_event, write_ledger

_LETTERS = st.characters(codec="utf-8")
TEXTS = st.text(_LETTERS, min_size=1, max_size=12).filter(lambda text: bool(text.strip()) and text == text.strip())
NASTY = st.builds(
    lambda mark, text: mark + text, st.sampled_from(["", "=", "+", "-", "@", "＝", "'", "'=", '"']), TEXTS
)
NAMES = st.one_of(TEXTS, NASTY.filter(lambda text: text == text.strip()))
DIGITS = st.integers(-(10**38), 10**38)
NUMBERS = st.builds(lambda digits, places: Decimal(f"{digits}e{-places}"), DIGITS, st.integers(-5, 38))
POSITIVE = NUMBERS.map(abs).filter(bool)
AMOUNTS = st.builds(Amount, NAMES, NUMBERS)
_POSITIVE = {"price", "quantity", "contracts", "contract_size", "leverage"}


def _values(info: msgspec.structs.FieldInfo) -> st.SearchStrategy[Any]:
    if info.name == "time_ns":
        return st.integers(-(10**18), 9 * 10**18)
    options = get_args(info.type) if get_origin(info.type) in {Union, types.UnionType} else (info.type,)
    return st.one_of([_of(option, info.name) for option in options])


def _of(told: Any, name: str) -> st.SearchStrategy[Any]:
    if get_origin(told) is Literal:
        return st.sampled_from(get_args(told))
    if get_origin(told) is tuple:
        return st.lists(AMOUNTS, max_size=3).map(tuple)
    simple: dict[Any, st.SearchStrategy[Any]] = {
        type(None): st.none(),
        str: NAMES,
        int: st.integers(0, 10**17),
        bool: st.booleans(),
        Amount: st.builds(Amount, NAMES, POSITIVE),
        Decimal: POSITIVE if name in _POSITIVE else NUMBERS,
    }
    return simple[told]


def records(type_: Any) -> st.SearchStrategy[Any]:
    """Any valid record of this type."""
    built = st.builds(type_, **{info.name: _values(info) for info in msgspec.structs.fields(type_)})
    return built.map(_possible)


def _possible(record: Record) -> Record:
    """Mend the few combinations of fields that no exchange can tell."""
    match record:
        case Fill() if record.inverse and record.contracts is None:
            return msgspec.structs.replace(record, contracts=Decimal(1))
        case Fill() if record.quantity is None and not record.inverse:
            return msgspec.structs.replace(record, quantity=Decimal(1))
        case Opening() if record.cost is not None and record.cost_asset is None:
            return msgspec.structs.replace(record, cost=None)
    return record


FILLS: st.SearchStrategy[Fill] = records(Fill)
EVENTS: st.SearchStrategy[Event] = st.one_of([records(type_) for type_ in get_args(Event)])
RECORDS: st.SearchStrategy[Record] = st.one_of([EVENTS, records(Instrument), records(PriceQuoted)])

FEW = settings(max_examples=200, deadline=None)


@FEW
@given(RECORDS)
def test_a_line_read_back_is_the_same_fact_and_the_same_line(record: Record) -> None:
    line = write_event(record)
    (read,) = read_ledger([line], file="f")
    assert read.value == record
    assert write_event(read.value) == line
    assert "\n" not in line


@FEW
@given(st.lists(EVENTS, max_size=8))
def test_an_exported_file_read_back_is_exported_as_the_same_bytes(events: list[Event]) -> None:
    facts = sorted(events, key=lambda event: (*order_key(event), event.account))
    lines = list(write_ledger(facts))
    values = [line.value for line in read_ledger(lines, file="f")]
    assert values == facts
    assert list(write_ledger(values)) == lines  # type: ignore[arg-type]


@FEW
@given(st.lists(FILLS, max_size=5))
def test_a_table_of_fills_read_back_is_the_same_fills_and_the_same_bytes(fills: list[Fill]) -> None:
    table = "".join(write_fills((fill, {}) for fill in fills))
    back = [line.value for line in read_fills(_lines(table), file="f")]
    assert back == fills
    assert "".join(write_fills((v, {}) for v in back if isinstance(v, Fill))) == table


def _lines(text: str) -> list[str]:
    return [line + "\n" for line in text.removesuffix("\n").split("\n")]


@FEW
@given(FILLS, NASTY)
def test_no_text_of_a_table_is_a_formula_and_no_number_is_a_text(fill: Fill, nasty: str) -> None:
    told = Fill(
        account=nasty, id=nasty, time_ns=fill.time_ns, order_id=nasty, symbol=nasty, side="buy", price=fill.price
    )
    rows = list(csv.DictReader(io.StringIO("".join(write_fills([(told, {})])), newline="")))
    for column in ("account", "id", "order_id", "symbol"):
        assert not rows[0][column].startswith(tuple("=+-@\t\r\n\0＝＋－＠"))
    assert Decimal(rows[0]["price"]) == fill.price


@given(st.text(max_size=10))
def test_a_text_stays_as_it_is_unless_it_would_be_run(text: str) -> None:
    harmless = not text.startswith(tuple("=+-@\t\r\n\0＝＋－＠'"))
    assert guarded(text) == (text if harmless else "'" + text)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
def test_no_text_whatever_raises_anything_but_an_input_error(text: str) -> None:
    for read in (read_ledger, read_fills):
        with suppress(InputError):
            list(read(_lines(text), file="f"))


def test_the_header_is_the_field_names() -> None:
    assert (
        *("account", "wallet", "id", "order_id", "time", "seq", "symbol", "side", "price", "quantity"),
        *("fee", "fee_asset", "fees", "liquidity", "position_side", "margin", "leverage", "type"),
        *("contracts", "settle", "inverse", "contract_size"),
    ) == COLUMNS


@pytest.mark.parametrize("text", ["", "\n", "\ufeff"])
def test_an_empty_table_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="must name the columns"):
        list(read_fills(_lines(text), file="f"))
