"""Kills acct again and again, the hardest way there is, and sees whether it still comes to know everything once.

One acct collects an account on each of three exchanges, which live on all the while. Every second kill comes at any
moment after the start, the others just after acct wrote to its database, for that is where it could hurt. By hand::

    python -m tests.reliability.kills --kills 1000 --out kills.json
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.reliability.trio import Trio, commit

_A_KILL_S = 90
"""How much of the world's time passes from one kill to the next, in seconds."""
_SETTLE_WITHIN = 300.0
_TIMES = "poll_interval = 2\nreconnect_delay = 0.1\nreconnect_max_delay = 1\n"


class Kills:
    """One run of so many kills; ``checks`` is what each comparison said."""

    def __init__(self, folder: Path, *, seed: int, kills: int, every: int) -> None:
        self._chance, self._kills, self._every = random.Random(f"{seed}:kills"), kills, every
        hours = kills * _A_KILL_S / 3600 + 1
        start_ns = (int(time.time()) - int((hours + 1) * 3600)) * 1_000_000_000
        self.trio = Trio(folder, seed=seed, start_ns=start_ns, at_once=False, limited=False, times=_TIMES)
        self._end_ns = start_ns
        self.checks: list[dict[str, Any]] = []
        self.done = self.after_a_write = 0

    async def run(self) -> None:
        """Live through all kills, comparing with the truth after each ``every`` of them."""
        async with self.trio:
            while self.done < self._kills:
                for _ in range(min(self._every, self._kills - self.done)):
                    await self._kill()
                await self._check()

    async def _live(self, seconds: float) -> None:
        """Let the exchanges live on in small steps."""
        end_ns = self._end_ns + int(seconds * 1e9)
        while self._end_ns < end_ns:
            self._end_ns = min(end_ns, self._end_ns + 5_000_000_000)
            for sim in self.trio.sims.values():
                sim.run_until(self._end_ns)
            await asyncio.sleep(0.02)

    async def _kill(self) -> None:
        process = self.trio.watch()
        living = asyncio.create_task(self._live(_A_KILL_S))
        if self.done % 2:
            await asyncio.sleep(self._chance.uniform(0.2, 4.0))
        else:
            await self._until_written()
            await asyncio.sleep(self._chance.uniform(0.0, 0.3))
        process.kill()
        await asyncio.to_thread(process.wait)
        await living
        self.done += 1

    async def _until_written(self) -> None:
        """Wait until acct has written something new, or for ten seconds."""
        file, deadline = self.trio.folder / "acct.db-wal", time.monotonic() + 10
        before = _stamp(file)
        while time.monotonic() < deadline:
            if _stamp(file) != before:
                self.after_a_write += 1
                return
            await asyncio.sleep(0.005)

    async def _check(self) -> None:
        began = time.monotonic()
        process = self.trio.watch()
        try:
            accounts = await self.trio.compare(_SETTLE_WITHIN)
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait)
        self.checks.append({"kills": self.done, "seconds": round(time.monotonic() - began, 1), "accounts": accounts})

    def result(self, seed: int) -> dict[str, Any]:
        accounts = [account for check in self.checks for account in check["accounts"].values()]
        return {
            "commit": commit(),
            "seed": seed,
            "venues": list(self.trio.sims),
            "kills": self.done,
            "of": self._kills,
            "after_a_write": self.after_a_write,
            "checks": len(self.checks),
            "facts": sum(account["facts"] for account in self.checks[-1]["accounts"].values()) if self.checks else 0,
            "diverged": sum(bool(one["lost"] or one["extra"] or one["twice"]) for one in accounts),
            "not_allowed": sum(len(one["not_allowed"]) for one in accounts),
            "secrets": self.trio.secrets(),
            "slowest_check_s": max((check["seconds"] for check in self.checks), default=None),
            "differing": [check for check in self.checks if any(
                one["lost"] or one["extra"] or one["twice"] for one in check["accounts"].values())],
        }  # fmt: skip


async def _run(kills: Kills, seed: int, out: Path | None) -> dict[str, Any]:
    """Run, and write down what is known after every comparison, so that a run that is cut off has said something."""
    running = asyncio.create_task(kills.run())
    told = 0
    while not running.done():
        await asyncio.wait([running], timeout=1)
        if out and len(kills.checks) > told:
            told = len(kills.checks)
            out.write_text(json.dumps(kills.result(seed), indent=1) + "\n")
    await running
    return kills.result(seed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--every", type=int, default=50, help="kills between two comparisons with the truth")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="acct-kills-") as folder:
        kills = Kills(Path(folder), seed=asked.seed, kills=asked.kills, every=asked.every)
        result = asyncio.run(_run(kills, asked.seed, asked.out))
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    return 1 if result["diverged"] or result["not_allowed"] or result["secrets"] else 0


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    return status.st_size, status.st_mtime_ns


if __name__ == "__main__":
    sys.exit(main())
