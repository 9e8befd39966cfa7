"""An alert in words: one line, the same everywhere, and JSON for programs.

Names of assets and symbols come from exchanges. They are written so that no place takes them for markup, a mention or a
header: control characters are gone, ``<`` and ``>`` are turned into ``‹`` and ``›``, and nothing follows an ``@``.
"""

from __future__ import annotations

from account_cli.alerts.rules import BY_NAME
from account_cli.domain.money import plain
from account_cli.domain.times import format_time
from account_cli.ports import AlertRow
from account_cli.reports.render import clean_text

_HARMLESS = str.maketrans({"<": "‹", ">": "›", "@": "@\u200b", "`": "'", "*": "∗", "_": "_"})
_LONGEST = 1000


def line(alert: AlertRow, *, hide_amounts: bool = False) -> str:
    """Return the alert in one line; without amounts it says which rule, and where to look."""
    what = _summary(alert) if hide_amounts else alert.text
    limit = "" if hide_amounts or not alert.threshold else f" (limit {plain(alert.threshold)})"
    count = f" ({alert.count} times)" if alert.count > 1 else ""
    text = f"{alert.severity.upper()} {alert.rule} {alert.account}: {what}{limit}{count}"
    return clean_text(text).translate(_HARMLESS)[:_LONGEST]


def subject(alert: AlertRow) -> str:
    """Return what a mail or a note is called: no amount in it, for it is seen on a locked screen."""
    return clean_text(f"acct {alert.severity.upper()} {alert.rule} {alert.account} {alert.key}".strip())[:200]


def payload(alert: AlertRow, *, hide_amounts: bool = False) -> dict[str, object]:
    """Return the alert as JSON: type, severity, symbol, message, value, threshold, timestamp, and who and which."""
    shown = not hide_amounts
    return {
        "id": alert.id,
        "type": alert.rule,
        "severity": alert.severity.upper(),
        "account": alert.account,
        "symbol": alert.key or None,
        "message": alert.text if shown else _summary(alert),
        "value": plain(alert.value) if shown and alert.value is not None else None,
        "threshold": plain(alert.threshold) if shown and alert.threshold is not None else None,
        "count": alert.count,
        "what": alert.what,
        "timestamp": format_time(alert.at_ns),
    }


def _summary(alert: AlertRow) -> str:
    rule = BY_NAME.get(alert.rule)
    where = f" {alert.key}" if alert.key else ""
    return f"see acct alerts{where}" if rule is None else f"{rule.sentence}{where}; see acct alerts"
