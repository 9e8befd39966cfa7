"""What one collector process costs with few accounts and with many, each filled once a second: processor and memory.

The exchanges live in processes of their own, fifty to one, and so does the collector, on PostgreSQL. Printed are the
collector's share of a core, its resident memory, and the facts it stored, after everything has been caught up: on a
machine with too few cores the exchanges tell fewer than they should. Needs a server as tests do.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from account_cli.simulator import Simulator
from tests.faults.truth import ROOT
from tests.reliability.figures import VENUES
from tests.reliability.fleet import Asked, chaos, cpu_s, wire

_A_PROCESS = 50


async def live(accounts: range, activity: int, start_s: int) -> None:
    """Let these accounts live from that second on, among the same prices; print how each is configured, then a line."""
    sims = [
        Simulator(
            VENUES[number % len(VENUES)],
            seed=7 + number,
            prices=7,
            speed=None,
            start_ns=start_s * 1_000_000_000,
            account=f"a{number:03d}",
            activity=activity,
            rate_limit=False,
        )
        for number in accounts
    ]
    for sim in sims:
        await sim.start()
        sys.stdout.write(sim.config_toml(sim.account).replace("]\n", "]\nrate_limit = false\n", 1).strip() + "\n")
    sys.stdout.write("\n")
    sys.stdout.flush()
    while True:
        for sim in sims:
            sim.run_until(time.time_ns())
            await asyncio.sleep(0)
        await asyncio.sleep(0.1)


@contextmanager
def exchanges(accounts: int, activity: int) -> Iterator[str]:
    """Run exchanges for the block; its value is how their accounts are configured."""
    command = [sys.executable, "-m", "bench.many_accounts", "--activity", str(activity), "--live"]
    start = str(int(time.time()) - 60)
    spans = [(str(first), str(min(first + _A_PROCESS, accounts))) for first in range(0, accounts, _A_PROCESS)]
    running = [
        subprocess.Popen([*command, *span, start], cwd=ROOT, stdout=subprocess.PIPE, text=True) for span in spans
    ]
    try:
        said = []
        for process in running:
            assert process.stdout is not None
            said += list(iter(process.stdout.readline, "\n"))
        yield "".join(said)
    finally:
        for process in running:
            process.kill()
            process.wait()


async def measure(accounts: int, seconds: float, activity: int) -> str:
    with tempfile.TemporaryDirectory(prefix="acct-many-") as folder, exchanges(accounts, activity) as configured:
        async with chaos(Path(folder), Asked(accounts=0)) as fleet, fleet.living():
            with (Path(folder) / "config.toml").open("a") as config:
                config.write(configured)
            with wire() as cable:
                assert cable.stdout is not None
                fleet.start("127.0.0.1", int(cable.stdout.readline()), [])
                async with asyncio.timeout(180):
                    while sum(1 for one in fleet.guard.leases().values() if one.process) < accounts:
                        await asyncio.sleep(0.2)
                await asyncio.sleep(30)
                pid = fleet.workers[0].pid
                before, cpu, began = fleet.guard.facts(), cpu_s(pid), time.monotonic()
                await asyncio.sleep(seconds)
                took = time.monotonic() - began
                share, stored = (cpu_s(pid) - cpu) / took, (fleet.guard.facts() - before) / took
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    each = 1000 * share / accounts
    return (
        f"{accounts:>4} accounts: {share:.0%} of a core, {each:.1f} ms of it each a second; "
        f"{pages * 4096 / 1e6:.0f} MB; {stored:.0f} facts a second\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, nargs="+", default=[10, 50, 200])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--activity", type=int, default=4560, help="what each account does in an hour: 3,600 facts")
    parser.add_argument("--live", type=int, nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.live:
        asyncio.run(live(range(*asked.live[:2]), asked.activity, asked.live[2]))
        return
    for accounts in asked.accounts:
        sys.stdout.write(asyncio.run(measure(accounts, asked.seconds, asked.activity)))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
