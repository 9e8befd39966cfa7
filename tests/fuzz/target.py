"""Coverage-guided fuzzing of every reader: ``python -m tests.fuzz.target [seconds] [folder]``, or ``make fuzz``.

The input chooses a venue, what is asked or heard, and how its text is spoilt, so that what libFuzzer learns leads it
deeper into the normalisers. A find is told once by what it raised and where, its input is kept in ``folder``, and the
fuzzing goes on; ``python -m tests.fuzz.target FILE`` plays one again. Needs atheris, which the other tests do not.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import hashlib
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, get_args

import atheris

with atheris.instrument_imports(include=["account_cli.exchanges", "account_cli.domain"], enable_loader_override=False):
    from account_cli.exchanges.binance import history as _binance  # noqa: F401
    from account_cli.exchanges.binance.spot import reader as _spot  # noqa: F401
    from account_cli.exchanges.generic import reader as _generic  # noqa: F401
    from account_cli.exchanges.kraken import reader as _kraken  # noqa: F401

from account_cli.collector.delivery import Delivery
from account_cli.engine.ingest import Ingest
from account_cli.errors import AcctError
from account_cli.ports import Heard, StreamItem
from account_cli.storage import open_journal
from tests.fuzz.changes import HOWS, changed
from tests.fuzz.said import VENUES, Again, played, said_by
from tests.wire.exchanges.exch_wire import WallClock

ASKED = ("balances", "orders", "positions", "catch_up", "backfill", "prices", "candles")
_TELL_EVERY_S = 60.0
_FRESH_EVERY = 500


class Target:
    """All venues, ready to hear; counts what it ran and what it found."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.runs, self.finds = folder, 0, dict[str, int]()
        self._loop = asyncio.new_event_loop()
        home = Path(tempfile.mkdtemp())
        self._all: list[Again] = []
        for venue in VENUES:
            told = self._loop.run_until_complete(said_by(venue, home / venue))
            self._all.append(self._loop.run_until_complete(played(told)))
        self._home = home
        self._new_journal()
        self._began = self._told_at = time.monotonic()

    def _new_journal(self) -> None:
        self._journal = open_journal(self._home / f"{self.runs}.db")
        self._ingest = Ingest(self._journal, WallClock())

    def one(self, data: bytes) -> None:
        """Run one input; what it finds is kept."""
        self.runs += 1
        try:
            self._loop.run_until_complete(self._run(atheris.FuzzedDataProvider(data)))
        except Exception as error:
            self._found(error, data)
        if time.monotonic() - self._told_at > _TELL_EVERY_S:
            self.tell()

    async def _run(self, data: Any) -> None:
        def pick(n: int) -> int:
            return int(data.ConsumeIntInRange(0, max(0, n - 1)))

        again = self._all[pick(len(self._all))]
        heard_instead, how = data.ConsumeBool(), HOWS[pick(len(HOWS))]
        twice = data.ConsumeBool()

        def change(text: str) -> str:
            text = changed(text, how, pick)
            return changed(text, HOWS[pick(len(HOWS))], pick) if twice else text

        if heard_instead:
            frames = again.told.frames
            told = again.heard(change(frames[pick(len(frames))]))
            assert all(isinstance(one, (*get_args(StreamItem), AcctError)) for one in told)
            heard = [one for one in told if isinstance(one, Heard)]
        else:
            polls = again.port.abilities().polls
            what = ASKED[pick(len(ASKED))]
            if what == "positions" and what not in polls:
                return
            heard = await again.asked(what, (pick(8), change))
        self._keep(heard)

    def _keep(self, heard: list[Heard]) -> None:
        """Write it down; to another database now and then, for what was made up fills one."""
        if self.runs % _FRESH_EVERY == 0:
            self._journal.close()
            self._new_journal()
        self._ingest.write([Delivery(account="demo", heard=(one,)) for one in heard])

    def _found(self, error: Exception, data: bytes) -> None:
        place = traceback.extract_tb(error.__traceback__)[-1]
        name = f"{type(error).__name__} at {Path(place.filename).name}:{place.lineno}"
        self.finds[name] = self.finds.get(name, 0) + 1
        if self.finds[name] == 1:
            file = self.folder / f"find-{hashlib.sha256(name.encode()).hexdigest()[:12]}"
            file.write_bytes(data)
            sys.stdout.write(f"found {name}: {str(error)[:200]!r}, kept in {file}\n{traceback.format_exc()}\n")
        sys.stdout.flush()

    def tell(self) -> None:
        """Say how far it has come."""
        self._told_at = time.monotonic()
        seconds = self._told_at - self._began
        sys.stdout.write(f"{self.runs} executions in {seconds:.0f} s, {len(self.finds)} finds: {self.finds}\n")
        sys.stdout.flush()


def main() -> None:
    arguments = [*sys.argv[1:], "3600", "fuzz-finds"][: max(2, len(sys.argv) - 1)]
    if Path(arguments[0]).is_file():
        target = Target(Path(tempfile.mkdtemp()))
        target.one(Path(arguments[0]).read_bytes())
        target.tell()
        os._exit(1 if target.finds else 0)
    folder = Path(arguments[1])
    folder.mkdir(parents=True, exist_ok=True)
    corpus = folder / "corpus"
    corpus.mkdir(exist_ok=True)
    target = Target(folder)
    options = [f"-max_total_time={arguments[0]}", "-max_len=256", "-timeout=60", "-rss_limit_mb=4096", "-verbosity=0"]
    atexit.register(target.tell)
    atheris.Setup([sys.argv[0], *options, str(corpus)], target.one)
    with contextlib.suppress(SystemExit):
        atheris.Fuzz()


if __name__ == "__main__":
    main()
