"""History: whole samples only, on aligned boundaries, into every bucket they lie in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from account_cli.cli.zones import zone_named
from account_cli.collector.delivery import Delivery
from account_cli.domain.events import Event, PriceQuoted, TransferArrived
from account_cli.domain.health import DATA_KINDS, Coverage, StreamRow, StreamStatus
from account_cli.domain.instruments import Instrument
from account_cli.domain.observations import Balance, BalancesSeen, PriceSeen
from account_cli.domain.times import DAY, HOUR, MINUTE, SECOND, parse_time
from account_cli.engine.flows import Flows
from account_cli.engine.history import KEPT, forget_fine, points, rows_of
from account_cli.engine.ingest import Ingest
from account_cli.engine.position_snapshots import kept_positions
from account_cli.engine.recording import EVERY_NS, Recorder, keep_points
from account_cli.engine.retention import Retention
from account_cli.engine.writing import Writer
from account_cli.ledger import RULES
from account_cli.ports import AccountRow, Journal, JournalReader
from account_cli.reports.history import HistoryPoint, Interval, bucket_start, roll_up
from account_cli.storage import open_journal
from tests.unit.engine.engine_facts import START, FixedClock, deposit, fill

NOW = START // EVERY_NS * EVERY_NS + EVERY_NS
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


def live(now: int, **more: object) -> Delivery:
    """Tell of an account all of whose streams are live, with a balance and a fresh price."""
    streams = tuple(
        StreamRow(account="a", kind=kind, strategy="stream", status="live", beat_ns=now, last_message_ns=now)
        for kind in DATA_KINDS
    )
    held = (Balance(asset="USD", total=D(918)), Balance(asset="BTC", total=D(1)))
    return Delivery(
        account="a",
        account_row=AccountRow(account="a", venue="x"),
        observations=(BalancesSeen(account="a", at_ns=now, complete=True, rows=held),),
        instruments=(Instrument(symbol="BTC/USD", base="BTC", quote="USD"),),
        prices=(PriceSeen(symbol="BTC/USD", price=D(150), at_ns=now, venue="x"),),
        coverage=tuple(Coverage(kind=kind, since_ns=0, from_start=True) for kind in ("fills", "transfers")),
        streams=streams,
    ) if not more else replace(live(now), **more)  # fmt: skip


STATUSES: tuple[StreamStatus, ...] = ("live", "live", "degraded", "live", "live")
FACTS: tuple[Event, ...] = (
    deposit(-9, "1000"),
    fill(-8, price="100", fees=(("USD", "1"),), quantity="2"),
    fill(-7, side="sell", price="120", fees=(("USD", "1"),), quantity="1"),
)


def recorder(reader: JournalReader, clock: FixedClock) -> Recorder:
    return Recorder(reader, ["a"], clock, currency="USD", retention=Retention(positions_every_ns=MINUTE))


def test_a_sample_has_the_account_and_each_market(journal: Journal, reader: JournalReader) -> None:
    clock = FixedClock(NOW)
    Ingest(journal, clock).write([live(NOW, events=FACTS)])
    (account, market), quotes = recorder(reader, clock).look(NOW)
    assert quotes == {}
    assert account == HistoryPoint(
        account="a", at_ns=NOW, currency="USD", equity=D(1068), gross_realized_pnl=D(20), fees=D("1.5"),
        realized_pnl=D("18.5"), funding=D(0), other_income=D(0), unrealized_pnl=D("49.5"), net_pnl=D(68),
        flows=D(1000), rules=RULES,
    )  # fmt: skip
    assert (market.symbol, market.equity, market.realized_pnl, market.net_pnl) == (
        "BTC/USD", None, D("18.5"), D(68)
    )  # fmt: skip


@pytest.mark.parametrize(
    "broken",
    [
        {"prices": (PriceSeen(symbol="BTC/USD", price=D(150), at_ns=NOW - 31 * SECOND, venue="x"),)},
        {"prices": ()},
        {"streams": ()},
        {"coverage": ()},
        {"observations": ()},
        {
            "streams": tuple(
                StreamRow(account="a", kind=kind, strategy="stream", status=status, beat_ns=NOW, last_message_ns=NOW)
                for kind, status in zip(DATA_KINDS, STATUSES, strict=True)
            )
        },
    ],
    ids=["stale price", "no price", "nobody collects", "history not read", "no balances", "a stream is down"],
)
def test_nothing_is_recorded_while_it_could_not_be_whole(
    journal: Journal, reader: JournalReader, broken: dict[str, object]
) -> None:
    clock = FixedClock(NOW)
    Ingest(journal, clock).write([live(NOW, events=FACTS, **broken)])
    assert recorder(reader, clock).look(NOW) == ([], {})


def test_history_being_read_back_waits_until_it_stands_still(journal: Journal, reader: JournalReader) -> None:
    clock, ingest = FixedClock(NOW), Ingest(journal, FixedClock(NOW))
    recording = recorder(reader, clock)
    for since, whole in ((5, False), (3, False), (3, True)):
        coverage = tuple(Coverage(kind=kind, since_ns=since) for kind in ("fills", "transfers"))
        ingest.write([live(NOW, events=FACTS, coverage=coverage)])
        assert bool(recording.look(NOW)[0]) is whole


def test_an_asset_that_no_market_trades_keeps_nothing_from_being_recorded(
    journal: Journal, reader: JournalReader
) -> None:
    clock = FixedClock(NOW)
    held = BalancesSeen(account="a", at_ns=NOW + 1, complete=False, rows=(Balance(asset="KFEE", total=D(7)),))
    gift = TransferArrived(account="a", id="K", time_ns=NOW - HOUR, asset="KFEE", amount=D(7), type="deposit")
    ingest = Ingest(journal, clock)
    ingest.write([live(NOW, events=(*FACTS, gift))])
    ingest.write([Delivery(account="a", observations=(held,))])
    (account, *_), _ = recorder(reader, clock).look(NOW)
    assert (account.equity, account.flows) == (D(1068), D(1000))


def test_while_a_deposit_shows_only_in_the_balance_what_came_from_outside_is_not_known(
    journal: Journal, reader: JournalReader
) -> None:
    clock = FixedClock(NOW)
    more = BalancesSeen(account="a", at_ns=NOW + 1, complete=False, rows=(Balance(asset="USD", total=D(5918)),))
    ingest = Ingest(journal, clock)
    ingest.write([live(NOW, events=FACTS)])
    ingest.write([Delivery(account="a", observations=(more,))])
    (account, *_), _ = recorder(reader, clock).look(NOW)
    assert (account.equity, account.flows) == (D(6068), None)


def test_a_deposit_in_kind_is_valued_at_the_price_of_its_hour(journal: Journal, reader: JournalReader) -> None:
    clock = FixedClock(NOW)
    ingest = Ingest(journal, clock)
    old, new = (
        TransferArrived(account="a", id=name, time_ns=NOW - ago, asset="ETH", amount=D(2), type="deposit")
        for name, ago in (("old", DAY), ("new", MINUTE))
    )
    market = Instrument(symbol="ETH/USD", base="ETH", quote="USD")
    price = PriceSeen(symbol="ETH/USD", price=D(150), at_ns=NOW, venue="x")
    ingest.write([live(NOW, events=(*FACTS, old, new))])
    held = BalancesSeen(account="a", at_ns=NOW + 1, complete=False, rows=(Balance(asset="ETH", total=D(4)),))
    ingest.write([Delivery(account="a", instruments=(market,), prices=(price,), observations=(held,))])
    recording = recorder(reader, clock)
    (account, *_), quotes = recording.look(NOW)
    assert account.flows is None, "nobody knows what it was worth a day ago"
    (quote,) = quotes["a"]
    assert (quote.asset, quote.price, quote.currency, quote.time_ns) == ("ETH", D(150), "USD", new.time_ns)
    earlier = PriceQuoted(time_ns=old.time_ns, asset="ETH", price=D(90), currency="USD", source="manual")
    ingest.write([Delivery(account="a", quotes=(quote, earlier))])
    (account, *_), quotes = recording.look(NOW)
    assert account.flows == 1000 + 2 * 150 + 2 * 90
    assert quotes == {}
    away = TransferArrived(account="a", id="W", time_ns=NOW, asset="USD", amount=D(-100), type="withdrawal")
    moved = TransferArrived(account="a", id="I", time_ns=NOW, asset="USD", amount=D(-5), type="internal")
    ingest.write([Delivery(account="a", events=(away, moved))])
    assert Flows(reader, "a", "USD", ()).total() == 1380


def test_it_is_recorded_on_the_boundary_and_a_bug_ends_only_the_recording(
    journal: Journal, reader: JournalReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock(FixedClock):
        turns = 0
        writer: Writer

        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            self.turns += 1
            await self.writer.write(live(self.ns))
            if self.turns == 4:
                monkeypatch.setattr(recording, "look", lambda at: [][at])

    clock = Clock(NOW + 7 * SECOND)
    recording = recorder(reader, clock)

    async def run() -> None:
        async with Writer(journal, clock) as opened:
            clock.writer = opened
            await opened.write(live(NOW, events=FACTS))
            await recording.run(opened)

    asyncio.run(run())
    found = points(reader, "a", "30s", symbol="")
    assert [point.at_ns for point in found] == [NOW + n * EVERY_NS for n in (1, 2, 3)]
    assert [notice.code for notice in reader.notices() if notice.severity == "critical"] == ["internal"]
    snapshots = kept_positions(reader, "a")
    assert [one.as_of for one in snapshots] == [at for point in found if (at := point.at_ns) % MINUTE == 0]
    assert [(row.symbol, row.quantity, row.mark_price) for row in snapshots[0].items] == [("BTC/USD", D(1), D(150))]


SAMPLES = st.lists(st.integers(0, 40 * DAY // EVERY_NS), min_size=1, max_size=60, unique=True).map(sorted)


@given(steps=SAMPLES, interval=st.sampled_from((*KEPT, "1w", "1mo")))
def test_a_bucket_holds_its_last_values_exactly(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int], interval: Interval
) -> None:
    """The rows that are kept are the ones that folding all samples into buckets gives."""
    made = [
        HistoryPoint(account="a", at_ns=START // DAY * DAY + n * EVERY_NS, currency="USD", equity=D(n), symbol=symbol)
        for n in steps
        for symbol in (None, "BTC/USD")
    ]
    kept: dict[tuple[object, ...], HistoryPoint] = {}
    base: Interval = interval if interval in KEPT else "1d"
    for sample in made:
        for row in rows_of([sample], base):
            kept[row[:3]] = replace(sample, at_ns=row.at_ns)
    rolled = list(kept.values()) if interval in KEPT else roll_up(kept.values(), interval)
    for point in rolled:
        inside = [
            one for one in made if bucket_start(one.at_ns, interval) == point.at_ns and one.symbol == point.symbol
        ]
        assert point.equity == inside[-1].equity
    assert len(rolled) == len({(bucket_start(one.at_ns, interval), one.symbol) for one in made})


def test_points_are_read_by_interval_market_and_time(journal: Journal, reader: JournalReader) -> None:
    day = START // DAY * DAY
    samples = [
        HistoryPoint(account="a", at_ns=day + n * 6 * HOUR + 30 * SECOND, currency="USD", symbol=symbol, equity=D(n))
        for n in range(80)
        for symbol in (None, "BTC/USD")
    ]
    with journal.transaction() as tx:
        for sample in samples:
            keep_points(tx, [sample])
    assert len(points(reader, "a", "30s")) == len(points(reader, "a", "1h")) == 160
    assert [p.equity for p in points(reader, "a", "1d", symbol="", since_ns=day + DAY, until_ns=day + 3 * DAY)] == [
        7,
        11,
    ]
    assert {p.symbol for p in points(reader, "a", "5m", symbol="BTC/USD")} == {"BTC/USD"}
    weeks = points(reader, "a", "1w", symbol="")
    assert [point.at_ns % (7 * DAY) for point in weeks] == [4 * DAY] * len(weeks)
    assert weeks[-1].equity == 79
    assert points(reader, "a", "1mo", symbol="")[-1].equity == 79


def test_fine_buckets_of_long_ago_go_and_coarse_ones_stay(journal: Journal, reader: JournalReader) -> None:
    now = START // DAY * DAY
    with journal.transaction() as tx:
        for days in (0, 1, 3, 13, 15, 89, 91, 400):
            keep_points(tx, [HistoryPoint(account="a", at_ns=now - days * DAY, currency="USD", equity=D(days))])
        forget_fine(tx, ["a"], now)
    left = {interval: sorted(int(p.equity or 0) for p in points(reader, "a", interval)) for interval in KEPT}
    assert left == {
        "30s": [0, 1],
        "1m": [0, 1, 3, 13],
        "5m": [0, 1, 3, 13, 15, 89],
        "1h": [0, 1, 3, 13, 15, 89, 91, 400],
        "1d": [0, 1, 3, 13, 15, 89, 91, 400],
    }


@pytest.mark.parametrize(
    ("name", "midnight", "last"),
    [("Europe/Berlin", "2026-10-24T22:00:00Z", 25 * HOUR), ("Asia/Kolkata", "2026-10-24T18:30:00Z", 24 * HOUR)],
)
def test_the_days_of_a_zone_end_with_the_last_sample_before_its_midnight(
    journal: Journal, reader: JournalReader, name: str, midnight: str, last: int
) -> None:
    """Berlin sets its clocks back that day; Kolkata's midnight is at half past an hour of UTC."""
    zone, start = zone_named(name, "--tz"), parse_time(midnight)
    assert zone is not None
    first = start - 3 * DAY
    samples = range(first, first + 6 * DAY, 5 * MINUTE)
    with journal.transaction() as tx:
        for n, at in enumerate(samples):
            keep_points(tx, [HistoryPoint(account="a", at_ns=at, currency="USD", equity=D(n))])
    days = points(reader, "a", "1d", calendar=zone)
    assert [point.at_ns for point in days] == sorted({bucket_start(at, "1d", zone) for at in samples})
    for point in days:
        inside = [n for n, at in enumerate(samples) if bucket_start(at, "1d", zone) == point.at_ns]
        assert point.equity == D(inside[-1])
    assert points(reader, "a", "1d", calendar=zone, since_ns=start, until_ns=start + last) == [days[3]]
    assert points(reader, "a", "1d", calendar=zone, since_ns=start + 1, until_ns=start + last) == []
    assert [p.at_ns for p in points(reader, "a", "1d")] == sorted({at // DAY * DAY for at in samples}), "as before"
