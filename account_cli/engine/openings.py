"""What lay before the oldest known fact is named: an opening of unknown cost, for as long as history is incomplete.

An opening is the difference between what the exchange says is held and what the known facts explain. It is worked out
while history is being read back; older facts replace it. Once nothing older can be had and a second look has confirmed
it, it stands; once the very start of history is known it is nothing, an amount of zero. From then on a difference is a
finding for reconciliation, never absorbed. A fact from before it was confirmed asks the question again, of what it
moves and of nothing else: what differs besides is no older for that, and what was a break of that very figure, after
all had agreed once, stays one, unless the facts alone make it agree. An exchange that answers late is no reason to name
anything: what it states is what the ledger had before its newest facts, and is waited for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext

import msgspec

from account_cli.domain.events import Event, Opening, Retracted
from account_cli.domain.health import Coverage, reaches
from account_cli.domain.instruments import Instrument
from account_cli.domain.money import MONEY, ZERO
from account_cli.domain.observations import BalancesSeen, PositionsSeen
from account_cli.engine.earlier import earlier_sides
from account_cli.ledger import LedgerState
from account_cli.ports import JournalReader
from account_cli.reconciliation import (
    LAG_NS,
    PRESETS,
    SWEEP_NS,
    compare,
    exchange_side,
    followed,
    in_flight,
    ledger_side,
)
from account_cli.reconciliation.told_late import assets_of

_PREFIX = "before-history:"
_CURSOR = "openings"
_CONFIRMED_THROUGH = "openings.through"
"""The openings stand, and rest on what was known and stated by then."""
_REOPENED = "openings.reopened"
_RUNS = 50
"""Comparisons among which the last is looked for that compared anything."""
Slot = tuple[str, str]
"""A wallet, and an asset or a contract in it."""


class _Reopened(msgspec.Struct, frozen=True, kw_only=True):
    """Facts from before ``through_ns`` came, which move ``names``, when the openings stood with ``mark``."""

    mark: str
    through_ns: int
    names: tuple[str, ...]


def settled(coverage: Iterable[Coverage]) -> dict[str, str]:
    """Return the mark that the openings stand for as far back as history is known now."""
    return {_CURSOR: ",".join(f"{one.kind}:{one.since_ns}:{one.whole}" for one in reaches(coverage).values())}


def are_settled(reader: JournalReader, account: str) -> bool:
    """True once two looks agreed about what lay before the oldest known fact, and history reaches no further since."""
    coverage = reader.coverage(account)
    return bool(coverage) and reader.cursors(account).get(_CURSOR) == settled(coverage)[_CURSOR]


def confirmed(coverage: Iterable[Coverage], through_ns: int) -> dict[str, str]:
    """Return the cursors of openings that stand, and rest on all that was told up to then."""
    return {**settled(coverage), _CONFIRMED_THROUGH: str(through_ns), _REOPENED: ""}


def reopened(cursors: Mapping[str, str], events: Iterable[Event]) -> dict[str, str]:
    """Return the cursors by which these facts ask the question again; none when they are younger than the answer."""
    before = _before(cursors)
    if before is None:
        through = cursors.get(_CONFIRMED_THROUGH)
        if not through:
            return {}
        before = _Reopened(mark=cursors.get(_CURSOR, ""), through_ns=int(through), names=())
    late = [event for event in events if event.time_ns <= before.through_ns]
    if not late:
        return {}
    names = {name for event in late for name in (*assets_of(event), getattr(event, "symbol", None)) if name}
    # What a fact moved that was withdrawn is not known any more: then all is asked again.
    mark = "" if any(isinstance(event, Retracted) for event in late) else before.mark
    now = _Reopened(mark=mark, through_ns=before.through_ns, names=tuple(sorted({*before.names, *names})))
    return {**settled(()), _CONFIRMED_THROUGH: "", _REOPENED: msgspec.json.encode(now).decode()}


def _in_question(cursors: Mapping[str, str], coverage: Iterable[Coverage]) -> frozenset[str] | None:
    """Return the assets and contracts whose openings are asked for again; None for all of them."""
    before = _before(cursors)
    if before is None or not before.mark or before.mark != settled(coverage)[_CURSOR]:
        return None
    return frozenset(before.names)


def _before(cursors: Mapping[str, str]) -> _Reopened | None:
    told = cursors.get(_REOPENED)
    return msgspec.json.decode(told, type=_Reopened) if told else None


def openings(
    state: LedgerState,
    *,
    balances: BalancesSeen,
    positions: PositionsSeen | None,
    coverage: Iterable[Coverage],
    known: Iterable[Opening],
    before_ns: int,
    instruments: Mapping[str, Instrument],
    only: frozenset[str] | None = None,
    broken: Mapping[Slot, Decimal] = {},
) -> list[Opening]:
    """Return the openings that make the ledger agree with what was observed, as far as they differ from the known.

    ``only`` are the assets and contracts that are asked for, None for all. ``broken`` is by how much figures differed
    before they were asked for, exchange − ledger: no opening accounts for that.

    ``known`` are the openings that the journal holds now; ``before_ns`` is the time of the oldest other fact.
    """
    ours = {_slot(o): o for o in known if o.id.startswith(_PREFIX)}
    if all(one.whole for one in reaches(coverage).values()):
        return [msgspec.structs.replace(o, amount=ZERO) for o in ours.values() if o.amount]
    with localcontext(MONEY):
        found = [
            _asset(state, ours, wallet, asset, total, before_ns, broken)
            for wallet, asset, total in _held(state, balances)
        ]
        found += [
            _contract(state.account, ours, wallet, symbol, off, before_ns, instruments, broken)
            for wallet, symbol, off in _contract_differences(state, positions)
        ]
    told = (event for event in found if event is not None and event != ours.get(_slot(event)))
    return [event for event in told if only is None or (event.symbol or event.asset) in only]


def question(reader: JournalReader, account: str) -> tuple[frozenset[str] | None, dict[Slot, Decimal]]:
    """Return what openings are asked for of these days, None for all, and by how much they differ for another reason.

    That is what differed in the last comparison, exchange − ledger, where all had agreed once before.
    """
    only = _in_question(reader.cursors(account), reader.coverage(account))
    return only, {} if only is None else _breaks(reader, account)


def _breaks(reader: JournalReader, account: str) -> dict[Slot, Decimal]:
    last = next((run for _, run in reader.runs(account, limit=_RUNS) if run.compared), None)
    if last is None or reader.checkpoint(account) is None:
        return {}
    found: dict[Slot, Decimal] = {}
    for item in last.items:
        if item.kind in {"balance", "position"} and item.is_break and item.difference is not None:
            slot = (item.wallet, item.name)
            found[slot] = MONEY.add(found.get(slot, ZERO), item.difference)
    return found


def is_derived(event: Event) -> bool:
    """True for an opening that acct derived itself."""
    return isinstance(event, Opening) and event.id.startswith(_PREFIX)


def told_late(
    reader: JournalReader,
    state: LedgerState,
    found: Iterable[Opening],
    balances: BalancesSeen,
    positions: PositionsSeen | None,
) -> bool:
    """True when what was observed of one of these is what the ledger had a moment ago: the opening would be the facts.

    ``found`` are openings that ``state`` does not have yet. Where history is whole they are nothing, however late.
    """
    names = {one.symbol or one.asset for one in found if one.amount}
    at_ns = min(seen.at_ns for seen in (balances, positions) if seen is not None)
    stated, exact = exchange_side(balances, positions).only(names), PRESETS["exact"]
    items = compare(ledger_side(state, names), stated, exact)
    earlier = earlier_sides(reader, state.account, at_ns - LAG_NS - SWEEP_NS, names) if names else ()
    return any(item.as_of_ns is not None for item in in_flight(items, earlier, stated, exact))


def is_no_opening(event: Event) -> bool:
    """True for an opening that acct derived and found to be nothing: it says nothing about the account."""
    return isinstance(event, Opening) and is_derived(event) and not event.amount


def _slot(event: Opening) -> Slot:
    return event.wallet, event.symbol or event.asset


def _held(state: LedgerState, balances: BalancesSeen) -> list[tuple[str, str, Decimal]]:
    wallets, told = followed(state), {row.wallet for row in balances.rows}
    observed = {(row.wallet, row.asset): row.total for row in balances.rows if row.wallet in wallets}
    # Of a wallet that the exchange does not speak of it says nothing, unless it names none: then there is nothing.
    known = [key for key in state.balances() if not told or key[0] in told]
    keys = {**observed, **dict.fromkeys(known, ZERO)}
    return [(wallet, asset, observed.get((wallet, asset), ZERO)) for wallet, asset in sorted(keys)]


def _asset(
    state: LedgerState,
    ours: Mapping[Slot, Opening],
    wallet: str,
    asset: str,
    total: Decimal,
    before_ns: int,
    broken: Mapping[Slot, Decimal],
) -> Opening | None:
    old = ours.get((wallet, asset))
    before = old.amount if old else ZERO
    off = total - state.balances().get((wallet, asset), ZERO)
    amount = before + off - (broken.get((wallet, asset), ZERO) if off else ZERO)
    if old is None and not amount:
        return None
    return Opening(
        account=state.account, wallet=wallet, id=_PREFIX + asset, time_ns=before_ns - 1, asset=asset, amount=amount
    )


def _contract_differences(state: LedgerState, positions: PositionsSeen | None) -> list[tuple[str, str, Decimal]]:
    if positions is None:
        return []
    seen = {(row.wallet, row.symbol): ZERO for row in positions.rows}
    for row in positions.rows:
        seen[row.wallet, row.symbol] += row.quantity
    mine: dict[tuple[str, str], Decimal] = {}
    for figures in state.positions():
        if figures.is_contract:
            slot = (figures.wallet, figures.symbol)
            mine[slot] = mine.get(slot, ZERO) + figures.quantity
    return [
        (wallet, symbol, seen.get((wallet, symbol), ZERO) - mine.get((wallet, symbol), ZERO))
        for wallet, symbol in sorted({**seen, **mine})
    ]


def _contract(
    account: str,
    ours: Mapping[Slot, Opening],
    wallet: str,
    symbol: str,
    difference: Decimal,
    before_ns: int,
    instruments: Mapping[str, Instrument],
    broken: Mapping[Slot, Decimal],
) -> Opening | None:
    old = ours.get((wallet, symbol))
    off = difference - (broken.get((wallet, symbol), ZERO) if difference else ZERO)
    amount = (old.amount if old else ZERO) + off
    if old is None and not amount:
        return None
    instrument = instruments.get(symbol)
    return Opening(
        account=account,
        wallet=wallet,
        id=_PREFIX + symbol,
        time_ns=before_ns - 1,
        asset=instrument.base if instrument else symbol.partition("/")[0],
        amount=amount,
        symbol=symbol,
    )
