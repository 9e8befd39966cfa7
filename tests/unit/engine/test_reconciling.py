"""A break is told once when it begins and once when it is gone; an unread history is no proof of anything."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from account_cli.collector.delivery import Delivery
from account_cli.collector.looking_back import UNEXPLAINED
from account_cli.domain.events import Event, Fill
from account_cli.domain.health import Coverage, Notice
from account_cli.domain.identity import identity
from account_cli.domain.observations import Balance, BalancesSeen, Order, OrdersSeen
from account_cli.domain.times import HOUR, SECOND
from account_cli.engine.beside import Reconciler, notices
from account_cli.engine.correcting import Keeping, lasting
from account_cli.engine.follow import Follower
from account_cli.engine.ingest import Ingest
from account_cli.engine.looking import ReadingThread
from account_cli.engine.openings import settled
from account_cli.engine.reconciling import reconcile, says_the_same
from account_cli.ports import Journal, Origin, Wish
from account_cli.reconciliation import Item, Run, Tolerance
from account_cli.reconciliation.counting import CURSOR, Counted
from account_cli.reports.accounts import accounts, status_row
from account_cli.storage import open_journal
from tests.unit.engine.correct_bench import CorrectBench
from tests.unit.engine.engine_facts import START, FixedClock, deposit, fill

WHOLE = tuple(Coverage(kind=kind, since_ns=0, from_start=True) for kind in ("fills", "transfers"))


def run(state: str | None, *, missing: tuple[str, ...] = ()) -> Run:
    items = (
        ()
        if state is None
        else (
            Item(kind="balance", wallet="spot", key="USD", local=Decimal("1.50"), exchange=Decimal(2), state=state),  # type: ignore[arg-type]
        )
    )
    return Run(account="a", at_ns=9, version="1", head=1, read_ns=8, compared=2, items=items, missing=missing)


def test_a_break_is_told_once_when_it_begins_and_once_when_it_is_gone() -> None:
    (begun,) = notices(run("unexplained"), run("pending"))
    assert (begun.severity, begun.code, begun.text) == ("warning", "drift", "balance of USD: ledger 1.5, exchange 2")
    assert notices(run("unexplained"), run("unexplained")) == []
    (gone,) = notices(run(None), run("unexplained"))
    assert (gone.severity, gone.text) == ("info", "balance of USD agrees with the exchange again")
    assert notices(run("pending"), run("unexplained")) == []
    assert notices(run(None, missing=("its history is still being read",)), run("unexplained")) == []
    assert notices(run("pending"), None) == []
    before = run("unexplained")
    corrected = replace(before, items=(replace(before.items[0], corrected="spot|adjustment|correction:x"),))
    assert len(notices(before, corrected)) == 1, "what breaks after a correction is another break"


def test_a_run_that_says_nothing_new_is_not_kept() -> None:
    assert says_the_same(run("pending"), run("pending"))
    assert not says_the_same(run("unexplained"), run("pending"))
    assert not says_the_same(run(None), None)
    assert not says_the_same(run(None, missing=("x",)), run(None))


def stated(journal: Journal, clock: FixedClock, total: str, *, settle: bool, btc: str = "0") -> None:
    rows = (Balance(asset="USD", total=Decimal(total)), Balance(asset="BTC", total=Decimal(btc)))
    seen = BalancesSeen(account="a", at_ns=clock.now_ns(), complete=True, rows=rows)
    Ingest(journal, clock).write(
        [
            Delivery(
                account="a",
                events=(deposit(1, "1000"),),
                observations=(seen,),
                coverage=WHOLE,
                cursors=settled(WHOLE) if settle else {},
            )
        ]
    )


def test_while_history_is_being_read_nothing_is_compared(tmp_path: Path) -> None:
    journal, clock = open_journal(tmp_path / "acct.db"), FixedClock()
    stated(journal, clock, "1000.01", settle=False)
    reader = journal.reader()
    told = reconcile(Follower(reader), "a", now_ns=clock.now_ns(), tolerance=Tolerance(), settle_ns=SECOND)
    assert (told.state, told.compared, told.missing) == ("unknown", 0, ("its history is still being read",))
    with journal.transaction() as tx:
        tx.put_run(told)
    (view,) = Follower(reader).views(["a"])
    row = status_row(view, clock.now_ns())
    assert (row.reconciled, row.reading_history) == ("unknown", True)
    stated(journal, clock, "1000.01", settle=True)
    told = reconcile(Follower(reader), "a", now_ns=clock.now_ns(), tolerance=Tolerance(), settle_ns=SECOND)
    assert (told.state, told.waits_for_history) == ("pending", False)
    reader.close()
    journal.close()


def test_an_answer_that_does_not_know_the_newest_fact_yet_is_late_and_no_break(tmp_path: Path) -> None:
    journal, clock = open_journal(tmp_path / "acct.db"), FixedClock()
    reader = journal.reader()
    reconciler = Reconciler(ReadingThread(reader), {"a": Wish()}, clock)
    stated(journal, clock, "1000", settle=True)
    clock.ns += 10 * SECOND
    Ingest(journal, clock).write([Delivery(account="a", events=(deposit(10, "5"),))])
    told = []
    for total, after_s in (("1000", 20), ("1000", 60), ("1000", 60), ("1000", 40)):
        clock.ns += after_s * SECOND
        stated(journal, clock, total, settle=True)
        proving, is_news, _ = reconciler.compare(Follower(reader), "a")
        run = proving.run
        (item,) = run.items
        told.append((item.state, item.hints[:1] if item.as_of_ns is not None else None))
        if is_news:
            with journal.transaction() as tx:
                tx.put_run(run)
    late = ("the exchange still states what was so before 2023-11-14T22:13:30Z: its answer is late",)
    assert told == [*[("pending", late)] * 3, ("unexplained", None)]
    reader.close()
    journal.close()


def test_a_break_that_facts_from_before_it_resolve_is_explained_once(tmp_path: Path) -> None:
    journal, clock = open_journal(tmp_path / "acct.db"), FixedClock(START + 3600 * SECOND)
    reader = journal.reader()

    def look(total: str, *events: Event, origin: Origin = "rest") -> list[tuple[str, tuple[str, ...]]]:
        clock.ns += 30 * SECOND
        Ingest(journal, clock).write([Delivery(account="a", events=events, origin=origin)])
        stated(journal, clock, total, settle=True)
        before = reader.runs("a", limit=1)
        told = reconcile(Follower(reader), "a", now_ns=clock.ns, tolerance=Tolerance(), settle_ns=SECOND)
        with journal.transaction() as tx:
            tx.put_run(told)
        texts = [one.text for one in notices(told, before[0][1] if before else None)]
        assert all(": deposit D" in text for text in texts if "again" in text)
        return [(one.state, tuple(cause.name for cause in one.causes if cause.sure == "found")) for one in told.items]

    assert look("1000") == []
    assert look("1005") == [("pending", ())]
    assert look("1005") == [("unexplained", ())]
    assert look("1005", deposit(60, "5")) == [("explained", ("deposit",))]
    assert look("1005") == [], "and agrees from then on"
    assert look("1012") == [("pending", ())]
    assert look("1012", deposit(70, "7")) == [], "what came a moment later was on its way"
    assert look("1015") == [("pending", ())]
    assert look("1015", deposit(80, "3"), origin="repair") == [("explained", ("deposit",))], "but it was fetched"
    reader.close()
    journal.close()


def test_an_order_that_was_filled_by_more_than_its_fills_is_a_break_until_they_are_known(tmp_path: Path) -> None:
    journal, clock = open_journal(tmp_path / "acct.db"), FixedClock(START + 3600 * SECOND)
    reader = journal.reader()
    reconciler = Reconciler(ReadingThread(reader), {"a": Wish()}, clock)
    at_ns = START + 60 * SECOND
    order = Order(
        id="O60", symbol="BTC/USD", filled=Decimal(3), status="closed", created_ns=at_ns - SECOND, updated_ns=at_ns
    )
    known, missing = fill(60, quantity="1"), msgspec.structs.replace(fill(60, quantity="2"), id="T61")

    def look(total: str, *fills: Fill) -> list[tuple[str, str, str, Decimal | None]]:
        clock.ns += 30 * SECOND
        stated(journal, clock, total, settle=True, btc="3")
        orders = OrdersSeen(account="a", at_ns=clock.ns, complete=False, rows=(order,))
        Ingest(journal, clock).write([Delivery(account="a", events=fills, observations=(orders,))])
        run = reconciler.compare(Follower(reader), "a")[0].run
        with journal.transaction() as tx:
            tx.put_run(run)
        return [(one.state, one.key, one.kind, one.difference) for one in run.items if one.kind == "order"]

    assert look("699.8", known) == [("pending", "O60", "order", Decimal(2))]
    assert look("699.8") == [("unexplained", "O60", "order", Decimal(2))]
    clock.ns += HOUR
    assert look("699.8") == [("unexplained", "O60", "order", Decimal(2))], "however long ago the order was told of"
    assert look("699.8", missing) == [("explained", "O60", "order", Decimal(2))]
    assert look("699.8") == []
    reader.close()
    journal.close()


def test_a_fill_that_the_exchange_counts_and_nobody_told_is_a_break_until_it_is_known(tmp_path: Path) -> None:
    journal, clock = open_journal(tmp_path / "acct.db"), FixedClock(START + 3600 * SECOND)
    reader = journal.reader()
    reconciler = Reconciler(ReadingThread(reader), {"a": Wish()}, clock)
    counted = Counted(at_ns=clock.ns, since_ns=START, until_ns=START + 60 * SECOND, counts={"": 2})
    cursors = {CURSOR: msgspec.json.encode(counted).decode()}

    def look(*fills: Fill) -> list[tuple[str, Decimal | None, Decimal | None]]:
        clock.ns += 30 * SECOND
        stated(journal, clock, "1000", settle=True)
        Ingest(journal, clock).write([Delivery(account="a", events=fills, cursors=cursors)])
        run = reconciler.compare(Follower(reader), "a")[0].run
        with journal.transaction() as tx:
            tx.put_run(run)
        return [
            (one.state, one.local, one.exchange) for one in run.items if one.kind == "fill" and one.state != "explained"
        ]

    begun = fill(0), fill(60), fill(61)
    assert look(*begun[1:]) == [("pending", Decimal(1), Decimal(2))], "the interval is closed at its end"
    assert look() == [("unexplained", Decimal(1), Decimal(2))]
    assert look(begun[0]) == [("unexplained", Decimal(1), Decimal(2))], "and open at its beginning"
    assert look(fill(30)) == []
    reader.close()
    journal.close()


def test_beside_a_collector_only_news_is_kept_and_one_run_an_hour(tmp_path: Path) -> None:
    journal, clock = open_journal(tmp_path / "acct.db"), FixedClock()
    reader = journal.reader()
    reconciler = Reconciler(ReadingThread(reader), {"a": Wish()}, clock)

    def look(total: str, after_s: int) -> str | None:
        clock.ns += after_s * SECOND
        stated(journal, clock, total, settle=True)
        proving, is_news, _ = reconciler.compare(Follower(reader), "a")
        run = proving.run
        if not is_news:
            return None
        with journal.transaction() as tx:
            tx.put_run(run)
        return run.state

    assert clock.ns == START
    assert look("1000", 0) == "clean"
    assert look("1000", 5) is None
    assert look("1000.01", 5) == "pending"
    assert look("1000.01", 5) is None
    assert look("1000.01", 10) == "unexplained"
    assert look("1000.01", 5) is None
    assert look("1000", 5) == "clean"
    assert look("1000", HOUR // SECOND) == "clean"
    reader.close()
    journal.close()


@pytest.mark.parametrize("auto_correct", [True, False])
def test_beside_a_collector_what_lasts_is_corrected_only_where_it_may_be(tmp_path: Path, auto_correct: bool) -> None:
    bench = CorrectBench(tmp_path / "acct.db")
    reconciler = Reconciler(ReadingThread(bench.reader), {"a": Wish(correct=auto_correct)}, bench.clock)
    bench.tell([deposit(1, "1000")])
    kept: list[Run] = []

    def look(minutes: int) -> None:
        """Read the balances once a minute, and compare each time."""
        for _ in range(minutes):
            bench.clock.ns += 50 * SECOND
            bench.state([("spot", "USD", "1000"), ("spot", "EUR", "5")])
            proving, is_news, _ = reconciler.compare(Follower(bench.reader), "a")
            if is_news:
                keeping = Keeping(proving, correct=auto_correct, by_itself=True)
                bench.ingest.write_planned(keeping)
                kept.append(keeping.run)

    look(59)
    assert [run.state for run in kept] == ["pending", "unexplained"], "it lasts, and may be explained yet"
    look(3)
    assert len(bench.corrections()) == auto_correct
    corrected = [item.corrected for run in kept for item in run.items if item.corrected is not None]
    assert corrected == [identity(one) for one in bench.corrections()]
    assert kept[-1].state == ("clean" if auto_correct else "unexplained")
    bench.close()


def test_it_need_not_last_an_hour_once_history_was_read_again_in_vain(tmp_path: Path) -> None:
    bench = CorrectBench(tmp_path / "acct.db")
    bench.tell([deposit(1, "1000")])
    for _ in range(2):
        bench.state([("spot", "USD", "1000"), ("spot", "EUR", "5")])
        run = bench.keep(bench.compare())
    assert lasting(bench.reader, run) == []
    notice = Notice(account="a", at_ns=bench.clock.ns, severity="warning", code=UNEXPLAINED, text="a day back")
    bench.ingest.write([Delivery(account="a", notices=(notice,))])
    assert lasting(bench.reader, run) == list(run.items)
    bench.close()


def test_a_break_that_is_not_corrected_ages_over_restarts_until_it_is_gone(tmp_path: Path) -> None:
    since: set[int | None] = set()
    for start in range(4):
        bench = CorrectBench(tmp_path / "acct.db")
        bench.clock.ns += start * HOUR
        if not start:
            bench.tell([deposit(1, "1000")])
            bench.state([("spot", "USD", "1000")])
            bench.keep(bench.compare())
        for _ in range(3):
            bench.state([("spot", "USD", "1000.5")])
            run = bench.keep(bench.compare())
            since.add(run.items[0].since_ns)
        (view,) = Follower(bench.reader).views(["a"])
        (row,) = accounts([view], now_ns=bench.clock.ns).items
        assert (row.reconciled, row.drifting) == ("unexplained", 1), "this is what every screen shows"
        assert [item.state for item in run.items] == ["unexplained"]
        bench.close()
    assert len(since) == 1
