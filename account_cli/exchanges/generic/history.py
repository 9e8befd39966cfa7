"""Any exchange's past, walked by time, with every page beginning at the last instant of the one before.

ccxt's ``paginate`` skips facts that share the boundary millisecond and stops after ten calls without a word, so it is
never used. A page that brings nothing new ends a window; windows are a week, because many venues answer only so much at
once. A page that begins later than asked may come from a venue that answers the newest first: it is read on downwards.
When one instant may hold more than a page there is no way on by time, and the page is marked.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

import msgspec

from account_cli.domain.events import Event
from account_cli.domain.times import MILLISECOND
from account_cli.errors import InternalError, Permanent
from account_cli.ports import Heard, Page

OVERLAP_MS = 600_000
WINDOW_MS = 7 * 86_400_000
BACK_MS = 90 * 86_400_000

Ask = Callable[[int | None, int | None], Awaitable[Heard]]
"""Asks for facts from a time in milliseconds on (None: the newest), up to another one where the venue knows how."""


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """Between ``low_ms`` and ``high_ms`` everything is known; ``done`` when older is out of reach."""

    low_ms: int | None = None
    high_ms: int | None = None
    done: bool = False


def load(text: str | None) -> Past:
    """Read a stored cursor."""
    if text is None:
        return Past()
    try:
        return msgspec.json.decode(text, type=Past)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise InternalError("a stored cursor cannot be read", hint="report this; the journal is untouched") from error


def dump(past: Past) -> str:
    return msgspec.json.encode(past).decode()


async def newest(name: str, ask: Ask, past: Past, now_ms: int, *, deeper_ms: int = 0) -> AsyncIterator[Page]:
    """Walk from what is known up to now; the newest page alone when nothing is known."""
    if past.high_ms is None:
        heard = await ask(None, None)
        times = _times(heard.events)
        if times:
            past = Past(low_ms=min(times), high_ms=max(times))
        yield Page(heard=(heard,), cursors={name: dump(past)})
        return
    high = past.high_ms
    async for heard in _forward(ask, max(0, high - OVERLAP_MS - deeper_ms), now_ms):
        high = max(high, *_times(heard.events), 0)
        past = msgspec.structs.replace(past, high_ms=high)
        yield Page(heard=(heard,), cursors={name: dump(past)})


async def oldest(name: str, ask: Ask, past: Past, now_ms: int) -> AsyncIterator[Page]:
    """Walk back, window by window, from the oldest known fact to where venues stop answering."""
    end = now_ms if past.low_ms is None else past.low_ms
    last = max(0, now_ms - BACK_MS)
    while not past.done:
        start = max(end - WINDOW_MS, last)
        high = past.high_ms
        if start < end:
            async for heard in _forward(ask, start, end):
                times = _times(heard.events)
                high = max([*times, -1 if high is None else high])
                yield Page(heard=(heard,))
        high = None if high == -1 else high
        past = Past(low_ms=start, high_ms=high, done=start <= last)
        end = start
        yield Page(heard=(), cursors={name: dump(past)})


async def _forward(ask: Ask, start: int, until: int) -> AsyncIterator[Heard]:
    """Yield pages from ``start`` on until the facts reach ``until``, or nothing new comes in any window before it."""
    seen: set[tuple[str, int]] = set()
    while True:
        heard = await ask(start, None)
        fresh, times = _names(heard) - seen, _times(heard.events)
        seen |= fresh
        yield _marked(heard) if times and not fresh and min(times) >= start else heard
        if fresh and min(times) > start:
            async for older in _below(ask, start, min(times), seen):
                yield older
        start = max(start, *times) if fresh else start + WINDOW_MS
        if start >= until:
            return


def _marked(heard: Heard) -> Heard:
    """Name a page that holds one instant only and looks full: there may be more, and no way to them by time."""
    count = len(heard.events)
    if count < 10 or (count % 10 and count != 25):
        return heard
    line = f"{count} facts share one instant and may be a full page: if there are more, they cannot be reached by time"
    return msgspec.structs.replace(heard, unreadable=(*heard.unreadable, line))


async def _below(ask: Ask, start: int, low: int, seen: set[tuple[str, int]]) -> AsyncIterator[Heard]:
    """Read on downwards where a venue answers the newest first; one that knows no upper bound tells nothing new."""
    while low > start:
        try:
            heard = await ask(start, low)
        except Permanent:
            return
        fresh = _names(heard) - seen
        if not fresh:
            return
        seen |= fresh
        yield heard
        lower = min(_times(heard.events))
        if lower >= low:
            return
        low = lower


def _names(heard: Heard) -> set[tuple[str, int]]:
    return {(event.id, event.time_ns) for event in heard.events}


def _times(events: Sequence[Event]) -> list[int]:
    return [event.time_ns // MILLISECOND for event in events]


def stored(cursors: Mapping[str, str], name: str) -> Past:
    return load(cursors.get(name))
