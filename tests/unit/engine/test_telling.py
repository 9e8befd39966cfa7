"""Changes are told in the journal's order, each once, and add up to what the ledger holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from account_cli.collector.delivery import Delivery
from account_cli.domain.events import Adjustment, Amount, CostGiven, Event, Fill, FundingPaid, Retracted
from account_cli.domain.identity import identity
from account_cli.domain.money import ZERO
from account_cli.engine import telling
from account_cli.engine.ingest import Ingest
from account_cli.engine.telling import AccountChange, Telling
from account_cli.errors import InputError
from account_cli.ports import Journal, JournalReader
from account_cli.storage import open_journal
from tests.laws.histories import SPOT, fills, flows, histories
from tests.unit.engine.engine_facts import START, FixedClock, deposit, fill, folded

D = Decimal


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = open_journal(tmp_path / "acct.db")
    yield opened
    opened.close()


@pytest.fixture
def reader(journal: Journal) -> Iterator[JournalReader]:
    opened = journal.reader()
    yield opened
    opened.close()


def write(journal: Journal, *events: Event) -> None:
    Ingest(journal, FixedClock()).write([Delivery(account="a", events=events)])


def told(reader: JournalReader, after: int = 0, at_least: str = "0") -> list[AccountChange]:
    one, found = Telling(reader, "a", after, D(at_least)), []
    while (some := one.next()) is not None:
        found += some
    return found


def sums(changes: list[AccountChange]) -> dict[tuple[str, str], Decimal]:
    added: dict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for change in changes:
        for move in change.moves:
            assert move.amount is not None
            added[move.wallet, move.asset] += move.amount
    return {key: amount for key, amount in added.items() if amount}


def held(journal: Journal) -> dict[tuple[str, str], Decimal]:
    return {key: amount for key, amount in folded(journal, "a").state.balances().items() if amount}


def test_a_line_is_told_with_its_number_its_reason_and_what_it_moved(journal: Journal, reader: JournalReader) -> None:
    write(journal, deposit(1), fill(2), fill(3, side="sell", price="150"))
    put_in, bought, sold = told(reader)
    assert [(one.n, one.reason) for one in (put_in, bought, sold)] == [(1, "deposit"), (2, "fill"), (3, "fill")]
    assert [(move.asset, move.amount, move.reason) for move in bought.moves] == [
        ("BTC", D(1), "fill"), ("USD", D(-100), "fill"), ("USD", D("-0.1"), "fee"),
    ]  # fmt: skip
    assert {move.asset: move.held for move in bought.moves} == {"BTC": D(0), "USD": D("1049.8")}
    assert sold.fills[0].realized_pnl == D("49.8")
    assert bought.fills[0].realized_pnl is None


def test_whoever_goes_on_after_a_line_misses_nothing_and_hears_nothing_twice(
    journal: Journal, reader: JournalReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telling, "LINES", 2)
    write(journal, deposit(1), *(fill(n) for n in range(2, 8)))
    whole = told(reader)
    assert [change.n for change in whole] == list(range(1, 8))
    for n in range(8):
        assert told(reader, after=n) == whole[n:]


def test_small_changes_wait_until_they_add_up_and_none_is_left_out(journal: Journal, reader: JournalReader) -> None:
    small = [deposit(n, "0.0004", "DOGE") for n in range(1, 6)]
    write(journal, *small, deposit(6, "5"), deposit(7, "0.0004", "DOGE"))
    changes = told(reader, at_least="0.001")
    assert [(one.first_n, one.n) for one in changes] == [(1, 3), (4, 6)]
    assert [[(move.asset, move.amount) for move in one.moves] for one in changes] == [
        [("DOGE", D("0.0012"))], [("DOGE", D("0.0008")), ("USD", D(5))],
    ]  # fmt: skip
    assert told(reader, after=3, at_least="0.001") == changes[1:]
    assert told(reader, after=6, at_least="0.0004")[0].n == 7


def test_a_fee_that_comes_late_is_told_as_the_difference_it_makes(journal: Journal, reader: JournalReader) -> None:
    write(journal, deposit(1), fill(2, fees=None))
    write(journal, fill(2))
    late = told(reader)[-1]
    assert late.corrects
    assert [(move.asset, move.amount, move.reason) for move in late.moves] == [("USD", D("-0.1"), "fee")]
    assert sums(told(reader)) == held(journal)


def test_what_is_taken_back_moves_back_once_whenever_that_is_told(journal: Journal, reader: JournalReader) -> None:
    gone, early = deposit(2, "7"), deposit(3, "9")
    base = {"account": "a", "time_ns": START}
    write(journal, deposit(1), gone)
    write(journal, Retracted(id="R1", target=identity(gone), **base), Retracted(id="R2", target=identity(gone), **base))  # type: ignore[arg-type]
    write(journal, Retracted(id="R3", target=identity(early), **base))  # type: ignore[arg-type]
    write(journal, early)
    changes = told(reader)
    assert [(one.reason, [move.amount for move in one.moves]) for one in changes] == [
        ("deposit", [D(1000)]), ("deposit", [D(7)]), ("retraction", [D(-7)]), ("retraction", []),
        ("retraction", []), ("deposit", []),
    ]  # fmt: skip
    assert sums(changes) == held(journal)


def contract(n: int, side: str, price: str, quantity: str = "1") -> Fill:
    one = fill(n, side=side, price=price, quantity=quantity, fees=(), symbol="BTC/USDT:USDT")
    return replace(one, wallet="futures", settle="USDT", contract_size=D(1))


def test_a_contract_tells_its_position_and_what_it_realised(journal: Journal, reader: JournalReader) -> None:
    write(journal, contract(1, "buy", "100"), contract(2, "sell", "130"))
    opened, closed = told(reader)
    assert not opened.moves
    assert [(one.symbol, one.amount, one.held) for one in opened.positions] == [("BTC/USDT:USDT", D(1), D(0))]
    assert [(move.asset, move.amount, move.held) for move in closed.moves] == [("USDT", D(30), D(30))]
    assert closed.fills[0].realized_pnl == D(30)


def test_a_contract_told_again_with_a_finer_time_realises_nothing_again(
    journal: Journal, reader: JournalReader
) -> None:
    closing = contract(2, "sell", "130")
    write(journal, contract(1, "buy", "100"), replace(closing, fees=None))
    fee = (Amount("USDT", D(2)),)
    write(journal, replace(closing, time_ns=closing.time_ns + 123, fees=fee))
    late = told(reader)[-1]
    assert [(move.asset, move.amount, move.reason) for move in late.moves] == [("USDT", D(-2), "fee")]
    assert not late.positions
    assert sums(told(reader)) == held(journal) == {("futures", "USDT"): D(28)}


def test_one_listener_hears_of_a_withdrawal_that_comes_while_it_listens(
    journal: Journal, reader: JournalReader
) -> None:
    gone, one = deposit(2, "7"), Telling(reader, "a")
    write(journal, deposit(1), gone)
    assert [change.reason for change in one.next() or ()] == ["deposit", "deposit"]
    write(journal, deposit(3))
    assert [change.reason for change in one.next() or ()] == ["deposit"]
    write(journal, Retracted(account="a", id="R", time_ns=START, target=identity(gone)))
    assert [[move.amount for move in back.moves] for back in one.next() or ()] == [[D(-7)]]
    assert one.next() is None


def test_what_a_contract_had_realised_that_was_taken_back_is_unknown_and_not_zero(
    journal: Journal, reader: JournalReader
) -> None:
    closing = contract(2, "sell", "130")
    write(journal, contract(1, "buy", "100"), closing)
    write(journal, Retracted(account="a", id="R", time_ns=START, target=identity(closing)))
    back = told(reader, after=2)[0]
    assert [(move.asset, move.amount, move.held) for move in back.moves] == [("USDT", None, D(0))]
    assert [one.amount for one in back.positions] == [D(1)]


def test_every_other_kind_has_its_reason(journal: Journal, reader: JournalReader) -> None:
    base = {"account": "a", "time_ns": START}
    write(
        journal,
        replace(deposit(1, "-5"), type="withdrawal"),
        FundingPaid(id="F", symbol="BTC/USDT:USDT", asset="USDT", amount=D(-1), **base),  # type: ignore[arg-type]
        Adjustment(id="A", asset="USD", amount=D(2), reason="unexplained", **base),  # type: ignore[arg-type]
        CostGiven(id="C", lot="spot|opening|x", cost=D(3), cost_asset="USD", **base),  # type: ignore[arg-type]
    )
    assert {change.reason for change in told(reader)} == {"withdrawal", "funding", "adjustment", "cost"}


def test_a_line_that_the_journal_does_not_have_is_refused(journal: Journal, reader: JournalReader) -> None:
    write(journal, deposit(1))
    with pytest.raises(InputError, match="ends at line 1, not at 2"):
        Telling(reader, "a", 2).next()
    with pytest.raises(InputError):
        Telling(reader, "a", -1)
    assert Telling(reader, "nobody").next() is None


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(fills(SPOT), fills(SPOT), flows()), data=st.data())
def test_all_that_is_told_adds_up_to_what_is_held_in_whatever_order_it_came(
    history: list[Event], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    journal = open_journal(tmp_path_factory.mktemp("told") / "acct.db")
    arrival = data.draw(st.permutations(history))
    late = [event for event in arrival if isinstance(event, Fill) and event.fees is None]
    for event in arrival:
        write(journal, event)
    write(journal, *(replace(event, fees=(Amount("BNB", D("0.5")),)) for event in late))
    reader = journal.reader()
    cut = data.draw(st.integers(0, reader.head("a")))
    at_least = data.draw(st.sampled_from(("0", "1", "50")))
    first = [change for change in told(reader, at_least=at_least) if change.n <= cut]
    rest = told(reader, after=first[-1].n if first else 0)
    assert sums([*first, *rest]) == held(journal)
    reader.close()
    journal.close()
