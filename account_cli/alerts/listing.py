"""Alerts as people ask for them: a row an episode, and a row for every figure that a rule looks at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Literal, Protocol

import msgspec

from account_cli.alerts.episodes import Episode, EpisodeState
from account_cli.alerts.judging import judge
from account_cli.alerts.reading import Reading
from account_cli.alerts.rules import BY_NAME, RULES, Severity
from account_cli.alerts.settings import Settings
from account_cli.reports.rows import AlertNotice, Report


class EpisodeRow(msgspec.Struct, frozen=True, kw_only=True):
    """An episode: ``id`` is what ``acct alerts ack`` takes, ``told`` how many notices there were of it."""

    id: int
    account: str
    rule: str
    key: str | None
    severity: Severity
    state: EpisodeState
    began_at: int
    changed_at: int
    value: Decimal | None
    threshold: Decimal | None
    told: int
    message: str


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that a rule looks at now, and whether it would fire; ``off`` has no threshold, or is not enabled."""

    rule: str
    account: str | None
    key: str | None
    severity: Severity
    threshold: Decimal | None
    unit: str
    value: Decimal | None
    verdict: Literal["fires", "quiet", "cannot be judged", "off"]
    message: str


class Told(Protocol):
    """A line of the history, as ``ports.AlertNotice`` is one."""

    @property
    def number(self) -> int: ...
    @property
    def at_ns(self) -> int: ...
    @property
    def account(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def episode(self) -> int: ...
    @property
    def severity(self) -> Severity: ...
    @property
    def value(self) -> Decimal | None: ...
    @property
    def threshold(self) -> Decimal | None: ...
    @property
    def text(self) -> str: ...
    @property
    def notice(self) -> int: ...


def listed(
    lines: Iterable[Told], episodes: Iterable[Episode], *, state: EpisodeState | None = None
) -> list[EpisodeRow]:
    """Return a row an episode, newest first; ``lines`` come newest first too."""
    last = {(one.account, one.rule, one.key): one for one in episodes}
    groups: dict[tuple[str, str, str, int], list[Told]] = {}
    for line in lines:
        groups.setdefault((line.account, line.rule, line.key, line.episode), []).append(line)
    found = []
    for (account, rule, key, number), mine in groups.items():
        now = last.get((account, rule, key))
        newest, oldest = mine[0], mine[-1]
        found.append(
            EpisodeRow(
                id=oldest.number,
                account=account,
                rule=rule,
                key=key or None,
                severity=newest.severity,
                state=now.state if now is not None and now.number == number else "resolved",
                began_at=oldest.at_ns,
                changed_at=newest.at_ns,
                value=oldest.value,
                threshold=oldest.threshold,
                told=sum(1 for line in mine if line.notice),
                message=oldest.text,
            )
        )
    return sorted((row for row in found if state in {None, row.state}), key=lambda row: -row.id)


def shown(rows: Iterable[EpisodeRow]) -> tuple[AlertNotice, ...]:
    """Return the rows as a screen shows them, among its notices."""
    return tuple(
        AlertNotice(
            account=row.account,
            time=row.began_at,
            severity=row.severity,
            code=row.rule,
            text=row.message,
            id=row.id,
            key=row.key,
            state=row.state,
            value=row.value,
            threshold=row.threshold,
            unit=BY_NAME[row.rule].unit if row.rule in BY_NAME else "",
            changed_at=row.changed_at,
            told=row.told,
            why=BY_NAME[row.rule].sentence if row.rule in BY_NAME else "a channel does not take what it is told",
        )
        for row in rows
    )


def held(made: Sequence[Reading], settings: Settings, accounts: Sequence[str], *, now_ns: int) -> Report[RuleRow]:
    """Return every rule: with the figures it looks at, or off, or with nothing to look at."""
    rows: list[RuleRow] = []
    for rule in RULES:
        mine = [one for one in made if one.rule == rule.name]
        for one in mine:
            standard = settings.standard(rule, one.account, one.key)
            judged = judge(one, standard, firing=False)
            if judged is None:
                continue
            verdict: Literal["fires", "quiet", "cannot be judged"] = (
                "fires" if judged.is_ == "breach" else "quiet" if judged.is_ == "clear" else "cannot be judged"
            )
            rows.append(
                RuleRow(
                    rule=rule.name,
                    account=one.account,
                    key=one.key or None,
                    severity=judged.severity,
                    threshold=judged.threshold,
                    unit=rule.unit,
                    value=one.value,
                    verdict=verdict,
                    message=one.text,
                )
            )
        if not any(row.rule == rule.name for row in rows):
            on = any(settings.watches(rule.name, account) for account in accounts) or (
                not accounts and settings.watches(rule.name, "")
            )
            rows.append(
                RuleRow(
                    rule=rule.name,
                    account=None,
                    key=None,
                    severity=rule.severity,
                    threshold=rule.threshold,
                    unit=rule.unit,
                    value=None,
                    verdict="quiet" if on else "off",
                    message=f"fires when {rule.sentence}",
                )
            )
    reasons = [f"{row.account}: {row.rule}: {row.message}" for row in rows if row.verdict == "cannot be judged"]
    return Report(name="alert-rules", as_of=now_ns, items=tuple(rows), incomplete=tuple(reasons))
