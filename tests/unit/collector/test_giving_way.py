"""Work that gives way ends where it waits; what it returns or raises is passed on otherwise."""

from __future__ import annotations

import asyncio

import pytest

from account_cli.collector.giving_way import GivingWay


async def test_work_is_broken_off_where_it_waits_and_the_next_is_not() -> None:
    work, begun, ended = GivingWay(), asyncio.Event(), asyncio.Event()

    async def long() -> int:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            ended.set()
        return 1

    async def short() -> int:
        return 2

    running = asyncio.ensure_future(work.run(long()))
    await begun.wait()
    work.break_off()
    assert await running is None
    assert ended.is_set()
    assert await work.run(short()) == 2
    work.break_off()


async def test_what_work_raises_is_raised_and_whoever_is_cancelled_takes_it_along() -> None:
    work, ended = GivingWay(), asyncio.Event()

    async def fails() -> None:
        raise ValueError("no")

    async def waits() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(ValueError, match="no"):
        await work.run(fails())
    running = asyncio.ensure_future(work.run(waits()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()
    assert ended.is_set()
