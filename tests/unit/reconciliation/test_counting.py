"""Fills are counted once an hour and when something does not agree, in what is old enough to be known to everybody."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from account_cli.domain.times import DAY, HOUR, MINUTE, SECOND
from account_cli.reconciliation import Item, Run, compare_counts, last_counted
from account_cli.reconciliation.counting import CURSOR, Counted, to_count
from tests.unit.reports.report_views import fill

NOW = 100 * DAY
SETTLED = NOW - 150 * SECOND
BEFORE = Counted(at_ns=NOW - HOUR, since_ns=0, until_ns=SETTLED - HOUR)


def due(before: Counted | None, last: Run | None = None, known_from_ns: int = 0) -> tuple[int, int] | None:
    found = to_count(before, last, NOW, known_from_ns)
    return None if found is None else (found.since_ns, found.until_ns)


def run(at_ns: int, *items: Item) -> Run:
    return Run(account="a", at_ns=at_ns, version="t", head=1, read_ns=at_ns, compared=9, items=items)


def broken(kind: str = "balance", clean_ns: int | None = None) -> Item:
    return Item(kind=kind, wallet="spot", key="USD", local=Decimal(1), exchange=Decimal(2), state="unexplained",  # type: ignore[arg-type]
                clean_ns=clean_ns)  # fmt: skip


def test_counting_goes_on_where_it_ended_an_hour_later_and_not_before() -> None:
    assert due(None) == (SETTLED, SETTLED), "it begins now"
    assert due(BEFORE) == (SETTLED - HOUR, SETTLED)
    assert due(msgspec.structs.replace(BEFORE, at_ns=NOW - HOUR + 1)) is None
    assert due(msgspec.structs.replace(BEFORE, at_ns=NOW + 1)) == (SETTLED - HOUR, SETTLED), "a clock that was ahead"


def test_a_break_is_a_reason_to_count_at_once_from_when_all_agreed() -> None:
    lately = Counted(at_ns=NOW - MINUTE, since_ns=0, until_ns=SETTLED - MINUTE)
    assert due(lately, run(NOW - 1, broken())) == (SETTLED - HOUR, SETTLED)
    assert due(lately, run(NOW - 1, broken(clean_ns=SETTLED - 2 * HOUR))) == (SETTLED - 2 * HOUR, SETTLED)
    assert due(lately, run(NOW - 2 * MINUTE, broken())) is None, "counted since"
    assert due(lately, run(NOW - 1, broken("fill"))) is None
    assert due(lately, run(NOW - 1)) is None


def test_a_count_that_does_not_agree_is_made_again_of_the_same_interval_for_a_day() -> None:
    counts = {"A": 1, "B": 2}
    lately = Counted(at_ns=NOW - MINUTE, since_ns=SETTLED - 3 * HOUR, until_ns=SETTLED - 2 * HOUR, counts=counts)
    _, wrong = compare_counts(lately, [fill("1", "A", "buy", "1", "2")])
    wrong = msgspec.structs.replace(wrong, state="pending")
    found = to_count(lately, run(NOW - 1, wrong, broken()), NOW, 0)
    assert found is not None
    assert (found.at_ns, found.since_ns, found.until_ns) == (NOW, lately.since_ns, lately.until_ns)
    assert set(found.counts) == {"B"}, "the market that agreed is not asked for again"
    assert to_count(lately, run(NOW - 2 * MINUTE, wrong), NOW, 0) is None, "counted since"
    hour = msgspec.structs.replace(lately, at_ns=NOW - HOUR)
    assert due(hour, run(NOW - HOUR - 1, wrong)) is None, "the next hour does not forget it"
    old = msgspec.structs.replace(lately, since_ns=SETTLED - 2 * DAY, until_ns=SETTLED - DAY)
    (_, wrong) = compare_counts(old, [fill("1", "A", "buy", "1", "2")])
    assert due(old, run(NOW - 1, msgspec.structs.replace(wrong, state="unexplained"))) is None
    assert due(msgspec.structs.replace(old, at_ns=NOW - HOUR), run(NOW - 1, wrong)) == (SETTLED - DAY, SETTLED)


def test_no_more_than_a_day_is_counted_and_only_where_fills_are_known() -> None:
    long_ago = Counted(at_ns=NOW - 9 * DAY, since_ns=0, until_ns=NOW - 9 * DAY)
    assert due(long_ago) == (SETTLED - DAY, SETTLED)
    assert due(long_ago, known_from_ns=SETTLED - HOUR + 5) == (SETTLED - HOUR + SECOND, SETTLED)
    assert due(long_ago, known_from_ns=NOW) is None


def test_every_market_that_was_counted_is_compared_or_all_at_once() -> None:
    fills = [fill("1", "BTC/USD", "buy", "1", "2"), fill("2", "ETH/USD", "buy", "1", "2")]
    each = Counted(at_ns=9, since_ns=0, until_ns=HOUR, counts={"BTC/USD": 1, "ETH/USDT:USDT": 2})
    clean, pending = compare_counts(each, fills)
    assert (clean.kind, clean.key, clean.state) == (
        "fill", "BTC/USD 1970-01-01T00:00:00Z/1970-01-01T01:00:00Z", "clean",
    )  # fmt: skip
    assert (pending.wallet, pending.local, pending.exchange, pending.state) == (
        "futures", Decimal(0), Decimal(2), "pending",
    )  # fmt: skip
    (item,) = compare_counts(msgspec.structs.replace(each, counts={"": 3}), fills)
    assert (item.key, item.local, item.difference) == (
        "1970-01-01T00:00:00Z/1970-01-01T01:00:00Z",
        Decimal(2),
        Decimal(1),
    )


def test_what_was_counted_is_read_back() -> None:
    counted = Counted(at_ns=9, since_ns=0, until_ns=HOUR, counts={"": 3})
    assert last_counted({CURSOR: msgspec.json.encode(counted).decode()}) == counted
    assert last_counted({}) is None
