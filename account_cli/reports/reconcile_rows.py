"""The rows of what a reconciliation found, and of the runs that were kept."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from account_cli.reconciliation import Cause


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """From one time to another."""

    from_at: int
    until_at: int


class ReconcileRow(msgspec.Struct, frozen=True, kw_only=True):
    """A figure on both sides: ``difference`` is exchange − local, ``difference_pct`` of the local figure.

    ``since_at`` is when it was first seen to differ; ``first_bad_interval`` are the last time it was seen to agree and
    that one, None when it was never seen to agree.
    """

    account: str
    kind: str
    key: str
    wallet: str
    local: Decimal | None
    exchange: Decimal | None
    difference: Decimal | None
    difference_pct: Decimal | None
    state: str
    explanation: tuple[str, ...]
    corrected: bool
    first_bad_interval: Interval | None
    since_at: int | None
    causes: tuple[Cause, ...] = ()


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """A run as it was kept: ``read_at`` is when the exchange stated its side, ``head`` the ledger's last line."""

    id: int
    account: str
    time: int
    state: str
    compared: int
    differing: int
    read_at: int | None
    head: int
    version: str
