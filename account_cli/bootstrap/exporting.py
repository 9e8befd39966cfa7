"""What ``acct export`` streams: facts and what follows from them, one by one, out of one state of the database.

Where there is no database yet the reader is None, no account is known, and every stream is empty.

Nothing is held but what the next row needs: a million fills take no more memory than a hundred thousand.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from decimal import Decimal
from operator import attrgetter

import msgspec

from account_cli.bootstrap.reading import Reading
from account_cli.domain.events import Event, Fill
from account_cli.domain.identity import OrderKey, order_key
from account_cli.domain.money import MONEY, ZERO
from account_cli.engine.folding import METHOD, key_of
from account_cli.engine.keeping import closings_of
from account_cli.engine.openings import is_no_opening
from account_cli.engine.references import StoredReferences
from account_cli.interchange import values
from account_cli.interchange.books.postings import Postings, Transaction
from account_cli.interchange.csv_fills import WorkedOut, fill_table
from account_cli.interchange.fields import KINDS, ORDER, Field
from account_cli.interchange.movements import Movement, movements
from account_cli.interchange.ndjson import write_ledger
from account_cli.interchange.tables import Column, ColumnKind, Table, of_rows
from account_cli.ledger.closings import Closing
from account_cli.ledger.double_entry import Booking, book
from account_cli.ledger.state import MethodName, Policy, empty
from account_cli.ports import JournalReader
from account_cli.reconciliation import is_spent
from account_cli.reports.fills import realized_of
from account_cli.reports.pnl import closing_row
from account_cli.reports.rows import ClosingRow


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows are wanted: of these accounts, within ``[since, until)``, by this booking method."""

    accounts: tuple[str, ...]
    since_ns: int | None = None
    until_ns: int | None = None
    method: MethodName = METHOD

    def has(self, time_ns: int) -> bool:
        """True for a time within the period."""
        return (self.since_ns is None or time_ns >= self.since_ns) and (
            self.until_ns is None or time_ns < self.until_ns
        )


def facts(reader: JournalReader | None, wish: Wish, kinds: Sequence[str] = ()) -> Iterator[Event]:
    """Yield the facts of the period by (time, seq, identity).

    Openings and corrections of acct's own that came to nothing are left out.
    """
    if reader is None:
        return
    names = sorted(set(wish.accounts))
    streams = [reader.events(name, kinds=kinds, since_ns=wish.since_ns, until_ns=wish.until_ns) for name in names]
    merged = streams[0] if len(streams) == 1 else heapq.merge(*streams, key=order_key)
    if tuple(kinds) == ("fill",):
        yield from merged
        return
    for event in merged:
        if not is_no_opening(event) and not is_spent(event):
            yield event


def ledger_lines(reader: JournalReader | None, wish: Wish) -> Iterator[str]:
    """Yield the ledger file: the markets that the accounts' facts name, all stored prices, the facts."""
    if reader is None:
        return iter(())
    symbols = frozenset[str]().union(*(reader.symbols(account) for account in wish.accounts))
    used = [one for symbol, one in reader.instruments().items() if symbol in symbols]
    return write_ledger(facts(reader, wish), used, reader.quotes(None, wish.since_ns, wish.until_ns))


def ledger_table(reader: JournalReader | None, wish: Wish) -> Table:
    """Return the facts as a table: ``kind``, then every field that a kind of fact has."""
    fields: dict[str, Field] = {}
    for kind in KINDS.values():
        if kind.name not in {"instrument", "price"}:
            fields.update({field.key: field for field in kind.fields})
    keys = sorted(fields, key=ORDER.index)
    columns = [Column("kind", "text"), *(column for key in keys for column in _columns(key))]
    attributes = [(key, fields[key].attribute) for key in keys]
    return Table(
        name="ledger", columns=tuple(columns), rows=(_cells(event, attributes) for event in facts(reader, wish))
    )


_AMOUNTS = frozenset({"from", "to", "fee"})


def _columns(key: str) -> list[Column]:
    if key in _AMOUNTS:
        return [Column(key, "number"), Column(f"{key}_asset", "text")]
    if key == "time":
        return [Column("time", "time")]
    return [Column(key, "data" if key == "fees" else _FACT_KINDS[key])]


_KINDS: dict[object, ColumnKind] = {values.number: "number", values.flag: "flag", values.count: "count"}
_FACT_KINDS: dict[str, ColumnKind] = {
    field.key: _KINDS.get(field.parse, "text") for kind in KINDS.values() for field in kind.fields
}


def _cells(event: Event, attributes: Sequence[tuple[str, str]]) -> tuple[object, ...]:
    row: list[object] = [type(event).__struct_config__.tag]
    for key, attribute in attributes:
        value = getattr(event, attribute, None)
        if key in _AMOUNTS:
            row += [None, None] if value is None else [value.amount, value.asset]
        else:
            row.append(value)
    return tuple(row)


def fills(reading: Reading, reader: JournalReader | None, wish: Wish, *, bare: bool) -> Table:
    """Return the fills, each with what it realised by the method and the running quantity of its symbol."""
    return fill_table(worked_out(reading, reader, wish), bare=bare)


def worked_out(reading: Reading, reader: JournalReader | None, wish: Wish) -> Iterator[WorkedOut]:
    """Yield each fill of the period with what it realised, that in percent of cost, and the running quantity.

    The quantity is in base units (contracts when inverse), less fees in kind, from the first fill on; long and short
    sides of hedge mode run apart. So what came before the period is read too.
    """
    whole = msgspec.structs.replace(wish, since_ns=None)
    beside = {account: _Beside(closings_by(reading, reader, account, wish)) for account in wish.accounts}
    held: dict[tuple[str, str, str, str | None], Decimal] = {}
    add = MONEY.add
    for fill in facts(reader, whole, ("fill",)):
        assert isinstance(fill, Fill)
        slot = (fill.account, fill.wallet, fill.symbol, fill.position_side)
        position = held[slot] = add(held.get(slot, ZERO), _moved(fill))
        if wish.since_ns is not None and fill.time_ns < wish.since_ns:
            continue
        closings = beside[fill.account].of(fill)
        realized, roi = realized_of(fill, closings) if closings else (None, None)
        yield fill, realized, roi, position


def closings_by(reading: Reading, reader: JournalReader | None, account: str, wish: Wish) -> Iterator[Closing]:
    """Yield what closing fills of the period realised by the method, in order."""
    if reader is None:
        return iter(())
    return closings_of(
        reader, account, StoredReferences(reader), wish.method, since_ns=wish.since_ns, until_ns=wish.until_ns,
        unknown_cost=reading.unknown_cost,
    )  # fmt: skip


def closings(reading: Reading, reader: JournalReader | None, wish: Wish) -> Table:
    """Return the closings by time, as ``acct pnl --closings`` has them, fees in kind among them."""
    streams = [closings_by(reading, reader, account, wish) for account in wish.accounts]
    merged = streams[0] if len(streams) == 1 else heapq.merge(*streams, key=attrgetter("time_ns", "account"))
    return of_rows("closings", ClosingRow, (closing_row(one) for one in merged))


Held = dict[tuple[str, str, str], Decimal]
"""What is held by (account, wallet, asset)."""


def bookings(
    reader: JournalReader | None, wish: Wish, unknown_cost: Policy, held: Held | None = None
) -> Iterator[Booking]:
    """Yield what every fact up to the end of the period did; ``held`` is kept up to date with it."""
    if reader is None:
        return
    refs = StoredReferences(reader)
    states = {account: empty(account, wish.method, unknown_cost) for account in wish.accounts}
    for event in facts(reader, msgspec.structs.replace(wish, since_ns=None)):
        states[event.account], booking = book(states[event.account], event, refs)
        if held is not None:
            for (wallet, asset), change in booking.balances.items():
                place = (event.account, wallet, asset)
                held[place] = MONEY.add(held.get(place, ZERO), change)
        yield booking


def transactions(reader: JournalReader | None, wish: Wish, unknown_cost: Policy, held: Held) -> Iterator[Transaction]:
    """Yield every fact as balanced postings, those that moved nothing left out."""
    postings = {account: Postings(account) for account in wish.accounts}
    for booking in bookings(reader, wish, unknown_cost, held):
        transaction = postings[booking.event.account].of(booking)
        if transaction is not None:
            yield transaction


def movements_of(reader: JournalReader | None, wish: Wish, unknown_cost: Policy) -> Iterator[Movement]:
    """Yield what tax programs are told of the facts of the period."""
    for booking in bookings(reader, wish, unknown_cost):
        if wish.has(booking.event.time_ns):
            yield from movements(booking)


class _Beside:
    """The closings that stand beside fills, read once and in order."""

    def __init__(self, rows: Iterator[Closing]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def of(self, fill: Fill) -> list[Closing]:
        """Return what this fill closed; to be asked fill by fill."""
        found: list[Closing] = []
        key: OrderKey | None = None
        while (row := self._next) is not None and row.time_ns <= fill.time_ns:
            if key is None:
                key = order_key(fill)
            at = key_of(row)
            if at > key:
                break
            if at == key:
                found.append(row)
            self._next = next(self._rows, None)
        return found


def _moved(fill: Fill) -> Decimal:
    quantity = (fill.contracts if fill.inverse else fill.quantity) or ZERO
    signed = quantity if fill.side == "buy" else -quantity
    if fill.settle or not fill.fees:
        return signed
    base = fill.symbol.partition("/")[0]
    for fee in fill.fees:
        if fee.asset == base:
            signed = MONEY.subtract(signed, fee.amount)
    return signed
