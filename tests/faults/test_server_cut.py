"""A view whose server is cut off shows what it read as old, says why, and comes back with nothing missing."""

from __future__ import annotations

import asyncio
import json
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from tests.faults.test_truth import SEED, assert_books_agree
from tests.faults.truth import Bench
from tests.reliability.proxy import Wire
from tests.services import postgres_schema

CUT_S = 10


def through(url: str, wire: Wire) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{parts.username}@127.0.0.1:{wire.port}"))


@asynccontextmanager
async def behind_a_wire(folder: Path) -> AsyncIterator[tuple[Bench, Wire]]:
    """One account on a server that can be cut off from acct, and not from who checks."""
    with postgres_schema() as url:
        info = psycopg.conninfo.conninfo_to_dict(url)
        async with (
            Wire((str(info["host"]), int(info.get("port") or 5432))) as wire,
            Bench("kraken", folder, seed=SEED, hours=3, server=through(url, wire)) as bench,
        ):
            yield bench, wire


@asynccontextmanager
async def told_by(bench: Bench, errors: Path) -> AsyncIterator[tuple[Process, list[str]]]:
    """``acct watch --plain`` and what it says of how live the account is, as it says it."""
    said: list[str] = []
    with errors.open("wb") as stderr:
        process = await asyncio.create_subprocess_exec(
            *bench.command("watch", "--plain", "--kind", "status", "--json", "main"),
            env=bench.environment,
            cwd=bench.folder,
            stdout=PIPE,
            stderr=stderr,
        )

    async def read() -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            change = json.loads(line)
            if change["key"] == "account":
                said.append(change["new"])

    reading = asyncio.create_task(read())
    try:
        yield process, said
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()
        await reading


async def becomes(said: list[str], *words: str) -> None:
    async with asyncio.timeout(60):
        while not said or said[-1] not in words:
            await asyncio.sleep(0.1)


async def test_a_watch_whose_server_is_cut_off_shows_stale_figures_as_stale_and_comes_back(tmp_path: Path) -> None:
    async with behind_a_wire(tmp_path) as (bench, wire), told_by(bench, tmp_path / "errors") as (process, said):
        await bench.heard()
        living = asyncio.create_task(bench.live(pause=0.5))
        await becomes(said, "LIVE", "DEGRADED")
        for _ in range(2):
            with wire.being_cut():
                await becomes(said, "STALE")
                await asyncio.sleep(CUT_S)
                assert said[-1] == "STALE"
                assert process.returncode is None
            await becomes(said, "LIVE")
        await living
        assert await bench.settled() == bench.true()
        await asyncio.sleep(5)
        await asyncio.to_thread(assert_books_agree, bench)  # the wire is in this loop
    assert process.returncode == 128 + signal.SIGTERM
    errors = (tmp_path / "errors").read_text()
    assert "on 127.0.0.1" in errors
    assert "cannot be reached: server closed the connection unexpectedly; what is shown is what was read" in errors


@pytest.mark.parametrize("command", [("watch", "--plain"), ("collect",), ("balances",), ("status",)])
async def test_a_server_that_cannot_be_reached_at_the_start_is_said_and_nothing_begins(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    async with behind_a_wire(tmp_path) as (bench, wire):
        wire.cut()
        process = await asyncio.create_subprocess_exec(
            *bench.command(*command),
            env=bench.environment,
            stdout=PIPE,
            stderr=PIPE,
        )
        out, err = await process.communicate()
        assert (process.returncode, out) == (9, b"")
        assert b"127.0.0.1" in err
        assert b"postgres@" not in err
