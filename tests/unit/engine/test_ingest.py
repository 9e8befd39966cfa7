"""The promises of ``engine.ingest`` on a real database: E1 to E5."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from account_cli.collector.delivery import Delivery
from account_cli.domain.events import Amount, Event, Fill, Opening, Retracted, TransferArrived
from account_cli.domain.health import Coverage
from account_cli.domain.identity import identity, order_key
from account_cli.domain.observations import Balance, BalancesSeen
from account_cli.domain.times import SECOND
from account_cli.engine.contradictions import contradictions
from account_cli.engine.folding import METHOD, REFOLDS_MARK, load_folded
from account_cli.engine.follow import Follower
from account_cli.engine.ingest import SNAPSHOT_EVERY, Ingest
from account_cli.engine.openings import are_settled, confirmed, is_no_opening, settled
from account_cli.engine.references import StoredReferences
from account_cli.errors import AcctError
from account_cli.ledger import dump, empty, fold
from account_cli.ports import Heard, Journal
from account_cli.storage import open_journal

START = 1_700_000_000 * SECOND


class FixedClock:
    """A clock that a test turns by hand."""

    def __init__(self) -> None:
        self.ns = START

    def now_ns(self) -> int:
        return self.ns

    def monotonic(self) -> float:
        return self.ns / SECOND

    async def sleep(self, seconds: float) -> None:
        self.ns += int(seconds * SECOND)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = open_journal(tmp_path / "acct.db")
    yield opened
    opened.close()


def fill(n: int, *, side: str = "buy", price: str = "100", quantity: str = "1", fee: str | None = "0.1") -> Fill:
    assert side in ("buy", "sell")
    return Fill(
        account="a",
        id=f"T{n}",
        time_ns=START + n * SECOND,
        seq=n,
        order_id=f"O{n}",
        symbol="BTC/USD",
        side="buy" if side == "buy" else "sell",
        price=Decimal(price),
        quantity=Decimal(quantity),
        fees=None if fee is None else (Amount("USD", Decimal(fee)),),
    )


def deposit(n: int, amount: str = "1000") -> TransferArrived:
    return TransferArrived(
        account="a", id=f"D{n}", time_ns=START + n * SECOND, asset="USD", amount=Decimal(amount), type="deposit"
    )


def history(count: int) -> list[Event]:
    events: list[Event] = [deposit(0, "1000000")]
    for n in range(1, count):
        side = "sell" if n % 3 == 0 else "buy"
        events.append(fill(n, side=side, price=str(100 + n % 7), quantity="0.5" if side == "buy" else "0.7"))
    return events


def state_of(journal: Journal, account: str = "a") -> bytes:
    reader = journal.reader()
    try:
        return dump(load_folded(reader, account, StoredReferences(reader)).state)
    finally:
        reader.close()


def expected(events: list[Event]) -> bytes:
    class NoReferences:
        def instrument(self, symbol: str) -> None:
            return None

        def price(self, asset: str, currency: str, time_ns: int, within_ns: int) -> None:
            return None

    unique = {identity(event): event for event in events}
    return dump(fold(empty("a"), sorted(unique.values(), key=order_key), NoReferences())[0])


def test_e1_a_fact_whose_id_holds_the_character_0_counts_once(journal: Journal) -> None:
    ingest, odd = Ingest(journal, FixedClock()), msgspec.structs.replace(fill(1), order_id="\x00")
    for _ in range(2):
        (receipt,) = ingest.write([Delivery(account="a", events=(odd,))])
    assert (receipt.new, receipt.repeated) == (0, 1)


def test_e1_a_fact_heard_from_stream_rest_and_again_counts_once(journal: Journal) -> None:
    ingest = Ingest(journal, FixedClock())
    first = ingest.write([Delivery(account="a", origin="stream", events=(fill(1), fill(1)))])[0]
    second = ingest.write([Delivery(account="a", origin="rest", events=(fill(1), fill(2)))])[0]
    assert (first.new, first.repeated, first.n) == (1, 1, 1)
    assert (second.new, second.repeated, second.n) == (1, 1, 2)


def test_e1_a_late_fee_completes_the_fill_and_counts_once(journal: Journal) -> None:
    ingest = Ingest(journal, FixedClock())
    ingest.write([Delivery(account="a", events=(fill(1, fee=None), fill(2)))])
    receipt = ingest.write([Delivery(account="a", events=(fill(1),))])[0]
    assert (receipt.new, receipt.completed, receipt.n) == (0, 1, 3)
    assert state_of(journal) == expected([fill(1), fill(2)])


def test_e1_what_each_telling_of_one_delivery_adds_is_kept(journal: Journal) -> None:
    bare = msgspec.structs.replace(fill(1, fee=None), seq=None)
    tellings = (bare, fill(1, fee=None), msgspec.structs.replace(fill(1), seq=None, liquidity="maker"))
    for known in ((), (bare,)):
        account_of_its_own = tuple(
            msgspec.structs.replace(one, account=f"a{len(known)}") for one in (*known, *tellings)
        )
        ingest = Ingest(journal, FixedClock())
        if known:
            ingest.write([Delivery(account=f"a{len(known)}", events=account_of_its_own[:1])])
        ingest.write([Delivery(account=f"a{len(known)}", events=account_of_its_own[len(known) :])])
        reader = journal.reader()
        found = [event for event in reader.events(f"a{len(known)}") if isinstance(event, Fill)]
        reader.close()
        assert [(one.seq, one.liquidity, one.fees) for one in found] == [(1, "maker", (Amount("USD", Decimal("0.1")),))]


def test_e1_the_id_of_a_transaction_told_later_moves_no_figure_and_folds_nothing_anew(journal: Journal) -> None:
    ingest, events = Ingest(journal, FixedClock()), history(SNAPSHOT_EVERY + 5)
    coverage = (Coverage(kind="transfers", since_ns=0, from_start=True),)
    ingest.write([Delivery(account="a", events=tuple(events), coverage=coverage)])
    ingest.write([Delivery(account="a", cursors=confirmed(coverage, START + len(events) * SECOND))])
    reader = journal.reader()
    follower = Follower(reader)
    follower.folded("a")
    with_id = msgspec.structs.replace(events[0], tx="ab")
    (receipt,) = ingest.write([Delivery(account="a", events=(with_id, fill(2000)))])
    assert (receipt.new, receipt.completed) == (1, 1)
    assert reader.marks("a").get(REFOLDS_MARK) is None
    assert are_settled(reader, "a"), "what lay before history is no question again"
    assert next(reader.events("a")) == with_id
    assert dump(follower.folded("a").state) == state_of(journal) == expected([*events, fill(2000)])
    (receipt,) = ingest.write([Delivery(account="a", events=(msgspec.structs.replace(events[0], tx="cd"),))])
    assert receipt.refused == 1
    reader.close()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), copies=st.integers(1, 3), batch=st.integers(1, 9))
def test_e4_state_does_not_depend_on_the_order_or_number_of_deliveries(
    tmp_path_factory: pytest.TempPathFactory, seed: int, copies: int, batch: int
) -> None:
    events = history(30)
    told = events * copies
    random.Random(seed).shuffle(told)
    journal = open_journal(tmp_path_factory.mktemp("db") / "acct.db")
    try:
        ingest = Ingest(journal, FixedClock())
        for part in itertools.batched(told, batch) if hasattr(itertools, "batched") else _batched(told, batch):
            ingest.write([Delivery(account="a", events=tuple(part))])
        assert state_of(journal) == expected(events)
        reader = journal.reader()
        entries = reader.entries_since("a", 0)
        reader.close()
        assert [entry.n for entry in entries] == list(range(1, len(events) + 1))
    finally:
        journal.close()


def _batched(items: list[Event], size: int) -> Iterator[list[Event]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def test_e4_a_late_fact_beyond_several_snapshots_is_placed_by_its_own_time(journal: Journal) -> None:
    events = history(2 * SNAPSHOT_EVERY + 50)
    late = events.pop(SNAPSHOT_EVERY // 2)
    ingest = Ingest(journal, FixedClock())
    for part in _batched(events, 400):
        ingest.write([Delivery(account="a", events=tuple(part))])
    ingest.write([Delivery(account="a", events=(late,))])
    assert state_of(journal) == expected([*events, late])
    reader = journal.reader()
    closings = [row.key for _, row in reader.kept("a", METHOD)]
    reader.close()
    assert (
        len(closings)
        == len(set(closings))
        == sum(1 for e in [*events, late] if isinstance(e, Fill) and e.side == "sell")
    )


def test_e4_a_retraction_takes_a_fact_out_whichever_comes_first(journal: Journal) -> None:
    ingest = Ingest(journal, FixedClock())
    gone, kept = fill(1), fill(2)
    withdrawn = Retracted(account="a", id="R", time_ns=gone.time_ns, target=identity(gone))
    for events in ((withdrawn,), (kept,), (gone,)):
        ingest.write([Delivery(account="a", events=events)])
    assert state_of(journal) == expected([kept])


def test_e2_and_e3_a_failing_transaction_leaves_neither_fact_nor_cursor_nor_memory(journal: Journal) -> None:
    ingest = Ingest(journal, FixedClock())
    ingest.write([Delivery(account="a", events=(fill(1),), cursors={"fills": "1"})])
    broken = Delivery(account="a", events=(fill(2),), cursors={"fills": "2"}, streams=("not a row",))  # type: ignore[arg-type]
    with pytest.raises((AcctError, AttributeError, TypeError)):
        ingest.write([broken])
    reader = journal.reader()
    assert reader.cursors("a") == {"fills": "1"}
    assert reader.head("a") == 1
    reader.close()
    ingest.write([Delivery(account="a", events=(fill(2),))])
    assert state_of(journal) == expected([fill(1), fill(2)])


def test_e3_what_a_failed_transaction_folded_is_not_taken_for_what_another_writer_stored(
    journal: Journal, tmp_path: Path
) -> None:
    mine = Ingest(journal, FixedClock())
    mine.write([Delivery(account="a", events=(fill(1),))])
    broken = Delivery(account="a", events=(fill(2, price="200"),), streams=("not a row",))  # type: ignore[arg-type]
    with pytest.raises((AcctError, AttributeError, TypeError)):
        mine.write([broken])
    other = open_journal(tmp_path / "acct.db")
    Ingest(other, FixedClock()).write([Delivery(account="a", events=(fill(3, price="300"),))])
    other.close()
    mine.write([Delivery(account="a", events=(fill(4, side="sell", price="400"),))])
    reader = journal.reader()
    kept = list(reader.kept("a", "average"))
    mine.repair(["a"])
    assert kept
    assert list(reader.kept("a", "average")) == kept
    reader.close()


def test_e4_a_second_writer_to_the_same_database_is_noticed(journal: Journal, tmp_path: Path) -> None:
    mine = Ingest(journal, FixedClock())
    mine.write([Delivery(account="a", events=(fill(1),))])
    other = open_journal(tmp_path / "acct.db")
    Ingest(other, FixedClock()).write([Delivery(account="a", origin="import", events=(fill(2), deposit(0)))])
    other.close()
    mine.write([Delivery(account="a", events=(fill(3),))])
    assert state_of(journal) == expected([deposit(0), fill(1), fill(2), fill(3)])


def test_e5_what_contradicts_is_told_and_the_first_telling_stays(journal: Journal) -> None:
    ingest = Ingest(journal, FixedClock())
    ingest.write([Delivery(account="a", events=(fill(1),))])
    receipt = ingest.write([Delivery(account="a", events=(fill(1, price="101"), fill(2)))])[0]
    assert (receipt.new, receipt.refused) == (1, 1)
    reader = journal.reader()
    notice = reader.notices(limit=1)[0]
    reader.close()
    assert (notice.severity, notice.code) == ("critical", "contradiction")
    assert "price" in notice.text
    assert state_of(journal) == expected([fill(1), fill(2)])


def test_e5_each_telling_that_contradicts_is_kept_whole_and_counted_and_told_once(journal: Journal) -> None:
    ingest = Ingest(journal, FixedClock())
    ingest.write([Delivery(account="a", events=(fill(1),))])
    for price in ("101", "101", "102", "101"):
        assert ingest.write([Delivery(account="a", events=(fill(1, price=price),))])[0].refused == 1
    ingest.write([Delivery(account="a", events=(fill(1, price="102"), fill(1, price="102")))])
    reader = journal.reader()
    kept = contradictions(reader, "a")
    assert [(one.stands, one.told, one.times) for one in kept] == [("100", "101", 3), ("100", "102", 3)]
    assert [msgspec.json.decode(one.body, type=Event) for one in kept] == [fill(1, price="101"), fill(1, price="102")]
    assert [notice.code for notice in reader.notices(limit=9)] == ["contradiction"] * 2
    assert [entry.event for entry in reader.entries_since("a", 0)] == [fill(1)]
    reader.close()


def test_e5_what_cannot_be_read_is_kept_and_the_rest_counts(journal: Journal) -> None:
    ingest = Ingest(journal, FixedClock())
    heard = Heard(
        account="a", received_ns=START, source="stream", channel="executions", raw='{"data":[…]}',
        events=(fill(1),), unreadable=("row 2: no symbol",),
    )  # fmt: skip
    assert ingest.write([Delivery(account="a", heard=(heard,))])[0].new == 1
    reader = journal.reader()
    assert reader.raws("a", unreadable_only=True)[0].unreadable == "row 2: no symbol"
    assert reader.notices(limit=1)[0].code == "unreadable"
    reader.close()


def test_openings_name_what_lay_before_and_come_to_nothing_when_the_start_is_known(journal: Journal) -> None:
    ingest = Ingest(journal, FixedClock())
    seen = BalancesSeen(
        account="a",
        at_ns=START + 100 * SECOND,
        complete=True,
        rows=(Balance(asset="BTC", total=Decimal(3)), Balance(asset="USD", total=Decimal(5))),
    )
    partial = tuple(Coverage(kind=kind, since_ns=START) for kind in ("fills", "transfers"))
    ingest.write(
        [Delivery(account="a", events=(fill(9),), observations=(seen,), coverage=partial, settle_openings=True)]
    )
    follower = Follower(journal.reader())
    held = dict(follower.views(["a"])[0].state.balances())
    assert held["spot", "BTC"] == 3
    assert held["spot", "USD"] == 5
    whole = tuple(Coverage(kind=kind, since_ns=START, from_start=True) for kind in ("fills", "transfers"))
    older = (fill(1, quantity="2"), deposit(0, "305.2"))
    ingest.write([Delivery(account="a", events=older, coverage=whole, settle_openings=True)])
    view = follower.views(["a"])[0]
    assert dict(view.state.balances()) == {("spot", "BTC"): 3, ("spot", "USD"): 5}
    assert all(is_no_opening(event) for event in follower.reader.events("a", kinds=("opening",)))
    follower.reader.close()


def test_a_fact_from_before_the_openings_were_confirmed_asks_the_question_again(journal: Journal) -> None:
    ingest = Ingest(journal, FixedClock())
    seen = BalancesSeen(
        account="a", at_ns=START + 9000 * SECOND, complete=True, rows=(Balance(asset="USD", total=Decimal(70)),)
    )
    partial = tuple(Coverage(kind=kind, since_ns=START) for kind in ("fills", "transfers"))
    look = Delivery(account="a", observations=(seen,), coverage=partial, settle_openings=True)
    ingest.write([msgspec.structs.replace(look, events=(deposit(0, "60"), deposit(8000, "30")))])
    (receipt,) = ingest.write([look])
    assert [(one.asset, one.amount, one.before_history) for one in receipt.unexplained] == [("USD", Decimal(-20), True)]
    ingest.write([Delivery(account="a", events=(deposit(8500, "-20"),))])
    ingest.write([look])
    (receipt,) = ingest.write([look])
    assert receipt.unexplained == ()
    ingest.write([Delivery(account="a", events=(deposit(9100, "7"),))])
    (receipt,) = ingest.write([look])
    assert [(one.amount, one.before_history) for one in receipt.unexplained] == [(Decimal(-7), False)], (
        "it is never absorbed"
    )


def test_what_is_asked_again_is_only_what_the_late_fact_moves(journal: Journal) -> None:
    ingest = Ingest(journal, FixedClock())
    partial = tuple(Coverage(kind=kind, since_ns=START) for kind in ("fills", "transfers"))

    def look(usd: str, eur: str, *events: Event) -> dict[str, Decimal]:
        rows = (Balance(asset="USD", total=Decimal(usd)), Balance(asset="EUR", total=Decimal(eur)))
        seen = BalancesSeen(account="a", at_ns=START + 9000 * SECOND, complete=True, rows=rows)
        told = Delivery(account="a", events=events, observations=(seen,), coverage=partial, settle_openings=True)
        ingest.write([told])
        (receipt,) = ingest.write([told])
        return {f"{one.asset} {'before' if one.before_history else 'now'}": one.amount for one in receipt.unexplained}

    assert look("70", "3", deposit(0, "60")) == {"USD before": Decimal(10), "EUR before": Decimal(3)}
    assert look("70", "8") == {"USD before": Decimal(10), "EUR before": Decimal(3), "EUR now": Decimal(5)}
    late = look("70", "8", deposit(8000, "4"))
    assert late == {"USD before": Decimal(6), "EUR before": Decimal(3), "EUR now": Decimal(5)}, "a break stays one"
    wider = tuple(Coverage(kind=kind, since_ns=START - 1) for kind in ("fills", "transfers"))
    ingest.write([Delivery(account="a", coverage=wider)])
    partial = wider
    assert look("70", "8") == {"USD before": Decimal(6), "EUR before": Decimal(8)}, "older history asks for all"


def test_an_answer_that_is_late_names_nothing_that_lay_before(journal: Journal) -> None:
    """A market that is new asks the question again, and the exchange does not know its first trade yet."""
    ingest = Ingest(journal, FixedClock())
    coverage = tuple(Coverage(kind=kind, since_ns=START) for kind in ("fills", "transfers"))

    def look(at_s: int, total: str, *events: Event) -> None:
        at_ns, rows = START + at_s * SECOND, (Balance(asset="USD", total=Decimal(total)),)
        seen = BalancesSeen(account="a", at_ns=at_ns, complete=True, rows=rows)
        told = Delivery(
            account="a", events=events, observations=(seen,), coverage=coverage, cursors=settled(()),
            settle_openings=True,
        )  # fmt: skip
        ingest.write([told])

    reader = journal.reader()
    look(3000, "70", deposit(0, "60"))
    look(8050, "70", deposit(8000, "5"))
    assert [one.amount for one in reader.events("a", kinds=("opening",)) if isinstance(one, Opening)] == [10]
    assert not are_settled(reader, "a"), "it will be looked at again"
    look(8100, "75")
    assert are_settled(reader, "a")
    look(8200, "75", deposit(8150, "1"))
    look(8400, "75")
    assert [one.amount for one in reader.events("a", kinds=("opening",)) if isinstance(one, Opening)] == [9]
    reader.close()


def test_openings_come_to_nothing_also_when_the_start_was_known_lost_and_is_known_again(journal: Journal) -> None:
    """The start of an account with little in it is known at once; more than a page of news hides it for a while."""
    ingest = Ingest(journal, FixedClock())
    whole = tuple(Coverage(kind=kind, since_ns=0, from_start=True) for kind in ("fills", "transfers"))
    partial = tuple(Coverage(kind=kind, since_ns=START) for kind in ("fills", "transfers"))
    first = BalancesSeen(account="a", at_ns=START, complete=True, rows=(Balance(asset="USD", total=Decimal("305.2")),))
    then = BalancesSeen(
        account="a",
        at_ns=START + 100 * SECOND,
        complete=True,
        rows=(Balance(asset="BTC", total=Decimal(3)), Balance(asset="USD", total=Decimal(5))),
    )
    for events, seen, coverage in (
        ((deposit(0, "305.2"),), (first,), whole),
        ((fill(9),), (then,), partial),
        ((fill(1, quantity="2"),), (), whole),
    ):
        told = Delivery(account="a", events=events, observations=seen, coverage=coverage, settle_openings=True)
        ingest.write([told])
    reader = journal.reader()
    assert all(is_no_opening(event) for event in reader.events("a", kinds=("opening",)))
    assert dict(Follower(reader).views(["a"])[0].state.balances()) == {("spot", "BTC"): 3, ("spot", "USD"): 5}
    reader.close()


def test_a_follower_sees_what_a_fresh_reader_sees_after_every_transaction(journal: Journal) -> None:
    ingest = Ingest(journal, FixedClock())
    follower = Follower(journal.reader())
    events = history(40)
    random.Random(3).shuffle(events)
    for event in events:
        ingest.write([Delivery(account="a", events=(event,))])
        view = follower.views(["a"])[0]
        assert dump(view.state) == state_of(journal)
    follower.reader.close()
