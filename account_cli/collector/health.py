"""What a collector says of itself: the state of each kind of data, and notices worth telling a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from account_cli.collector.strategy import Strategy
from account_cli.domain.health import DataKind, Notice, StreamRow, StreamStatus
from account_cli.ports import Clock

_SEEM_WELL = frozenset({"live", "polling"})


class Health:
    """The mutable record of one account's streams; ``rows`` are what is stored, once a second.

    A status says how a kind is being followed; a doubt says why that is not enough for now (the database refuses, a
    sweep fails). Whatever is doubted is told as degraded, and is what it was once the doubt is gone.
    """

    def __init__(self, account: str, chosen: Mapping[DataKind, Strategy], clock: Clock) -> None:
        self.account = account
        self._chosen = chosen
        self._clock = clock
        self._status: dict[DataKind, StreamStatus] = dict.fromkeys(chosen, "starting")
        self._last: dict[DataKind, int] = {}
        self._detail: dict[DataKind, str | None] = {}
        self._doubts: dict[str, tuple[frozenset[DataKind], str]] = {}

    def heard(self, kinds: Iterable[DataKind]) -> None:
        """Something arrived for these kinds, a heartbeat at least."""
        now = self._clock.now_ns()
        for kind in kinds:
            self._last[kind] = now

    def set(self, kinds: Iterable[DataKind], status: StreamStatus, detail: str | None = None) -> None:
        """Set the status of these kinds."""
        for kind in kinds:
            self._status[kind], self._detail[kind] = status, detail

    def doubt(self, what: str, kinds: Iterable[DataKind], detail: str) -> None:
        """These kinds may lack something, until ``trust`` is called for the same ``what``."""
        self._doubts[what] = (frozenset(kinds), detail)

    def trust(self, what: str) -> None:
        """``what`` is as it should be again."""
        self._doubts.pop(what, None)

    def of(self, strategy: Strategy) -> frozenset[DataKind]:
        """Return the kinds that are followed in this way."""
        return frozenset(kind for kind, chosen in self._chosen.items() if chosen == strategy)

    def not_live(self) -> frozenset[DataKind]:
        """Return the kinds that should stream and do not now."""
        return frozenset(kind for kind in self.of("stream") if self._status[kind] != "live")

    def rows(self) -> tuple[StreamRow, ...]:
        """Return one row a kind, as of now."""
        now = self._clock.now_ns()
        return tuple(
            StreamRow(
                account=self.account,
                kind=kind,
                strategy=strategy,
                status=status,
                beat_ns=now,
                last_message_ns=self._last.get(kind),
                detail=detail,
            )
            for kind, strategy in self._chosen.items()
            for status, detail in (self._told(kind),)
        )

    def _told(self, kind: DataKind) -> tuple[StreamStatus, str | None]:
        """Return the status of a kind and why, doubts considered."""
        status = self._status[kind]
        if status in _SEEM_WELL:
            for kinds, why in self._doubts.values():
                if kind in kinds:
                    return "degraded", why
        return status, self._detail.get(kind)

    def notice(self, severity: Literal["info", "warning", "critical"], code: str, text: str) -> Notice:
        """Make a notice of this account, as of now."""
        return Notice(account=self.account, at_ns=self._clock.now_ns(), severity=severity, code=code, text=text)
