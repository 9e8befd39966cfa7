"""A key's nonce never goes back, whatever the clock does and however often the program is killed.

Kraken accepts a request only when its nonce is greater than the last one of that key; wrong ones count towards a
lock-out. Nonces are milliseconds where the clock allows. Before numbers are used a bound above them is written to disk,
so that after a kill the next process begins above everything that may have been sent.
"""

from __future__ import annotations

from pathlib import Path

from account_cli.exchanges.files import read_text, write_text
from account_cli.ports import Clock

_RESERVED = 5_000
"""Numbers, that is milliseconds, reserved by one write."""


class Nonces:
    """The nonces of one key; ``file`` None keeps them in memory only."""

    def __init__(self, clock: Clock, file: Path | None) -> None:
        self._clock, self._file = clock, file
        self._last, self._bound = self._stored(), 0

    def next(self) -> int:
        """Return a number greater than every one before it."""
        self._last = max(self._last + 1, self._clock.now_ns() // 1_000_000)
        if self._last > self._bound:
            self._bound = self._last + _RESERVED
            if self._file is not None:
                write_text(self._file, f"{self._bound}\n")
        return self._last

    def _stored(self) -> int:
        text = read_text(self._file) if self._file is not None else None
        return int(text) if text is not None and text.strip().isdigit() else 0
