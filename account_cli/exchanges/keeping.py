"""What one reader receives goes into the inbox, secrets redacted, before anything looks into it.

Without an inbox nothing is kept, and nothing else changes.
"""

from __future__ import annotations

import asyncio
from typing import Literal

from msgspec.structs import replace

from account_cli.killing import fault
from account_cli.ports import Clock, Inbox, RawRow
from account_cli.redaction import Redactor


class Keeping:
    """Keeps the frames and answers of one account; ``inbox`` is where, once there is one."""

    def __init__(self, account: str, clock: Clock, redactor: Redactor) -> None:
        self._account, self._clock, self._redactor = account, clock, redactor
        self.inbox: Inbox | None = None

    def frame(self, text: str, at_ns: int) -> asyncio.Future[int] | None:
        """Queue a frame; what it returns ends with its id once it is on disk."""
        fault("after_receiving")
        return None if self.inbox is None else self.inbox.keep(self._row("stream", text, at_ns, "stream"))

    async def answer(self, channel: str | None, text: str, at_ns: int) -> int | None:
        """Store an answer and return its id once it is on disk; one that no ``channel`` is named for is not kept.

        Raises ``StorageError`` where the database refuses: what is not kept is not to be read.
        """
        if self.inbox is None or channel is None:
            return None
        return await self.inbox.keep(self._row(channel, text, at_ns))

    def unreadable(self, channel: str | None, text: str, why: str) -> None:
        """Queue an answer that nobody can read: it is counted and shown."""
        if self.inbox is not None and channel is not None and text:
            now_ns = self._clock.now_ns()
            row = self._row(channel, text, now_ns)
            self.inbox.keep(replace(row, unreadable=self._redactor.clean(why), done_ns=now_ns))

    def forget(self, row_id: int | None) -> None:
        """Take what says nothing out again."""
        if self.inbox is not None and row_id is not None:
            self.inbox.forget(row_id)

    def _row(self, channel: str, text: str, at_ns: int, source: Literal["rest", "stream"] = "rest") -> RawRow:
        raw = self._redactor.clean(text)
        return RawRow(account=self._account, received_ns=at_ns, source=source, channel=channel, raw=raw)
