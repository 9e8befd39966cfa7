"""A journal that fails when it is told to, and a clock that is set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from account_cli.domain.times import SECOND
from account_cli.errors import Unavailable
from account_cli.ports import Journal, JournalReader, JournalTx


class Turned:
    """A clock that is set by hand, in nanoseconds."""

    def __init__(self, ns: int) -> None:
        self.ns = ns

    def now_ns(self) -> int:
        return self.ns

    def monotonic(self) -> float:
        return self.ns / SECOND

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


class Fragile:
    """A journal whose next transaction may fail: before it is committed, or after."""

    def __init__(self, journal: Journal) -> None:
        self._journal, self.fails = journal, ""

    @contextmanager
    def transaction(self) -> Iterator[JournalTx]:
        fails, self.fails = self.fails, ""
        with self._journal.transaction() as tx:
            yield tx
            if fails == "before":
                raise Unavailable("the disk is gone")
        if fails == "after":
            raise Unavailable("nobody knows whether that was committed")

    def reader(self) -> JournalReader:
        return self._journal.reader()

    def close(self) -> None:
        self._journal.close()
