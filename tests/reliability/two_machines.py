"""Two machines' worth of collectors: each in a network namespace of its own, the server behind a cable that is cut.

Needs root and ``ip`` (iproute2). The server is reached over the cables through a wire of the test's own, the
exchanges without a cable. One namespace's cable is cut for half a minute: its
accounts have to be collected from the other within fifteen seconds, and whoever was cut off may write nothing about
them when the cable is back. By hand, as root::

    python -m tests.reliability.two_machines --accounts 12
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.faults.truth import ROOT
from tests.reliability.fleet import WITHIN_S, Asked, Chaos, chaos, wire
from tests.reliability.proxy import join

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
_CUT_S = 30.0


class Machine:
    """A network namespace, ``number`` 1 or 2, on a cable to this one; here is 10.213.N.1, there 10.213.N.2."""

    def __init__(self, number: int) -> None:
        self.name, self._link, self.here = f"acct{number}", f"acct-veth{number}", f"10.213.{number}.1"
        self._there, self._peer = f"10.213.{number}.2", f"acct-peer{number}"

    def build(self) -> None:
        _ip("netns", "add", self.name)
        _ip("link", "add", self._link, "type", "veth", "peer", "name", self._peer, "netns", self.name)
        _ip("addr", "add", f"{self.here}/24", "dev", self._link)
        _ip("link", "set", self._link, "up")
        _ip("-n", self.name, "addr", "add", f"{self._there}/24", "dev", self._peer)
        _ip("-n", self.name, "link", "set", self._peer, "up")
        _ip("-n", self.name, "link", "set", "lo", "up")

    def cable(self, state: str) -> None:
        """Let the cable be ``up`` or ``down``."""
        _ip("link", "set", self._link, state)

    def remove(self) -> None:
        subprocess.run(["ip", "netns", "del", self.name], check=False, stderr=subprocess.DEVNULL)
        subprocess.run(["ip", "link", "del", self._link], check=False, stderr=subprocess.DEVNULL)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


@contextlib.contextmanager
def machines() -> Iterator[tuple[Machine, Machine]]:
    """Have two machines for the block."""
    both = Machine(1), Machine(2)
    try:
        for one in both:
            one.remove()
            one.build()
        yield both
    finally:
        for one in both:
            one.remove()


async def run(folder: Path, asked: Asked) -> dict[str, Any]:
    """Cut one machine off and let it come back; return what came of it."""
    async with contextlib.AsyncExitStack() as stack:
        both = stack.enter_context(machines())
        fleet = await stack.enter_async_context(chaos(folder, asked))
        ports = {}
        for one in both:
            process = stack.enter_context(wire(one.here))
            assert process.stdout is not None
            ports[one] = int(process.stdout.readline())
        await stack.enter_async_context(fleet.living())
        ports_of = [sim.port for sim in fleet.sims.values()]
        await stack.enter_async_context(exchanges_near(both, ports_of))
        for number in range(asked.collectors):
            one = both[number % 2]
            fleet.start(one.here, ports[one], ["ip", "netns", "exec", one.name])
        await fleet.all_collected(120)
        await asyncio.sleep(8)
        return await _cut_off(fleet, both[0])


async def _cut_off(fleet: Chaos, machine: Machine) -> dict[str, Any]:
    victims = [worker for place, worker in enumerate(fleet.workers) if place % 2 == 0]
    lost = {name: fence for worker in victims for name, fence in fleet.leases_of(worker).items()}
    began = time.monotonic()
    machine.cable("down")
    taken = fleet.watch(lost)
    await taken
    took = time.monotonic() - began
    await asyncio.sleep(max(0.0, _CUT_S - took))
    machine.cable("up")
    mended = time.monotonic()
    while not any(fleet.leases_of(worker) for worker in victims) and time.monotonic() < mended + 60:
        await asyncio.sleep(0.2)
    back = time.monotonic() - mended
    await fleet.settled()
    return fleet.figures | {
        "accounts_taken_over": len(lost),
        "taken_over_s": round(took, 1),
        "collecting_again_s": round(back, 1),
        "trespassed": fleet.guard.trespassed(),
    }


@contextlib.asynccontextmanager
async def exchanges_near(both: Sequence[Machine], ports: Sequence[int]) -> AsyncIterator[None]:
    """Let the exchanges be reached on the loopback of each machine, whatever becomes of its cable.

    A Unix socket is no part of the network, so that it leads from one namespace into another.
    """
    with tempfile.TemporaryDirectory(prefix="acct-x-") as folder:
        async with contextlib.AsyncExitStack() as stack:
            for port in ports:
                near = await asyncio.start_unix_server(_to(port), f"{folder}/{port}")
                stack.callback(near.close)
            command = [sys.executable, "-m", "tests.reliability.two_machines", "--far", folder]
            far = [subprocess.Popen(["ip", "netns", "exec", one.name, *command], cwd=ROOT) for one in both]
            try:
                yield
            finally:
                for process in far:
                    process.kill()
                    process.wait()


def _to(port: int) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await join(reader, writer, asyncio.open_connection("127.0.0.1", port))

    return serve


def _to_socket(path: Path) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await join(reader, writer, asyncio.open_unix_connection(path))

    return serve


async def be_far(folder: Path) -> None:
    """Within a namespace: listen on the port that each socket in ``folder`` is named after."""
    for path in folder.iterdir():
        await asyncio.start_server(_to_socket(path), "127.0.0.1", int(path.name))
    await asyncio.Event().wait()


async def _run(asked: Asked) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="acct-two-") as folder:
        return await run(Path(folder), asked)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accounts", type=int, default=12)
    parser.add_argument("--collectors", type=int, default=4)
    parser.add_argument("--far", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.far:
        asyncio.run(be_far(given.far))
    figures = asyncio.run(_run(Asked(accounts=given.accounts, collectors=given.collectors)))
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    bad = figures["lost"] or figures["extra"] or figures["twice"] or figures["trespassed"]
    late = not figures["accounts_taken_over"] or figures["taken_over_s"] > WITHIN_S
    return 3 if bad or late else 0


if __name__ == "__main__":
    sys.exit(main())
