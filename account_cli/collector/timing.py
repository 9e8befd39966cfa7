"""How long a stream is waited for, step by step, and what is told when it took longer.

The figures: an acknowledgement takes well under a second where it comes at all. What REST knows the stream has told, or
tells within seconds. A quiet stream is looked behind by REST three times a minute, so that one that only answers pings
is found out within a minute of the first thing it did not tell (20 s + 15 s + the time of the requests).
"""

from __future__ import annotations

import msgspec

from account_cli.errors import Unreachable


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """All times in seconds."""

    confirm_s: float = 10.0
    """Until a channel that was subscribed to is acknowledged."""
    tell_s: float = 15.0
    """How long after REST a stream may tell something before it is taken for dead."""
    canary_s: float = 20.0
    """How long a stream may tell nothing of the account before REST is asked whether there was nothing to tell."""
    life_s: float | None = None
    """How old a connection may become before it is replaced; None: as the venue wants it."""
    unread_s: float = 60.0
    """Between two sweeps for frames that could not be read; the others are left to the sweep of each interval."""
    gap_pause_s: float = 2.0
    """Between two sweeps for messages that were lost on the way."""


class Lost(Unreachable):
    """A connection is over; ``cause`` says why in two or three words, to be counted by."""

    def __init__(self, message: str, *, cause: str, at_once: bool = False) -> None:
        super().__init__(message)
        self.cause = cause
        self.at_once = at_once
        """Nothing is wrong with the exchange: the next connection need not wait."""


def cause_of(error: BaseException) -> str:
    """Return why a connection ended, in two or three words."""
    if isinstance(error, Lost):
        return error.cause
    return "connection lost" if isinstance(error, Unreachable) else str(getattr(error, "code", "error"))
