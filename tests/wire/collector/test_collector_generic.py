"""An exchange without a reader of its own is collected all the same: every fill once, through cuts and bursts."""

from __future__ import annotations

import asyncio
from pathlib import Path

from account_cli.domain.events import Fill
from account_cli.domain.identity import identity
from account_cli.exchanges.generic.reader import GenericReader
from account_cli.exchanges.reads import Recorded, recorded
from account_cli.ports import ReaderSettings
from account_cli.redaction import Redactor
from tests.wire.collector.crew import CLOCK, desk, simulated
from tests.wire.exchanges.exch_wire import truth
from tests.wire.exchanges.test_exch_generic_wire import HAS, MORE, VENUE


async def test_collected_through_a_cut_and_a_burst(tmp_path: Path) -> None:
    async with simulated(VENUE, hours=1, account="demo") as sim, desk(tmp_path) as books:
        settings = ReaderSettings(
            account="demo",
            venue=VENUE,
            api_key=sim.api_key,
            secret=sim.secret,
            urls=sim.urls,
            rate_limit=False,
            symbols=frozenset(f"{base}/USDT:USDT" for base in ("BTC", "ETH", "BNB", "SOL")),
        )
        known = Recorded((*recorded()[VENUE].reads, *MORE), frozenset(HAS.split()))
        reader = GenericReader(settings, CLOCK, Redactor(), tmp_path / "cache", known=known)
        running = asyncio.ensure_future(books.collector(reader).run())

        def told() -> set[str]:
            fills = [event for event in books.memory.events("demo", kinds=("fill",)) if isinstance(event, Fill)]
            names = [identity(fill) for fill in fills]
            assert len(names) == len(set(names))
            return set(names)

        def fills() -> set[str]:
            return {name for name in truth(sim) if "|fill|" in name}

        try:
            async with asyncio.timeout(60):
                while not any(row.status == "live" for row in books.memory.streams()):
                    await asyncio.sleep(0.1)
                sim.burst(400)
                sim.drop_connections()
                await sim.advance(0.2)
                while told() != fills():
                    await asyncio.sleep(0.3)
            await asyncio.sleep(3)
            assert told() == fills()
            seen = books.memory.balances("demo")
            assert seen is not None
            held = {asset for asset, total in sim.truth_balances().items() if total}
            assert {row.asset for row in seen.rows if row.total} == held
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
