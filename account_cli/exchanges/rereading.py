"""What the inbox holds is normalised again by the code that reads it live, element by element.

Only facts are taken from it: what an exchange said its state was is asked anew instead. ``learn`` is shown every text
first, because one page may only be read with the help of another (the fee of a trade is in the ledger).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import msgspec

from account_cli.domain.events import Event
from account_cli.domain.observations import RunningBalance
from account_cli.exchanges.reading import Told
from account_cli.exchanges.tee import Frame, parse
from account_cli.ports import Heard, RawRow


class Pages(Protocol):
    """Reads the pages of one venue's histories again; ``data`` is what a page says."""

    def learn(self, channel: str, data: object) -> None:
        """Take in what helps to read other pages."""
        ...

    def read(self, channel: str, data: object) -> tuple[list[Event], list[str]]:
        """Return the facts of a page, and a line for each element that cannot be read; a page of a state has none."""
        ...


class Rereading:
    """Reads the stored texts of one account again; see ``ports.Rereader``."""

    def __init__(
        self,
        account: str,
        frames: Callable[[Frame], Iterable[Told]],
        pages: Pages,
        running: Callable[[str, object], Sequence[RunningBalance]] = lambda channel, data: (),  # noqa: ARG005
    ) -> None:
        self._account, self._frames, self._pages, self._running = account, frames, pages, running

    def learn(self, rows: Sequence[RawRow]) -> None:
        """Take in what helps to read other texts."""
        for row in rows:
            if row.source == "rest":
                data, trouble, _ = parse(row.raw)
                if trouble is None:
                    try:
                        self._pages.learn(row.channel, data)
                    except Exception:  # noqa: S112 -- what cannot be read is said when it is its turn
                        continue

    def read(self, rows: Sequence[RawRow]) -> list[Heard]:
        """Return what each text says, in order. Never raises: what cannot be read says so."""
        return [self._read(row) for row in rows]

    def _read(self, row: RawRow) -> Heard:
        data, trouble, _ = parse(row.raw)
        if trouble is not None or not row.raw:
            return self._heard(row, row.channel, (), (trouble or row.unreadable or "no text",))
        try:
            if row.source == "rest":
                events, unreadable = self._pages.read(row.channel, data)
                heard = self._heard(row, row.channel, events, unreadable)
                return msgspec.structs.replace(heard, running=tuple(self._running(row.channel, data)))
            frame = Frame(row.received_ns, row.raw, data, None, (), row.id)
            told = [one for one in self._frames(frame) if isinstance(one, Heard)]
        except Exception as error:
            return self._heard(row, row.channel, (), (f"not understood: {type(error).__name__}",))
        channel = told[0].channel if told else row.channel
        events = [event for one in told for event in one.events]
        return self._heard(row, channel, events, [line for one in told for line in one.unreadable])

    def _heard(self, row: RawRow, channel: str, events: Sequence[Event], unreadable: Sequence[str]) -> Heard:
        return Heard(
            account=self._account,
            received_ns=row.received_ns,
            source="rest" if row.source == "rest" else "stream",
            channel=channel,
            raw=row.raw,
            events=tuple(events),
            unreadable=tuple(unreadable),
            inbox=row.id,
        )


class Unread:
    """The texts of an exchange that only ccxt can read, and only as they arrive: they stay as they are.

    What waits is called done: the next walk asks for it again.
    """

    def learn(self, rows: Sequence[RawRow]) -> None:
        """Take in nothing."""

    def read(self, rows: Sequence[RawRow]) -> list[Heard]:
        """Return each text without what it says."""
        return [
            Heard(
                account=row.account,
                received_ns=row.received_ns,
                source="rest" if row.source == "rest" else "stream",
                channel=row.channel,
                raw=row.raw,
                unreadable=() if row.unreadable is None else (row.unreadable,),
                inbox=row.id,
            )
            for row in rows
        ]
