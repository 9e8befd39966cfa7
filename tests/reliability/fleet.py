"""Collectors that share many accounts on one PostgreSQL server, killed, paused and cut off: who has what in the end?

``acct collect --workers`` runs several times over; the exchanges live in this process, in real time. Every few seconds
one collector is killed and another started in its place; one is paused for longer than a lease lasts; the server is out
of reach for ten seconds, twice, and once ends every connection. In the end each account's ledger has to equal its
exchange's own book, and nothing may have been written by who had no right to. By hand::

    python -m tests.reliability.fleet --accounts 100 --collectors 4 --seconds 300 --kill-every 20
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
from psycopg.conninfo import conninfo_to_dict

from account_cli.domain.presence import EXPIRED_NS
from account_cli.simulator import Simulator
from account_cli.storage import open_journal
from tests.faults.truth import ROOT, facts
from tests.reliability.guarded import Guard
from tests.services import postgres, postgres_schema

WITHIN_S = 15.0
_VENUES = ("kraken", "binanceusdm", "binance")
_TIMES = "poll_interval = 20\nreconnect_delay = 0.2\nreconnect_max_delay = 2\n"
_PAUSE_S = EXPIRED_NS / 1e9 + 8


class Asked(msgspec.Struct, frozen=True):
    """What is done to a fleet; times in seconds."""

    accounts: int = 100
    collectors: int = 4
    seconds: float = 300
    kill_every: float = 20
    cut: float = 10
    cuts: int = 2
    pauses: int = 1
    activity: int = 240
    seed: int = 7
    settle: float = 300


class Chaos:
    """One run; ``figures`` is what came of it."""

    def __init__(self, folder: Path, url: str, asked: Asked) -> None:
        self._folder, self._url, self._asked = folder, url, asked
        self._chance = random.Random(f"{asked.seed}:fleet")
        self.sims = {
            f"a{number:03d}": Simulator(
                _VENUES[number % len(_VENUES)],
                seed=asked.seed + number,
                speed=None,
                start_ns=time.time_ns() - 300_000_000_000,
                account=f"a{number:03d}",
                activity=asked.activity,
                rate_limit=False,
            )
            for number in range(asked.accounts)
        }
        self.workers: list[subprocess.Popen[bytes]] = []
        self._started = 0
        self._where: tuple[str, int, list[str]] = ("127.0.0.1", 0, [])
        self.guard = Guard(url)
        self._watching: list[asyncio.Task[None]] = []
        self._mended = 0.0
        self.takeovers: list[float] = []
        self.figures: dict[str, Any] = {}
        self._counts: Counter[str] = Counter()

    async def run(self) -> dict[str, Any]:
        """Live through it and compare; whatever was started has ended by then."""
        async with contextlib.AsyncExitStack() as stack:
            cable = stack.enter_context(wire())
            assert cable.stdout is not None
            self._where = ("127.0.0.1", int(cable.stdout.readline()), [])
            await stack.enter_async_context(self.living())
            began = time.monotonic()
            for _ in range(self._asked.collectors):
                self.start(*self._where)
            keeping = asyncio.create_task(self._keep_up())
            stack.callback(keeping.cancel)
            await self.all_collected(120)
            self.figures["all_collected_s"] = round(time.monotonic() - began, 1)
            await self._trouble(cable)
            await self.settled()
            self.figures["cpu_s"] = round(sum(cpu_s(worker.pid) for worker in self.workers), 1)
        self.figures |= self._counts | {
            "trespassed": self.guard.trespassed(),
            "takeovers": len(self.takeovers),
            "slowest_takeover_s": round(max(self.takeovers, default=0), 1),
        }
        self.guard.close()
        return self.figures

    def _configure(self) -> None:
        config = self._folder / "config.toml"
        config.touch(mode=0o600)
        parts = [f'data_dir = "{self._folder}"\ncache_dir = "{self._folder}/cache"\n{_TIMES}']
        parts += [sim.config_toml(name).replace("]\n", "]\nrate_limit = false\n", 1) for name, sim in self.sims.items()]
        config.write_text("\n".join(parts))

    @contextlib.asynccontextmanager
    async def living(self) -> AsyncIterator[None]:
        """Let the exchanges live for the block, or until all is to be settled; at its end every collector is ended."""
        async with contextlib.AsyncExitStack() as stack:
            for sim in self.sims.values():
                await stack.enter_async_context(sim)
            self._configure()
            stack.callback(self._end)
            self._living = asyncio.create_task(self._live())
            stack.callback(self._living.cancel)
            yield

    def start(self, host: str, port: int, within: list[str]) -> None:
        """Start a collector that reaches the server there; ``within`` is put before its command."""
        self._started += 1
        joint = "&" if "?" in self._url else "?"
        over = f"host={host}&port={port}&application_name=worker%20{self._started}"
        environment = {
            "HOME": str(self._folder),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "ACCT_STORAGE__DATABASE": f"{self._url}{joint}{over}",
        }
        command = [sys.executable, "-m", "account_cli", "--config", str(self._folder / "config.toml"), "collect"]
        with (self._folder / f"worker{self._started}.log").open("wb") as log:
            self.workers.append(
                subprocess.Popen(
                    [*within, *command, "--workers"], env=environment, cwd=self._folder, stdout=log, stderr=log
                )
            )

    async def _keep_up(self) -> None:
        """Start those again that could not begin while the server was away, as whatever supervises them would."""
        while True:
            await asyncio.sleep(1)
            for worker in [one for one in self.workers if one.poll() is not None]:
                self.workers.remove(worker)
                self._counts["started_again"] += 1
                self.start(*self._where)

    def _end(self) -> None:
        for worker in self.workers:
            with contextlib.suppress(ProcessLookupError):
                worker.send_signal(signal.SIGCONT)
                worker.terminate()
        for worker in self.workers:
            worker.wait()

    async def _live(self) -> None:
        """Let every exchange live with the wall."""
        while True:
            for sim in self.sims.values():
                sim.run_until(time.time_ns())
                await asyncio.sleep(0)
            await asyncio.sleep(0.2)

    # ---- trouble ------------------------------------------------------------------------------------------------

    async def _trouble(self, wire: subprocess.Popen[bytes]) -> None:
        asked, began = self._asked, time.monotonic()
        jobs = [asyncio.create_task(self._kills(began + asked.seconds))]
        jobs += [
            asyncio.create_task(self._cut(wire, asked.seconds * (n + 1) / (asked.cuts + 2))) for n in range(asked.cuts)
        ]
        jobs.append(asyncio.create_task(self._terminate(asked.seconds * (asked.cuts + 1) / (asked.cuts + 2))))
        await asyncio.gather(*jobs)
        for _ in range(asked.pauses):
            await self._pause()

    async def _kills(self, until: float) -> None:
        while time.monotonic() + self._asked.kill_every < until:
            await asyncio.sleep(self._asked.kill_every)
            victim = self._chance.choice(self.workers)
            lost = self.leases_of(victim)
            self.workers.remove(victim)
            victim.kill()
            await asyncio.to_thread(victim.wait)
            self._counts["kills"] += 1
            self.start(*self._where)
            self.watch(lost)

    async def _cut(self, wire: subprocess.Popen[bytes], after: float) -> None:
        await asyncio.sleep(after)
        assert wire.stdin is not None
        wire.stdin.write(b"cut\n")
        wire.stdin.flush()
        self._counts["cuts"] += 1
        await asyncio.sleep(self._asked.cut)
        wire.stdin.write(b"mend\n")
        wire.stdin.flush()
        self._mended = time.monotonic()

    async def _terminate(self, after: float) -> None:
        await asyncio.sleep(after)
        self._counts["connections_ended"] += await asyncio.to_thread(self.guard.terminate)

    async def _pause(self) -> None:
        """Pause one until its accounts are others', then let it go on: it may write about none of them."""
        await self.all_collected(60)
        victim = self._chance.choice(self.workers)
        lost = self.leases_of(victim)
        victim.send_signal(signal.SIGSTOP)
        self._counts["pauses"] += 1
        taken = self.watch(lost)
        await asyncio.sleep(_PAUSE_S)
        await taken
        victim.send_signal(signal.SIGCONT)
        await asyncio.sleep(5)

    def leases_of(self, worker: subprocess.Popen[bytes]) -> dict[str, int]:
        """Return the accounts that a collector has the leases of, with their numbers."""
        process = self.guard.process_of(worker.pid)
        return {name: one.fence for name, one in self.guard.leases().items() if process and one.process == process}

    def watch(self, lost: dict[str, int]) -> asyncio.Task[None]:
        """Measure how long it takes until every one of these accounts is another's."""

        async def wait() -> None:
            began, cuts = time.monotonic(), self._counts["cuts"]
            async with asyncio.timeout(120):
                while left := [name for name, one in self.guard.leases().items() if one.fence == lost.get(name)]:
                    await asyncio.sleep(0.2)
            assert not left
            if lost and cuts == self._counts["cuts"] and began > self._mended + 2:
                self.takeovers.append(time.monotonic() - began)

        task = asyncio.create_task(wait())
        self._watching.append(task)
        return task

    # ---- the end ------------------------------------------------------------------------------------------------

    async def all_collected(self, within: float) -> None:
        async with asyncio.timeout(within):
            while sum(1 for one in self.guard.leases().values() if one.process) < len(self.sims):
                await asyncio.sleep(0.2)

    async def settled(self) -> None:
        """Wait until all ledgers equal the exchanges' books, or for so long; say what differs."""
        await asyncio.gather(*self._watching)
        self._living.cancel()
        began = time.monotonic()
        true = sorted(fact for name, sim in self.sims.items() for fact in facts(sim.truth(name)))
        while (known := await self._known()) != true and time.monotonic() < began + self._asked.settle:
            await asyncio.sleep(1)
        self.figures |= {
            "facts": len(true),
            "lost": sorted(set(true) - set(known))[:20],
            "extra": sorted(set(known) - set(true))[:20],
            "twice": len(known) - len(set(known)),
            "behind": self.guard.behind(sorted({json.loads(one)["account"] for one in set(true) ^ set(known)})),
            "logs": {log.name: log.read_text()[-3000:] for log in self._folder.glob("worker*.log")}
            if true != known
            else {},
            "settled_s": round(time.monotonic() - began, 1),
        }

    async def _known(self) -> list[str]:
        command = [sys.executable, "-m", "account_cli", "--config", str(self._folder / "config.toml"), "export"]
        process = await asyncio.create_subprocess_exec(
            *command,
            *("--format", "ndjson"),
            env={"HOME": str(self._folder), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
            | {"ACCT_STORAGE__DATABASE": self._url},
            cwd=self._folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        out, _ = await process.communicate()
        return facts(out.decode())


@contextlib.contextmanager
def wire(host: str = "127.0.0.1") -> Iterator[subprocess.Popen[bytes]]:
    """Run a wire to the server in a process of its own, which listens on ``host`` and says on which port."""
    given = conninfo_to_dict(postgres() or "")
    command = [sys.executable, "-m", "tests.reliability.proxy", str(given["host"]), str(given.get("port", 5432)), host]
    running = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield running
    finally:
        running.kill()
        running.wait()


def cpu_s(pid: int) -> float:
    """Return the seconds of a core that a process has had so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.asynccontextmanager
async def chaos(folder: Path, asked: Asked) -> AsyncIterator[Chaos]:
    """Make a database for the block, and a fleet that is to use it."""
    with postgres_schema() as url:
        open_journal(url).close()
        run = Chaos(folder, url, asked)
        run.guard.note_writing()
        yield run


async def _run(asked: Asked) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="acct-fleet-") as folder:
        async with chaos(Path(folder), asked) as run:
            return await run.run()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for field in msgspec.structs.fields(Asked):
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=type(field.default), default=field.default)
    asked = Asked(**vars(parser.parse_args()))
    figures = asyncio.run(_run(asked))
    sys.stdout.write(json.dumps(msgspec.to_builtins(asked) | figures, indent=1) + "\n")
    bad = figures["lost"] or figures["extra"] or figures["twice"] or figures["trespassed"]
    return 3 if bad or figures["slowest_takeover_s"] > WITHIN_S else 0


if __name__ == "__main__":
    sys.exit(main())
