"""Trades and ledger side by side: every fact once, fees from the ledger, nothing proved too early (invariants 2-4)."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from account_cli.domain.events import Adjustment, Amount, Converted, Event, Fill
from account_cli.domain.health import DataKind
from account_cli.domain.identity import identity, merge
from account_cli.errors import InternalError, Temporary
from account_cli.exchanges.kraken.again import StoredPages
from account_cli.exchanges.kraken.known import Hole, Known, dump, load
from account_cli.exchanges.kraken.walk import Walk
from account_cli.exchanges.wire import Wire
from tests.unit.exchanges.exch_rows import KrakenPages, Row, kraken_names, leg, legs, trade, wrap

KINDS: frozenset[DataKind] = frozenset({"fills", "transfers"})
NOW = 1_700_000_000


async def walked(
    pages: KrakenPages, known: Known, hole: Hole, *, at_most: int = 10**6
) -> tuple[dict[str, Event], Known]:
    walk = Walk(cast("Wire", pages), "a", kraken_names(), known, hole, wrap, KINDS)
    facts: dict[str, Event] = {}
    count = 0
    async for page in walk.pages():
        for heard in page.heard:
            assert heard.unreadable == ()
            for event in heard.events:
                name = identity(event)
                facts[name] = merge(facts[name], event) if name in facts else event
        count += 1
        if count >= at_most:
            break
    return facts, walk.known


def fills(facts: dict[str, Event]) -> dict[str, Fill]:
    return {fact.id: fact for fact in facts.values() if isinstance(fact, Fill)}


async def test_more_fills_in_one_instant_than_a_page_holds_are_all_told_with_their_fees() -> None:
    trades = {f"T{n}": trade(f"{NOW}.5", n) for n in range(173)}
    ledger = {name: row for n in range(173) for name, row in legs(f"T{n}", f"{NOW}.5").items()}
    facts, known = await walked(KrakenPages(trades, ledger), Known(), Hole(None, None))
    assert len(fills(facts)) == 173
    assert {fill.fees for fill in fills(facts).values()} == {(Amount("USD", __import__("decimal").Decimal("0.2")),)}
    assert known == Known(intervals=((0, NOW),), from_start=True)


async def test_a_page_does_not_prove_the_second_that_the_next_page_may_share() -> None:
    times = {f"T{n}": f"{NOW - 10 * (n >= 30)}.5" for n in range(60)}
    trades = {name: trade(at, n) for n, (name, at) in enumerate(times.items())}
    ledger = {name: row for refid, at in times.items() for name, row in legs(refid, at).items()}
    facts, known = await walked(KrakenPages(trades, ledger), Known(), Hole(None, None), at_most=1)
    assert len(fills(facts)) == 50
    assert known.intervals == ((NOW - 9, NOW),)


async def test_only_what_reaches_back_to_the_beginning_is_called_known_from_the_start() -> None:
    times = {f"T{n}": f"{NOW - n}.5" for n in range(60)}
    trades = {name: trade(at, n) for n, (name, at) in enumerate(times.items())}
    ledger = {name: row for refid, at in times.items() for name, row in legs(refid, at).items()}
    known = Known(intervals=((0, NOW - 5000),), from_start=True)
    pages = cast("Wire", KrakenPages(trades, ledger))
    page = await anext(Walk(pages, "a", kraken_names(), known, Hole(NOW - 5000, None), wrap, KINDS).pages())
    told = [(part.since_ns // 10**9, part.from_start) for part in page.coverage if part.kind == "fills"]
    assert told == [(NOW - 48, False), (0, True)]


async def test_a_trade_that_rest_shows_only_after_newer_ones_is_told_by_the_next_walk() -> None:
    at, late = f"{NOW}.5", f"{NOW - 110}.5"
    trades, ledger = {"T1": trade(at)}, legs("T1", at)
    _, known = await walked(KrakenPages(trades, ledger), Known(), Hole(None, None))
    assert known.intervals == ((0, NOW),)
    pages = KrakenPages(trades | {"LATE": trade(late, 0)}, ledger | legs("LATE", late))
    facts, _ = await walked(pages, known, Hole(NOW, None))
    assert "LATE" in fills(facts)


async def test_a_fee_in_base_and_one_in_a_third_asset_come_from_their_own_entries() -> None:
    at = f"{NOW}.1"
    ledger = {
        "L1": leg("T1", at, "ZUSD", "-50"),
        "L2": leg("T1", at, "XXBT", "0.5", "0.001"),
        "L3": leg("T2", at, "ZUSD", "-50"),
        "L4": leg("T2", at, "XXBT", "0.5"),
        "L5": leg("T2", at, "KFEE", "0", "20"),
        "L6": leg("T3", at, "ZUSD", "-50"),
        "L7": leg("T3", at, "XXBT", "0.5"),
    }
    facts, _ = await walked(KrakenPages({f"T{n}": trade(at, n) for n in (1, 2, 3)}, ledger), Known(), Hole(None, None))
    told = {name: fill.fees for name, fill in fills(facts).items()}
    assert {name: [(fee.asset, str(fee.amount)) for fee in fees or ()] for name, fees in told.items()} == {
        "T1": [("BTC", "0.001")],
        "T2": [("KFEE", "20")],
        "T3": [],
    }


async def test_a_fill_whose_entries_are_not_there_yet_has_no_fee_and_is_asked_for_again() -> None:
    at = f"{NOW}.0"
    older = {"T0": trade(f"{NOW - 50}.0", 1), "T1": trade(at, 2)}
    entries = legs("T0", f"{NOW - 50}.0") | {"L-T1-1": leg("T1", at, "ZUSD", "-50", "0.2")}
    pages = KrakenPages(older, entries)
    facts, known = await walked(pages, Known(), Hole(None, None))
    assert fills(facts)["T1"].fees is None
    assert known.intervals[0][1] < NOW
    pages.rows["ledger"]["L-T1-2"] = leg("T1", at, "XXBT", "0.5")
    again, known = await walked(pages, known, known.holes()[0])
    assert [fee.asset for fee in fills(again)["T1"].fees or ()] == ["USD"]
    assert known.intervals[0][1] == NOW


async def test_a_missing_entry_is_let_go_after_ten_minutes_of_the_accounts_own_time() -> None:
    trades = {"T0": trade(f"{NOW - 700}.0", 1), "T1": trade(f"{NOW}.0", 2)}
    facts, known = await walked(KrakenPages(trades, legs("T1", f"{NOW}.0")), Known(), Hole(None, None))
    assert fills(facts)["T0"].fees is None
    assert known.intervals == ((0, NOW),)


async def test_two_halves_on_different_pages_are_one_conversion() -> None:
    at = NOW - 4000
    fees = {f"L{n}": leg(f"R{n}", f"{at}.0", "ZUSD", "1", type="staking") for n in range(49)}
    ledger = fees | {
        "LS": leg("C1", f"{at}.5", "ZUSD", "-10", "0.1", type="spend"),
        "LR": leg("C1", f"{at - 1}.5", "XXBT", "0.001", type="receive"),
        "LONE": leg("C2", f"{at - 2}.0", "ZUSD", "-3", type="spend"),
        "LNEW": leg("D", f"{NOW}.0", "ZUSD", "5", type="deposit"),
    }
    facts, known = await walked(KrakenPages({}, ledger), Known(), Hole(None, None))
    (conversion,) = [fact for fact in facts.values() if isinstance(fact, Converted)]
    assert (conversion.from_.asset, conversion.to.asset, conversion.fees[0].asset) == ("USD", "BTC", "USD")
    (alone,) = [fact for fact in facts.values() if isinstance(fact, Adjustment)]
    assert (alone.id, alone.raw_type, alone.reason) == ("LONE", "kraken/spend", "unclassified")
    assert known.from_start


async def test_one_half_that_is_fresh_is_held_until_the_other_comes() -> None:
    pages = KrakenPages({}, {"LS": leg("C1", f"{NOW}.5", "ZUSD", "-10", type="spend")})
    facts, known = await walked(pages, Known(), Hole(None, None))
    assert facts == {}
    pages.rows["ledger"]["LR"] = leg("C1", f"{NOW}.5", "XXBT", "0.001", type="receive")
    pages.rows["ledger"]["LD"] = leg("D", f"{NOW + 9}.0", "ZUSD", "1", type="deposit")
    for hole in known.holes():
        again, known = await walked(pages, known, hole)
        facts |= again
    assert sorted(type(fact).__name__ for fact in facts.values()) == ["Converted", "TransferArrived"]


async def test_a_pair_nobody_lists_any_more_is_named_by_what_its_entries_moved() -> None:
    at = f"{NOW}.0"
    ledger = {"L1": leg("T1", at, "ZUSD", "-50", "0.2"), "L2": leg("T1", at, "LUNA9", "0.5")}
    facts, _ = await walked(KrakenPages({"T1": trade(at, pair="LUNA9USD")}, ledger), Known(), Hole(None, None))
    assert fills(facts)["T1"].symbol == "LUNA9/USD"


async def test_an_empty_page_in_the_middle_is_not_the_end() -> None:
    class Emptied(KrakenPages):
        async def ask(self, section: str, path: str, params: Any, **named: Any) -> Any:
            answer = await super().ask(section, path, params, **named)
            if params.get("ofs"):
                answer.data["result"]["trades" if path == "TradesHistory" else "ledger"] = {}
            return answer

    trades = {f"T{n}": trade(f"{NOW - n}.5", n) for n in range(80)}
    with pytest.raises(Temporary):
        await walked(Emptied(trades, {}), Known(), Hole(None, None))


@settings(max_examples=40, deadline=None)
@given(
    times=st.lists(st.integers(0, 400), max_size=130),
    cuts=st.lists(st.tuples(st.booleans(), st.integers(1, 3), st.integers(0, 40)), max_size=8),
)
async def test_however_a_walk_is_cut_and_whatever_arrives_meanwhile_all_is_told(
    times: list[int], cuts: list[tuple[bool, int, int]]
) -> None:
    base = NOW - 100_000
    ordered = sorted(times)
    trades: dict[str, Row] = {f"T{n}": trade(f"{base + at * 60}.25", n) for n, at in enumerate(ordered)}
    visible = len(trades) // 2
    known = Known()
    facts: dict[str, Event] = {}

    def pages() -> KrakenPages:
        shown = dict(list(trades.items())[:visible])
        ledger = {name: row for trade_id, row in shown.items() for name, row in legs(trade_id, row["time"]).items()}
        return KrakenPages(shown, ledger)

    for forward, most, more in [*cuts, (True, 10**6, 10**6)]:
        visible = min(len(trades), visible + more)
        hole = known.holes()[0] if forward else known.past()
        if hole is not None:
            told, known = await walked(pages(), known, hole, at_most=most)
            facts |= told
    while known.holes()[1:]:
        told, known = await walked(pages(), known, known.holes()[1])
        facts |= told
    past = known.past()
    if past is not None:
        told, known = await walked(pages(), known, past)
        facts |= told
    assert fills(facts).keys() == trades.keys()
    assert all(fill.fees for fill in fills(facts).values())


class Growing(KrakenPages):
    """Pages of an account that goes on trading: before each request so many more trades happen."""

    def __init__(self, trades: dict[str, Row], arrivals: list[int]) -> None:
        super().__init__({}, {})
        self._coming, self._arrivals = list(trades.items()), arrivals
        self.grow(len(trades) // 2)

    def grow(self, count: int) -> None:
        for trade_id, row in self._coming[:count]:
            self.rows["trades"][trade_id] = row
            self.rows["ledger"] |= legs(trade_id, row["time"])
        del self._coming[:count]

    async def ask(self, section: str, path: str, params: Any, **named: Any) -> Any:
        self.grow(self._arrivals.pop() if self._arrivals else 0)
        return await super().ask(section, path, params, **named)


@settings(max_examples=100, deadline=None)
@example(seconds=1000, arrivals=[0, 0, 5, 5])
@example(seconds=1000, arrivals=[120, 0, 0, 0, 0])
@given(seconds=st.integers(0, 1000), arrivals=st.lists(st.sampled_from((0, 0, 1, 49, 120)), min_size=2, max_size=16))
async def test_what_happens_between_two_requests_of_a_walk_is_told_by_the_next_one(
    seconds: int, arrivals: list[int]
) -> None:
    # The machine may sleep for hours between two pages, of trades or of the ledger, and the trades go on.
    trades = {f"T{n}": trade(f"{NOW + n * seconds}.25", n) for n in range(400)}
    pages, known = Growing(trades, arrivals), Known()
    facts: dict[str, Event] = {}
    for _ in range(4):
        for hole in known.holes():
            told, known = await walked(pages, known, hole)
            facts |= told
        pages.grow(len(trades))
    assert fills(facts).keys() == trades.keys()
    assert all(fill.fees for fill in fills(facts).values())


def test_intervals_join_where_they_touch_and_survive_the_cursor() -> None:
    known = Known().with_interval(10, 20).with_interval(40, 50).with_interval(5, 4)
    assert known.intervals == ((40, 50), (10, 20))
    assert known.holes() == [Hole(50, None), Hole(20, 40)]
    assert known.past() == Hole(None, 10)
    joined = known.with_interval(21, 39).with_interval(0, 9, from_start=True)
    assert joined.intervals == ((0, 50),)
    assert joined.past() is None
    assert load(dump(joined)) == joined
    assert json.loads(dump(known))["intervals"] == [[40, 50], [10, 20]]
    with pytest.raises(InternalError):
        load("{broken")


async def test_every_entry_says_what_was_held_after_it_the_legs_of_trades_too() -> None:
    ledger = {
        "L1": leg("T1", f"{NOW}.1", "ZUSD", "-50", "0.2") | {"balance": "949.8"},
        "L2": leg("T1", f"{NOW}.1", "XXBT", "0.5") | {"balance": "1.5"},
        "L3": leg("S1", f"{NOW}.2", "XBT.F", "0.1") | {"type": "earn", "balance": "0.1"},
        "L4": leg("W1", f"{NOW}.3", "ZUSD", "-1") | {"type": "withdrawal", "balance": ""},
    }
    pages = KrakenPages({"T1": trade(f"{NOW}.1", 1)}, ledger)
    walk = Walk(cast("Wire", pages), "a", kraken_names(), Known(), Hole(None, None), wrap, KINDS)
    live = {one.id: one for heard in [h async for page in walk.pages() for h in page.heard] for one in heard.running}
    told = {name: (one.book, one.wallet, one.asset, str(one.change), str(one.balance)) for name, one in live.items()}
    assert told == {
        "L1": ("ZUSD", "spot", "USD", "-50.2", "949.8"),
        "L2": ("XXBT", "spot", "BTC", "0.5", "1.5"),
        "L3": ("XBT.F", "earn", "BTC", "0.1", "0.1"),
    }, "one that is not settled yet says nothing"
    stored = StoredPages("a", kraken_names()).running("Ledgers", {"result": {"ledger": ledger}})
    assert {one.id: one for one in stored} == live, "a page that is read again says the same"


def test_a_stored_page_that_may_lack_the_line_of_the_fee_leaves_the_fee_unknown() -> None:
    at, earlier, long_ago = f"{NOW}.3", f"{NOW}.2", f"{NOW}.1"
    first = {"L1": leg("T9", at, "ZUSD", "-50", "0.2"), "L2": leg("T1", at, "KFEE", "0", "20")}
    second = {
        "L3": leg("T1", at, "ZUSD", "-50"),
        "L4": leg("T1", at, "XXBT", "0.5"),
        "L5": leg("T2", earlier, "ZUSD", "-50"),
        "L6": leg("T2", earlier, "XXBT", "0.5"),
        "L7": leg("T3", long_ago, "ZUSD", "-50", "0.2"),
        "L8": leg("T3", long_ago, "XXBT", "0.5"),
    }

    def fees(*pages: object) -> dict[str, list[str] | None]:
        stored = StoredPages("a", kraken_names())
        for page in pages:
            stored.learn("Ledgers", {"result": {"ledger": page}})
        told, _ = stored.read("TradesHistory", {"result": {"trades": {f"T{n}": trade(at, n) for n in (1, 2, 3)}}})
        return {
            fill.id: None if fill.fees is None else [f"{fee.amount} {fee.asset}" for fee in fill.fees]
            for fill in told
            if isinstance(fill, Fill)
        }

    assert fees(second) == {"T1": None, "T2": [], "T3": ["0.2 USD"]}, "T1 stands first on the page"
    assert fees(first, second) == {"T1": ["20 KFEE"], "T2": [], "T3": ["0.2 USD"]}
