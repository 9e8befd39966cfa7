"""Holds what acct knows beside what the simulated exchange says is true.

The exchange runs in the test's own loop; acct runs as a process of its own, the way a person runs it, so that it can be
killed like one.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

from account_cli.ports import Location
from account_cli.simulator import Simulator

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = frozenset({"instrument", "price"})
HOUR = 3600 * 1_000_000_000


class Bench:
    """One simulated exchange, one account on it, one folder for acct to keep its things in."""

    def __init__(
        self, venue: str, folder: Path, *, seed: int, hours: float, server: str | None = None, **options: Any
    ) -> None:
        self.hours = hours
        self.folder = folder
        self.database: Location = server or folder / "acct.db"
        start = (int(time.time()) - int((hours + 1) * 3600)) * 1_000_000_000
        self.sim = Simulator(venue, seed=seed, speed=None, start_ns=start, account="main", rate_limit=False, **options)
        self.start_ns, self.end_ns = start, start + int(hours * HOUR)

    async def __aenter__(self) -> Self:
        await self.sim.start()
        config = self.folder / "config.toml"
        config.touch(mode=0o600)
        places = f'data_dir = "{self.folder}"\ncache_dir = "{self.folder}/cache"\n'
        times = "poll_interval = 2\nreconnect_delay = 0.1\nreconnect_max_delay = 1\nforbidden_wait = 2\n"
        section = self.sim.config_toml("main").replace("]\n", "]\nrate_limit = false\n", 1)
        storage = f'[storage]\ndatabase = "{self.database}"\n' if isinstance(self.database, str) else ""
        config.write_text(places + times + storage + section)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.sim.stop()

    async def live(self, step_hours: float = 0.05, pause: float = 0.02) -> None:
        """Let the world live on to its end in small steps, so that acct hears it as it happens."""
        await self.live_until(1, step_hours, pause)

    async def live_until(self, part: float, step_hours: float = 0.05, pause: float = 0.02) -> None:
        """Let the world live until ``part`` (0 to 1) of its time is over."""
        end = self.start_ns + int(self.hours * part * 3600) * 1_000_000_000
        while self.sim.now_ns < end:
            self.sim.run_until(min(end, self.sim.now_ns + int(step_hours * HOUR)))
            await asyncio.sleep(pause)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "account_cli", "--config", str(self.folder / "config.toml"), *arguments]

    @property
    def environment(self) -> dict[str, str]:
        return {"HOME": str(self.folder), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}

    async def start(self, *arguments: str, environment: Mapping[str, str] | None = None) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self.command(*arguments),
            env={**self.environment, **(environment or {})},
            cwd=self.folder,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """``acct watch --plain`` beside the block, asked to end after it."""
        process = await self.start("watch", "--plain", "main")
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            await process.wait()

    async def heard(self) -> None:
        """Wait until acct listens to the account: what goes wrong before that may keep it from beginning at all."""
        async with asyncio.timeout(60):
            while not any(connection.private for connection in self.sim.stage.connections):
                await asyncio.sleep(0.1)

    async def run(self, *arguments: str) -> str:
        """Run one command to its end; returns what it wrote."""
        process = await asyncio.create_subprocess_exec(
            *self.command(*arguments),
            env=self.environment,
            cwd=self.folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()
        assert process.returncode in {0, 3, 4}, err.decode()
        return out.decode()

    async def known(self) -> list[str]:
        """Every fact that acct exports, one text each, sorted."""
        return facts(await self.run("export", "--format", "ndjson"))

    def true(self) -> list[str]:
        """Every fact of the exchange's own book, one text each, sorted."""
        return facts(self.sim.truth("main"))

    async def settled(self, seconds: float = 60) -> list[str]:
        """Return what is known as soon as it equals the truth, or once nothing was learnt for so long."""
        before, changed = 0, time.monotonic()
        while True:
            known = await self.known()
            if len(known) != before:
                before, changed = len(known), time.monotonic()
            if known == self.true() or time.monotonic() > changed + seconds:
                return known
            await asyncio.sleep(0.5)

    async def balances(self) -> dict[str, dict[str, Decimal]]:
        """What the exchange stated and what the ledger worked out, without zeros."""
        answer = json.loads(await self.run("balances", "--json"))
        observed = {row["asset"]: Decimal(row["total"]) for row in answer["items"] if row["source"] == "observed"}
        return {"observed": {asset: total for asset, total in observed.items() if total}}


def facts(text: str) -> list[str]:
    lines = [json.loads(line) for line in text.splitlines() if line.strip()]
    return sorted(json.dumps(line, sort_keys=True) for line in lines if line["kind"] not in REFERENCE)
