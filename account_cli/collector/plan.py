"""How one account is to be collected, as its configuration has it."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from account_cli.collector.strategy import Strategy
from account_cli.collector.timing import Patience
from account_cli.domain.health import DataKind


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How one account is to be collected; all times in seconds."""

    overrides: Mapping[DataKind, Strategy] = {}
    poll_interval: float = 60.0
    reconnect_delay: float = 1.0
    reconnect_max_delay: float = 10.0
    currency: str = "USD"
    user: str | None = None
    allow_writable_key: bool = False
    key_interval: float = 600.0
    patience: Patience = Patience()
