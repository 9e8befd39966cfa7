"""A file is found good as a whole, against itself and against the journal, before anything of it is stored.

``plan_import`` only reads. What it returns is what would be new: the caller numbers it and writes it in one
transaction. The plan holds the whole file in memory, about one kilobyte a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TypeVar

import msgspec

from account_cli.domain.events import Event, PriceQuoted
from account_cli.domain.identity import Conflict, identity, merge, order_key
from account_cli.domain.instruments import Instrument, from_symbol
from account_cli.errors import FileWrong, InputError
from account_cli.interchange.ndjson import Line
from account_cli.ports import JournalReader
from account_cli.reconciliation import is_correction

_BATCH = 1000
_KEYS = {"time_ns": "time", "from_": "from"}
Item = TypeVar("Item")
QuoteKey = tuple[str, str, int, str]


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A fact to be written down; ``revision`` is above 0 where it completes one that the journal has."""

    event: Event
    revision: int = 0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a file would add: facts by account, in order; how many lines told nothing new."""

    facts: Mapping[str, tuple[Fact, ...]]
    instruments: tuple[Instrument, ...]
    prices: tuple[PriceQuoted, ...]
    duplicates: int

    @property
    def added(self) -> int:
        """Number of facts told for the first time."""
        return sum(fact.revision == 0 for facts in self.facts.values() for fact in facts)

    @property
    def completed(self) -> int:
        """Number of facts of the journal that the file completes."""
        return sum(fact.revision > 0 for facts in self.facts.values() for fact in facts)


def plan_import(reader: JournalReader, lines: Iterable[Line], *, file: str) -> Plan:
    """Check a whole file; return what is new in it.

    Raises ``InputError`` naming ``file``, line and field for a fact, instrument or price that contradicts another line
    or the journal, and for a symbol that says nothing and has no instrument.
    """
    check = _Check(reader, file)
    with reader.snapshot_view():
        for line in lines:
            check.take(line)
        return check.plan()


class _Check:
    """The file as read so far, each thing once with the first line that told it."""

    def __init__(self, reader: JournalReader, file: str) -> None:
        self._reader = reader
        self._file = file
        self._facts: dict[str, dict[str, tuple[Event, int]]] = {}
        self._instruments: dict[str, tuple[Instrument, int]] = {}
        self._quotes: dict[QuoteKey, tuple[PriceQuoted, int]] = {}
        self._symbols: dict[str, int] = {}
        self._duplicates = 0

    def take(self, line: Line) -> None:
        """Add a line; raises ``InputError`` when it contradicts an earlier one."""
        match line.value:
            case Instrument() as instrument:
                self._take_instrument(instrument, line.number)
            case PriceQuoted() as quote:
                self._take_quote(quote, line.number)
            case event:
                self._take_event(event, line.number)

    def _take_event(self, event: Event, number: int) -> None:
        symbol = getattr(event, "symbol", None)
        if symbol is not None:
            self._symbols.setdefault(symbol, number)
        known = self._facts.setdefault(event.account, {})
        name = identity(event)
        if name not in known:
            known[name] = (event, number)
            return
        before, first = known[name]
        merged = self._merged(before, event, number, f"line {first}")
        known[name] = (merged, first)
        self._duplicates += 1

    def _take_instrument(self, new: Instrument, number: int) -> None:
        old, first = self._instruments.get(new.symbol, (new, number))
        self._duplicates += new.symbol in self._instruments
        self._instruments[new.symbol] = (self._joined(old, new, number, f"line {first}"), first)

    def _take_quote(self, new: PriceQuoted, number: int) -> None:
        key = _quote_key(new)
        old, first = self._quotes.setdefault(key, (new, number))
        if first != number:
            self._duplicates += 1
            self._same_price(old, new, number, f"line {first}")

    def plan(self) -> Plan:
        """Compare all that was read with the journal."""
        instruments = self._new_instruments()
        self._check_symbols()
        facts = {account: tuple(self._new_facts(account)) for account in sorted(self._facts)}
        prices = self._new_quotes()
        return Plan(
            facts={account: new for account, new in facts.items() if new},
            instruments=instruments,
            prices=prices,
            duplicates=self._duplicates,
        )

    def _new_facts(self, account: str) -> list[Fact]:
        new: list[Fact] = []
        for batch in _batches(self._facts[account].items()):
            stored = self._reader.find(account, [name for name, _ in batch])
            for name, (event, number) in batch:
                entry = stored.get(name)
                if entry is None:
                    new.append(Fact(event=event))
                    continue
                merged = self._merged(entry.event, event, number, "the journal")
                if merged is entry.event:
                    self._duplicates += 1
                else:
                    new.append(Fact(event=merged, revision=entry.revision + 1))
        return sorted(new, key=lambda fact: order_key(fact.event))

    def _new_instruments(self) -> tuple[Instrument, ...]:
        stored = self._reader.instruments() if self._instruments else {}
        new = []
        for symbol, (instrument, number) in self._instruments.items():
            old = stored.get(symbol)
            joined = instrument if old is None else self._joined(old, instrument, number, "the journal")
            if joined == old:
                self._duplicates += 1
            else:
                new.append(joined)
        return tuple(new)

    def _new_quotes(self) -> tuple[PriceQuoted, ...]:
        new = []
        stored = self._stored_quotes()
        for key, (quote, number) in self._quotes.items():
            old = stored.get(key)
            if old is None:
                new.append(quote)
            else:
                self._same_price(old, quote, number, "the journal")
                self._duplicates += 1
        return tuple(new)

    def _stored_quotes(self) -> dict[QuoteKey, PriceQuoted]:
        spans: dict[str, list[int]] = {}
        for asset, _, time_ns, _ in self._quotes:
            spans.setdefault(asset, []).append(time_ns)
        found = (self._reader.quotes(asset, min(times), max(times) + 1) for asset, times in spans.items())
        return {_quote_key(quote): quote for quotes in found for quote in quotes}

    def _check_symbols(self) -> None:
        known: Mapping[str, Instrument] | None = None
        for symbol, number in self._symbols.items():
            if symbol in self._instruments:
                continue
            try:
                from_symbol(symbol)
            except ValueError:
                known = self._reader.instruments() if known is None else known
                if symbol not in known:
                    raise FileWrong(
                        f"{symbol!r} is not of the form BASE/QUOTE or BASE/QUOTE:SETTLE and has no instrument",
                        file=self._file,
                        line=number,
                        field="symbol",
                        hint='Add a line {"kind":"instrument","symbol":…} that says what it is.',
                    ) from None

    def _merged(self, old: Event, new: Event, number: int, where: str) -> Event:
        if is_correction(old):
            return old  # what acct made itself may have given way to facts since it was written to a file
        try:
            return merge(old, new)
        except Conflict as conflict:
            raise self._contradiction(conflict.field, number, where) from None

    def _joined(self, old: Instrument, new: Instrument, number: int, where: str) -> Instrument:
        changes = {}
        for field in Instrument.__struct_fields__:
            mine, theirs = getattr(old, field), getattr(new, field)
            if mine is None and theirs is not None and field != "settle":
                changes[field] = theirs
            elif mine != theirs and theirs is not None:
                raise self._contradiction(field, number, where)
        return msgspec.structs.replace(old, **changes)

    def _same_price(self, old: PriceQuoted, new: PriceQuoted, number: int, where: str) -> None:
        if old.price != new.price:
            raise self._contradiction("price", number, where)

    def _contradiction(self, field: str, number: int, where: str) -> InputError:
        return InputError(
            f"contradicts {where}, which tells the same otherwise",
            file=self._file,
            line=number,
            field=_KEYS.get(field, field),
            hint="Nothing of the file was imported. One identity may be told again, but not differently.",
        )


def _quote_key(quote: PriceQuoted) -> QuoteKey:
    return (quote.asset, quote.currency, quote.time_ns, quote.source)


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        yield batch
