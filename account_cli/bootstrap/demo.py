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
) -> int:
    """Run one exchange until a signal; ``emit`` gets the configuration that reaches it. Returns the exit status.

    ``faults`` are those of the lab as a person writes them, or ``random``. Raises ``InputError`` for one there is not.
    """
    from account_cli.simulator.lab import planned, random_schedule
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
        serving = asyncio.ensure_future(serve(venue, seed, port, speed, emit, stop, account=account, faults=schedule))
        await stopped.before(serving)
        return stopped.status

    return asyncio.run(run())


def faults() -> list[tuple[str, str, list[str]]]:
    """Return what can go wrong in the lab: name, what it is, and the venues it is confined to, if any."""
    from account_cli.simulator.lab import FAULTS

    return [(name, fault.about, sorted(fault.venues)) for name, fault in FAULTS.items()]


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
            command += ["--seed", str(seed), "--port", "0", "--speed", f"{speed:g}x"]
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
