"""What one collector process costs with few accounts and with many, each filled once a second: processor and memory.

The exchanges live in this process, the collector in one of its own, on PostgreSQL. Printed are the collector's share of
a core, its resident memory, and the facts it stored, after everything has been caught up. Needs a server as tests do.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from tests.reliability.fleet import Asked, chaos, cpu_s, wire


async def measure(accounts: int, seconds: float) -> str:
    with tempfile.TemporaryDirectory(prefix="acct-many-") as folder:
        async with chaos(Path(folder), Asked(accounts=accounts, activity=1800)) as fleet, fleet.living():
            with wire() as cable:
                assert cable.stdout is not None
                fleet.start("127.0.0.1", int(cable.stdout.readline()), [])
                await fleet.all_collected(120)
                await asyncio.sleep(15)
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
    asked = parser.parse_args()
    for accounts in asked.accounts:
        sys.stdout.write(asyncio.run(measure(accounts, asked.seconds)))
        sys.stdout.flush()


if __name__ == "__main__":
    main()
