"""What was so at an instant: sampled points of what an account was worth, and its positions, each under its time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class PointRow(NamedTuple):
    """The last sample of a bucket; ``symbol`` empty is the account itself, ``body`` the sample."""

    at_ns: int
    symbol: str
    currency: str
    body: bytes


class HistoryReader(Protocol):
    """What a database answers about history."""

    def points(
        self, account: str, span: str, *, symbol: str | None = None, since_ns: int | None = None,
        until_ns: int | None = None,
    ) -> list[PointRow]:  # fmt: skip
        """Return the points of one bucket length whose bucket began within ``[since, until)``, by time and symbol."""
        ...

    def position_snapshots(
        self, account: str, *, since_ns: int | None = None, until_ns: int | None = None
    ) -> list[bytes]:
        """Return the snapshots taken within ``[since, until)``, oldest first."""
        ...

    def feature(self, name: str) -> str | None:
        """Return what the database was last found able to do under this name; None where nobody looked."""
        ...


class HistoryTx(HistoryReader, Protocol):
    """What a transaction writes about history."""

    def put_points(self, account: str, span: str, rows: Sequence[PointRow]) -> None:
        """Store points; one of the same bucket, symbol and currency is replaced."""
        ...

    def drop_points(self, account: str, span: str, before_ns: int) -> None:
        """Forget the points whose bucket began before then."""
        ...

    def put_position_snapshot(self, account: str, at_ns: int, body: bytes) -> None: ...
    def drop_position_snapshots(self, account: str, before_ns: int) -> None: ...
