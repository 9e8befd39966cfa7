"""The one writer: what was heard becomes journal, cursor, ledger result and outbox in one transaction.

Promises, quoted by tests:

E1  A fact heard any number of times, from any source, counts once.
E2  A cursor is stored with what it proves, or not at all.
E3  After a failed transaction nothing of it is stored and nothing of it is remembered here.
E4  State is the fold of the unique current facts in order, whatever the order of arrival.
E5  What cannot be read, and what contradicts, is kept and told; it never stops the rest.
E6  A kept figure that changes afterwards is restated: a notice says what it was, what it is, and why.

``Ingest`` is synchronous and belongs to one thread; ``engine.writing`` puts a queue and a group commit before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from account_cli.collector.delivery import Delivery, Receipt, Unexplained
from account_cli.domain.events import Opening, PriceQuoted, Retracted
from account_cli.domain.health import Notice, reaches
from account_cli.domain.identity import OrderKey, identity, kind_of, order_key
from account_cli.domain.instruments import Instrument
from account_cli.domain.times import MINUTE, format_time
from account_cli.engine.affected import by_facts, by_instruments, by_quotes, moving, with_other_terms
from account_cli.engine.announcing import fact_message
from account_cli.engine.comparing import Told, compare, raw_rows, unreadable_notices
from account_cli.engine.contradictions import keep_contradictions
from account_cli.engine.correcting import Standing, apart, gave_way_notice, giving_way, reached, reaches_back, standing
from account_cli.engine.fencing import hold
from account_cli.engine.folding import (
    METHOD,
    OTHER_METHODS,
    RULES_MARK,
    START,
    Folded,
    extend,
    extends,
    is_current,
    kept_rows,
    load_folded,
    snapshot_of,
)
from account_cli.engine.gathering import gathered
from account_cli.engine.openings import are_settled, confirmed, openings, question, reopened, settled, told_late
from account_cli.engine.references import StoredReferences
from account_cli.engine.refolding import keep_restatements, outdated_rules, refold, restated_notices, summed_up
from account_cli.engine.sampled import sampled_quotes
from account_cli.engine.unexplained import unexplained
from account_cli.killing import fault
from account_cli.ledger import RULES
from account_cli.ports import Arrived, Clock, Entry, Journal, JournalReader, JournalTx
from account_cli.reconciliation import is_correction

SNAPSHOT_EVERY = 1000
"""Facts folded between two stored snapshots: what a cold read command folds at most."""

_FRESH = 5 * MINUTE
"""A fact that arrives out of order by no more than this is everyday, and so is a price for a fee that lacked one."""


class Ingest:
    """Writes deliveries to one journal, holding the folded state of each account it wrote to."""

    def __init__(self, journal: Journal, clock: Clock, fences: Mapping[str, int] | None = None) -> None:
        self._journal = journal
        self._clock = clock
        self._fences = {} if fences is None else fences
        """The numbers of the leases that this process writes under; read anew for each transaction."""
        self._folded: dict[str, Folded] = {}
        self._instruments: dict[str, Instrument] = {}

    def write(self, deliveries: Sequence[Delivery]) -> list[Receipt]:
        """Write all deliveries in one transaction and return a receipt for each.

        Raises ``StorageError`` when the database refused; then nothing was written.
        """
        return self.write_planned(lambda _: deliveries)

    def write_with(self, arrived: Arrived, deliveries: Sequence[Delivery]) -> tuple[list[int], list[Receipt]]:
        """Store what arrived in the transaction that writes the deliveries; return the ids of its rows too."""
        ids: list[int] = []

        def plan(tx: JournalTx) -> Sequence[Delivery]:
            ids[:] = tx.put_raws(arrived.rows)
            tx.forget_raws(arrived.forgotten)
            return deliveries

        accounts = {row.account for row in arrived.rows} | {delivery.account for delivery in deliveries}
        receipts = self.write_planned(plan, accounts)
        return ids, receipts

    def write_planned(
        self, plan: Callable[[JournalTx], Sequence[Delivery]], accounts: Iterable[str] = ()
    ) -> list[Receipt]:
        """Write what ``plan`` makes of the journal's present content, in the transaction in which it looked.

        ``accounts`` are held from before it looks. Raises what ``plan`` raises; then nothing was written.
        """
        # States are immutable: on failure the copy, which may rest on what was rolled back, is dropped.
        folded = dict(self._folded)
        with self._journal.transaction() as tx:
            refs = StoredReferences(tx, self._instruments)
            hold(tx, accounts, self._fences)
            deliveries = plan(tx)
            hold(tx, {delivery.account for delivery in deliveries}.difference(accounts), self._fences)
            receipts = [self._one(tx, delivery, refs, folded) for delivery in deliveries]
            self._fault("before", deliveries, receipts)
        self._fault("after", deliveries, receipts)
        self._folded, self._instruments = folded, refs.known
        return receipts

    @staticmethod
    def _fault(when: str, deliveries: Sequence[Delivery], receipts: Sequence[Receipt]) -> None:
        """Name the points before and after a commit that stores facts, or moves a cursor."""
        if any(receipt.new or receipt.completed for receipt in receipts):
            fault(f"{when}_ledger_commit")
        if any(delivery.cursors for delivery in deliveries):
            fault(f"{when}_cursor_commit")
        if any(is_correction(event) for delivery in deliveries for event in delivery.events):
            fault(f"{when}_correction_commit")

    def repair(self, accounts: Sequence[str]) -> None:
        """Fold these accounts from their first fact on, keep what comes out, and say which figures changed."""
        with self._journal.transaction() as tx:
            refs = StoredReferences(tx)
            for account in sorted(accounts):
                tx.hold(account)
                for method in OTHER_METHODS:
                    tx.drop_kept(account, method, START)
                _, notices = self._refold(tx, account, refs, START, "a rebuild from the facts", "repair")
                if notices:
                    tx.put_notices(notices)
        self._folded, self._instruments = {}, {}

    def _one(self, tx: JournalTx, delivery: Delivery, refs: StoredReferences, folded: dict[str, Folded]) -> Receipt:
        now = self._clock.now_ns()
        account = delivery.account
        if delivery.account_row is not None:
            tx.put_account(delivery.account_row)
        events = [*delivery.events, *(event for heard in delivery.heard for event in heard.events)]
        told = compare(tx, delivery, events, now)
        notices = [*delivery.notices, *unreadable_notices(delivery.heard, now)]
        if told.contradictions:
            notices += keep_contradictions(tx, account, told.contradictions)
        quotes = [*delivery.quotes, *sampled_quotes(tx, account, [entry.event for entry in told.entries], refs)]
        notices += self._put_references(tx, delivery.instruments, quotes, refs, folded)
        rows = list(raw_rows(delivery.heard, now))
        tx.put_raws([row for row in rows if not row.id])
        tx.settle_raws([row for row in rows if row.id])
        running = [one for heard in delivery.heard for one in heard.running]
        if running:
            tx.put_running(account, running)
        moved = moving(tx, account, told.entries)
        if told.entries:
            folded[account], restated = self._take(tx, delivery, told, refs, folded.get(account))
            notices += restated
        seen = (*delivery.observations, *(one for heard in delivery.heard for one in heard.observations))
        for observation in gathered(seen):
            tx.put_observation(observation, now)
        self._rest(tx, delivery, notices, now)
        if moved:
            self._reopen(tx, account, moved)
        return Receipt(
            account=account,
            n=tx.head(account),
            new=sum(1 for entry in told.entries if not entry.revision),
            kinds=_kinds(entry for entry in told.entries if not entry.revision),
            completed=told.completed,
            repeated=told.repeated,
            refused=len(told.contradictions),
            unexplained=self._compared(tx, delivery, refs, folded),
            settled=(delivery.compare_books or delivery.settle_openings) and are_settled(tx, account),
        )

    @staticmethod
    def _reopen(tx: JournalTx, account: str, entries: Sequence[Entry]) -> None:
        """Openings rest on what was known when they were confirmed: a fact from before that asks the question again."""
        facts = [entry.event for entry in entries if not is_correction(entry.event)]
        cursors = reopened(tx.cursors(account), facts)
        if cursors:
            tx.put_cursors(account, cursors)

    def _compared(
        self, tx: JournalTx, delivery: Delivery, refs: StoredReferences, folded: dict[str, Folded]
    ) -> tuple[Unexplained, ...]:
        """Settle the openings where that is due; return what the balances hold beyond the facts, once they stand."""
        account = delivery.account
        if delivery.settle_openings:
            self._settle_openings(tx, account, refs, folded)
        elif not delivery.compare_books:
            return ()
        balances = tx.balances(account)
        if balances is None or not are_settled(tx, account):
            return ()
        folded[account], notices = self._current(tx, account, refs, folded.get(account))
        if notices:
            tx.put_notices(notices)
        return unexplained(folded[account].state, balances, tx.events(account, kinds=("opening", "adjustment")))

    def _put_references(
        self,
        tx: JournalTx,
        instruments: Sequence[Instrument],
        quotes: Sequence[PriceQuoted],
        refs: StoredReferences,
        folded: dict[str, Folded],
    ) -> list[Notice]:
        """Store markets and prices; every account whose figures rest on them otherwise is folded anew from there."""
        changed = with_other_terms(tx, instruments)
        if not changed and not quotes:
            tx.put_instruments(instruments)
            return []
        reached = by_quotes(tx, quotes, refs)
        for row in tx.accounts() if changed else ():
            key = by_instruments(tx, row.account, changed)
            if key is not None:
                by_terms = (key, f"the terms of {changed[0].symbol}")
                reached[row.account] = min(by_terms, reached.get(row.account, by_terms))
        tx.put_instruments(instruments)
        tx.put_quotes(quotes)
        if instruments:
            refs.forget()
        notices: list[Notice] = []
        for account, (key, why) in reached.items():
            tx.hold(account)
            folded[account], told = self._refold(tx, account, refs, key, why, "price")
            notices += told
        return notices

    def _settle_openings(self, tx: JournalTx, account: str, refs: StoredReferences, folded: dict[str, Folded]) -> None:
        """Name what lay before the oldest known fact, or withdraw the name once the start of history is known."""
        balances, coverage = tx.balances(account), tx.coverage(account)
        if balances is None or not coverage or are_settled(tx, account):
            return
        known = [event for event in tx.events(account, kinds=("opening",)) if isinstance(event, Opening)]
        first = next((e for e in tx.events(account) if not isinstance(e, (Opening, Retracted))), None)
        if first is None and not known:
            return
        current, notices = self._current(tx, account, refs, folded.get(account))
        only, broken = question(tx, account)
        events = openings(
            current.state,
            balances=balances,
            positions=tx.positions(account),
            coverage=coverage,
            known=known,
            before_ns=first.time_ns if first is not None else known[0].time_ns + 1,
            instruments=tx.instruments(),
            only=only,
            broken=broken,
        )
        if events and not told_late(tx, current.state, events, balances, tx.positions(account)):
            delivery = Delivery(account=account, origin="derived")
            told = compare(tx, delivery, list(events), self._clock.now_ns())
            current, restated = self._fold(tx, delivery, told.entries, refs, current)
            notices += restated
            # History may come to reach back as far as it did before, and will have to be looked at then.
            tx.put_cursors(account, settled(()))
        elif not events:
            # A second look agreed with the first: as long as history reaches back no further, they stand.
            last = next(tx.events(account, newest_first=True, limit=1))
            tx.put_cursors(account, confirmed(coverage, max(last.time_ns, balances.at_ns)))
        folded[account] = current
        if notices:
            tx.put_notices(notices)

    @staticmethod
    def _rest(tx: JournalTx, delivery: Delivery, notices: list[Notice], now_ns: int) -> None:
        if delivery.cursors:
            tx.put_cursors(delivery.account, delivery.cursors)
        if delivery.coverage:
            tx.put_coverage(delivery.account, delivery.coverage)
        if delivery.streams:
            tx.put_streams(delivery.streams)
        if delivery.prices:
            tx.put_prices(delivery.prices, now_ns)
        if notices:
            tx.put_notices(notices)

    def _take(
        self, tx: JournalTx, delivery: Delivery, told: Told, refs: StoredReferences, known: Folded | None
    ) -> tuple[Folded, list[Notice]]:
        """Fold what was told; corrections give way to what they had stood for, which is then told too."""
        account, older, entries = delivery.account, list[Entry](), told.entries
        known, notices = self._current(tx, account, refs, known)
        if reaches_back(known, entries) and reached(tx, account, entries):
            older, entries = apart(tx, account, entries)
            told.entries = [*older, *entries]
        if older:
            known, restated = self._fold(tx, delivery, older, refs, known)
            notices += restated
        before = standing(tx, account, entries, refs) if reaches_back(known, entries) else []
        if entries:
            known, restated = self._fold(tx, delivery, entries, refs, known)
            notices += restated
        for one in before:
            known, restated = self._give_way(tx, one, refs, known, _why(entries))
            notices += restated
        return known, notices

    def _give_way(
        self, tx: JournalTx, before: Standing, refs: StoredReferences, known: Folded, why: str
    ) -> tuple[Folded, list[Notice]]:
        now = self._clock.now_ns()
        changed = giving_way(tx, known.account, before, refs)
        delivery = Delivery(account=known.account, origin="derived")
        entries = compare(tx, delivery, [after for _, after in changed], now).entries
        if not entries:
            return known, []
        known, restated = self._fold(tx, delivery, entries, refs, known)
        return known, [*restated, *(gave_way_notice(was, after, why, now) for was, after in changed)]

    def _fold(
        self, tx: JournalTx, delivery: Delivery, entries: list[Entry], refs: StoredReferences, known: Folded
    ) -> tuple[Folded, list[Notice]]:
        account, head = delivery.account, tx.head(delivery.account)
        moved = moving(tx, account, entries)
        news = extends(known, moved)
        changed = by_facts(tx, account, moved) if news is None else None
        tx.append(account, entries)
        _tell(tx, account, entries)
        if news is None:
            assert changed is not None
            return self._refold(tx, account, refs, changed, _why(entries), delivery.origin)
        result, closings = extend(known, head + len(entries), news, refs)
        if closings:
            tx.put_kept(account, METHOD, kept_rows(closings))
        if result.since_snapshot >= SNAPSHOT_EVERY:
            tx.put_snapshot(account, snapshot_of(result))
            fault("during_snapshot")
            result = msgspec.structs.replace(result, since_snapshot=0)
        return result, []

    def _current(
        self, tx: JournalTx, account: str, refs: StoredReferences, known: Folded | None
    ) -> tuple[Folded, list[Notice]]:
        """Return the account as it is kept; when that was done under other rules, under the present ones from now."""
        if known is not None and is_current(known, tx):
            return known, []
        refs.forget()
        old = outdated_rules(tx, account)
        if old is not None:
            return self._refold(tx, account, refs, START, f"accounting rules {RULES} in place of {old}", "rest")
        tx.put_marks(account, {RULES_MARK: str(RULES)})
        return load_folded(tx, account, refs), []

    def _refold(
        self, tx: JournalTx, account: str, refs: StoredReferences, changed: OrderKey, why: str, origin: str
    ) -> tuple[Folded, list[Notice]]:
        result, restated = refold(tx, account, refs, changed)
        if result.since_snapshot >= SNAPSHOT_EVERY:
            tx.put_snapshot(account, snapshot_of(result))
            fault("during_snapshot")
            result = msgspec.structs.replace(result, since_snapshot=0)
        if not restated or _is_provisional(tx, account, changed, origin):
            return result, []
        now = self._clock.now_ns()
        expected = origin == "price" or now - changed[0] < _FRESH
        severity: Literal["info", "warning"] = "info" if expected else "warning"
        notices = restated_notices(account, restated, why, now, severity)
        keep_restatements(tx, account, notices)
        return result, summed_up(notices, len(restated), why)


def _tell(tx: JournalTx, account: str, entries: Iterable[Entry]) -> None:
    """Leave these facts for whoever listens."""
    if tx.announces:
        tx.put_outbox([fact_message(account, one) for one in entries])


def _kinds(entries: Iterable[Entry]) -> dict[str, int]:
    """Count entries by the name of their kind."""
    return dict(Counter(kind_of(entry.event) for entry in entries))


def _is_provisional(tx: JournalReader, account: str, changed: OrderKey, origin: str) -> bool:
    """True for history that is being read back, or of which nothing is claimed yet: it was never called complete."""
    known = reaches(tx.coverage(account))
    if not known:
        return origin in {"rest", "stream", "derived"}
    reading = [one.since_ns for one in known.values() if not one.whole]
    return bool(reading) and (origin == "derived" or changed[0] < max(reading))


def _why(entries: Iterable[Entry]) -> str:
    """Name the earliest of the facts that came late, and how many came with it."""
    facts = sorted(entries, key=lambda entry: order_key(entry.event))
    first = facts[0]
    what = "a correction of" if first.revision else "the late"
    if isinstance(first.event, Retracted):
        what, name = "the withdrawal of", first.event.target
    else:
        name = identity(first.event)
    more = f" and {len(facts) - 1} more" if len(facts) > 1 else ""
    return f"{what} {name} of {format_time(first.event.time_ns)}{more}"
