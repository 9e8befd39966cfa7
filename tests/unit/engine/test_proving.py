"""Each run is proved from the last checkpoint on; what is told late is said, and breaks no proof."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from account_cli.collector.delivery import Delivery
from account_cli.domain.events import Event, Retracted
from account_cli.domain.health import Coverage
from account_cli.domain.identity import identity
from account_cli.domain.money import ZERO
from account_cli.domain.observations import Position, RunningBalance
from account_cli.domain.times import DAY, SECOND
from account_cli.engine import unchanged
from account_cli.engine.beside import notices
from account_cli.engine.follow import Follower
from account_cli.engine.proving import UNASKED, Proving, proven
from account_cli.engine.reconciling import reconcile
from account_cli.engine.retention import Retention, prune
from account_cli.engine.unchanged import kept_sums
from account_cli.ports import Heard
from account_cli.reconciliation import Tolerance
from account_cli.reconciliation.proof import BalanceProof
from tests.unit.engine.correct_bench import CorrectBench
from tests.unit.engine.engine_facts import START, deposit, fill, history

D = Decimal
PERP = "BTC/USDT:USDT"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[CorrectBench]:
    opened = CorrectBench(tmp_path / "acct.db")
    yield opened
    opened.close()


def perp(n: int, side: str, price: str, quantity: str = "1") -> Event:
    made = fill(n, side=side, price=price, quantity=quantity, symbol=PERP, fees=(("USDT", "0.5"),))
    return msgspec.structs.replace(made, settle="USDT", wallet="futures")


def agree(bench: CorrectBench, *, whole: bool = True) -> Proving:
    """Let the exchange state what the ledger holds; compare, prove and keep."""
    state = bench.ledger()
    held = [(wallet, asset, str(amount)) for (wallet, asset), amount in state.balances().items()]
    contracts = [
        Position(symbol=one.symbol, quantity=one.quantity, wallet=one.wallet)
        for one in state.totals()
        if one.is_contract
    ]
    bench.state(held, contracts)
    return look(bench, whole=whole)


def look(bench: CorrectBench, *, whole: bool = True) -> Proving:
    follower = Follower(bench.reader)
    with bench.reader.snapshot_view():
        run = reconcile(follower, "a", now_ns=bench.clock.now_ns(), tolerance=Tolerance(), settle_ns=5 * SECOND)
        proving = proven(follower, run, whole=whole)
    with bench.journal.transaction() as tx:
        proving.keep(tx, tx.put_run(proving.run))
    return proving


def added_up(proving: Proving) -> dict[str, BalanceProof]:
    """Return the proof by asset, having added up every balance to the last digit."""
    assert proving.proof is not None
    assert proving.proof.adds_up
    for one in proving.proof.balances:
        assert one.opening + sum((line.amount for line in one.lines), ZERO) == one.closing
    return {one.asset: one for one in proving.proof.balances}


def kinds(one: BalanceProof) -> list[tuple[str, bool, Decimal]]:
    return [(line.kind, line.late, line.amount) for line in one.lines]


def test_a_clean_run_is_the_checkpoint_that_the_next_proof_begins_at(bench: CorrectBench) -> None:
    bench.tell([deposit(1), fill(2)])
    first = agree(bench)
    assert kinds(added_up(first)["USD"]) == [
        ("deposits", False, D(1000)), ("paid for purchases", False, D(-100)), ("trading fees", False, D("-0.1")),
    ]  # fmt: skip
    assert bench.reader.checkpoint("a") == first.checkpoint
    assert (added_up(agree(bench)), agree(bench).checkpoint) == ({}, None), "nothing moved: no other checkpoint"
    bench.tell([deposit(3, "5")])
    second = added_up(agree(bench))
    assert (second["USD"].opening, kinds(second["USD"])) == (D("899.9"), [("deposits", False, D(5))])


def test_what_differs_is_no_checkpoint_and_its_proof_says_by_how_much(bench: CorrectBench) -> None:
    bench.tell([deposit(1)])
    agree(bench)
    bench.state([("spot", "USD", "1001")])
    broken = look(bench)
    assert broken.checkpoint is None
    (one,) = added_up(broken).values()
    assert (one.lines, one.closing, one.exchange, one.difference) == ((), D(1000), D(1001), D(1))


def test_a_fact_told_late_is_a_line_of_its_own_and_the_checkpoint_stays(bench: CorrectBench) -> None:
    bench.tell([deposit(1), deposit(9)])
    before = agree(bench).checkpoint
    bench.tell([deposit(5, "7"), deposit(12, "1")])
    proof = added_up(look(bench))
    assert kinds(proof["USD"]) == [("deposits", False, D(1)), ("deposits", True, D(7))]
    assert bench.reader.checkpoint("a") == before
    assert kinds(added_up(agree(bench))["USD"]) == kinds(proof["USD"])
    assert added_up(agree(bench)) == {}, "the next checkpoint knows it"


def test_a_fee_completed_and_a_fact_withdrawn_are_told_late_too(bench: CorrectBench) -> None:
    bench.tell([deposit(1), fill(2, fees=None), deposit(3, "4"), deposit(9)])
    agree(bench)
    gone = Retracted(account="a", id="R", time_ns=START + 20 * SECOND, target=identity(deposit(3)))
    bench.tell([fill(2), gone])
    assert kinds(added_up(look(bench))["USD"]) == [("deposits", True, D(-4)), ("trading fees", True, D("-0.1"))]


def test_what_a_late_fill_does_to_gains_before_the_checkpoint_is_restated(bench: CorrectBench) -> None:
    bench.tell([perp(2, "buy", "100"), perp(8, "sell", "130")])
    agree(bench)
    bench.tell([perp(1, "buy", "90")])
    (one,) = added_up(look(bench)).values()
    assert kinds(one) == [("trading fees", True, D("-0.5")), ("restated", True, D(5))]


def test_whatever_comes_in_whatever_order_every_proof_adds_up(bench: CorrectBench) -> None:
    dice = random.Random(5)
    told: list[Event] = [
        *history(80),
        *(perp(n, dice.choice(("buy", "sell")), str(90 + n % 7)) for n in range(80, 160)),
    ]
    dice.shuffle(told)
    while told:
        bench.tell([told.pop() for _ in range(min(len(told), dice.randint(1, 12)))])
        added_up(agree(bench))


def test_unasked_only_what_is_cheap_is_proved(bench: CorrectBench) -> None:
    bench.tell([deposit(1)])
    assert agree(bench, whole=False).proof is not None, "a first proof of few facts"
    bench.tell([deposit(2)])
    assert agree(bench, whole=False).proof is not None
    bench.tell([deposit(3)])
    cheap = bench.reader.checkpoint("a")
    assert cheap is not None
    with bench.journal.transaction() as tx:
        tx.put_checkpoint(msgspec.structs.replace(cheap, head=cheap.head - UNASKED))
    assert agree(bench, whole=False).proof is None, "too many facts"


def test_what_was_stated_from_time_to_time_says_when_it_went_wrong(bench: CorrectBench) -> None:
    """The runs in between said nothing new and are not kept; what the exchange stated is."""
    bench.tell([deposit(1)])
    agree(bench)
    bench.clock.ns += DAY
    bench.state([("spot", "USD", "1000")], [])
    agreed = bench.clock.ns
    with bench.journal.transaction() as tx:
        tx.put_look("a", agreed)
    bench.clock.ns += 300 * SECOND
    bench.state([("spot", "USD", "1003")], [])
    wrong = bench.clock.ns
    look(bench)
    bench.clock.ns += DAY
    bench.state([("spot", "USD", "1003")], [])
    (item,) = look(bench).run.items
    assert (item.state, item.clean_ns, item.since_ns) == ("unexplained", agreed, wrong)


def test_readings_are_kept_for_thirty_days_and_the_last_for_ever(bench: CorrectBench) -> None:
    bench.tell([deposit(1)])
    agree(bench)
    bench.tell([deposit(2)])
    agree(bench)
    asked = ("a", "balance", "spot", "USD")
    assert [one.amount for one in bench.reader.readings(*asked)] == [D(1000), D(2000)]
    for days, left in ((29, 2), (31, 1)):
        with bench.journal.transaction() as tx:
            while prune(tx, retention=Retention(), now_ns=bench.clock.ns + days * DAY):
                pass
        assert len(bench.reader.readings(*asked)) == left


def entry(n: int, change: str, balance: str) -> RunningBalance:
    return RunningBalance(book="ZUSD", id=f"L{n}", wallet="spot", asset="USD", time_ns=START + n * SECOND,
                          change=D(change), balance=D(balance))  # fmt: skip


def hear(bench: CorrectBench, *entries: RunningBalance) -> None:
    heard = Heard(account="a", received_ns=bench.clock.ns, source="rest", channel="Ledgers", raw="x", running=entries)
    bench.ingest.write([Delivery(account="a", heard=(heard,))])


def test_a_hole_in_the_exchanges_own_ledger_is_never_clean_until_it_is_filled(bench: CorrectBench) -> None:
    bench.tell([deposit(1)])
    hear(bench, entry(1, "1000", "1000"), entry(4, "2", "1005"))
    broken = agree(bench)
    (item,) = broken.run.items
    assert (item.kind, item.key, item.state, item.difference) == ("running", "USD", "unexplained", D(3))
    assert (item.clean_ns, item.since_ns) == (START + SECOND, START + 4 * SECOND)
    assert "after entry L1" in item.hints[0]
    assert "before entry L4" in item.hints[0]
    assert broken.checkpoint is None
    hear(bench, entry(3, "3", "1003"))
    mended = agree(bench)
    assert "running" not in {one.kind for one in mended.run.items if one.state != "explained"}
    assert mended.checkpoint is not None
    assert mended.checkpoint.entries == bench.reader.running_head("a")
    hear(bench, entry(6, "1", "1007"))
    assert [one.state for one in agree(bench).run.items] == ["unexplained"], "and where the checkpoint ended it goes on"


def test_the_id_of_a_transaction_that_is_told_later_explains_nothing(bench: CorrectBench) -> None:
    old, missing = deposit(1), deposit(2, "30")
    bench.tell([old])
    for _ in range(2):
        bench.state([("spot", "USD", "1030")])
        look(bench)
    bench.tell([missing], origin="repair")
    bench.tell([msgspec.structs.replace(one, tx=f"tx of {one.id}") for one in (old, missing)], origin="repair")
    (item,) = agree(bench).run.items
    assert (item.state, [cause.facts for cause in item.causes]) == ("explained", [("spot|transfer|D2",)])


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE journal SET body = replace(body, '1000000', '2000000') WHERE n = 1",
        "DELETE FROM journal WHERE n = 2",
        "UPDATE journal SET revision = 7 WHERE n = 3",
    ],
)
def test_a_line_that_was_changed_by_hand_is_a_break_until_it_is_put_back(
    bench: CorrectBench, sql: str, whole: bool, tmp_path: Path
) -> None:
    bench.tell(history(30))
    agree(bench)
    with sqlite3.connect(tmp_path / "acct.db") as db:
        kept = db.execute("SELECT * FROM journal WHERE n < 4").fetchall()
        assert db.execute(sql).rowcount == 1
    found = agree(bench, whole=whole)
    (item,) = found.run.items
    assert (item.kind, item.key, item.state) == ("journal", "lines from 1 on", "unexplained")
    assert (item.causes[0].name, found.checkpoint) == ("changed", None)
    assert [one.text for one in notices(found.run, None)] == [item.hints[0]]
    bench.clock.ns += 60 * SECOND
    (cheap,) = agree(bench, whole=False).run.items
    (again,) = agree(bench).run.items
    assert (cheap, again) == (item, item)
    bench.tell([deposit(99)])
    assert agree(bench, whole=whole).run.items == (item,), "new lines take nothing away from it"
    with sqlite3.connect(tmp_path / "acct.db") as db:
        db.executemany(f"INSERT OR REPLACE INTO journal VALUES ({', '.join('?' * len(kept[0]))})", kept)
    mended = agree(bench, whole=whole)
    assert (mended.run.state, mended.run.items, mended.checkpoint is not None) == ("clean", (), True)
    assert [one.text for one in notices(mended.run, found.run)] == ["journal lines from 1 on are as stored again"]


def test_the_sums_of_a_long_journal_come_bit_by_bit_and_cover_all_of_it(bench: CorrectBench, tmp_path: Path) -> None:
    bench.tell(history(2500))
    agree(bench, whole=False)
    bench.tell([deposit(5000)])
    agree(bench, whole=False)
    sums = kept_sums(bench.reader, "a")
    assert (sums.head, len(sums.sums)) == (bench.reader.head("a"), 3)
    assert dict(enumerate(sums.sums)) == bench.reader.line_sums("a", 0, sums.head)
    with sqlite3.connect(tmp_path / "acct.db") as db:
        db.execute("UPDATE journal SET body = body || ' ' WHERE n IN (1500, ?)", (sums.head,))
    assert [item.key for item in look(bench).run.items] == ["lines from 1001 on", "lines from 2001 on"]


def test_a_long_journal_is_looked_at_by_turns_and_its_newest_lines_every_time(
    bench: CorrectBench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unchanged, "_LOOKED_AT", 2)
    bench.tell(history(6500))
    agree(bench)
    read: list[int] = []
    line_sums = type(bench.reader).line_sums

    def counted(self: object, account: str, beyond: int, until: int) -> dict[int, int]:
        read.append(until - beyond)
        return line_sums(bench.reader, account, beyond, until)

    monkeypatch.setattr(type(bench.reader), "line_sums", counted)
    with sqlite3.connect(tmp_path / "acct.db") as db:
        db.execute("UPDATE journal SET revision = 7 WHERE n IN (4500, 6499)")
    found = [{item.key for item in agree(bench, whole=False).run.items} for _ in range(3)]
    newest, older = "lines from 6001 on", "lines from 4001 on"
    assert found == [{newest}, {newest}, {newest, older}]
    assert sum(read) <= 3 * 4 * 1000, "the newest, two by turns, and what is known to be changed"
    with sqlite3.connect(tmp_path / "acct.db") as db:
        db.execute("UPDATE journal SET revision = 0 WHERE n IN (4500, 6499)")
    assert agree(bench, whole=False).run.items == ()


@pytest.mark.parametrize(
    ("late", "opening", "left"),
    [
        ("150", "50", "30"),  # what lay before history is less by that, and the break stays
        ("30", "200", None),  # the fact alone makes all agree
    ],
)
def test_what_lay_before_history_takes_in_no_break_that_came_after_all_had_agreed(
    bench: CorrectBench, late: str, opening: str, left: str | None
) -> None:
    part = tuple(Coverage(kind=kind, since_ns=START) for kind in ("fills", "transfers"))

    def settle(*events: Event) -> None:
        bench.ingest.write([Delivery(account="a", events=events, coverage=part, settle_openings=True)])

    def openings() -> list[Decimal | None]:
        return [getattr(one, "amount", None) for one in bench.reader.events("a", kinds=("opening",))]

    bench.state([("spot", "USD", "500")])
    settle(deposit(10, "300"))
    settle()
    settle()
    bench.state([("spot", "USD", "500")])
    assert (look(bench).checkpoint is not None, openings()) == (True, [D(200)])
    for _ in range(2):
        bench.state([("spot", "USD", "530")])
        look(bench)
    settle(deposit(5, late))
    for _ in range(3):
        settle()
    bench.state([("spot", "USD", "530")])
    items = [(item.key, item.difference) for item in look(bench).run.items if item.state == "unexplained"]
    assert (openings(), items) == ([D(opening)], [] if left is None else [("USD", D(left))])
