"""The exchange misbehaves in one way at a time, acct watches on, and in the end nothing is lost or counted twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from account_cli.storage import open_reader
from tests.faults.test_truth import VENUES, assert_books_agree
from tests.faults.truth import Bench

Trouble = Callable[[Bench], None]


def refuse_and_cut(bench: Bench) -> None:
    bench.sim.reject_next_subscription()
    bench.sim.drop_connections()


def burst(bench: Bench) -> None:
    bench.sim.burst(1000)


TROUBLES: dict[str, Trouble] = {
    "connections cut": lambda bench: bench.sim.drop_connections(),
    "frames sent twice": lambda bench: bench.sim.duplicate_frames(40),
    "a frame that is no JSON": lambda bench: bench.sim.malformed_frame(),
    "a burst of 1000 fills in one instant": burst,
    "answers 429": lambda bench: bench.sim.http_fault(3, "429"),
    "answers 503 with a page of HTML": lambda bench: bench.sim.http_fault(3, "503html"),
    "answers 200 with a page of HTML": lambda bench: bench.sim.http_fault(3, "badjson"),
    "a subscription refused at reconnect": refuse_and_cut,
    "REST shows the past": lambda bench: bench.sim.rest_lag(2),
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
@pytest.mark.parametrize("venue", VENUES)
async def test_after_trouble_everything_is_known_once(venue: str, trouble: Trouble, tmp_path: Path) -> None:
    async with Bench(venue, tmp_path, seed=11, hours=2) as bench:
        async with bench.watching():
            await bench.heard()
            for part in (0.25, 0.5, 0.75):
                await bench.live_until(part)
                trouble(bench)
                await asyncio.sleep(0.3)
            await bench.live_until(1)
            bench.sim.rest_lag(0)
            assert await bench.settled() == bench.true()
            await asyncio.sleep(5)
        assert_books_agree(bench, unreadable_allowed=True)
        assert not bench.sim.violations


@pytest.mark.parametrize("venue", VENUES)
async def test_a_stream_that_answers_pings_and_says_nothing_loses_nothing(venue: str, tmp_path: Path) -> None:
    async with Bench(venue, tmp_path, seed=12, hours=2) as bench:
        async with bench.watching():
            await asyncio.sleep(2)
            await bench.live_until(0.3)
            bench.sim.silence(True)
            await bench.live_until(0.8)
            assert await bench.settled() == bench.true(), "the sweep by REST finds what the stream did not say"
            bench.sim.silence(False)
            await bench.live_until(1)
            assert await bench.settled() == bench.true()
            await asyncio.sleep(5)
        assert_books_agree(bench)


async def test_a_second_watch_attaches_and_sees_the_same(tmp_path: Path) -> None:
    async with Bench("kraken", tmp_path, seed=13, hours=1) as bench, bench.watching():
        await bench.heard()
        await bench.live_until(0.5)
        asked = len(bench.sim.requests)
        lines = await bench.run("watch", "--plain", "main", "--kind", "balance", "--count", "5")
        assert len(lines.splitlines()) == 5
        assert not [r for r in bench.sim.requests[asked:] if "Token" in str(r)], "only one process collects"
        polled = await bench.run("poll", "main")
        assert "ok" in polled
        await bench.live_until(1)
        assert await bench.settled() == bench.true()


async def test_what_was_received_is_kept_without_its_secrets(tmp_path: Path) -> None:
    async with Bench("kraken", tmp_path, seed=14, hours=1) as bench:
        async with bench.watching():
            await asyncio.sleep(2)
            await bench.live_until(1)
            await bench.settled()
        reader = open_reader(tmp_path / "acct.db")
        raws = reader.raws("main", limit=100_000)
        reader.close()
        assert {raw.source for raw in raws} == {"stream", "rest"}
        everything = b"".join(
            path.read_bytes() for path in tmp_path.rglob("*") if path.name != "config.toml" and path.is_file()
        )
        assert bench.sim.secret.encode() not in everything
        assert bench.sim.api_key.encode() not in everything
        for token in getattr(bench.sim.protocol, "_tokens"):  # noqa: B009
            assert token.encode() not in everything
