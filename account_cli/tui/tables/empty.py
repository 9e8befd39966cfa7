"""An empty pane says why it is empty and what to do about it."""

from __future__ import annotations

from account_cli.reports.render import clean_text, date_and_time
from account_cli.reports.rows import Screenful

NO_ACCOUNT = "No account yet. Try: acct demo   or, with KRAKEN_API_KEY and KRAKEN_API_SECRET set: acct watch kraken"


def no_position(screenful: Screenful) -> str:
    """What to say instead of positions."""
    return _nothing(screenful, "No open position.") if screenful.accounts else NO_ACCOUNT


def no_balance(screenful: Screenful) -> str:
    """What to say instead of balances."""
    return _nothing(screenful, "No balance is known yet." if _starting(screenful) else "No balance above zero.")


def no_order(screenful: Screenful) -> str:
    """What to say instead of open orders."""
    return _nothing(screenful, "No open order.")


def no_fill(screenful: Screenful) -> str:
    """What to say instead of fills."""
    return _nothing(screenful, "No fill yet.")


def no_alert(screenful: Screenful) -> str:
    """What to say instead of alerts."""
    return _nothing(screenful, "All quiet.", history=False)


def no_stream(screenful: Screenful) -> str:
    """What to say instead of streams."""
    return _nothing(screenful, "Nothing is being followed.", history=False)


def no_difference(screenful: Screenful) -> str:
    """What to say where nothing differs: when that was found, or that nobody has looked yet."""
    said = [f"{clean_text(why, 120)}." for why in screenful.not_compared]
    for row in screenful.accounts:
        name = clean_text(row.account, 20)
        if row.reconciled is None or row.reconciled_at is None:
            said.append(f"{name}: not compared with its exchange yet.")
        elif row.reconciled != "unknown":
            said.append(f"{name}: all agrees with the exchange, {date_and_time(row.reconciled_at)} UTC.")
    return " ".join(said)


def no_history(screenful: Screenful) -> str:
    """What to say instead of the equity's curve."""
    if not screenful.accounts:
        return ""
    return "No history yet: a point every 30 s once everything is fresh."


def _nothing(screenful: Screenful, text: str, *, history: bool = True) -> str:
    if not screenful.accounts:
        return ""
    partial = [row for row in screenful.accounts if not row.history_complete]
    if not history or not partial:
        return text
    names = ", ".join(clean_text(row.account, 20) for row in partial[:3])
    oldest = max((row.history_from for row in partial if row.history_from is not None), default=None)
    since = f" (so far from {date_and_time(oldest)} UTC)" if oldest is not None else ""
    return f"{text} History of {names} is still being read{since}."


def _starting(screenful: Screenful) -> bool:
    return any(row.facts == 0 for row in screenful.accounts)
