"""What a person decided about alerts; whatever is not decided is as ``rules`` has it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from account_cli.alerts.rules import BY_NAME, SEVERITIES, Rule, Severity
from account_cli.domain.times import DAY, MINUTE, SECOND


class RuleSetting(msgspec.Struct, frozen=True, kw_only=True):
    """One rule as a person wants it; None is what the rule says, and ``critical`` a second, graver threshold.

    ``absolute`` is how much a drift must be besides its percentage. ``assets`` and ``accounts`` go before the rest: an
    asset's threshold first, then what is said of the account.
    """

    enabled: bool | None = None
    threshold: Decimal | None = None
    critical: Decimal | None = None
    severity: Severity | None = None
    absolute: Decimal | None = None
    clear_pct: Decimal | None = None
    for_s: int | None = None
    assets: Mapping[str, Decimal] = {}
    accounts: Mapping[str, RuleSetting] = {}

    def over(self, under: RuleSetting) -> RuleSetting:
        """Return this, and where it decides nothing what ``under`` decides."""
        said = {name: getattr(self, name) for name in _SCALARS if getattr(self, name) is not None}
        return msgspec.structs.replace(under, **said, assets={**under.assets, **self.assets})


_SCALARS = ("enabled", "threshold", "critical", "severity", "absolute", "clear_pct", "for_s")
NOTHING = RuleSetting()
_MOST = 100_000


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """How grave it is to be beyond a threshold."""

    severity: Severity
    threshold: Decimal


class Standard(msgspec.Struct, frozen=True, kw_only=True):
    """What one figure is held to: a rule, for one account and key. No levels: it is not held to anything."""

    rule: Rule
    levels: tuple[Level, ...]
    """Gravest first."""
    absolute: Decimal
    clear_pct: Decimal
    for_ns: int


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. Times are nanoseconds; ``repeat_ns`` 0: an episode is told once however long it lasts.

    ``quiet`` is a span of the day in seconds since midnight UTC in which only what is critical is told.
    """

    rules: Mapping[str, RuleSetting] = {}
    suppress_ns: int = 60 * SECOND
    repeat_ns: int = 0
    escalate_ns: int = 0
    quiet: tuple[int, int] | None = None
    window_ns: int = 30 * DAY
    """How far back the peak of a drawdown is looked for."""
    written: Mapping[tuple[str, str, str], str] = {}
    """Where the name of an asset stands that has a threshold, by rule, account ("" for all of them) and name."""
    worked_out: dict[tuple[str, str, str], Standard] = {}
    """What each figure is held to, as far as that was asked."""

    def standard(self, rule: Rule, account: str, key: str) -> Standard:
        """Return what this rule holds this figure to."""
        asked = (rule.name, account, key)
        found = self.worked_out.get(asked)
        if found is None:
            if len(self.worked_out) >= _MOST:
                self.worked_out.clear()
            found = self.worked_out[asked] = self._standard(rule, account, key)
        return found

    def _standard(self, rule: Rule, account: str, key: str) -> Standard:
        of_rule = self.rules.get(rule.name, NOTHING)
        mine = of_rule.accounts.get(account, NOTHING).over(of_rule)
        threshold = mine.assets.get(key)
        if threshold is None and not (rule.per == "asset" and rule.unit == "amount" and key != "*" and not rule.event):
            threshold = rule.threshold if mine.threshold is None else mine.threshold
        levels: list[Level] = []
        if threshold is not None and mine.enabled is not False:
            levels.append(Level(severity=mine.severity or rule.severity, threshold=threshold))
            if mine.critical is not None and key not in mine.assets:
                levels.insert(0, Level(severity="critical", threshold=mine.critical))
        return Standard(
            rule=rule,
            levels=tuple(levels),
            absolute=mine.absolute or Decimal(0),
            clear_pct=rule.clear_pct if mine.clear_pct is None else mine.clear_pct,
            for_ns=(rule.for_s if mine.for_s is None else mine.for_s) * SECOND,
        )

    def assets(self, name: str, account: str) -> frozenset[str]:
        """Return the assets that this rule has thresholds of their own for."""
        of_rule = self.rules.get(name, NOTHING)
        return frozenset(of_rule.accounts.get(account, NOTHING).over(of_rule).assets)

    def watches(self, name: str, account: str) -> bool:
        """True when a rule may fire for this account at all."""
        of_rule = self.rules.get(name, NOTHING)
        mine = of_rule.accounts.get(account, NOTHING).over(of_rule)
        if mine.enabled is False:
            return False
        return BY_NAME[name].threshold is not None or mine.threshold is not None or bool(mine.assets)

    def may_tell(self, severity: Severity, now_ns: int) -> bool:
        """False in quiet hours, for all that is not critical."""
        if self.quiet is None or severity == "critical":
            return True
        second = now_ns % DAY // SECOND
        begin, end = self.quiet
        inside = begin <= second < end if begin <= end else second >= begin or second < end
        return not inside


def graver(one: Severity, other: Severity) -> bool:
    """True when ``one`` is graver than ``other``."""
    return SEVERITIES.index(one) > SEVERITIES.index(other)


B25 = Settings(
    rules={
        "LOW_BALANCE": RuleSetting(threshold=Decimal(1000), severity="warning"),
        "HIGH_DRAWDOWN": RuleSetting(threshold=Decimal(5), severity="critical"),
        "HIGH_MARGIN_RATIO": RuleSetting(threshold=Decimal("0.8"), severity="critical"),
        "BALANCE_DRIFT": RuleSetting(threshold=Decimal(1), severity="warning"),
        "POSITION_DRIFT": RuleSetting(threshold=Decimal(1), severity="warning"),
    },
    suppress_ns=MINUTE,
    repeat_ns=MINUTE,
)
"""The numbers of a monitor that people come from."""
