"""What each line of an account's journal moved, and why: told in the journal's order, each once, from any line on.

Theory. Lines are numbered without gaps and never change, so the number of the last line told is all that a listener has
to remember. What a line moved is what its fact moves (``reconciliation.effects``), less what an earlier telling of the
same fact had moved already; a withdrawal moves that back. Added up, that is what the ledger holds. One thing is no line
of the journal: a contract's fill that comes late changes what *later* fills had realised. ``held``, what the ledger
holds with all that is known by now, has that in it; the sum of the amounts has it not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from typing import Literal

import msgspec

from account_cli.domain.events import Event, Fill, Retracted, TransferArrived
from account_cli.domain.identity import identity, kind_of
from account_cli.domain.money import MONEY, ZERO
from account_cli.domain.times import MILLISECOND
from account_cli.engine.folding import METHOD, Folded, bring_up, load_folded, read_closing
from account_cli.engine.references import StoredReferences
from account_cli.errors import InputError
from account_cli.ledger.closings import Closing
from account_cli.ports import Entry, JournalReader
from account_cli.reconciliation.effects import Movement, legs, moved_position
from account_cli.reconciliation.sides import Key, Side, ledger_side
from account_cli.reports.fills import fill_row
from account_cli.reports.rows import FillRow

Reason = Literal[
    "fill", "fee", "deposit", "withdrawal", "transfer", "funding", "interest", "reward", "rebate", "conversion",
    "borrow", "settlement", "adjustment", "initial", "cost", "retraction",
]  # fmt: skip
"""Why something changed. ``initial``: it was there before the known history. ``cost``: a person said what a lot had
cost. ``retraction``: the exchange, or a person, took back a fact."""

_OF_MOVEMENT: dict[Movement, Reason] = {
    "held before the history": "initial",
    "deposits": "deposit",
    "withdrawals": "withdrawal",
    "internal transfers": "transfer",
    "bought": "fill",
    "sold": "fill",
    "paid for purchases": "fill",
    "received from sales": "fill",
    "realised by contracts": "fill",
    "trading fees": "fee",
    "transfer fees": "fee",
    "other fees": "fee",
    "funding": "funding",
    "interest": "interest",
    "rewards": "reward",
    "rebates": "rebate",
    "conversions": "conversion",
    "conversion fees": "fee",
    "borrowed and paid back": "borrow",
    "settlements": "settlement",
    "adjustments": "adjustment",
}
_OF_KIND: dict[str, Reason] = {"opening": "initial", "cost_basis": "cost"}
_TRANSFERS: dict[str, Reason] = {"deposit": "deposit", "withdrawal": "withdrawal", "internal": "transfer"}
LINES = 500
"""Journal lines that are read at once."""


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """So much of an asset came to a wallet (negative: left it), and why.

    ``amount`` is None where it cannot be known any more: what a contract's fill had realised that was taken back.
    ``held`` is what the ledger holds of the asset there, everything counted that was known when this was told.
    """

    wallet: str
    asset: str
    amount: Decimal | None
    reason: Reason
    held: Decimal


class PositionMove(msgspec.Struct, frozen=True, kw_only=True):
    """A contract position grew (positive) or shrank by so much: base units, contracts when inverse.

    ``side`` is ``both`` in one-way mode, else ``long`` or ``short``. ``held`` is the signed quantity by the ledger,
    everything counted that was known when this was told.
    """

    wallet: str
    symbol: str
    side: str
    amount: Decimal
    held: Decimal


class AccountChange(msgspec.Struct, frozen=True, kw_only=True):
    """What one line of an account's journal changed; with a threshold, what several lines changed together.

    ``n`` is the number of the last of these lines: whoever has dealt with this change goes on after ``n``. ``first_n``
    is that of the first; ``reason``, ``time_ns`` (the exchange's time of the fact) and ``heard_ns`` are of the last.
    ``fills`` have what they realised, None where that is not known or nothing was closed. ``corrects`` says that
    something told before was completed or taken back: amounts are then differences.
    """

    account: str
    n: int
    first_n: int
    reason: Reason
    time_ns: int
    heard_ns: int
    moves: tuple[Move, ...]
    positions: tuple[PositionMove, ...]
    fills: tuple[FillRow, ...]
    facts: tuple[Event, ...]
    corrects: bool = False


_Place = tuple[str, str, Reason]


class _Line(msgspec.Struct, kw_only=True):
    """What one line moved, or several together."""

    first_n: int
    moves: dict[_Place, Decimal | None]
    positions: dict[Key, Decimal]
    fills: tuple[FillRow, ...]
    facts: tuple[Event, ...]
    corrects: bool

    def with_later(self, later: _Line) -> _Line:
        """Take in what a later line moved, and return both."""
        for place, amount in later.moves.items():
            before = self.moves.get(place, ZERO)
            self.moves[place] = None if before is None or amount is None else before + amount
        for key, amount in later.positions.items():
            self.positions[key] = self.positions.get(key, ZERO) + amount
        self.fills, self.facts = self.fills + later.fills, self.facts + later.facts
        self.corrects = self.corrects or later.corrects
        return self

    def is_worth_telling(self, at_least: Decimal) -> bool:
        """True when some asset moved by so much, or by nobody knows how much, or a position at all."""
        sums: dict[tuple[str, str], Decimal] = {}
        for (wallet, asset, _), amount in self.moves.items():
            if amount is None:
                return True
            sums[wallet, asset] = sums.get((wallet, asset), ZERO) + amount
        return not at_least or any(self.positions.values()) or any(abs(one) >= at_least for one in sums.values())


class Telling:
    """Tells one account's changes after line ``after``; synchronous, use from one thread.

    With ``at_least`` lines that move less of every asset wait, and are told with the first that makes it that much:
    nothing is left out, and ``after`` works as without. Raises ``InputError`` for a negative ``after`` or ``at_least``.
    """

    def __init__(self, reader: JournalReader, account: str, after: int = 0, at_least: Decimal = ZERO) -> None:
        if after < 0 or at_least < 0:
            raise InputError("a position in a journal, and a threshold, are 0 or more")
        self.reader, self.account, self.at_least = reader, account, at_least
        self._read = after
        self._waiting: _Line | None = None
        self._folded: Folded | None = None
        self._refs = StoredReferences(reader)
        self._gone: dict[str, int] = {}
        self._looked = 0

    def next(self) -> list[AccountChange] | None:
        """Return what is worth telling of the next ``LINES`` lines; None when there is no further line.

        Raises ``InputError`` when the journal ends before the line to go on after: it is another journal.
        """
        with self.reader.snapshot_view(), localcontext(MONEY):
            head = self.reader.head(self.account)
            if head < self._read:
                raise InputError(
                    f"the journal of {self.account!r} ends at line {head}, not at {self._read}",
                    hint="It is another database, or an older copy: begin again at 0.",
                )
            entries = self.reader.entries_since(self.account, self._read, LINES)
            if not entries:
                return None
            held, withdrawn = self._held(), self._withdrawn(head, entries)
            found = []
            for entry in entries:
                self._read = entry.n
                line = self._line(entry, withdrawn)
                if self._waiting is not None:
                    line = self._waiting.with_later(line)
                told = line.is_worth_telling(self.at_least)
                self._waiting = None if told else line
                if told:
                    found.append(_change(entry, line, held))
            return found

    def _held(self) -> Side:
        """Return what the ledger holds now."""
        self._refs.forget()
        if self._folded is None:
            self._folded = load_folded(self.reader, self.account, self._refs)
        else:
            self._folded = bring_up(self._folded, self.reader, self._refs)
        return ledger_side(self._folded.state)

    def _withdrawn(self, head: int, entries: Sequence[Entry]) -> Mapping[str, int]:
        """Return of each fact that was ever taken back the line that first did so; asked anew when one may be new."""
        new = [entry for entry in entries if entry.n > self._looked]
        if self._looked and entries[-1].n == head and not any(isinstance(entry.event, Retracted) for entry in new):
            self._looked = head
        if self._looked < head:
            self._gone, self._looked = self._all_withdrawn(), head
        return self._gone

    def _all_withdrawn(self) -> dict[str, int]:
        gone: dict[str, int] = {}
        events = list(self.reader.events(self.account, kinds=("retraction",)))
        lines = self.reader.find(self.account, [identity(event) for event in events])
        for event in events:
            if isinstance(event, Retracted):
                n = lines[identity(event)].n
                gone[event.target] = min(n, gone.get(event.target, n))
        return gone

    def _line(self, entry: Entry, withdrawn: Mapping[str, int]) -> _Line:
        event, name = entry.event, identity(entry.event)
        line = _Line(first_n=entry.n, moves={}, positions={}, fills=(), facts=(event,), corrects=False)
        if isinstance(event, Retracted):
            before = self.reader.find(self.account, [event.target], entry.n - 1).get(event.target)
            if before is not None and withdrawn.get(event.target) == entry.n:
                self._move(line, before.event, (), -1, known=False)
                line.corrects = True
        elif withdrawn.get(name, entry.n) >= entry.n:  # what was taken back before it came moves nothing
            known, closings = name not in withdrawn, self._closings(event)
            self._move(line, event, closings, 1, known=known)
            if entry.revision:
                before = self.reader.find(self.account, [name], entry.n - 1).get(name)
                if before is not None:  # what it realised stands once, beside its newest telling
                    self._move(line, before.event, closings, -1, known=known)
                line.corrects = True
            if isinstance(event, Fill):
                line.fills = (fill_row(event, closings),)
        return line

    def _move(self, line: _Line, event: Event, closings: Sequence[Closing], sign: int, *, known: bool) -> None:
        """Add what a fact moves, or with ``sign`` −1 take it away; what it realised is not kept unless ``known``."""
        for wallet, asset, why, amount in legs(event, closings, self._refs.instrument):
            place = (wallet, asset, _OF_MOVEMENT[why])
            before = line.moves.get(place, ZERO)
            line.moves[place] = None if before is None else before + sign * amount
        moved = moved_position(event, self._refs.instrument)
        if moved is None:
            return
        key, amount = moved
        line.positions[key] = line.positions.get(key, ZERO) + sign * amount
        settle = self._settle(event) if isinstance(event, Fill) and not known else None
        if settle is not None:
            line.moves[key.wallet, settle, "fill"] = None

    def _settle(self, fill: Fill) -> str | None:
        market = self._refs.instrument(fill.symbol)
        return fill.settle or (None if market is None else market.settle)

    def _closings(self, event: Event) -> Sequence[Closing]:
        """Return what is kept beside a fill; its newest telling may have a time with more digits."""
        if not isinstance(event, Fill):
            return ()
        since, until, name = event.time_ns - MILLISECOND, event.time_ns + MILLISECOND, identity(event)
        kept = self.reader.kept(self.account, METHOD, since_ns=since, until_ns=until)
        return [read_closing(row) for _, row in kept if row.key[2] == name]


def _change(entry: Entry, line: _Line, held: Side) -> AccountChange:
    balances, positions = held.balances or {}, held.positions or {}
    return AccountChange(
        account=entry.event.account,
        n=entry.n,
        first_n=line.first_n,
        reason=reason_of(entry.event),
        time_ns=entry.event.time_ns,
        heard_ns=entry.heard_ns,
        moves=tuple(
            Move(wallet=wallet, asset=asset, amount=amount, reason=why, held=balances.get(Key(wallet, asset), ZERO))
            for (wallet, asset, why), amount in line.moves.items()
            if amount != ZERO
        ),
        positions=tuple(
            PositionMove(wallet=key.wallet, symbol=key.name, side=key.side or "both", amount=amount,
                         held=positions.get(key, ZERO))
            for key, amount in line.positions.items()
            if amount
        ),
        fills=line.fills,
        facts=line.facts,
        corrects=line.corrects,
    )  # fmt: skip


def reason_of(event: Event) -> Reason:
    """Return why a fact changes an account, in one word."""
    if isinstance(event, TransferArrived):
        return _TRANSFERS[event.type]
    kind = kind_of(event)
    return _OF_KIND.get(kind) or kind  # type: ignore[return-value]  # all other kinds are reasons
