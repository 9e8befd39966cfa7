"""A state as bytes, and back without losing a digit.

MessagePack of plain lists: every Decimal is its digits as text without trailing zeros, every record a list in the order
of its slots; so equal states have equal bytes, whatever way they came about. The bytes are only read under the
``RULES`` they were written under, so the form needs no version of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec

from account_cli.domain.money import MONEY, ZERO
from account_cli.ledger.booking import Lot
from account_cli.ledger.issues import Noted
from account_cli.ledger.lines import Cell, Holding, Line
from account_cli.ledger.state import Given, LedgerState

_LINE = tuple(Line.__annotations__)
_HOLDING = tuple(Holding.__annotations__)
_LINE_DECIMALS = frozenset(name for name, kind in Line.__annotations__.items() if kind.startswith("Decimal"))
_HOLDING_DECIMALS = frozenset(name for name, kind in Holding.__annotations__.items() if kind.startswith("Decimal"))

Row = list[Any]


def tree(state: LedgerState) -> dict[str, Any]:
    """Return the state as dicts and lists of plain values; equal states have equal trees."""
    return {
        "account": state.account,
        "method": state.method,
        "unknown_cost": state.unknown_cost,
        "count": state.count,
        "lines": [_row(state.lines[key], _LINE) for key in sorted(state.lines)],
        "holdings": [_row(state.holdings[key], _HOLDING) for key in sorted(state.holdings)],
        "cells": [[*key, _plain(state.cells[key].value), state.cells[key].below] for key in sorted(state.cells)],
        "noted": [_values(state.noted[key]) for key in sorted(state.noted)],
        "given": [[key, _values(state.given[key])] for key in sorted(state.given)],
    }


def dump(state: LedgerState) -> bytes:
    """Return the state as bytes; the same state gives the same bytes."""
    return msgspec.msgpack.encode(tree(state))


def load(data: bytes) -> LedgerState:
    """Return the state that ``dump`` wrote."""
    raw: dict[str, Any] = msgspec.msgpack.decode(data)
    state = LedgerState(raw["account"], raw["method"], raw["unknown_cost"])
    state.count = raw["count"]
    for row in raw["lines"]:
        line: Line = _fill(Line.__new__(Line), _LINE, _LINE_DECIMALS, row)
        state.lines[line.wallet, line.symbol, line.side, line.currency] = line
    for row in raw["holdings"]:
        holding: Holding = _fill(Holding.__new__(Holding), _HOLDING, _HOLDING_DECIMALS, row)
        holding.pools = tuple(holding.pools)
        state.holdings[holding.asset] = holding
    for wallet, asset, value, below in raw["cells"]:
        state.cells[wallet, asset] = Cell(Decimal(value), below)
    for noted in msgspec.convert(raw["noted"], list[Noted]):
        state.noted[f"{noted.code}:{noted.about}"] = noted
    for key, given in raw["given"]:
        state.given[key] = msgspec.convert(given, Given)
    return state


def _plain(value: Any) -> Any:
    """Strip a Decimal's trailing zeros, and the sign of a zero."""
    if not isinstance(value, Decimal):
        return value
    return value.normalize(MONEY) if value else ZERO


def _values(record: msgspec.Struct) -> Row:
    return [_plain(getattr(record, name)) for name in record.__struct_fields__]


def _row(record: Line | Holding, names: Sequence[str]) -> Row:
    return [
        [_values(lot) for lot in value] if isinstance(value, deque) else _plain(value)
        for value in (getattr(record, name) for name in names)
    ]


def _fill(record: Any, names: Sequence[str], decimals: frozenset[str], row: Row) -> Any:
    for name, value in zip(names, row, strict=True):
        if name in {"lots", "unknown"}:
            setattr(record, name, deque(msgspec.convert(value, list[Lot])))
        elif name in decimals and value is not None:
            setattr(record, name, Decimal(value))
        else:
            setattr(record, name, value)
    return record
