"""What the tests of local trouble share: several accounts on one bench, and what acct says of itself."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from account_cli.domain.health import Notice, StreamRow
from account_cli.storage import open_reader
from tests.faults.truth import Bench


def add_to_account(bench: Bench, *lines: str) -> None:
    """Put further keys into the section of the account ``main``."""
    file = bench.folder / "config.toml"
    head = "[accounts.main]\n"
    text = file.read_text()
    assert head in text
    file.write_text(text.replace(head, head + "".join(f"{line}\n" for line in lines), 1))


def add_account(bench: Bench, name: str, *, api_key: str | None = None) -> None:
    """Configure a further account at the same exchange, by default with the same key."""
    section = bench.sim.config_toml(name).replace("]\n", "]\nrate_limit = false\n", 1)
    if api_key is not None:
        section = section.replace(bench.sim.api_key, api_key)
    file = bench.folder / "config.toml"
    file.write_text(file.read_text() + "\n" + section)


def streams(folder: Path, account: str = "main") -> list[StreamRow]:
    reader = open_reader(folder / "acct.db")
    try:
        return [row for row in reader.streams() if row.account == account and row.strategy != "off"]
    finally:
        reader.close()


def notices(folder: Path, account: str = "main") -> list[Notice]:
    reader = open_reader(folder / "acct.db")
    try:
        return reader.notices(limit=10_000, account=account)
    finally:
        reader.close()


async def liveness(bench: Bench, account: str = "main") -> str:
    """Return what ``acct accounts`` says, as another process sees it."""
    answer: dict[str, Any] = json.loads(await bench.run("accounts", "--json"))
    return next(str(row["liveness"]) for row in answer["items"] if row["account"] == account)


async def until(what: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something is so; fail when it is not after so long."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come to that"
        await asyncio.sleep(0.2)


async def until_live(bench: Bench, account: str = "main") -> None:
    deadline = time.monotonic() + 60
    while (said := await liveness(bench, account)) != "LIVE":
        assert time.monotonic() < deadline, said
        await asyncio.sleep(0.5)


async def ended(process: asyncio.subprocess.Process, number: int = signal.SIGTERM) -> int:
    """Ask a process to end and wait until it has; return its exit status."""
    process.send_signal(number)
    async with asyncio.timeout(60):
        return await process.wait()
