"""A run is proved from the last checkpoint on, and where all of it agrees it is the next one.

Only what came since the checkpoint is read: the facts beyond its last one, and, where something behind it changed, the
journal lines since. What the exchange stated is written down where it changed, so that a later run can say when a
figure went wrong. ``Proving`` is put into the transaction that keeps its run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal, localcontext

import msgspec

from account_cli.domain.events import Event, Retracted
from account_cli.domain.identity import OrderKey, identity, order_key
from account_cli.domain.money import MONEY, ZERO
from account_cli.domain.observations import BalancesSeen, PositionsSeen
from account_cli.engine.folding import METHOD, START, Folded, read_closing, rows_of
from account_cli.engine.follow import Follower
from account_cli.engine.refolding import outdated_rules
from account_cli.engine.unchanged import Sums, changed_lines, kept_sums, with_new_lines
from account_cli.ledger.closings import Closing
from account_cli.ports import JournalReader, JournalTx, KeptRow, ReadingRow
from account_cli.reconciliation import Item, Run, Side, exchange_side
from account_cli.reconciliation.bisect import Course, Reading, first_bad_interval
from account_cli.reconciliation.effects import Effect, Markets, effects, moved_position
from account_cli.reconciliation.proof import Checkpoint, Held, Proof, prove
from account_cli.reconciliation.records import DOES_NOT_ADD_UP
from account_cli.reconciliation.sides import Key

UNASKED = 20_000
"""Facts since the last checkpoint, or the first fact, up to which a run is proved without anybody asking for it."""

Moves = dict[Key, list[tuple[int, Decimal]]]


class Proving(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept beside a run: its proof, the checkpoint that it is, and what the exchange stated otherwise."""

    run: Run
    proof: Proof | None = None
    checkpoint: Checkpoint | None = None
    readings: tuple[ReadingRow, ...] = ()
    lines: tuple[Sums, Sums] = (Sums(), Sums())
    """The sums of the journal's lines as they were written down, and as they are to be."""

    def keep(self, tx: JournalTx, number: int) -> None:
        """Store all of it, in the transaction that keeps the run under this number."""
        if self.proof is not None:
            tx.put_proof(number, self.proof)
        if self.checkpoint is not None:
            tx.put_checkpoint(self.checkpoint)
        tx.put_readings(self.run.account, self.readings)
        before, now = self.lines
        now.keep(tx, self.run.account, before)

    def keep_look(self, tx: JournalTx) -> None:
        """Store that an account was looked at, which came to nothing new, and what was stated."""
        tx.put_look(self.run.account, self.run.at_ns)
        tx.put_readings(self.run.account, self.readings)


def proven(follower: Follower, run: Run, *, whole: bool, since_ns: int | None = None) -> Proving:
    """Return a run, its breaks dated as narrowly as can be, with all that is kept beside it.

    To be called in the view (``snapshot_view``) in which the run was made. Without ``whole`` only what is cheap is
    proved: not a great many facts. With ``since_ns`` the proof begins at the
    newest checkpoint that was made by then, with nothing where there is none.
    """
    reader, account = follower.reader, run.account
    folded = follower.folded(account)
    balances, positions = reader.balances(account), reader.positions(account)
    exchange = exchange_side(balances, positions)
    newest = checkpoint = reader.checkpoint(account, folded.n)
    if since_ns is not None:
        checkpoint = reader.checkpoint(account, folded.n, since_ns)
    readings = _readings(reader, run, balances, positions)
    proof: Proof | None = None
    unproved = folded.n if checkpoint is None else folded.n - checkpoint.head
    if folded.n == run.head and (whole or unproved <= UNASKED):
        wanted = {Key.of(item): item for item in run.items if _may_be_dated(item)}
        behind = checkpoint is not None and _has_changed_behind(reader, folded, checkpoint)
        proof, moves = _proof(reader, folded, checkpoint, exchange, follower.market, wanted, behind=behind)
        read = {"balance": balances, "position": positions}
        items = [
            _dated(reader, account, item, seen.at_ns, moves, newest)
            if _may_be_dated(item) and _is_course_known(behind, proof, item) and (seen := read[item.kind]) is not None
            else item
            for item in run.items
        ]
        run = msgspec.structs.replace(run, items=tuple(items))
        if not proof.adds_up:
            run = msgspec.structs.replace(run, missing=(*run.missing, DOES_NOT_ADD_UP))
    lines = kept_sums(reader, account)
    changed, looked = changed_lines(reader, run, lines, whole=whole)
    others = [item for item in run.items if item.kind != "journal"]
    run = msgspec.structs.replace(run, items=(*others, *changed))
    made = _checkpoint(reader, run, folded, newest)
    now = with_new_lines(reader, account, looked, run.head, whole=whole)
    return Proving(run=run, proof=proof, checkpoint=made, readings=readings, lines=(lines, now))


def stated_only(reader: JournalReader, run: Run) -> Proving:
    """Return a run that is not worth keeping, with what the exchange stated otherwise than before."""
    return Proving(
        run=run, readings=_readings(reader, run, reader.balances(run.account), reader.positions(run.account))
    )


def _readings(
    reader: JournalReader,
    run: Run,
    balances: BalancesSeen | None,
    positions: PositionsSeen | None,
) -> tuple[ReadingRow, ...]:
    """Return what the exchange states otherwise than when it was last written down."""
    side, known = exchange_side(balances, positions), reader.stated(run.account)
    looked = reader.looked(run.account)
    rows = []
    for kind, figures, read in (("balance", side.balances, balances), ("position", side.positions, positions)):
        if figures is None or read is None:
            continue
        told = {(kind, key.wallet, str(key)): amount for key, amount in figures.items()}
        gone = [slot for slot, amount in known.items() if slot[0] == kind and slot not in told and amount]
        if read.complete:
            told |= dict.fromkeys(gone, ZERO)
        rows += [
            ReadingRow(
                kind=kind,
                wallet=slot[1],
                key=slot[2],
                at_ns=read.at_ns,
                head=run.head,
                amount=amount,
                before_ns=None if looked is None else min(looked[0], read.at_ns),
            )
            for slot, amount in told.items()
            if known.get(slot) != amount
        ]
    return tuple(rows)


def _checkpoint(reader: JournalReader, run: Run, folded: Folded, before: Checkpoint | None) -> Checkpoint | None:
    """Return the checkpoint that a run is when all agrees; None, too, when nothing changed since the last one."""
    agrees = run.state in {"clean", "explained"} and all(item.corrected is None for item in run.items)
    if not agrees or run.read_ns is None or not run.compared or folded.n != run.head:
        return None
    entries = reader.running_head(run.account)
    if before is not None and (before.head, before.refolds, before.entries) == (folded.n, folded.refolds, entries):
        return None
    held = ((wallet, asset, amount) for (wallet, asset), amount in folded.state.balances().items())
    return Checkpoint(
        account=run.account,
        at_ns=run.at_ns,
        read_ns=run.read_ns,
        head=folded.n,
        key=folded.last_key,
        refolds=folded.refolds,
        entries=entries,
        balances=tuple(Held(wallet, asset, amount) for wallet, asset, amount in held if amount),
    )


def _has_changed_behind(reader: JournalReader, folded: Folded, checkpoint: Checkpoint) -> bool:
    return checkpoint.refolds != folded.refolds or outdated_rules(reader, folded.account) is not None


def _proof(
    reader: JournalReader,
    folded: Folded,
    checkpoint: Checkpoint | None,
    exchange: Side,
    markets: Markets,
    wanted: dict[Key, Item],
    *,
    behind: bool,
) -> tuple[Proof, Moves]:
    """Return the proof, and how what is wanted moved since the checkpoint; ``behind`` which something changed."""
    account = folded.account
    moves: Moves = {key: [] for key in wanted}

    def noted(told: Iterable[Effect]) -> Iterator[Effect]:
        for effect in told:
            mine = moves.get(Key(effect.wallet, effect.asset))
            if mine is not None:
                mine.append((effect.time_ns, effect.amount))
            yield effect

    def noted_positions(events: Iterator[Event]) -> Iterator[Event]:
        for event in events:
            moved = moved_position(event, markets)
            if moved is not None and moved[0] in moves:
                moves[moved[0]].append((event.time_ns, moved[1]))
            yield event

    with localcontext(MONEY):
        since = reader.events_after(account, None if checkpoint is None else checkpoint.key)
        if any(item.kind == "position" for item in wanted.values()):
            since = noted_positions(since)
        proof = prove(
            account,
            folded.n,
            checkpoint,
            noted(_effects(reader, account, since, START if checkpoint is None else checkpoint.key, markets)),
            noted(_late(reader, account, checkpoint, markets)) if checkpoint is not None and behind else (),
            folded.state.balances(),
            exchange,
            restated=behind,
        )
    return proof, moves


def _effects(
    reader: JournalReader, account: str, events: Iterable[Event], beyond: OrderKey, markets: Markets
) -> Iterator[Effect]:
    """Yield the effects of facts in their order, each with what it realised: that is kept in the same order."""
    kept = (row for _, row in reader.kept(account, METHOD, since_ns=beyond[0]) if row.key > beyond)
    waiting: KeptRow | None = next(kept, None)
    for event in events:
        key = order_key(event)
        closings: list[Closing] = []
        while waiting is not None and waiting.key <= key:
            if waiting.key == key:
                closings.append(read_closing(waiting))
            waiting = next(kept, None)
        yield from effects(event, closings, markets)


def _late(reader: JournalReader, account: str, checkpoint: Checkpoint, markets: Markets) -> Iterator[Effect]:
    """Yield what facts from before the checkpoint, told or taken back since, move otherwise than it knew."""
    entries = reader.entries_since(account, checkpoint.head)
    told = [entry.event for entry in entries if entry.revision or order_key(entry.event) <= checkpoint.key]
    withdrawals = [entry.event.target for entry in entries if isinstance(entry.event, Retracted)]
    withdrawn = {one.target for one in reader.events(account, kinds=("retraction",)) if isinstance(one, Retracted)}
    names = list(dict.fromkeys([*withdrawals, *(identity(event) for event in told)]))
    before, now = reader.find(account, names, checkpoint.head), reader.find(account, names)
    for name in names:
        old, new = before.get(name), now.get(name)
        was = None if old is None or (name in withdrawn and name not in withdrawals) else old.event
        is_now = None if new is None or name in withdrawn or order_key(new.event) > checkpoint.key else new.event
        sums: dict[tuple[str, str, str], list[Effect]] = {}
        for event, sign in ((was, -1), (is_now, 1)):
            if event is None:
                continue
            for effect in effects(event, () if was else _closings(reader, event), markets):
                sums.setdefault(effect[:3], []).append(effect._replace(amount=sign * effect.amount))
        for found in sums.values():
            amount = sum((effect.amount for effect in found), ZERO)
            if amount:
                yield found[-1]._replace(amount=amount)


def _closings(reader: JournalReader, event: Event) -> list[Closing]:
    key = order_key(event)
    return [read_closing(row) for row in rows_of(reader.kept_within(event.account, METHOD, key, key))]


def _may_be_dated(item: Item) -> bool:
    return item.kind in {"balance", "position"} and item.state in {"pending", "unexplained"} and bool(item.difference)


def _is_course_known(behind: bool, proof: Proof, item: Item) -> bool:
    """False where facts from before the checkpoint came to be known: how it went by then cannot be said from there."""
    if not behind:
        return True
    mine = (one for one in proof.balances if (one.wallet, one.asset) == (item.wallet, item.key))
    return item.kind == "balance" and not any(line.late for one in mine for line in one.lines)


def _dated(
    reader: JournalReader, account: str, item: Item, read_ns: int, moves: Moves, checkpoint: Checkpoint | None
) -> Item:
    """Narrow the interval in which a figure went wrong by what the exchange stated since it agreed for certain."""
    if item.local is None or item.exchange is None:
        return item
    proven_ns = None if checkpoint is None else checkpoint.read_ns
    mine = moves.get(Key.of(item), [])
    with localcontext(MONEY):
        opening = item.local - sum((amount for _, amount in mine), ZERO)
    readings = reader.readings(account, item.kind, item.wallet, item.key, proven_ns or 0)
    points = [*(one for one in readings if one.at_ns < read_ns), Reading(read_ns, item.exchange)]
    found = first_bad_interval(points, Course(opening, mine), proven_ns=proven_ns)
    if found is None:
        return item
    clean_ns = max((at for at in (found.clean_ns, item.clean_ns) if at is not None), default=None)
    bad = [at for at in (found.since_ns, item.since_ns) if at is not None and (clean_ns is None or at > clean_ns)]
    return msgspec.structs.replace(item, clean_ns=clean_ns, since_ns=min(bad, default=item.since_ns))
