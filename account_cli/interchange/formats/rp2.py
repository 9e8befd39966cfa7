"""RP2, by way of DaLI's manual plug-in: three CSV files, of what came in, went out and was transferred.

Columns as in eprbell/dali-rp2, ``plugin/input/csv/manual.py`` and its test inputs. A price that no fact tells is
``__unknown``, for which DaLI asks a price source; so is the other side of a transfer, which DaLI finds by its id. Money
of states is what prices are in and has no rows of its own. A fee is a row of its own, of type FEE; a contract's gain is
INCOME, its loss, its fees and paid funding are FEE: RP2 knows no contracts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Literal

from account_cli.domain.events import Amount
from account_cli.domain.money import MONEY, ZERO, plain
from account_cli.domain.times import format_time
from account_cli.interchange.movements import Movement, What
from account_cli.interchange.tables import Column, ColumnKind, Row, Table
from account_cli.reports.arithmetic import settle_digits

Part = Literal["in", "out", "intra"]
PARTS: tuple[Part, ...] = ("in", "out", "intra")
HEADERS: dict[Part, str] = {
    "in": (
        "Unique ID,Timestamp,Asset,Exchange,Holder,Transaction Type,Spot Price,Crypto In,Crypto Fee,"
        "Fiat In No Fee,Fiat In With Fee,Fiat Fee,Notes"
    ),
    "out": (
        "Unique ID,Timestamp,Asset,Exchange,Holder,Transaction Type,Spot Price,Crypto Out No Fee,Crypto Fee,"
        "Crypto Out With Fee,Fiat Out No Fee,Fiat Fee,Notes"
    ),
    "intra": (
        "Unique ID,Timestamp,Asset,From Exchange,From Holder,To Exchange,To Holder,Spot Price,Crypto Sent,"
        "Crypto Received,Notes"
    ),
}
FIAT = frozenset({"USD", "EUR", "GBP", "CHF", "CAD", "AUD", "NZD", "JPY", "KRW", "BRL", "TRY", "PLN", "SEK", "NOK"})
_NUMBERS = ("Crypto", "Fiat")
_UNKNOWN = "__unknown"
_HOLDER = "me"
_EARNED: dict[What, str] = {"staking": "STAKING", "airdrop": "AIRDROP", "interest": "INTEREST", "opening": "BUY"}


def table(movements: Iterable[Movement], part: Part) -> Table:
    """Return the rows of one of the three files."""
    columns = tuple(Column(name, _kind(name)) for name in HEADERS[part].split(","))
    make = {"in": _in, "out": _out, "intra": _intra}[part]
    return Table(name=f"rp2.{part}", columns=columns, rows=(row for one in movements for row in make(one)))


def _kind(name: str) -> ColumnKind:
    return "number" if name.startswith(_NUMBERS) else "text"


def _in(one: Movement) -> Iterator[Row]:
    got = one.received
    if got is None or got.asset in FIAT or one.what == "transfer":
        return
    kind = "BUY" if one.what == "trade" else _EARNED.get(one.what, "INCOME")
    head = _head(one, "in", got.asset, one.account, kind, _spot(got, one.sent or one.worth))
    yield (*head, got.amount, None, None, None, _fiat_fee(one, one.sent), _note(one))


def _out(one: Movement) -> Iterator[Row]:
    gone = one.sent
    if gone is not None and gone.asset not in FIAT and one.what != "transfer":
        kind = "SELL" if one.what in {"trade", "adjustment", "loan"} else "FEE"
        head = _head(one, "out", gone.asset, one.account, kind, _spot(gone, one.received))
        paid = _fiat_fee(one, one.received)
        yield (*head, *_gone(gone, kind), _after(paid, one.received), paid, _note(one))
    if one.fee is not None and one.fee.asset not in FIAT:
        head = _head(one, "fee", one.fee.asset, one.account, "FEE", _UNKNOWN)
        yield (*head, *_gone(one.fee, "FEE"), None, None, _note(one))


def _gone(amount: Amount, kind: str) -> Row:
    """Of a fee nothing goes out but the fee."""
    return (*((ZERO, amount.amount) if kind == "FEE" else (amount.amount, ZERO)), None)


def _after(fee: Decimal | None, money: Amount | None) -> Decimal | None:
    """Return what a sale brought after its fee, as DaLI's own plug-ins do: RP2 takes no fee of a sale off by itself."""
    left = None if fee is None or money is None else MONEY.subtract(money.amount, fee)
    return left if left is not None and left > 0 else None


def _fiat_fee(one: Movement, money: Amount | None) -> Decimal | None:
    """Return the fee of a trade for money of a state, paid in that."""
    if one.fee is None or money is None or one.fee.asset != money.asset or money.asset not in FIAT:
        return None
    return one.fee.amount


def _intra(one: Movement) -> Iterator[Row]:
    if one.what != "transfer":
        return
    if one.received is not None and one.received.asset not in FIAT:
        came = one.received
        yield (
            *_when(one),
            came.asset,
            _UNKNOWN,
            _UNKNOWN,
            one.account,
            _HOLDER,
            _UNKNOWN,
            None,
            came.amount,
            _note(one),
        )
    if one.sent is not None and one.sent.asset not in FIAT:
        went = one.sent
        yield (
            *_when(one),
            went.asset,
            one.account,
            _HOLDER,
            _UNKNOWN,
            _UNKNOWN,
            _UNKNOWN,
            went.amount,
            None,
            _note(one),
        )


def _head(one: Movement, side: str, asset: str, exchange: str, kind: str, spot: str) -> Row:
    return (f"{one.account}/{one.id}/{side}", format_time(one.time_ns), asset, exchange, _HOLDER, kind, spot)


def _when(one: Movement) -> Row:
    return (one.tx or f"{one.account}/{one.id}", format_time(one.time_ns))


def _spot(amount: Amount, money: Amount | None) -> str:
    """Return the price of one unit where it is told in money of a state."""
    if money is None or money.asset not in FIAT:
        return _UNKNOWN
    return plain(settle_digits(MONEY.divide(money.amount, amount.amount)))


def _note(one: Movement) -> str:
    return f"{one.what}: {one.note}"
