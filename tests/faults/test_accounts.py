"""Several accounts beside each other: the trouble of one is its own, and said."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from account_cli.engine.follow import Follower
from account_cli.storage import open_reader
from tests.faults.test_truth import VENUES, assert_books_agree
from tests.faults.trouble_here import add_account, add_to_account, ended, liveness, notices, streams, until_live
from tests.faults.truth import Bench


@pytest.mark.parametrize("venue", VENUES)
async def test_polled_alone_everything_equals_the_truth(venue: str, tmp_path: Path) -> None:
    polled = ", ".join(f'{kind} = "poll"' for kind in ("balances", "orders", "fills", "positions", "transfers"))
    async with Bench(venue, tmp_path, seed=41, hours=3) as bench:
        add_to_account(bench, f"strategy = {{ {polled} }}")
        async with bench.watching():
            await bench.live(pause=0.1)
            assert await bench.settled() == bench.true()
            await asyncio.sleep(5)
            assert {row.status for row in streams(tmp_path)} == {"polling"}
            assert await liveness(bench) == "LIVE"
        assert "REST_ONLY" in await bench.run("accounts")
        assert not [request for request in bench.sim.requests if request.kind == "WS"]
        assert_books_agree(bench)


@pytest.mark.parametrize("off", ["transfers", "fills", "balances", "orders"])
async def test_what_is_not_followed_leaves_the_rest_as_true_and_as_live(off: str, tmp_path: Path) -> None:
    async with Bench("kraken", tmp_path, seed=44, hours=1) as bench:
        add_to_account(bench, f'strategy = {{ {off} = "off" }}')
        async with bench.watching():
            await asyncio.sleep(2)
            await bench.live(pause=0.1)
            await until_live(bench)
            assert await bench.settled() == bench.true()
            assert off not in {row.kind for row in streams(tmp_path)}


async def test_a_refused_key_beside_a_good_one_is_said_and_the_good_one_works(tmp_path: Path) -> None:
    async with Bench("kraken", tmp_path, seed=42, hours=1) as bench:
        add_account(bench, "wrong", api_key="no-key-of-anybody")
        process = await bench.start("watch", "--plain")
        await asyncio.sleep(2)
        await bench.live()
        assert await bench.settled() == bench.true()
        await until_live(bench)
        assert await liveness(bench, "wrong") == "OFFLINE"
        said = [notice for notice in notices(tmp_path, "wrong") if notice.code == "key-rejected"]
        assert len(said) == 1, "told once, not at every attempt"
        assert said[0].severity == "critical"
        await ended(process)
        assert_books_agree(bench)


async def test_two_accounts_of_one_key_know_the_same(tmp_path: Path) -> None:
    async with Bench("kraken", tmp_path, seed=43, hours=1) as bench:
        add_account(bench, "twin")
        process = await bench.start("watch", "--plain")
        await asyncio.sleep(2)
        await bench.live()
        await until_live(bench)
        await until_live(bench, "twin")
        await asyncio.sleep(6)
        await ended(process)
        reader = open_reader(tmp_path / "acct.db")
        try:
            one, other = Follower(reader).views(["main", "twin"])
        finally:
            reader.close()
        true = {asset: total for asset, total in bench.sim.truth_balances().items() if total}
        for view in (one, other):
            assert {asset: total for (_, asset), total in view.state.balances().items() if total} == true
