"""The long walk back never delays the present for long, and neither takes back what the other has proved."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from account_cli.collector.delivery import Delivery
from account_cli.domain.events import Fill
from account_cli.domain.health import DataKind
from account_cli.engine.follow import Follower
from tests.wire.collector.crew import desk, reader_on, simulated

EVERYTHING: frozenset[DataKind] = frozenset({"balances", "orders", "fills", "positions", "transfers"})


@pytest.mark.parametrize("venue", ["kraken", "binance", "binanceusdm"])
async def test_walking_back_gives_way_to_the_present(venue: str, tmp_path: Path) -> None:
    async with simulated(venue, hours=12) as sim, desk(tmp_path) as books:
        reader = reader_on(sim, tmp_path)
        try:
            await reader.connect()
            asking = books.asking(reader)
            await asking.everything(EVERYTHING)
            looks: list[asyncio.Task[object]] = []
            order: list[str] = []

            async def look() -> None:
                await asking.everything(EVERYTHING)
                order.append("present")

            def at_delivery(delivery: Delivery) -> None:
                if delivery.cursors and len(looks) < 3:
                    looks.append(asyncio.ensure_future(look()))

            books.on_delivery = at_delivery
            await asking.back_to_the_start()
            order.append("start")
            await asyncio.gather(*looks)
            assert order[0] == "present", "a look at the present did not have to wait for the whole past"
            for _ in range(3):
                if asking.knows_the_start:
                    break
                await asking.back_to_the_start()
                await asking.everything(EVERYTHING)
            claims = [one.from_start for made in books.delivered for one in made.coverage if one.kind == "fills"]
            assert claims == sorted(claims), "that the start is known was never taken back"
            await asking.everything(EVERYTHING)
            state = Follower(books.memory).views(["main"])[0].state
            true = {asset: total for asset, total in sim.truth_balances().items() if total}
            assert {asset: total for (_, asset), total in state.balances().items() if total} == true
        finally:
            await reader.close()


async def test_a_walk_that_is_cancelled_leaves_the_turn_to_others(tmp_path: Path) -> None:
    async with simulated("kraken", hours=6) as sim, desk(tmp_path) as books:
        reader = reader_on(sim, tmp_path)
        try:
            await reader.connect()
            asking = books.asking(reader)
            await asking.everything(EVERYTHING)
            for _ in range(3):
                walks = [asyncio.ensure_future(asking.everything(EVERYTHING)) for _ in range(3)]
                walks.append(asyncio.ensure_future(asking.back_to_the_start()))
                await asyncio.sleep(0.02)
                for walk in walks:
                    walk.cancel()
                await asyncio.gather(*walks, return_exceptions=True)
            async with asyncio.timeout(60):
                await asking.back_to_the_start()
                await asking.everything(EVERYTHING)
        finally:
            await reader.close()


async def test_what_a_page_proves_is_never_stored_without_the_page(tmp_path: Path) -> None:
    async with simulated("kraken", hours=2) as sim, desk(tmp_path) as books:
        reader = reader_on(sim, tmp_path)
        try:
            await reader.connect()
            asking = books.asking(reader)
            await asking.everything(EVERYTHING)
            proving = [delivery for delivery in books.delivered if delivery.cursors and delivery.coverage]
            alone = [delivery for delivery in books.delivered if delivery.cursors and not delivery.heard]
        finally:
            await reader.close()
    assert proving
    assert not [delivery for delivery in alone if delivery.cursors.keys() & proving[0].cursors.keys()]


async def test_markets_that_were_ever_traded_are_asked_for(tmp_path: Path) -> None:
    old = Fill(
        account="main",
        id="T1",
        order_id="O1",
        time_ns=1,
        symbol="DOGE/USD",
        side="buy",
        price=Decimal(1),
        quantity=Decimal(1),
    )
    async with simulated("kraken", hours=0.2) as sim, desk(tmp_path) as books:
        await books.writer.write(Delivery(account="main", events=(old,)))
        reader, asked = reader_on(sim, tmp_path), list[frozenset[str]]()
        walk = reader.catch_up

        def walked(kinds: Any, cursors: Any, symbols: frozenset[str], **named: Any) -> Any:
            asked.append(symbols)
            return walk(kinds, cursors, symbols, **named)

        reader.catch_up = walked  # type: ignore[method-assign]
        try:
            await reader.connect()
            await books.asking(reader).everything(EVERYTHING)
        finally:
            await reader.close()
    assert "DOGE/USD" in asked[0]


async def test_openings_are_not_settled_while_money_moves(tmp_path: Path) -> None:
    """What came between two readings of the balances explains their difference: it lay not before all that is known."""
    async with simulated("kraken", hours=2) as sim, desk(tmp_path) as books:
        reader = reader_on(sim, tmp_path)
        walk = reader.catch_up

        async def moving(*rest: Any, **named: Any) -> Any:
            async for page in walk(*rest, **named):
                yield page
            with sim.world.arithmetic():
                sim.world.move("deposit", "BTC", Decimal(5))

        reader.catch_up = moving  # type: ignore[method-assign]
        try:
            await reader.connect()
            asking = books.asking(reader)
            await asking.everything(EVERYTHING)
            assert not asking.knows_the_start
            settled = [one.settle_openings for one in books.delivered if one.compare_books or one.heard]
        finally:
            await reader.close()
    assert not any(settled)
