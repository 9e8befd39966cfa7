"""Three exchanges in this process, one acct in a process of its own that collects an account on each, one folder."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

from account_cli.simulator import Simulator
from tests.faults.truth import facts

ROOT = Path(__file__).resolve().parents[2]
VENUES = ("kraken", "binanceusdm", "binance")


class Trio:
    """The exchanges by name (each also the account's name), and how to run acct beside them.

    ``times`` are lines for the top of the configuration; ``limited`` lets the exchanges keep their rate limits.
    """

    def __init__(
        self,
        folder: Path,
        *,
        seed: int,
        start_ns: int,
        at_once: bool,
        limited: bool,
        activity: int = 120,
        times: str = "",
        venues: tuple[str, ...] = VENUES,
    ) -> None:
        self.folder, self._limited, self._times = folder, limited, times
        self.sims = {
            venue: Simulator(
                venue,
                seed=seed,
                speed=None,
                start_ns=start_ns,
                history_at_once=at_once,
                account=venue,
                activity=activity,
                rate_limit=limited,
            )
            for venue in venues
        }

    async def __aenter__(self) -> Trio:
        for sim in self.sims.values():
            await sim.start()
        self._configure()
        return self

    async def __aexit__(self, *_: object) -> None:
        for sim in self.sims.values():
            await sim.stop()

    def _configure(self) -> None:
        file = self.folder / "config.toml"
        file.touch(mode=0o600)
        lines = [f'data_dir = "{self.folder}"\ncache_dir = "{self.folder}/cache"\n{self._times}']
        for venue, sim in self.sims.items():
            section = sim.config_toml(venue)
            lines.append(section if self._limited else section.replace("]\n", "]\nrate_limit = false\n", 1))
        file.write_text("\n".join(lines))

    def environment(self) -> dict[str, str]:
        return {"HOME": str(self.folder), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "account_cli", "--config", str(self.folder / "config.toml"), *arguments]

    def watch(self, out: BinaryIO | int = subprocess.DEVNULL, err: BinaryIO | int = subprocess.DEVNULL) -> Watcher:
        """Start ``acct watch --plain`` over all accounts."""
        return subprocess.Popen(
            self.command("watch", "--plain"),
            env=self.environment(),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )

    async def compare(self, within: float) -> dict[str, Any]:
        """Hold what acct exports beside each exchange's own book until they are equal, or for so many seconds."""
        deadline = time.monotonic() + within
        accounts: dict[str, Any] = {}
        for venue, sim in self.sims.items():
            true = facts(sim.truth(venue))
            while (known := await self._known(venue)) != true and time.monotonic() < deadline:
                await asyncio.sleep(1)
            accounts[venue] = {
                "facts": len(true),
                "lost": sorted(set(true) - set(known)),
                "extra": sorted(set(known) - set(true)),
                "twice": len(known) - len(set(known)),
                "not_allowed": [f"{request.method} {request.path}" for request in sim.violations],
                "requests": len(sim.requests),
            }
        return accounts

    async def _known(self, venue: str) -> list[str]:
        process = await asyncio.create_subprocess_exec(
            *self.command("export", venue, "--format", "ndjson"),
            env=self.environment(),
            cwd=self.folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        out, _ = await process.communicate()
        return facts(out.decode())

    def secrets(self) -> list[str]:
        """Name every file but the configuration in which a key or a secret is to be found."""
        planted = [text.encode() for sim in self.sims.values() for text in (sim.api_key, sim.secret)]
        files = [path for path in self.folder.rglob("*") if path.is_file() and path.name != "config.toml"]
        return [path.name for path in files for content in (path.read_bytes(),) if any(p in content for p in planted)]


Watcher = subprocess.Popen[bytes]


def commit() -> str | None:
    """Return the commit of the tree that runs."""
    done = subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or None
