"""A stream that answers every ping and says nothing more is found out, told, and opened anew."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.faults.test_truth import assert_books_agree
from tests.faults.trouble_here import notices, until, until_live
from tests.faults.truth import Bench


@pytest.mark.parametrize(
    ("venue", "said"), [("kraken", "said nothing"), ("binance", "did not tell"), ("binanceusdm", "did not tell")]
)
async def test_a_silent_stream_is_taken_for_dead(venue: str, said: str, tmp_path: Path) -> None:
    async with Bench(venue, tmp_path, seed=61, hours=1) as bench, bench.watching():
        await asyncio.sleep(2)
        await bench.live_until(0.4)
        await until_live(bench)
        bench.sim.silence(True)
        await bench.live_until(0.7)
        await until(lambda: any(said in notice.text for notice in notices(tmp_path)))
        bench.sim.silence(False)
        await until_live(bench)
        await bench.live_until(1)
        assert await bench.settled() == bench.true()
        await asyncio.sleep(5)
        assert_books_agree(bench)


@pytest.mark.parametrize("venue", ["kraken", "binance", "binanceusdm"])
async def test_a_stream_that_tells_all_is_never_taken_for_dead(venue: str, tmp_path: Path) -> None:
    """The sweep by REST and the stream race for every fill; whichever comes first, nothing is wrong."""
    async with Bench(venue, tmp_path, seed=62, hours=2) as bench, bench.watching():
        await asyncio.sleep(2)
        await bench.live(pause=0.5)
        await asyncio.sleep(10)
        assert not [notice for notice in notices(tmp_path) if notice.code == "unreachable"]
        assert await bench.settled() == bench.true()
