"""What a collector says of itself: the state of each kind of data, and notices worth telling a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from account_cli.collector.downtime import START, DownClock
from account_cli.collector.strategy import Strategy
from account_cli.domain.health import DataKind, Notice, StreamRow, StreamStatus
from account_cli.domain.times import SECOND
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
        self._doubts: dict[str, tuple[frozenset[DataKind], str, float]] = {}
        self._since_ns = clock.now_ns()
        self._clocks = {kind: DownClock(clock.monotonic()) for kind, how in chosen.items() if how != "off"}
        self._lags, self._worst_lag_ns = 0, 0
        self._aside: str | None = None

    def heard(self, kinds: Iterable[DataKind]) -> None:
        """Something arrived for these kinds, a heartbeat at least."""
        now = self._clock.now_ns()
        for kind in kinds:
            self._last[kind] = now

    def set(
        self, kinds: Iterable[DataKind], status: StreamStatus, detail: str | None = None, *, cause: str = START
    ) -> None:
        """Set the status of these kinds; ``cause`` is in a few words why they are not live, to be counted by."""
        for kind in kinds:
            self._status[kind], self._detail[kind] = status, detail
            self._count(kind, cause)

    def begin(self, kinds: Iterable[DataKind], cause: str) -> None:
        """These kinds are being connected; one that was lost stays lost until there is better news."""
        self.set([kind for kind in kinds if self._status[kind] != "offline"], "starting", cause=cause)

    def doubt(self, what: str, kinds: Iterable[DataKind], detail: str, *, from_s: float = 0.0) -> None:
        """These kinds may lack something, until ``trust`` is called for the same ``what``.

        It is told from ``from_s`` on, on the monotonic clock: until then what was proved before is good enough.
        """
        self._doubts[what] = (frozenset(kinds), detail, from_s)
        for kind in self._clocks:
            self._count(kind, what)

    def trust(self, what: str) -> None:
        """``what`` is as it should be again."""
        if self._doubts.pop(what, None) is not None:
            for kind in self._clocks:
                self._count(kind, what)

    def _count(self, kind: DataKind, cause: str) -> None:
        clock, now = self._clocks.get(kind), self._clock.monotonic()
        if clock is not None:
            if self._told(kind)[0] in _SEEM_WELL:
                clock.up(now)
            else:
                clock.down(cause, now)

    def remark(self, text: str | None) -> None:
        """Say this where nothing else is to be said."""
        self._aside = text

    def missed(self, cause: str, seconds: float) -> None:
        """Nothing at all was followed for so long, in a time that no clock here measured."""
        for clock in self._clocks.values():
            clock.missed(cause, seconds)

    def lagged(self, seconds: float) -> None:
        """The process did not get to listen for so long."""
        self._lags += 1
        self._worst_lag_ns = max(self._worst_lag_ns, round(seconds * SECOND))

    def of(self, strategy: Strategy) -> frozenset[DataKind]:
        """Return the kinds that are followed in this way."""
        return frozenset(kind for kind, chosen in self._chosen.items() if chosen == strategy)

    def not_live(self) -> frozenset[DataKind]:
        """Return the kinds that should stream and do not now."""
        return frozenset(kind for kind in self.of("stream") if self._status[kind] != "live")

    def rows(self) -> tuple[StreamRow, ...]:
        """Return one row a kind, as of now."""
        now, monotonic = self._clock.now_ns(), self._clock.monotonic()
        for what, (kinds, _, _) in self._doubts.items():
            for kind in kinds & self._clocks.keys():
                self._count(kind, what)  # a doubt may be due only now
        return tuple(
            StreamRow(
                account=self.account,
                kind=kind,
                strategy=strategy,
                status=status,
                beat_ns=now,
                last_message_ns=self._last.get(kind),
                detail=detail or self._aside,
                since_ns=self._since_ns,
                down=self._clocks[kind].told(monotonic) if kind in self._clocks else (),
                lags=self._lags,
                worst_lag_ns=self._worst_lag_ns,
            )
            for kind, strategy in self._chosen.items()
            for status, detail in (self._told(kind),)
        )

    def _told(self, kind: DataKind) -> tuple[StreamStatus, str | None]:
        """Return the status of a kind and why, doubts considered."""
        status = self._status[kind]
        if status in _SEEM_WELL:
            for kinds, why, from_s in self._doubts.values():
                if kind in kinds and self._clock.monotonic() >= from_s:
                    return "degraded", why
        return status, self._detail.get(kind)

    def notice(self, severity: Literal["info", "warning", "critical"], code: str, text: str) -> Notice:
        """Make a notice of this account, as of now."""
        return Notice(account=self.account, at_ns=self._clock.now_ns(), severity=severity, code=code, text=text)
