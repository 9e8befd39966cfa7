"""Corrections are made, and give way to the facts, inside the transaction that makes them true.

``Keeping`` looks again, in that transaction, whether both sides still say what a run compared, and if so delivers the
adjustments beside the run that names them. ``Standing`` is what stood before facts were written; what the ledger then
has more at that time is how far each correction gives way. What a correction means is in ``reconciliation.correcting``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from account_cli.collector.delivery import Delivery
from account_cli.collector.looking_back import UNEXPLAINED
from account_cli.domain.events import Adjustment, Retracted
from account_cli.domain.health import Notice
from account_cli.domain.identity import identity
from account_cli.domain.money import MONEY, ZERO, plain
from account_cli.domain.times import HOUR, format_time
from account_cli.engine.affected import by_facts
from account_cli.engine.folding import Folded, load_folded
from account_cli.engine.openings import is_derived, is_no_opening
from account_cli.engine.proving import Proving
from account_cli.engine.references import StoredReferences
from account_cli.ledger import References
from account_cli.ports import Entry, JournalReader, JournalTx
from account_cli.reconciliation import Item, Run, exchange_side, ledger_side
from account_cli.reconciliation.correcting import breaks, corrected, corrections, is_correction, key_of
from account_cli.reconciliation.records import ItemKind
from account_cli.reconciliation.sides import Key, Side

_NOTICES_LOOKED_AT = 1000


class Keeping:
    """Keeps a run, and with ``correct`` the corrections of its breaks beside it; a plan for ``Ingest.write_planned``.

    ``run`` is the run as it was kept, under ``number``: its items name what was made of them. ``outdated`` when one
    side says something else by now than what was compared: then nothing was corrected, and another comparison says
    more. ``by_itself`` when nobody is there who asks for it: then only what lasts is corrected.
    """

    def __init__(self, proving: Proving, *, correct: bool, by_itself: bool = False) -> None:
        self.run, self.outdated, self._proving = proving.run, False, proving
        self.number = 0
        self._correct, self._by_itself = correct, by_itself

    def __call__(self, tx: JournalTx) -> list[Delivery]:
        """Keep the run; return the adjustments, where both sides still say what the run compared."""
        account = self.run.account
        items = (lasting(tx, self.run) if self._by_itself else breaks(self.run)) if self._correct else []
        stated_ns = _still_stated(tx, items, account) if items else {}
        self.outdated = stated_ns is None
        if not stated_ns:
            self._put(tx)
            return []
        adjustments = (one for one in tx.events(account, kinds=("adjustment",)) if isinstance(one, Adjustment))
        before = [one for one in adjustments if is_correction(one)]
        drawn = corrections(self.run, items, stated_ns=stated_ns, before=before)
        self.run = corrected(self.run, drawn)
        self._put(tx)
        made = [msgspec.structs.replace(one, reason=f"run {self.number}: {one.reason}") for one in drawn]
        notices = tuple(_made_notice(one, self.run.at_ns) for one in made)
        return [Delivery(account=account, origin="derived", events=tuple(made), notices=notices)]

    def _put(self, tx: JournalTx) -> None:
        self.number = tx.put_run(self.run)
        self._proving.keep(tx, self.number)


def lasting(reader: JournalReader, run: Run) -> list[Item]:
    """Return the breaks that have lasted until history was read again for them, in vain, or for an hour."""
    found = breaks(run)
    if not found:
        return []
    notices = reader.notices(limit=_NOTICES_LOOKED_AT, account=run.account)
    looked_ns = max((one.at_ns for one in notices if one.code == UNEXPLAINED), default=0)
    return [
        item
        for item in found
        if item.since_ns is not None and (looked_ns >= item.since_ns or run.at_ns - item.since_ns >= HOUR)
    ]


def oldest_correction(reader: JournalReader, account: str) -> int | None:
    """Return the time of the oldest correction that facts have not explained, None when there is none."""
    return min((one.time_ns for one in standing_corrections(reader, account)), default=None)


def _still_stated(tx: JournalReader, items: Iterable[Item], account: str) -> dict[ItemKind, int] | None:
    """Return when the exchange stated each kind of figure; None when a figure of either side has changed."""
    balances, positions = tx.balances(account), tx.positions(account)
    mine = ledger_side(load_folded(tx, account, StoredReferences(tx)).state)
    theirs = exchange_side(balances, positions)
    for item in items:
        key = Key.of(item)
        now = (
            (mine.balance(key), theirs.balance(key))
            if item.kind == "balance"
            else (mine.position(key), theirs.position(key))
        )
        if now != (item.local, item.exchange):
            return None
    stated: dict[ItemKind, int] = {}
    if balances is not None:
        stated["balance"] = balances.at_ns
    if positions is not None:
        stated["position"] = positions.at_ns
    return stated


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Corrections dated ``at_ns``, all of balances or all of positions, with the figure that the ledger had then."""

    at_ns: int
    figures: dict[str, Decimal]
    """By the identity of the correction."""


def reaches_back(known: Folded, entries: Sequence[Entry]) -> bool:
    """True when one of the entries may say something of the time that was folded already; corrections themselves never.

    For entries that only go on from there this is all that corrections cost.
    """
    return any(
        entry.event.time_ns <= known.last_key[0] or entry.revision or isinstance(entry.event, Retracted)
        for entry in entries
        if not is_correction(entry.event)
    )


def reached(tx: JournalReader, account: str, entries: Sequence[Entry]) -> list[Adjustment]:
    """Return the corrections from the time of one of these entries, not yet appended, or from later."""
    behind = [entry for entry in entries if entry.revision or isinstance(entry.event, Retracted)]
    changed = by_facts(tx, account, behind)
    times = [entry.event.time_ns for entry in entries] + ([] if changed is None else [changed[0]])
    return standing_corrections(tx, account, min(times)) if times else []


def standing(tx: JournalReader, account: str, entries: Sequence[Entry], refs: References) -> list[Standing]:
    """Return, in the order in which they are to give way, the corrections that these entries, not yet appended, reach.

    Older ones come first: what they give way to has not changed what later ones see. Of two of one figure dated alike
    the later one gives way.
    """
    found: dict[tuple[int, bool], dict[Key, Adjustment]] = {}
    for one in reached(tx, account, entries):
        found.setdefault((one.time_ns, one.symbol is None), {})[key_of(one)] = one
    return [
        Standing(at_ns=at_ns, figures={identity(one): _figure(one, side) for one in mine.values()})
        for (at_ns, _), mine in sorted(found.items(), key=lambda item: item[0])
        for side in [_side_at(tx, account, refs, at_ns)]
    ]


def giving_way(
    tx: JournalReader, account: str, before: Standing, refs: References
) -> list[tuple[Adjustment, Adjustment]]:
    """Return what each correction was and is, now that the facts are written; those that stay are left out."""
    side = _side_at(tx, account, refs, before.at_ns)
    changed = []
    for one in standing_corrections(tx, account, before.at_ns, before.at_ns + 1):
        was = before.figures.get(identity(one))
        moved = ZERO if was is None else MONEY.subtract(_figure(one, side), was)
        if moved:
            changed.append((one, msgspec.structs.replace(one, amount=MONEY.subtract(one.amount, moved))))
    return changed


def apart(tx: JournalReader, account: str, entries: list[Entry]) -> tuple[list[Entry], list[Entry]]:
    """Return the entries from before the oldest fact that was known once, then the rest, numbered anew.

    What lay before history has a name already, an opening, which is worked out again when history reaches further
    back: no correction gives way to that.
    """
    known = (
        event for event in tx.events(account, kinds=("opening",)) if is_derived(event) and not is_no_opening(event)
    )
    began = max((event.time_ns for event in known), default=None)
    if began is None:
        return [], entries
    older: list[Entry] = []
    later: list[Entry] = []
    for entry in entries:
        changed = by_facts(tx, account, [entry])
        (older if changed is not None and changed[0] <= began else later).append(entry)
    first = min(entry.n for entry in entries)
    numbered = [msgspec.structs.replace(entry, n=n) for n, entry in enumerate([*older, *later], first)]
    return numbered[: len(older)], numbered[len(older) :]


def standing_corrections(
    tx: JournalReader, account: str, since_ns: int | None = None, until_ns: int | None = None
) -> list[Adjustment]:
    """Return the corrections of this time that are not spent."""
    found = tx.events(account, kinds=("adjustment",), since_ns=since_ns, until_ns=until_ns)
    return [one for one in found if isinstance(one, Adjustment) and is_correction(one) and one.amount]


def _side_at(tx: JournalReader, account: str, refs: References, at_ns: int) -> Side:
    return ledger_side(load_folded(tx, account, refs, at_ns=at_ns).state)


def _figure(correction: Adjustment, side: Side) -> Decimal:
    key = key_of(correction)
    return (side.balance(key) if correction.symbol is None else side.position(key)) or ZERO


def _words(one: Adjustment) -> str:
    return f"balance of {one.asset} ({one.wallet})" if one.symbol is None else f"position {key_of(one)} ({one.wallet})"


def _made_notice(one: Adjustment, now_ns: int) -> Notice:
    by = f"+{plain(one.amount)}" if one.amount > ZERO else plain(one.amount)
    text = f"{_words(one)} corrected by {by}: {one.reason}"
    return Notice(account=one.account, at_ns=now_ns, severity="warning", code="correction", text=text)


def gave_way_notice(was: Adjustment, now: Adjustment, why: str, now_ns: int) -> Notice:
    """Say what is left of a correction, and because of what."""
    left = f"{plain(now.amount)} is left" if now.amount else "nothing is left of it"
    what = f"the correction of {plain(was.amount)} from {format_time(was.time_ns)}"
    text = f"{_words(was)}: {what} gave way to {why}; {left}"
    return Notice(account=was.account, at_ns=now_ns, severity="info", code="correction", text=text)
