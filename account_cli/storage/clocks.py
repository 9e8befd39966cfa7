"""What one machine dates and another one judges is kept by the database's clock, and read by that of whoever reads."""

from __future__ import annotations

from typing import TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)

_TIMES = ("asked_ns", "until_ns", "started_ns", "since_ns", "beat_ns", "last_message_ns")


def later(told: S, by_ns: int) -> S:
    """Return a sign of life, a process or a request with every time in it so much later."""
    if not by_ns:
        return told
    times = {name: at + by_ns for name in _TIMES if (at := getattr(told, name, None)) is not None}
    return msgspec.structs.replace(told, **times)
