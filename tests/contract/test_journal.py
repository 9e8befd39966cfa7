"""Every promise of ``ports.Journal``, ``JournalTx`` and ``JournalReader``, kept by every adapter.

A further adapter joins by adding its name and its way of opening to ``tests.services.JOURNALS``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import permutations
from pathlib import Path

import pytest
from msgspec.structs import replace

from account_cli.domain.events import Amount, Event, Fill, FundingPaid, PriceQuoted, Retracted, TransferArrived
from account_cli.domain.health import Coverage, Notice, StreamRow
from account_cli.domain.identity import identity, order_key
from account_cli.domain.instruments import Instrument
from account_cli.domain.observations import PriceSeen
from account_cli.errors import InternalError
from account_cli.ports import AccountRow, Entry, InboxCount, Journal, JournalReader, KeptRow, RawRow, Snapshot
from account_cli.reconciliation import Item, Run
from account_cli.storage import open_journal
from tests.services import JOURNALS


@pytest.fixture(params=sorted(JOURNALS))
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    with JOURNALS[request.param](tmp_path) as location:
        opened = open_journal(location)
        yield opened
        opened.close()


@pytest.fixture
def reader(journal: Journal) -> Iterator[JournalReader]:
    opened = journal.reader()
    yield opened
    opened.close()


def fill(number: int, *, account: str = "main", time_ns: int | None = None, **more: object) -> Fill:
    told: dict[str, object] = {
        "order_id": "O1",
        "symbol": "BTC/USD",
        "side": "buy",
        "price": Decimal("100.10"),
        "quantity": Decimal("0.00000001"),
        "fees": (Amount("USD", Decimal("-0.10")),),
    }
    when = number * 1000 if time_ns is None else time_ns
    return Fill(account=account, id=f"T{number}", time_ns=when, **{**told, **more})  # type: ignore[arg-type]


def deposit(number: int, *, account: str = "main", time_ns: int | None = None) -> TransferArrived:
    when = number * 1000 if time_ns is None else time_ns
    amount = Decimal("12345678901234567890123456789012345678.5")
    return TransferArrived(account=account, id=f"D{number}", time_ns=when, asset="USD", amount=amount, type="deposit")


def entries(events: Sequence[Event], *, start: int = 1, revision: int = 0) -> list[Entry]:
    return [
        Entry(n=n, event=event, origin="stream", heard_ns=7, revision=revision) for n, event in enumerate(events, start)
    ]


def store(journal: Journal, events: Sequence[Event], *, start: int = 1, revision: int = 0) -> None:
    with journal.transaction() as tx:
        tx.append(events[0].account, entries(events, start=start, revision=revision))


# ---- the journal --------------------------------------------------------------------------------------------------


def test_an_empty_database_answers_every_question(reader: JournalReader) -> None:
    assert reader.accounts() == []
    assert reader.head("main") == 0
    assert reader.load_snapshot("main", 1) is None
    assert list(reader.events_after("main", None)) == []
    assert list(reader.events()) == []
    assert list(reader.kept(None, "average")) == []
    assert reader.entries_since("main", 0) == []
    assert reader.find("main", ["spot|fill|T1|BTC/USD|O1|buy"]) == {}
    assert reader.symbols("main") == frozenset()
    assert reader.balances("main") is None
    assert reader.positions("main") is None
    assert reader.orders("main") == reader.orders("main", only_open=False) == []
    assert reader.cursors("main") == {}
    assert reader.instruments() == {}
    empty: list[Sequence[object]] = [reader.coverage("main"), reader.streams(), reader.prices(), reader.notices()]
    assert not any([*empty, reader.quotes(), reader.raws("main")])


def test_facts_come_back_digit_for_digit(journal: Journal, reader: JournalReader) -> None:
    told: list[Event] = [fill(1, leverage=Decimal("1E+1"), margin=True), deposit(2), fill(3, quantity=None, fees=None)]
    store(journal, told)
    back = list(reader.events_after("main", None))
    assert back == told
    assert repr(back) == repr(told)


def test_an_entry_comes_back_with_its_number_origin_and_hour(journal: Journal, reader: JournalReader) -> None:
    store(journal, [fill(1), fill(2)])
    assert reader.entries_since("main", 0) == entries([fill(1), fill(2)])
    assert [entry.n for entry in reader.entries_since("main", 1)] == [2]
    assert reader.entries_since("main", 2) == []


def test_numbers_run_without_gaps_for_each_account_apart(journal: Journal, reader: JournalReader) -> None:
    store(journal, [fill(1), fill(2)])
    store(journal, [fill(1, account="other")])
    store(journal, [fill(3)], start=3)
    assert reader.head("main") == 3
    assert reader.head("other") == 1
    assert [(row.account, row.head) for row in reader.accounts()] == [("main", 3), ("other", 1)]


@pytest.mark.parametrize("start", [0, 2, 7])
def test_a_gap_in_the_numbers_is_a_bug_and_stores_nothing(journal: Journal, reader: JournalReader, start: int) -> None:
    with pytest.raises(InternalError):
        store(journal, [fill(1), fill(2)], start=start)
    assert reader.head("main") == 0


def test_the_same_fact_twice_is_a_bug_and_stores_nothing(journal: Journal, reader: JournalReader) -> None:
    store(journal, [fill(1)])
    with pytest.raises(InternalError):
        store(journal, [fill(2), fill(1)], start=2)
    assert reader.head("main") == 1


def test_a_fact_of_another_account_is_a_bug(journal: Journal, reader: JournalReader) -> None:
    with pytest.raises(InternalError), journal.transaction() as tx:
        tx.append("main", entries([fill(1, account="other")]))
    assert reader.accounts() == []


def test_an_exception_in_the_block_undoes_everything_in_it(journal: Journal, reader: JournalReader) -> None:
    def fail_at_the_end() -> None:
        with journal.transaction() as tx:
            tx.append("main", entries([fill(1)]))
            tx.put_cursors("main", {"fills": "1"})
            raise KeyError

    with pytest.raises(KeyError):
        fail_at_the_end()
    assert reader.head("main") == 0
    assert reader.cursors("main") == {}
    store(journal, [fill(1)])
    assert reader.head("main") == 1


def test_a_transaction_sees_its_own_writes_and_others_do_not_yet(journal: Journal, reader: JournalReader) -> None:
    with journal.transaction() as tx:
        tx.append("main", entries([fill(1)]))
        assert tx.head("main") == 1
        assert list(tx.events_after("main", None)) == [fill(1)]
        assert reader.head("main") == 0
    assert reader.head("main") == 1


def test_a_revision_is_the_current_telling(journal: Journal, reader: JournalReader) -> None:
    late = fill(1, fees=None, time_ns=5000)
    store(journal, [late, fill(2)])
    completed = fill(1, time_ns=5000)
    store(journal, [completed], start=3, revision=1)
    assert list(reader.events_after("main", None)) == [fill(2), completed]
    found = reader.find("main", [identity(late)])
    assert found == {identity(late): Entry(n=3, event=completed, origin="stream", heard_ns=7, revision=1)}
    assert len(reader.entries_since("main", 0)) == 3


def test_a_revision_that_skips_one_is_a_bug(journal: Journal) -> None:
    store(journal, [fill(1)])
    with pytest.raises(InternalError):
        store(journal, [fill(1)], start=2, revision=2)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_retracted_fact_is_not_current_whenever_the_retraction_came(
    journal: Journal, reader: JournalReader, order: tuple[int, ...]
) -> None:
    gone = fill(1)
    withdrawn = Retracted(account="main", id="R1", time_ns=3, target=identity(gone))
    told: list[Event] = [gone, withdrawn, fill(2)]
    for n, index in enumerate(order, 1):
        store(journal, [told[index]], start=n)
    assert list(reader.events_after("main", None)) == [withdrawn, fill(2)]
    assert reader.find("main", [identity(gone)])[identity(gone)].event == gone


def test_a_retraction_works_within_one_batch_and_survives_a_revision(journal: Journal, reader: JournalReader) -> None:
    withdrawn = Retracted(account="main", id="R1", time_ns=3, target=identity(fill(1)))
    store(journal, [withdrawn, fill(1, fees=None)])
    store(journal, [fill(1)], start=3, revision=1)
    assert list(reader.events_after("main", None)) == [withdrawn]


def test_find_answers_for_many_and_only_for_its_account(journal: Journal, reader: JournalReader) -> None:
    told = [fill(number) for number in range(1, 2501)]
    store(journal, told)
    asked = [identity(event) for event in told] + ["spot|fill|nobody"]
    assert set(reader.find("main", asked)) == set(asked[:-1])
    assert reader.find("other", asked) == {}


# ---- order and choice ---------------------------------------------------------------------------------------------


def test_facts_come_by_time_then_sequence_then_identity(journal: Journal, reader: JournalReader) -> None:
    told = [fill(5, time_ns=10), fill(4, time_ns=10, seq=2), fill(3, time_ns=10, seq=0), fill(2, time_ns=10), fill(1)]
    store(journal, told)
    expected = sorted(told, key=order_key)
    assert list(reader.events_after("main", None)) == list(reader.events("main")) == expected
    assert list(reader.events("main", newest_first=True)) == expected[::-1]
    for position, event in enumerate(expected):
        assert list(reader.events_after("main", order_key(event))) == expected[position + 1 :]


def test_all_accounts_are_merged_into_one_order(journal: Journal, reader: JournalReader) -> None:
    ours = [fill(number) for number in (1, 3, 5)]
    theirs = [fill(number, account="other") for number in (2, 3, 4)]
    store(journal, ours)
    store(journal, theirs)
    assert [event.time_ns for event in reader.events()] == [1000, 2000, 3000, 3000, 4000, 5000]
    newest = list(reader.events(newest_first=True, limit=2))
    assert newest == [fill(5), fill(4, account="other")]


def test_facts_are_chosen_by_kind_symbol_and_time(journal: Journal, reader: JournalReader) -> None:
    paid = FundingPaid(account="main", id="F", time_ns=2500, symbol="ETH/USD", asset="USD", amount=Decimal(-1))
    told: list[Event] = [fill(1), deposit(2), fill(3, symbol="ETH/USD"), paid]
    store(journal, told)
    assert list(reader.events(kinds=["transfer"])) == [deposit(2)]
    assert list(reader.events(kinds=["funding", "transfer"])) == [deposit(2), paid]
    assert list(reader.events("main", kinds=["fill", "funding"], symbol="ETH/USD")) == [paid, told[2]]
    assert list(reader.events(since_ns=2000, until_ns=3000)) == [deposit(2), paid]
    assert list(reader.events(kinds=["transfer"], symbol="BTC/USD")) == []
    assert reader.symbols("main") == {"BTC/USD", "ETH/USD"}


def test_reading_on_and_dropping_an_iterator_hinders_nobody(journal: Journal, reader: JournalReader) -> None:
    store(journal, [fill(number) for number in range(1, 1500)])
    begun = reader.events_after("main", None)
    assert next(begun) == fill(1)
    store(journal, [fill(1500)], start=1500)
    del begun
    assert reader.head("main") == 1500


def test_all_reads_in_a_view_see_one_state(journal: Journal, reader: JournalReader) -> None:
    store(journal, [fill(1)])
    with reader.snapshot_view():
        assert reader.head("main") == 1
        store(journal, [fill(2)], start=2)
        assert reader.head("main") == 1
        with reader.snapshot_view():
            assert len(list(reader.events())) == 1
    assert reader.head("main") == 2


def test_the_change_token_changes_with_every_commit_of_another(journal: Journal, reader: JournalReader) -> None:
    before = reader.change_token()
    assert reader.change_token() == before
    store(journal, [fill(1)])
    after = reader.change_token()
    assert after != before
    assert reader.change_token() == after


# ---- what follows from facts --------------------------------------------------------------------------------------


def snapshot(n: int, number: int, rules: int = 1) -> Snapshot:
    return Snapshot(n=n, last_key=order_key(fill(number)), rules=rules, state=b"\x00state %d" % n)


def test_the_furthest_snapshot_of_the_same_rules_is_loaded(journal: Journal, reader: JournalReader) -> None:
    with journal.transaction() as tx:
        for taken in (snapshot(9, 3), snapshot(1, 1), snapshot(5, 2), snapshot(99, 9, rules=2)):
            tx.put_snapshot("main", taken)
    assert reader.load_snapshot("main", 1) == snapshot(9, 3)
    assert reader.load_snapshot("main", 2) == snapshot(99, 9, rules=2)
    assert reader.load_snapshot("main", 3) is None
    assert reader.load_snapshot("other", 1) is None


def test_a_late_fact_drops_the_snapshots_at_or_beyond_it(journal: Journal, reader: JournalReader) -> None:
    with journal.transaction() as tx:
        for number in (1, 2, 3):
            tx.put_snapshot("main", snapshot(number, number))
        tx.drop_snapshots("main", order_key(fill(2)))
    assert reader.load_snapshot("main", 1) == snapshot(1, 1)


def test_a_snapshot_at_the_same_key_replaces(journal: Journal, reader: JournalReader) -> None:
    with journal.transaction() as tx:
        tx.put_snapshot("main", snapshot(1, 1))
        tx.put_snapshot("main", snapshot(2, 1))
    assert reader.load_snapshot("main", 1) == snapshot(2, 1)


def test_many_snapshots_leave_one_for_every_depth(journal: Journal, reader: JournalReader) -> None:
    with journal.transaction() as tx:
        for number in range(1, 400):
            tx.put_snapshot("main", snapshot(number, number))
        reached = []
        while (found := tx.load_snapshot("main", 1)) is not None:
            reached.append(found.n)
            tx.drop_snapshots("main", found.last_key)
    assert reached[:8] == list(range(399, 391, -1))
    assert 8 < len(reached) <= 32
    assert reached[-1] <= 50


def kept(number: int, ordinal: int = 0, symbol: str = "BTC/USD") -> KeptRow:
    return KeptRow(key=order_key(fill(number)), ordinal=ordinal, symbol=symbol, currency="USD", body=b"%d" % number)


def test_snapshots_of_different_methods_stand_apart(journal: Journal, reader: JournalReader) -> None:
    with journal.transaction() as tx:
        tx.put_snapshot("main", snapshot(3, 3))
        tx.put_snapshot("main", snapshot(2, 2), "fifo")
        tx.put_snapshot("main", snapshot(4, 4), "fifo")
    assert reader.load_snapshot("main", 1) == snapshot(3, 3)
    assert reader.load_snapshot("main", 1, "fifo") == snapshot(4, 4)
    assert reader.load_snapshot("main", 1, "lifo") is None
    with journal.transaction() as tx:
        tx.drop_snapshots("main", order_key(fill(3)))
    assert reader.load_snapshot("main", 1) is None
    assert reader.load_snapshot("main", 1, "fifo") == snapshot(2, 2)


def test_the_furthest_snapshot_not_beyond_a_place_is_loaded(journal: Journal, reader: JournalReader) -> None:
    with journal.transaction() as tx:
        for number in (1, 3, 5):
            tx.put_snapshot("main", snapshot(number, number))
    for number, found in ((1, 1), (2, 1), (3, 3), (4, 3), (9, 5)):
        assert reader.load_snapshot("main", 1, at_most=order_key(fill(number))) == snapshot(found, found)
    assert reader.load_snapshot("main", 1, at_most=order_key(fill(0))) is None


def test_marks_are_kept_by_account_and_name(journal: Journal, reader: JournalReader) -> None:
    assert reader.marks("main") == {}
    with journal.transaction() as tx:
        tx.put_marks("main", {"rules": "1", "refolds": "0"})
        tx.put_marks("main", {"refolds": "1"})
        assert tx.marks("main") == {"rules": "1", "refolds": "1"}
    assert reader.marks("main") == {"refolds": "1", "rules": "1"}
    assert reader.marks("other") == {}


def test_facts_of_a_stretch_are_beyond_one_place_up_to_another(journal: Journal, reader: JournalReader) -> None:
    told = [fill(number) for number in range(1, 6)]
    store(journal, told)
    assert list(reader.events_after("main", order_key(told[0]), order_key(told[2]))) == told[1:3]
    assert list(reader.events_after("main", None, order_key(told[1]))) == told[:2]
    assert list(reader.events_after("main", order_key(told[1]), order_key(told[1]))) == []


def test_the_tail_can_be_read_in_pieces(journal: Journal, reader: JournalReader) -> None:
    store(journal, [fill(number) for number in range(1, 6)])
    assert [entry.n for entry in reader.entries_since("main", 1, 2)] == [2, 3]
    assert [entry.n for entry in reader.entries_since("main", 3, 9)] == [4, 5]


def test_facts_of_a_symbol_are_found_whatever_their_kind(journal: Journal, reader: JournalReader) -> None:
    paid = FundingPaid(account="main", id="F", time_ns=2500, symbol="ETH/USD", asset="USD", amount=Decimal(1))
    told: list[Event] = [fill(1), fill(2, symbol="ETH/USD"), paid, fill(3, symbol="ETH/USD"), deposit(4)]
    store(journal, told)
    assert list(reader.events("main", symbol="ETH/USD")) == told[1:4]
    assert list(reader.events("main", symbol="ETH/USD", kinds=("funding",))) == [paid]
    assert list(reader.events("main", symbol="ETH/USD", limit=1, newest_first=True)) == [told[3]]
    assert list(reader.events(symbol="ETH/USD", since_ns=2000, until_ns=3000)) == told[1:3]


def test_a_stretch_of_kept_results_can_be_dropped(journal: Journal, reader: JournalReader) -> None:
    with journal.transaction() as tx:
        tx.put_kept("main", "average", [kept(1), kept(2), kept(2, 1), kept(3)])
        tx.drop_kept("main", "average", order_key(fill(2)), order_key(fill(2)))
    assert [row for _, row in reader.kept("main", "average")] == [kept(1), kept(3)]


def test_kept_results_come_back_by_key_and_are_dropped_from_a_key_on(journal: Journal, reader: JournalReader) -> None:
    rows = [kept(1), kept(1, 1), kept(2, symbol="ETH/USD"), kept(3)]
    with journal.transaction() as tx:
        tx.append("main", entries([fill(1)]))
        tx.put_kept("main", "average", rows[::-1])
        tx.put_kept("main", "fifo", [kept(9)])
    assert list(reader.kept("main", "average")) == list(reader.kept(None, "average")) == [("main", row) for row in rows]
    assert list(reader.kept("main", "average", newest_first=True, limit=2)) == [("main", rows[3]), ("main", rows[2])]
    assert list(reader.kept("main", "average", symbol="ETH/USD")) == [("main", rows[2])]
    assert list(reader.kept("main", "average", since_ns=1000, until_ns=2000)) == [("main", row) for row in rows[:2]]
    with journal.transaction() as tx:
        tx.drop_kept("main", "average", order_key(fill(2)))
    assert [row for _, row in reader.kept("main", "average")] == rows[:2]
    assert [row for _, row in reader.kept("main", "fifo")] == [kept(9)]


# ---- the watching itself ------------------------------------------------------------------------------------------


def test_an_account_keeps_what_was_known_of_it(journal: Journal, reader: JournalReader) -> None:
    with journal.transaction() as tx:
        tx.put_account(AccountRow(account="main", venue="kraken", user="ann"))
        tx.put_account(AccountRow(account="main", derived_strategy="REST_ONLY"))
        tx.put_account(AccountRow(account="other", venue="binance"))
    known = AccountRow(account="main", venue="kraken", user="ann", derived_strategy="REST_ONLY", head=0)
    assert reader.accounts("main") == [known] == reader.accounts()[:1]
    assert [row.account for row in reader.accounts()] == ["main", "other"]
    assert reader.accounts("nobody") == []


def test_cursors_coverage_and_streams_hold_the_last_word(journal: Journal, reader: JournalReader) -> None:
    row = StreamRow(account="main", kind="fills", strategy="stream", status="live", beat_ns=1, detail="[/x]")
    stopped = StreamRow(account="main", kind="fills", strategy="stream", status="stopped", beat_ns=2)
    with journal.transaction() as tx:
        tx.put_cursors("main", {"a": "1", "b": "2"})
        tx.put_cursors("main", {"b": "3"})
        tx.put_coverage("main", [Coverage(kind="fills", since_ns=9), Coverage(kind="transfers", since_ns=8)])
        tx.put_coverage("main", [Coverage(kind="fills", since_ns=5, from_start=True)])
        tx.put_streams([row])
        tx.put_streams([stopped])
    assert reader.cursors("main") == {"a": "1", "b": "3"}
    fills, transfers = reader.coverage("main")
    assert fills == Coverage(kind="fills", since_ns=5, from_start=True)
    assert transfers == Coverage(kind="transfers", since_ns=8)
    assert reader.streams() == [stopped]


def test_all_intervals_of_a_kind_are_claimed_at_once_and_remember_when_they_were_asked(
    journal: Journal, reader: JournalReader
) -> None:
    def part(scope: str, since_ns: int, asked_ns: int | None = None) -> Coverage:
        return Coverage(kind="fills", scope=scope, since_ns=since_ns, until_ns=since_ns + 5, asked_ns=asked_ns)

    with journal.transaction() as tx:
        tx.put_coverage("main", [part("A/B", 10, asked_ns=70), part("A/B", 1), part("C/D", 3, asked_ns=60)])
        tx.put_coverage("other", [part("A/B", 4)])
    assert reader.coverage("main") == [part("A/B", 1), part("A/B", 10, asked_ns=70), part("C/D", 3, asked_ns=60)]
    with journal.transaction() as tx:
        tx.put_coverage("main", [part("A/B", 1), part("C/D", 3, asked_ns=90)])
    assert reader.coverage("main") == [part("A/B", 1, asked_ns=70), part("C/D", 3, asked_ns=90)]
    assert reader.coverage("other") == [part("A/B", 4)]


def test_runs_of_reconciliation_are_numbered_and_never_rewritten(journal: Journal, reader: JournalReader) -> None:
    item = Item(kind="balance", wallet="spot", key="USD", local=None, exchange=Decimal("1.50"), state="unknown")

    def run(account: str, at_ns: int) -> Run:
        return Run(
            account=account, at_ns=at_ns, version="1", head=3, read_ns=None, compared=1, items=(item,), missing=("x",)
        )

    with journal.transaction() as tx:
        numbers = [tx.put_run(run("main", 1)), tx.put_run(run("other", 2)), tx.put_run(run("main", 3))]
    assert reader.runs("main") == [(numbers[2], run("main", 3)), (numbers[0], run("main", 1))]
    assert reader.runs(limit=2) == [(numbers[2], run("main", 3)), (numbers[1], run("other", 2))]
    assert reader.run(numbers[1]) == run("other", 2)
    assert reader.run(99) is None


def test_the_newest_price_of_each_market_stays(journal: Journal, reader: JournalReader) -> None:
    def price(value: str, at_ns: int, venue: str = "kraken") -> PriceSeen:
        return PriceSeen(symbol="BTC/USD", price=Decimal(value), at_ns=at_ns, venue=venue)

    with journal.transaction() as tx:
        tx.put_prices([price("100.50", 5), price("99", 1), price("7", 1, "binance")])
    assert reader.prices() == [price("7", 1, "binance"), price("100.50", 5)]


def test_notices_come_newest_first_and_the_oldest_are_forgotten(journal: Journal, reader: JournalReader) -> None:
    def notice(number: int) -> Notice:
        account = "main" if number % 2 else "other"
        return Notice(account=account, at_ns=number, severity="info", code="c", text=f"n{number}")

    with journal.transaction() as tx:
        tx.put_notices([notice(number) for number in range(10_050)])
    assert [n.at_ns for n in reader.notices(limit=3)] == [10_049, 10_048, 10_047]
    assert [n.at_ns for n in reader.notices(limit=2, account="main")] == [10_049, 10_047]
    assert len(reader.notices(limit=100_000)) == 10_000


def test_references_come_back_and_are_replaced(journal: Journal, reader: JournalReader) -> None:
    def quote(value: str, time_ns: int, asset: str = "BNB") -> PriceQuoted:
        return PriceQuoted(time_ns=time_ns, asset=asset, price=Decimal(value), currency="USD", source="manual")

    inverse = Instrument(
        symbol="BTC/USD:BTC", base="BTC", quote="USD", settle="BTC", inverse=True, contract_size=Decimal(100)
    )
    with journal.transaction() as tx:
        tx.put_instruments([inverse, Instrument(symbol="BTC/USD", base="BTC", quote="USD")])
        tx.put_quotes([quote("300.0", 2), quote("1", 2, "ADA"), quote("200", 1)])
        tx.put_quotes([quote("301.00", 2)])
    assert reader.instruments()["BTC/USD:BTC"] == inverse
    assert list(reader.instruments()) == ["BTC/USD", "BTC/USD:BTC"]
    assert (reader.instrument("BTC/USD:BTC"), reader.instrument("ETH/USD")) == (inverse, None)
    assert reader.quotes() == [quote("200", 1), quote("1", 2, "ADA"), quote("301.00", 2)]
    assert str(reader.quotes()[2].price) == "301.00"
    assert reader.quotes("BNB", 2, 3) == [quote("301.00", 2)]
    assert reader.quotes("BNB", None, 2) == [quote("200", 1)]


def test_the_prices_beside_a_time_are_the_nearest_on_either_side(journal: Journal, reader: JournalReader) -> None:
    def quote(time_ns: int, source: str = "b", asset: str = "BNB", currency: str = "USD") -> PriceQuoted:
        return PriceQuoted(time_ns=time_ns, asset=asset, price=Decimal(time_ns) / 8, currency=currency, source=source)

    with journal.transaction() as tx:
        tx.put_quotes([quote(time_ns, source) for time_ns in (10, 20, 20, 30, 40) for source in "ba"])
        tx.put_quotes([quote(24, currency="EUR"), quote(26, asset="BTC")])
    assert reader.quotes_beside("BNB", "USD", 25, 25, 100) == [quote(20, "a"), quote(30, "a")]
    assert reader.quotes_beside("BNB", "USD", 20, 20, 100) == [quote(20, "a")] * 2, "one at that very time is both"
    assert reader.quotes_beside("BNB", "USD", 19, 21, 100) == [quote(10, "a"), quote(30, "a")]
    assert reader.quotes_beside("BNB", "USD", 25, 25, 5) == [quote(20, "a"), quote(30, "a")]
    assert reader.quotes_beside("BNB", "USD", 25, 25, 4) == []
    assert reader.quotes_beside("BNB", "USD", 5, 5, 5) == [quote(10, "a")]
    assert reader.quotes_beside("BNB", "USD", 45, 45, 5) == [quote(40, "a")]


def test_raw_texts_come_newest_first_and_unreadable_ones_are_never_pruned(
    journal: Journal, reader: JournalReader
) -> None:
    def raw(number: int, unreadable: str | None = None) -> RawRow:
        text = '{"x":\x00"\ufeff' + str(number)
        return RawRow(account="main", received_ns=number, source="stream", channel="c", raw=text, unreadable=unreadable)

    rows = [replace(row, done_ns=9) for row in (raw(1), raw(2, "no price"), raw(3))]
    with journal.transaction() as tx:
        rows = [replace(row, id=row_id) for row, row_id in zip(rows, tx.put_raws(rows), strict=True)]
    rows = [replace(row, raw=row.raw.replace("\0", "\\u0000")) for row in rows]  # no database holds NUL in text
    assert reader.raws("main") == rows[::-1]
    assert reader.raws("main", unreadable_only=True) == [rows[1]]
    assert reader.raws("main", limit=1) == [rows[2]]
    assert reader.raws("other") == []
    with journal.transaction() as tx:
        assert tx.prune_raws(3) == 1
    assert reader.raws("main") == [rows[2], rows[1]]


def test_half_a_character_is_kept_readable_and_stops_nobody(journal: Journal, reader: JournalReader) -> None:
    broken = "a\ud800é"
    with journal.transaction() as tx:
        tx.put_raws(
            [RawRow(account="main", received_ns=1, source="rest", channel="c", raw=broken, unreadable=f"no: {broken}")]
        )
        tx.put_notices([Notice(account="main", at_ns=1, severity="info", code="c", text=broken)])
    (row,) = reader.raws("main")
    assert (row.raw, row.unreadable) == ("a\\ud800é", "no: a\\ud800é")
    assert reader.notices()[0].text == "a\\ud800é"


@pytest.mark.parametrize("error", [ValueError, ArithmeticError, InternalError, KeyboardInterrupt])
def test_a_transaction_that_fails_for_any_reason_leaves_nothing(journal: Journal, error: type[BaseException]) -> None:
    def fails() -> None:
        with journal.transaction() as tx:
            tx.append("main", entries([fill(1)]))
            tx.put_cursors("main", {"fills": "1"})
            raise error("no")

    with pytest.raises(error):
        fails()
    with journal.transaction() as tx:
        assert (tx.head("main"), tx.cursors("main")) == (0, {})


def received(number: int, **named: object) -> RawRow:
    row = RawRow(account="main", received_ns=number, source="stream", channel="stream", raw="é" * number)
    return replace(row, **named)


def test_a_text_waits_until_what_it_says_is_stored_and_is_found_by_its_state(
    journal: Journal, reader: JournalReader
) -> None:
    with journal.transaction() as tx:
        first, second, third = tx.put_raws([received(1), received(2), received(3, account="other")])
    assert [row.id for row in reader.raws_after("main", states=["waiting"])] == [first, second]
    with journal.transaction() as tx:
        tx.settle_raws([received(1, id=first, channel="fills", done_ns=5)])
        tx.settle_raws([received(2, id=second, unreadable="no price", done_ns=5)])
        tx.settle_raws([received(3, id=third, done_ns=5)])  # another account's: left alone
    assert reader.raw(first) == received(1, id=first, channel="fills", done_ns=5)
    assert [row.state for row in reader.raws_after("main")] == ["done", "unreadable"]
    assert [row.id for row in reader.raws_after("main", states=["done", "unreadable"])] == [first, second]
    assert [row.id for row in reader.raws_after("main", first)] == [second]
    assert [row.id for row in reader.raws_after("main", since_ns=1, until_ns=2)] == [first]
    assert [row.id for row in reader.raws_after("main", limit=1)] == [first]
    assert (reader.unreadable_count("main"), reader.unreadable_count("other")) == (1, 0)
    assert [row.id for row in reader.raws_after("other", states=["waiting"])] == [third]
    with journal.transaction() as tx:
        tx.forget_raws([first])
    assert reader.raw(first) is None


@pytest.mark.parametrize("count", [1, 3, 341, 700])
def test_any_number_of_texts_is_stored_settled_and_taken_out(
    count: int, journal: Journal, reader: JournalReader
) -> None:
    with journal.transaction() as tx:
        ids = tx.put_raws([received(n, raw=f"text {n}") for n in range(count)])
    settled = [
        received(
            n, id=ids[n], raw=f"text {n}", channel=f"c{n % 3}", unreadable="bad" if n % 5 == 4 else None, done_ns=7
        )
        for n in range(0, count, 2)
    ]
    with journal.transaction() as tx:
        tx.settle_raws(settled)
        tx.forget_raws(ids[1::4])
    left = {row.id: row for row in settled} | {
        ids[n]: received(n, id=ids[n], raw=f"text {n}") for n in range(3, count, 4)
    }
    assert reader.raws_after("main", limit=1000) == [left[its_id] for its_id in sorted(left)]


def test_the_inbox_is_counted_in_rows_and_bytes(journal: Journal, reader: JournalReader) -> None:
    assert (reader.inbox_counts(), reader.inbox_bytes()) == ([], 0)
    with journal.transaction() as tx:
        tx.put_raws([received(2), received(1), received(3, done_ns=4)])
    waiting = InboxCount(
        account="main", source="stream", channel="stream", state="waiting", rows=2, bytes=6, oldest_ns=1, newest_ns=2
    )
    done = replace(waiting, state="done", rows=1, oldest_ns=3, newest_ns=3)
    assert reader.inbox_counts() == [done, waiting]
    assert reader.inbox_bytes() == 12


def test_the_oldest_that_are_done_are_pruned_first_and_the_others_only_when_asked(
    journal: Journal, reader: JournalReader
) -> None:
    with journal.transaction() as tx:
        tx.put_raws(
            [received(1), received(2, unreadable="no", done_ns=9), *(received(n, done_ns=9) for n in (3, 4, 5))]
        )
        assert tx.prune_raws(5, limit=1) == 1
        assert [row.received_ns for row in tx.raws_after("main")] == [1, 2, 4, 5]
        assert tx.prune_raws(5) == 1
        assert tx.prune_raws(5) == 0
        assert tx.prune_raws(2, unreadable=True) == 1
    assert [row.received_ns for row in reader.raws_after("main")] == [2, 5]


def test_many_results_are_kept_at_once_and_replaced_at_once(journal: Journal, reader: JournalReader) -> None:
    def rows(body: bytes) -> list[KeptRow]:
        return [
            KeptRow(key=(n, -1, f"fill:{n}'\\"), ordinal=n % 2, symbol='B"TC/USD', currency="USD", body=body)
            for n in range(2500)
        ]

    for body in (b"first", b"\x00\xff'second"):
        with journal.transaction() as tx:
            tx.put_kept("main", "average", rows(body))
        assert [row for _, row in reader.kept("main", "average")] == rows(body)


def test_what_is_asked_of_an_account_that_is_held_is_what_this_transaction_made_of_it(journal: Journal) -> None:
    with journal.transaction() as tx:
        tx.hold("main")
        assert (tx.head("main"), tx.marks("main"), tx.cursors("main")) == (0, {}, {})
        tx.append("main", entries([fill(1), fill(2)]))
        tx.put_marks("main", {"b": "1", "a": "2"})
        tx.put_cursors("main", {"fills": "7"})
        assert (tx.head("main"), tx.cursors("main")) == (2, {"fills": "7"})
        assert list(tx.marks("main").items()) == [("a", "2"), ("b", "1")]
        withdrawn = Retracted(account="main", time_ns=9, id="R1", target=identity(fill(4)))
        tx.append("main", entries([withdrawn, fill(4)], start=3))
        assert tx.head("main") == 4
    with journal.transaction() as tx:
        tx.hold("main")
        assert (tx.head("main"), tx.cursors("main"), tx.marks("main")) == (4, {"fills": "7"}, {"a": "2", "b": "1"})
        assert identity(fill(4)) not in {identity(one) for one in tx.events("main", kinds=("fill",))}
