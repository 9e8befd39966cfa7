"""A key that its exchange refused goes out no more, but for one request now and then to see whether it is taken again.

An exchange that is asked again and again with a key it does not know bans the address. So the first refusal closes the
latch of that key, for every account, process and restart: it is kept in a file named after a digest of key and secret,
so that a new key has a latch of its own, which is open. While it is closed every request with the key raises at once.
After ``again_s`` one is let out; when that succeeds, the latch is open, and when it does not, the wait begins anew.
"""

from __future__ import annotations

import contextlib
import re
from datetime import UTC, datetime
from pathlib import Path

from account_cli.domain.times import SECOND
from account_cli.errors import KeyRejected
from account_cli.exchanges.files import locked, read_text, write_text
from account_cli.ports import Clock

_STORED = re.compile(r"(\d{1,20}) (\d{1,20})\n")


class KeyHeld(KeyRejected):
    """Nothing was sent: the key was refused before."""


class Latch:
    """The latch of one key; ``file`` None for who has no key: it never closes."""

    def __init__(self, clock: Clock, file: Path | None, venue: str, again_s: float) -> None:
        self._clock, self._file, self._venue = clock, file, venue
        self._again_ns = int(again_s * SECOND)
        self._unwritten: tuple[int, int] | None = None
        """What could not be written to the file."""

    def check(self) -> None:
        """Raise ``KeyRejected`` while the latch is closed and no request is due."""
        if self._due() is False:
            raise self._refused()

    def hold(self) -> None:
        """Raise ``KeyRejected`` while the latch is closed, though a request be due: for what is not asked by REST."""
        if self._due() is not None:
            raise self._refused()

    def pass_one(self) -> bool:
        """Let a request out: False when the latch is open, True when this is the one to see whether it can be opened.

        Raises ``KeyRejected`` when there is another one, or none is due.
        """
        if self._due() is None:
            return False
        with locked(self._file):
            self.check()
            refused_ns, _ = self._stored() or (self._clock.now_ns(), 0)
            self._store(refused_ns)
        return True

    def close(self) -> None:
        """The exchange refused the key just now."""
        with locked(self._file):
            stored = self._stored()
            if stored is None:
                self._store(self._clock.now_ns())

    def open(self) -> None:
        """The exchange took the key."""
        self._unwritten = None
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.unlink(missing_ok=True)

    def again(self) -> str:
        """Say when the key is tried again."""
        _, due_ns = self._stored() or (0, self._clock.now_ns())
        return f"a new key counts at once, this one is tried again at {_time(due_ns)}"

    def _due(self) -> bool | None:
        """Return None when open; closed, whether a request may go out. A clock that was set back delays nothing."""
        stored = self._stored()
        if stored is None:
            return None
        now_ns = self._clock.now_ns()
        return now_ns >= stored[1] or stored[1] - now_ns > self._again_ns

    def _stored(self) -> tuple[int, int] | None:
        text = read_text(self._file) if self._file is not None else None
        match = _STORED.fullmatch(text) if text is not None else None
        return (int(match[1]), int(match[2])) if match else self._unwritten

    def _store(self, refused_ns: int) -> None:
        if self._file is None:
            return
        due_ns = self._clock.now_ns() + self._again_ns
        text = f"{refused_ns} {due_ns}\n"
        write_text(self._file, text)
        self._unwritten = None if read_text(self._file) == text else (refused_ns, due_ns)

    def _refused(self) -> KeyHeld:
        since_ns, _ = self._stored() or (self._clock.now_ns(), 0)
        text = f"{self._venue}: the key was refused at {_time(since_ns)}, so it is not used"
        return KeyHeld(text, hint=self.again(), whole=True)


def _time(at_ns: int) -> str:
    return f"{datetime.fromtimestamp(at_ns // SECOND, UTC):%H:%M:%S} UTC"
