"""A key's nonce never goes back, whatever the clock does, whoever else uses it here, and however often it is killed.

Kraken accepts a request only when its nonce is greater than the last one of that key; wrong ones count towards a
lock-out. Nonces are milliseconds where the clock allows. Each is written down before it is used, in a file that is
locked meanwhile, so that every process of this machine, after any restart, goes on above all that were sent.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from account_cli.exchanges.files import claim, locked, read_text, release, write_text
from account_cli.ports import Clock

_TRY_EVERY_S = 0.02
_WAIT_S = 30.0
"""How long to wait for another process's answer: longer than any request may last."""


class Nonces:
    """The nonces of one key; ``file`` None keeps them in memory only."""

    def __init__(self, clock: Clock, file: Path | None) -> None:
        self._clock, self._file = clock, file
        self._last = 0

    def next(self) -> int:
        """Return a number greater than every one before it."""
        with locked(self._file):
            self._last = max(self._last + 1, self._stored() + 1, self._clock.now_ns() // 1_000_000)
            if self._file is not None:
                write_text(self._file, f"{self._last}\n")
        return self._last

    @asynccontextmanager
    async def in_order(self) -> AsyncIterator[None]:
        """Let no other process send with this key for the length of the block: a later nonce could arrive first."""
        handle = await self._turn(self._file.with_name(f".{self._file.name}.turn")) if self._file is not None else None
        try:
            yield
        finally:
            if handle is not None:
                release(handle)

    async def _turn(self, place: Path) -> int | None:
        until = self._clock.monotonic() + _WAIT_S
        while self._clock.monotonic() < until:
            try:
                return claim(place)
            except BlockingIOError:
                await self._clock.sleep(_TRY_EVERY_S)
        return None

    def _stored(self) -> int:
        text = read_text(self._file) if self._file is not None else None
        return int(text) if text is not None and text.strip().isdigit() and len(text) < 24 else 0
