"""A clock that moves only when somebody sleeps or a test moves it."""

from __future__ import annotations

START_NS = 1_700_000_000_000_000_000


class TestClock:
    __test__ = False

    def __init__(self, now_ns: int = START_NS) -> None:
        self.ns = now_ns
        self.slept = 0.0

    def now_ns(self) -> int:
        return self.ns

    def monotonic(self) -> float:
        return self.ns / 1e9

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.ns += int(seconds * 1e9)
