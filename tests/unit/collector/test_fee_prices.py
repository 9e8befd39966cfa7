"""Candles are asked for where a fee has no price: once an hour and market, a few a pass, on from where it stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import NoReturn

import pytest

from account_cli.collector.delivery import Delivery, Receipt
from account_cli.collector.fee_prices import CURSOR, FeePrices
from account_cli.domain.events import PriceQuoted, TransferArrived
from account_cli.domain.health import DataKind
from account_cli.domain.instruments import Instrument
from account_cli.domain.observations import PriceSeen
from account_cli.domain.times import HOUR, MINUTE, SECOND
from account_cli.engine.ingest import Ingest
from account_cli.errors import Unreachable
from account_cli.ports import Abilities, Heard, Inbox, Journal, JournalReader, Page, Remark
from account_cli.storage import open_journal
from tests.unit.engine.engine_facts import START, FixedClock, fill

D = Decimal
LONG_AFTER = START + 1000 * HOUR


class Candles:
    """An exchange with a candle every minute and nothing else; the price counts minutes."""

    account, venue = "a", "x"

    def __init__(self, *symbols: str) -> None:
        self.asked: list[tuple[str, int, int]] = []
        self.breaks = False
        self._instruments = {
            symbol: Instrument(symbol=symbol, base=symbol.partition("/")[0], quote=symbol.partition("/")[2])
            for symbol in symbols
        }

    def instruments(self) -> Mapping[str, Instrument]:
        return self._instruments

    async def candles(self, symbol: str, since_ns: int, until_ns: int) -> tuple[PriceSeen, ...]:
        if self.breaks:
            raise Unreachable("away")
        self.asked.append((symbol, since_ns, until_ns))
        first = -(-since_ns // MINUTE) * MINUTE
        minutes = range(first, until_ns + 1, MINUTE)
        return tuple(PriceSeen(symbol=symbol, price=D(at // MINUTE % 1000 + 1), at_ns=at) for at in minutes)

    def _never(self) -> NoReturn:
        raise AssertionError("only candles are asked for")

    def abilities(self) -> Abilities:
        self._never()

    async def connect(self) -> None:
        self._never()

    async def prepare(self, *, stale: bool = False) -> None:
        self._never()

    def rereader(self) -> NoReturn:
        self._never()

    def keep_in(self, inbox: Inbox) -> None:
        self._never()

    async def close(self) -> None:
        self._never()

    async def key(self) -> NoReturn:
        self._never()

    def remarks(self) -> tuple[Remark, ...]:
        self._never()

    async def query_orders(self, ids: Sequence[str]) -> tuple[Heard, ...]:
        self._never()

    async def observe(self, kind: str) -> tuple[Heard, ...]:
        self._never()

    async def count_fills(self, since_ns: int, until_ns: int, symbols: frozenset[str]) -> Mapping[str, int]:
        self._never()

    def catch_up(
        self, kinds: frozenset[DataKind], cursors: Mapping[str, str], symbols: frozenset[str], *, deeper_s: int = 0
    ) -> AsyncIterator[Page]:
        self._never()

    def backfill(
        self, kinds: frozenset[DataKind], cursors: Mapping[str, str], symbols: frozenset[str]
    ) -> AsyncIterator[Page]:
        self._never()

    def stream(self, kinds: frozenset[DataKind]) -> NoReturn:
        self._never()

    async def prices(self, symbols: frozenset[str]) -> tuple[PriceSeen, ...]:
        self._never()


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


def looking(exchange: Candles, journal: Journal, reader: JournalReader, now: int = LONG_AFTER) -> FeePrices:
    ingest = Ingest(journal, FixedClock(now))

    async def deliver(delivery: Delivery) -> Receipt:
        return ingest.write([delivery])[0]

    return FeePrices(exchange, deliver, reader, FixedClock(now), "USD")


def write(journal: Journal, *events: object, quotes: tuple[PriceQuoted, ...] = ()) -> None:
    Ingest(journal, FixedClock(LONG_AFTER)).write([Delivery(account="a", events=events, quotes=quotes)])  # type: ignore[arg-type]


def until_done(prices: FeePrices) -> int:
    passes = 1
    while asyncio.run(prices.look_on()):
        passes += 1
    return passes


def test_one_question_values_all_fees_of_an_hour_by_the_nearest_candle(journal: Journal, reader: JournalReader) -> None:
    exchange = Candles("BNB/USD", "BTC/USD")
    write(journal, *(fill(n * 60, fees=(("BNB", "0.1"),)) for n in range(20)), fill(9999))
    until_done(looking(exchange, journal, reader))
    assert len(exchange.asked) == 1
    quotes = reader.quotes("BNB")
    assert {(quote.currency, quote.source) for quote in quotes} == {("USD", "x candle")}
    assert all(quote.price == quote.time_ns // MINUTE % 1000 + 1 for quote in quotes)
    for n in range(20):
        assert min(abs(quote.time_ns - (START + n * MINUTE)) for quote in quotes) <= MINUTE // 2
    exchange.asked.clear()
    until_done(looking(exchange, journal, reader))
    assert exchange.asked == []


def test_a_price_that_is_stored_is_not_asked_for(journal: Journal, reader: JournalReader) -> None:
    exchange = Candles("BNB/USD", "BTC/USD")
    known = PriceQuoted(time_ns=START, asset="BNB", price=D(1), currency="USD", source="sampled")
    write(journal, fill(1, fees=(("BNB", "0.1"),)), fill(2, fees=(("USD", "1"), ("BTC", "0.1"))), quotes=(known,))
    until_done(looking(exchange, journal, reader))
    assert exchange.asked == []


def test_what_no_market_trades_stays_unpriced(journal: Journal, reader: JournalReader) -> None:
    exchange = Candles("BNB/USD", "BTC/USD")
    write(journal, fill(1, fees=(("KFEE", "3"),)))
    until_done(looking(exchange, journal, reader))
    assert (exchange.asked, reader.quotes()) == ([], [])


def test_a_long_history_is_gone_through_a_few_questions_at_a_time_and_resumed(
    journal: Journal, reader: JournalReader
) -> None:
    exchange = Candles("BNB/USD", "BTC/USD")
    write(journal, *(fill(n * 3600, fees=(("BNB", "0.1"),)) for n in range(23)))
    prices = looking(exchange, journal, reader)
    assert asyncio.run(prices.look_on()) is True
    assert len(exchange.asked) == 5
    exchange.breaks = True
    with pytest.raises(Unreachable):
        asyncio.run(prices.look_on())
    done = reader.cursors("a")[CURSOR]
    exchange.breaks = False
    assert until_done(looking(exchange, journal, reader)) == 4
    assert len(exchange.asked) == len({hour for _, hour, _ in exchange.asked}) == 23
    assert (done, reader.cursors("a")[CURSOR]) == ("5", "23")


def test_history_that_is_read_back_late_is_not_missed(journal: Journal, reader: JournalReader) -> None:
    exchange = Candles("BNB/USD", "BTC/USD")
    write(journal, fill(7200, fees=(("BNB", "0.1"),)))
    until_done(looking(exchange, journal, reader))
    write(journal, fill(1, fees=(("BNB", "0.1"),)))
    until_done(looking(exchange, journal, reader))
    assert len(exchange.asked) == 2


def test_a_fee_of_just_now_waits_until_its_candle_is_closed(journal: Journal, reader: JournalReader) -> None:
    exchange = Candles("BNB/USD", "BTC/USD")
    write(journal, fill(0, fees=(("BNB", "0.1"),)))
    until_done(looking(exchange, journal, reader, now=START + 30 * SECOND))
    assert exchange.asked == []
    until_done(looking(exchange, journal, reader, now=START + 3 * MINUTE))
    assert len(exchange.asked) == 1


def test_a_market_the_other_way_round_is_turned_and_a_deposit_in_kind_is_valued(
    journal: Journal, reader: JournalReader
) -> None:
    exchange = Candles("USD/XYZ", "BTC/USD")
    gift = TransferArrived(account="a", id="D", time_ns=START, asset="XYZ", amount=D(1), type="deposit")
    write(journal, gift)
    until_done(looking(exchange, journal, reader))
    (quote,) = reader.quotes("XYZ")
    candle = quote.time_ns // MINUTE % 1000 + 1
    assert abs(quote.price * candle - 1) < D("1e-15")
    assert quote.currency == "USD"
