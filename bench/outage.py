"""``acct watch`` through an outage of forty seconds with two fills inside it, as text.

A built-in exchange on which nothing else happens, a slow line to it that can be cut like a cable, and ``acct watch`` in
a tmux of 120x40. While the cable is cut two fills happen, told to nobody. Writes the page to the path given, or to
standard output. Needs tmux.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from account_cli.simulator import Simulator

_SESSION = "acct-outage"
_DELAY_S = 0.15
"""What a line half around the world takes."""
_ADDRESS = re.compile(r"127\.0\.0\.1:(\d+)")


class Cable:
    """Carries bytes between acct and the exchange, until it is cut: then every connection breaks, and none is made."""

    def __init__(self, port: int) -> None:
        self._exchange, self._open = port, True
        self._ends: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def lay(self) -> asyncio.Server:
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    def cut(self) -> None:
        self._open = False
        for end in list(self._ends):
            end.transport.abort()

    def mend(self) -> None:
        self._open = True

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._open:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._exchange)
        ends = {writer, far_writer}
        self._ends |= ends
        try:
            with contextlib.suppress(asyncio.CancelledError):  # the film is over
                await asyncio.gather(self._one_way(reader, far_writer), self._one_way(far_reader, writer))
        finally:
            self._ends -= ends

    @staticmethod
    async def _one_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                await asyncio.sleep(_DELAY_S)
                writer.write(data)
                await writer.drain()
        writer.close()


def tmux(*arguments: str) -> str:
    return subprocess.run(["tmux", "-L", _SESSION, *arguments], capture_output=True, text=True, check=False).stdout


def screen() -> str:
    return "\n".join(line.rstrip() for line in tmux("capture-pane", "-p", "-t", _SESSION).splitlines())


async def until(words: str, seconds: float) -> str:
    """Return the screen as soon as it has these words; the last one when it never has."""
    deadline = time.monotonic() + seconds
    while words not in (seen := screen()) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    return seen


async def film(folder: Path, outage_s: float) -> list[tuple[str, str]]:
    """Return (what happens, the screen) for every moment worth a picture."""
    shots: list[tuple[str, str]] = []
    quiet = Simulator("kraken", account="kraken", speed=None, history_at_once=True, rate_limit=False)
    async with quiet as sim:
        section = sim.config_toml().replace("]\n", "]\nrate_limit = false\n", 1)
        match = _ADDRESS.search(section)
        assert match is not None
        cable = Cable(int(match[1]))
        server = await cable.lay()
        config = folder / "config.toml"
        config.touch(mode=0o600)
        places = f'data_dir = "{folder}"\ncache_dir = "{folder}/cache"\n'
        config.write_text(places + section.replace(match[0], f"127.0.0.1:{cable.port}"))
        command = [sys.executable, "-m", "account_cli", "--config", str(config), "watch", "kraken"]
        tmux("new-session", "-d", "-s", _SESSION, "-x", "120", "-y", "40", shlex.join(command))
        try:
            shots.append(("Everything is live.", await until("● LIVE", 90)))
            await asyncio.sleep(10)
            shots[-1] = (shots[-1][0], screen())
            cable.cut()
            began = time.monotonic()
            shots.append(("The cable is cut.", await until("STALE", 30)))
            await asyncio.sleep(15)
            sim.burst(2)
            await asyncio.sleep(max(0.0, outage_s - 2 - (time.monotonic() - began)))
            shots.append((f"{outage_s - 2:.0f} s later. Two fills have happened meanwhile.", screen()))
            await asyncio.sleep(max(0.0, outage_s - (time.monotonic() - began)))
            cable.mend()
            shots.append(("The cable is mended.", await until("CATCHING UP", 30)))
            await until("● LIVE", 60)
            shots.append(("What was missed is known.", await until("back-filled", 10)))
        finally:
            tmux("kill-session", "-t", _SESSION)
            cable.cut()
            server.close()
    return shots


def page(shots: list[tuple[str, str]], outage_s: float) -> str:
    head = (
        "# An outage, as `acct watch` shows it\n\n"
        f"The network is cut for {outage_s:.0f} seconds, REST and stream alike, and two fills happen meanwhile.\n"
        "Made by `python bench/outage.py docs/outage.md`: the built-in exchange, a relay that is cut like a cable,\n"
        "and `acct watch` in a terminal of 120x40.\n"
    )
    return head + "".join(f"\n## {what}\n\n```text\n{text}\n```\n" for what, text in shots)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", nargs="?", type=Path)
    parser.add_argument("--seconds", type=float, default=40.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        shots = asyncio.run(film(Path(folder), asked.seconds))
    text = page(shots, asked.seconds)
    if asked.page is None:
        sys.stdout.write(text)
    else:
        asked.page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
