"""A correction is made once, whole, under a name; facts that come late take its place to the last digit."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from account_cli.collector.delivery import Delivery
from account_cli.domain.events import Adjustment, Amount, Fill, Retracted
from account_cli.domain.health import Coverage
from account_cli.domain.identity import identity, order_key
from account_cli.domain.observations import Position
from account_cli.domain.times import SECOND
from account_cli.engine.ingest import Ingest
from account_cli.engine.rebuilding import check
from account_cli.engine.references import StoredReferences
from account_cli.ledger import empty, fold
from account_cli.reconciliation import is_correction
from tests.laws.histories import Prices
from tests.unit.engine.correct_bench import CorrectBench
from tests.unit.engine.engine_facts import START, deposit, fill

PERP = "BTC/USDT:USDT"
PRICES = Prices()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[CorrectBench]:
    bench = CorrectBench(tmp_path / "acct.db")
    yield bench
    bench.close()


def perp(n: int, side: str, quantity: str, price: str, fee: str = "0") -> Fill:
    return Fill(
        account="a", wallet="futures", id=f"P{n}", time_ns=START + n * SECOND, order_id=f"O{n}", symbol=PERP,
        side="buy" if side == "buy" else "sell", price=Decimal(price), quantity=Decimal(quantity),
        fees=(Amount("USDT", Decimal(fee)),), settle="USDT", contract_size=Decimal(1),
    )  # fmt: skip


def held(quantity: str, entry: str | None = None) -> Position:
    return Position(symbol=PERP, quantity=Decimal(quantity), entry_price=None if entry is None else Decimal(entry))


def test_a_break_is_corrected_only_when_asked_and_the_next_run_is_clean(bench: CorrectBench) -> None:
    bench.tell([deposit(1, "9900")])
    for _ in range(3):
        bench.state([("spot", "USD", "10000")])
        run = bench.keep(bench.compare())
    assert (run.state, bench.corrections(), bench.balance("USD")) == ("unexplained", [], Decimal(9900))
    bench.state([("spot", "USD", "10000")])
    run = bench.keep(bench.compare(), correct=True)
    (made,) = bench.corrections()
    assert run.state == "unexplained", "it is told once more"
    assert [item.corrected for item in run.items] == [identity(made)]
    assert (made.amount, made.asset, made.time_ns, made.symbol) == (Decimal(100), "USD", run.read_ns, None)
    assert made.reason.startswith("run 4: ledger 9900, exchange 10000, unexplained since before 2023-")
    assert bench.compare().state == "clean"
    bench.state([("spot", "USD", "10000")])
    assert bench.keep(bench.compare(), correct=True).items == ()
    assert bench.balance("USD") == Decimal(10000)
    assert bench.told() == [f"balance of USD (spot) corrected by +100: {made.reason}"]
    assert (bench.reader.entries_since("a", 0)[-1].origin, len(bench.corrections())) == ("derived", 1)


def test_what_changed_since_it_was_compared_is_compared_again(bench: CorrectBench) -> None:
    bench.tell([deposit(1, "9900")])
    bench.state([("spot", "USD", "10000")])
    bench.keep(bench.compare())
    bench.state([("spot", "USD", "10000")])
    run = bench.compare()
    bench.tell([deposit(2, "40")])
    kept = bench.keep(run, correct=True)
    assert (kept.state, kept.items[0].corrected, bench.corrections()) == ("unexplained", None, [])


def test_the_same_correction_made_again_is_the_same_fact(bench: CorrectBench) -> None:
    bench.tell([deposit(1, "9900")])
    run = bench.correct([("spot", "USD", "10000")])
    (made,) = bench.corrections()
    bench.tell([made], origin="derived")
    assert bench.corrections() == [made]
    assert bench.keep(run, correct=True) == run, "what a run corrected it does not correct again"
    assert bench.balance("USD") == Decimal(10000)


def test_a_break_of_the_same_size_after_a_correction_is_another_one(bench: CorrectBench) -> None:
    bench.tell([deposit(1, "9900")])
    bench.correct([("spot", "USD", "10000")])
    bench.state([("spot", "USD", "10100")])
    run = bench.keep(bench.compare())
    assert run.state == "pending", "one reading proves nothing"
    bench.state([("spot", "USD", "10100")])
    bench.keep(bench.compare(), correct=True)
    first, second = bench.corrections()
    assert (first.amount, second.amount) == (Decimal(100), Decimal(100))
    assert first.id != second.id


def test_late_facts_take_the_place_of_a_correction_in_one_transaction(bench: CorrectBench) -> None:
    bench.tell([deposit(1, "9900")])
    bench.correct([("spot", "USD", "10000")])
    bench.tell([deposit(5, "70")], origin="repair")
    assert [one.amount for one in bench.corrections()] == [Decimal(30)]
    assert bench.balance("USD") == Decimal(10000)
    bench.tell([deposit(6, "40")])
    assert [one.amount for one in bench.corrections()] == [Decimal(-10)], "what remains is what it is"
    bench.tell([deposit(7, "-10")])
    assert bench.corrections() == []
    assert bench.balance("USD") == Decimal(10000)
    assert not bench.ledger().issues()
    *_, before, last = bench.told()
    assert before.endswith("gave way to the late spot|transfer|D6 of 2023-11-14T22:13:26Z; -10 is left")
    assert last.endswith("gave way to the late spot|transfer|D7 of 2023-11-14T22:13:27Z; nothing is left of it")


def test_a_fact_that_the_reading_did_not_hold_yet_shows_as_a_break_and_is_never_hidden(bench: CorrectBench) -> None:
    bench.tell([deposit(1, "9900")])
    run = bench.correct([("spot", "USD", "10000")])
    assert run.read_ns is not None
    bench.tell([deposit((run.read_ns - START) // SECOND - 1, "7")])
    assert (bench.corrections()[0].amount, bench.balance("USD")) == (Decimal(93), Decimal(10000))
    bench.state([("spot", "USD", "10007")])
    (item,) = bench.compare().items
    assert (item.difference, item.state) == (Decimal(7), "pending")
    bench.correct([("spot", "USD", "10007")])
    bench.tell([deposit(5, "100")])
    assert sum(one.amount for one in bench.corrections()) == 0
    assert bench.balance("USD") == Decimal(10007)


def test_a_thousand_corrections_give_way_in_one_transaction(bench: CorrectBench) -> None:
    bench.tell([deposit(1, "1", "A0")])
    found = bench.correct([("spot", f"A{n}", "2") for n in range(1000)])
    assert len(bench.corrections()) == len(found.items) == 1000
    late = [replace(deposit(5, "1" if n == 0 else "2", f"A{n}"), id=f"L{n}") for n in range(999)]
    bench.tell(late)
    (left,) = bench.corrections()
    assert (left.asset, left.amount) == ("A999", Decimal(2))


def test_who_collects_knows_of_a_correction_that_another_process_made(bench: CorrectBench) -> None:
    bench.tell([deposit(1, "9900")])
    bench.state([("spot", "USD", "10000")])
    collecting, bench.ingest = bench.ingest, Ingest(bench.journal, bench.clock)
    bench.correct([("spot", "USD", "10000")])
    bench.ingest = collecting
    bench.tell([deposit(5, "70")])
    assert ([one.amount for one in bench.corrections()], bench.balance("USD")) == ([Decimal(30)], Decimal(10000))


def test_what_happened_later_is_none_of_its_business(bench: CorrectBench) -> None:
    bench.tell([deposit(1, "9900")])
    bench.correct([("spot", "USD", "10000")])
    bench.tell([deposit(7200, "70")])
    assert [one.amount for one in bench.corrections()] == [Decimal(100)]
    assert bench.balance("USD") == Decimal(10070)


def test_a_correction_that_is_spent_stays_spent(bench: CorrectBench) -> None:
    bench.tell([deposit(1, "9900")])
    bench.correct([("spot", "USD", "10000")])
    bench.tell([deposit(5, "100")])
    bench.tell([deposit(6, "5")])
    assert bench.corrections() == []
    assert bench.balance("USD") == Decimal(10005), "nobody asked to correct that"


def test_each_of_two_corrections_gives_way_to_its_own_time(bench: CorrectBench) -> None:
    bench.tell([deposit(1, "9900")])
    bench.correct([("spot", "USD", "10000")])
    between = (bench.clock.ns - START) // SECOND + 5
    bench.correct([("spot", "USD", "10030")])
    bench.tell([deposit(5, "60"), deposit(between, "30")])
    assert [one.amount for one in bench.corrections()] == [Decimal(40)]
    assert bench.balance("USD") == Decimal(10030)


def test_a_withdrawn_fact_makes_the_riddle_greater_again(bench: CorrectBench) -> None:
    bench.tell([deposit(1, "9900"), deposit(2, "40")])
    bench.correct([("spot", "USD", "10000")])
    bench.tell([Retracted(account="a", id="R", time_ns=START + 9 * SECOND, target=identity(deposit(2)))])
    assert [one.amount for one in bench.corrections()] == [Decimal(100)]
    assert bench.balance("USD") == Decimal(10000)


def test_a_person_may_withdraw_a_correction(bench: CorrectBench) -> None:
    bench.tell([deposit(1, "9900")])
    bench.correct([("spot", "USD", "10000")])
    (made,) = bench.corrections()
    bench.tell([Retracted(account="a", id="R", time_ns=made.time_ns, target=identity(made))], origin="import")
    assert (bench.corrections(), bench.balance("USD")) == ([], Decimal(9900))


def test_a_fee_that_is_told_late_shrinks_it_too(bench: CorrectBench) -> None:
    bench.tell([deposit(1, "1000"), fill(2, fees=None)])
    bench.correct([("spot", "USD", "899.9"), ("spot", "BTC", "1")])
    assert [one.amount for one in bench.corrections()] == [Decimal("-0.1")]
    bench.tell([fill(2, fees=(("USD", "0.1"),))])
    assert (bench.corrections(), bench.balance("USD")) == ([], Decimal("899.9"))


def test_a_missed_fill_of_a_contract_replaces_the_correction_of_its_position_and_of_its_money(
    bench: CorrectBench,
) -> None:
    known, missed = [perp(2, "buy", "1", "100"), perp(4, "sell", "1", "110")], perp(3, "buy", "0.5", "104", fee="2")
    bench.tell(known)
    bench.correct(money(*known, missed), [held("0.5")])
    assert {one.symbol: one.amount for one in bench.corrections()}[PERP] == Decimal("0.5")
    assert len(bench.corrections()) == 2
    assert bench.compare().state == "clean"
    known.append(perp((bench.clock.ns - START) // SECOND + 100, "sell", "0.5", "120"))
    bench.tell(known[2:])
    bench.clock.ns += 200 * SECOND
    run = bench.correct(money(*known, missed), [])
    assert [item.kind for item in run.items] == ["balance"], "what closed at unknown cost realised nothing"
    bench.tell([missed])
    assert bench.corrections() == []
    assert (("futures", "USDT", str(bench.balance("USDT", "futures"))),) == tuple(money(*known, missed))
    (figures,) = [one for one in bench.ledger().totals() if one.symbol == PERP]
    assert (figures.quantity, figures.unknown_cost_quantity) == (Decimal(0), Decimal(0))


def money(*fills: Fill) -> list[tuple[str, str, str]]:
    """Return what the exchange holds of USDT after these fills."""
    state, _ = fold(empty("a"), sorted(fills, key=order_key), PRICES)
    return [("futures", "USDT", str(state.balances()["futures", "USDT"]))]


def test_openings_neither_absorb_a_correction_nor_is_it_their_substitute(bench: CorrectBench) -> None:
    part = tuple(Coverage(kind=kind, since_ns=START) for kind in ("fills", "transfers"))
    bench.state([("spot", "USD", "500")])
    for events in ((deposit(10, "300"),), (), ()):
        bench.ingest.write([Delivery(account="a", events=events, coverage=part, settle_openings=True)])
    assert bench.balance("USD") == Decimal(500), "200 lay before history"
    bench.correct([("spot", "USD", "530")])
    assert [one.amount for one in bench.corrections()] == [Decimal(30)]
    for _ in range(3):
        bench.ingest.write([Delivery(account="a", settle_openings=True)])
    assert [one.amount for one in bench.corrections()] == [Decimal(30)]
    older, later = deposit(5, "150"), deposit(20, "10")
    bench.ingest.write([Delivery(account="a", events=(later, older))])
    assert [one.amount for one in bench.corrections()] == [Decimal(20)], "the older deposit is part of the opening"
    for _ in range(3):
        bench.ingest.write([Delivery(account="a", settle_openings=True)])
    openings = [getattr(one, "amount", None) for one in bench.reader.events("a", kinds=("opening",))]
    assert openings == [Decimal(50)]
    assert bench.balance("USD") == Decimal(530)
    bench.tell([deposit(4, "50")])
    bench.ingest.write([Delivery(account="a", settle_openings=True)])
    assert [one.amount for one in bench.corrections()] == [Decimal(20)]


def test_after_everything_a_rebuild_finds_nothing_to_change(bench: CorrectBench) -> None:
    bench.tell([deposit(1, "9900"), perp(2, "buy", "1", "100")])
    bench.correct([("spot", "USD", "10000")], [held("1.5")])
    bench.tell([deposit(5, "70")])
    found = check(bench.reader, "a", StoredReferences(bench.reader))
    assert found.changed == []
    before = bench.ledger().totals()
    bench.ingest.repair(["a"])
    assert bench.ledger().totals() == before
    kept = [one for one in bench.reader.events("a") if isinstance(one, Adjustment)]
    assert all(is_correction(one) for one in kept)
    assert len(kept) == 2


def test_what_was_corrected_is_still_looked_for(bench: CorrectBench) -> None:
    bench.tell([deposit(1, "9900")])
    bench.correct([("spot", "USD", "10000")])

    def sought() -> list[tuple[str, Decimal, bool]]:
        (receipt,) = bench.ingest.write([Delivery(account="a", settle_openings=True)])
        return [(one.asset, one.amount, one.before_history) for one in receipt.unexplained]

    assert sought() == [("USD", Decimal(100), True)]
    bench.tell([deposit(5, "100")])
    assert sought() == []
