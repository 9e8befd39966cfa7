"""Every rule there is: what it looks at, from where on it fires, and how grave that is."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

Severity = Literal["info", "warning", "critical"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "critical")
Per = Literal["account", "asset", "symbol", "stream", "lack"]
"""What the key of its readings is; an asset may be ``*``, all of the account in the reporting currency."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule. ``threshold`` None: it is silent until somebody sets one.

    ``above`` says on which side of the threshold it fires; the threshold itself never does. ``clear_pct`` is by how
    many percent of the threshold a figure must have come back before that counts. An ``event`` is over as it happens.
    ``for_s`` is how long a breach must last.
    """

    name: str
    summary: str
    unit: str
    per: Per = "account"
    severity: Severity = "warning"
    threshold: Decimal | None = None
    above: bool = True
    clear_pct: Decimal = Decimal(2)
    event: bool = False
    for_s: int = 0

    @property
    def sentence(self) -> str:
        """When it fires, in words."""
        return f"{self.summary} its threshold" if self.summary.endswith(" than") else self.summary


_ZERO = Decimal(0)

RULES: tuple[Rule, ...] = (
    Rule(
        name="LOW_BALANCE",
        summary="an asset, or all of an account (*), is worth or holds less than",
        unit="amount",
        per="asset",
        above=False,
    ),
    Rule(
        name="HIGH_DRAWDOWN",
        summary="equity without deposits and withdrawals is below its peak by more than",
        unit="%",
        severity="critical",
        threshold=Decimal(20),
    ),
    Rule(
        name="HIGH_MARGIN_RATIO",
        summary="margin used is a greater part of equity than",
        unit="ratio",
        severity="critical",
        threshold=Decimal("0.8"),
    ),
    Rule(
        name="HIGH_LEVERAGE",
        summary="gross exposure is more times equity than",
        unit="×",
        threshold=Decimal(10),
    ),
    Rule(
        name="LIQUIDATION_NEAR",
        summary="a mark price may move less before a position is liquidated than",
        unit="%",
        per="symbol",
        severity="critical",
        threshold=Decimal(5),
        above=False,
        clear_pct=Decimal(10),
    ),
    Rule(
        name="BALANCE_DRIFT",
        summary="a balance differs from the exchange's, lastingly, by more than",
        unit="%",
        per="asset",
        threshold=_ZERO,
    ),
    Rule(
        name="POSITION_DRIFT",
        summary="a position differs from the exchange's, lastingly, by more than",
        unit="%",
        per="symbol",
        threshold=_ZERO,
    ),
    Rule(
        name="UNEXPECTED_FILL",
        summary="the exchange filled what nobody ordered: a liquidation, or ADL",
        unit="amount",
        per="symbol",
        severity="critical",
        threshold=_ZERO,
        event=True,
    ),
    Rule(
        name="LARGE_FILL", summary="a fill is worth more than", unit="amount", per="symbol", severity="info", event=True
    ),
    Rule(name="LARGE_TRANSFER", summary="a deposit or withdrawal is more than", unit="amount", per="asset", event=True),
    Rule(name="PNL_ABOVE", summary="the day (UTC) has gained more than", unit="amount", severity="info"),
    Rule(name="PNL_BELOW", summary="the day (UTC) has gained less than", unit="amount", above=False),
    Rule(name="FUNDING_COST", summary="funding paid within 24 hours is more than", unit="amount", severity="info"),
    Rule(
        name="STREAM_STALE",
        summary="nothing was heard of a kind of data for longer than",
        unit="s",
        per="stream",
        threshold=Decimal(60),
    ),
    Rule(
        name="RECONCILE_FAILED",
        summary="an account could not be compared with its exchange for longer than",
        unit="s",
        threshold=Decimal(900),
    ),
    Rule(
        name="CLOCK_SKEW",
        summary="this machine's clock and the exchange's are apart by more than they may",
        unit="",
        threshold=_ZERO,
    ),
    Rule(
        name="KEY_PROBLEM",
        summary="a key is refused, or may do more than read",
        unit="",
        severity="critical",
        threshold=_ZERO,
    ),
    Rule(
        name="RATE_LIMITED",
        summary="the exchange answers that it is asked too often",
        unit="",
        threshold=_ZERO,
    ),
    Rule(
        name="COLLECTOR_DOWN",
        summary="no process has collected an account for longer than",
        unit="s",
        severity="critical",
        threshold=Decimal(15),
    ),
    Rule(
        name="DATA_INCOMPLETE",
        summary="rules cannot be judged, because something is missing, for longer than",
        unit="s",
        per="lack",
        threshold=Decimal(60),
    ),
)
BY_NAME = {rule.name: rule for rule in RULES}


def rule_named(name: str) -> Rule | None:
    """Return the rule of this name, written in any case."""
    return BY_NAME.get(name.upper())
