"""``acct demo`` and ``acct simulate``: the built-in exchanges, each in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from account_cli.bootstrap.stopping import Stopped
from account_cli.bootstrap.watching import watch, watch_text
from account_cli.config import Config, load_config
from account_cli.errors import InputError, InternalError
from account_cli.exchanges import venues
from account_cli.reports.rows import Screenful

DEMO_VENUES = {"kraken": "kraken", "binance": "binanceusdm"}
"""Demo account to the exchange it is at."""


def simulate(
    venue: str,
    *,
    account: str,
    seed: int,
    port: int,
    speed: float,
    emit: Callable[[str], None],
    faults: Sequence[str] = (),
    writable_key: bool = False,
    limits: bool = True,
) -> int:
    """Run one exchange until a signal; ``emit`` gets the configuration that reaches it. Returns the exit status.

    ``faults`` are those of the lab as a person writes them, or ``random``; without ``limits`` no request is one too
    many. Raises ``InputError`` for one there is not.
    """
    from account_cli.simulator.lab.schedule import planned, random_schedule
    from account_cli.simulator.serve import serve

    try:
        if [*faults] == ["random"]:
            schedule = random_schedule(venue, seed)
        else:
            schedule = [planned(text, venue) for text in faults]
    except ValueError as error:
        raise InputError(f"--fault: {error}", hint="acct simulate --fault list tells what each is") from None

    async def run() -> int:
        stopped = Stopped()
        stopped.on_signals()
        stop = asyncio.Event()
        served = serve(
            venue,
            seed,
            port,
            speed,
            emit,
            stop,
            account=account,
            faults=schedule,
            writable_key=writable_key,
            limits=limits,
        )
        serving = asyncio.ensure_future(served)
        await stopped.before(serving)
        return stopped.status

    return asyncio.run(run())


class Listed(NamedTuple):
    """A row of the fault catalogue, and one thing of it that can be switched on; ``name`` None where none can here."""

    section: str
    number: str
    name: str | None
    about: str
    lasts: bool
    venues: tuple[str, ...]
    player: str
    note: str


def faults() -> list[Listed]:
    """Return all that can go wrong, by number: each way of it that the simulator plays, or one row that it does not."""
    from account_cli.simulator.lab import FAULTS, Fault
    from account_cli.simulator.lab.catalogue import CATALOGUE, number_of, section_of
    from account_cli.simulator.lab.schedule import venues_of
    from account_cli.simulator.protocols import NAMES

    found = []
    for number, row in CATALOGUE.items():
        head, tail = (section_of(number), number), (row.player, row.note)
        played = {name: fault for name, fault in FAULTS.items() if number_of(name) == number}
        for name, fault in played.items():
            venues = tuple(venue for venue in NAMES if venue in venues_of(name))
            own = name if isinstance(fault, Fault) else None
            found.append(Listed(*head, own, fault.about, fault.end is not None, venues, *tail))
        if not played:
            venues = tuple(venue for venue in NAMES if venue in row.venues)
            found.append(Listed(*head, None, row.symptom, False, venues, *tail))
    return found


def demo(
    *,
    seed: int,
    speed: float,
    headless_seconds: float | None,
    on_screen: Callable[[Screenful], None],
    flash: bool = True,
    hide_amounts: bool = False,
) -> int:
    """Watch the built-in exchanges on a database that is gone afterwards; full screen, or as text after a while."""
    with tempfile.TemporaryDirectory(prefix="acct-demo-") as folder, _exchanges(seed, speed) as sections:
        config = _config(Path(folder), sections)
        if headless_seconds is None:
            return watch(config, (), flash=flash, hide_amounts=hide_amounts)
        return watch_text(config, (), seconds=headless_seconds, on_screen=on_screen)


def _config(folder: Path, sections: str) -> Config:
    file = folder / "config.toml"
    file.touch(mode=0o600)
    file.write_text(f'data_dir = "{folder}"\ncache_dir = "{folder / "cache"}"\npoll_interval = 20\n\n{sections}')
    return load_config(file, {"HOME": str(folder)}, venues=venues)


@contextmanager
def _exchanges(seed: int, speed: float) -> Iterator[str]:
    """Start one process an exchange; give the configuration that reaches them; end exactly those processes."""
    running: list[subprocess.Popen[str]] = []
    try:
        for account, venue in DEMO_VENUES.items():
            command = [sys.executable, "-m", "account_cli", "simulate", "--venue", venue, "--account", account]
            command += ["--seed", str(seed), "--port", "0", "--speed", f"{speed:g}x", "--no-limits"]
            running.append(
                subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)  # noqa: S603
            )
        yield "\n".join(_section(process) for process in running)
    finally:
        for process in running:
            process.terminate()
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=5)
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _section(process: subprocess.Popen[str]) -> str:
    """Read the configuration that a simulator prints when it is ready; it ends with an empty line after a table."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        if not line.strip() and lines:
            return "".join(lines)
        lines.append(line)
    raise InternalError("the built-in exchange did not start", hint="Run `acct simulate` to see why.")
