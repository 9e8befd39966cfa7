"""Names of assets and symbols that a person gave a threshold of their own, and that nobody knows.

Whether a name is one is known only once the markets are: it is told with the place where it was written down.
"""

from __future__ import annotations

from difflib import get_close_matches

from account_cli.alerts.reading import Reading
from account_cli.alerts.rules import BY_NAME
from account_cli.alerts.settings import Settings
from account_cli.reports.view import AccountView


def unknown_name(view: AccountView, settings: Settings, rule: str, name: str) -> Reading | None:
    """Return what to say of a name that no market has and no fact or statement named; None where no market is known."""
    if not view.instruments or _is_known(view, rule, name):
        return None
    what, known = BY_NAME[rule].per, set(view.instruments)
    if what == "asset":
        known = {side for market in view.instruments.values() for side in (market.base, market.quote) if side}
    near = get_close_matches(name.upper(), sorted(known), n=1)
    written = settings.written.get((rule, view.account, name)) or settings.written.get((rule, "", name))
    text = f"{written}: " if written else ""
    text += f"no market knows the {what} {name}" if what == "asset" else f"there is no market {name}"
    text += f", did you mean {near[0]}?" if near else ""
    return Reading(rule=rule, account=view.account, key=name, value=None, text=text, lacks="name")


def unknown_names(view: AccountView, settings: Settings) -> list[Reading]:
    """Return the unknown names of every rule that may fire; not LOW_BALANCE's, which its own figures are told with."""
    found = [
        unknown_name(view, settings, rule, name)
        for rule in settings.rules
        if rule != "LOW_BALANCE" and settings.watches(rule, view.account)
        for name in sorted(settings.assets(rule, view.account))
    ]
    return [one for one in found if one is not None]


def _is_known(view: AccountView, rule: str, name: str) -> bool:
    if BY_NAME[rule].per == "symbol":
        stated = view.positions.rows if view.positions is not None else ()
        symbol = name.partition(" ")[0]  # a drift of one side of a hedged position is "SYMBOL long"
        return symbol in view.instruments or any(symbol == row.symbol for row in stated)
    held = view.balances.rows if view.balances is not None else ()
    if name in view.state.holdings or any(name == row.asset for row in held):
        return True
    return any(name in {market.base, market.quote} for market in view.instruments.values())
