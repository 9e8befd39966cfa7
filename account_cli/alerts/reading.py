"""What a rule is shown of an account: one figure, or a sentence why it cannot be told."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

Lack = Literal["news", "price", "history", "comparison", "name", "time"]
"""What a rule can lack: fresh balances and positions, a price, known history, a comparison, a name that there is, time
since the start."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """A figure as a rule sees it; ``value`` None cannot be told, and ``text`` says why.

    ``may_be_better``: what is not known can only make it better. ``lacks`` is what is missing where it cannot be
    judged. ``amount`` is how much a drift is, where ``value`` is its percentage.
    """

    rule: str
    account: str
    key: str = ""
    value: Decimal | None
    text: str
    may_be_better: bool = False
    lacks: Lack = "price"
    amount: Decimal | None = None
