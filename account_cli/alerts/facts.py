"""What a new fact of the journal says to the rules: a liquidation always, the rest by its size."""

from __future__ import annotations

from decimal import Decimal

from account_cli.alerts.reading import Reading
from account_cli.alerts.readings import short
from account_cli.alerts.settings import Settings
from account_cli.domain.events import Event, Fill, TransferArrived
from account_cli.domain.money import plain
from account_cli.reports.arithmetic import exactly
from account_cli.reports.valuation import PriceGraph, sides

_FORCED = {"liquidation": "was liquidated", "adl": "was closed by auto-deleveraging"}


@exactly
def of_fact(event: Event, settings: Settings, graph: PriceGraph, currency: str) -> list[Reading]:
    """Return what the rules about events see of a fact."""
    found: list[Reading] = []
    if isinstance(event, Fill):
        said = f"{event.side} {plain(event.quantity or event.contracts or Decimal(0))} {event.symbol}"
        if event.type in _FORCED and settings.watches("UNEXPECTED_FILL", event.account):
            text = f"{event.symbol} {_FORCED[event.type]}: {said} at {plain(event.price)}"
            found.append(
                Reading(rule="UNEXPECTED_FILL", account=event.account, key=event.symbol, value=Decimal(1), text=text)
            )
        if settings.watches("LARGE_FILL", event.account):
            value = _worth_of_fill(event, graph, currency)
            text = f"{said} at {plain(event.price)}, worth {'?' if value is None else short(value)} {currency}"
            found.append(Reading(rule="LARGE_FILL", account=event.account, key=event.symbol, value=value, text=text))
    elif (
        isinstance(event, TransferArrived)
        and event.type != "internal"
        and settings.watches("LARGE_TRANSFER", event.account)
    ):
        rate = graph.rate(event.asset, currency)
        value = None if rate is None else rate.value(abs(event.amount))
        worth = "?" if value is None else short(value)
        text = f"{event.type} of {plain(abs(event.amount))} {event.asset}, worth {worth} {currency}"
        found.append(Reading(rule="LARGE_TRANSFER", account=event.account, key=event.asset, value=value, text=text))
    return found


def _worth_of_fill(fill: Fill, graph: PriceGraph, currency: str) -> Decimal | None:
    pair = sides(fill.symbol)
    if pair is None:
        return None
    if fill.inverse:
        amount = None if fill.contracts is None or fill.contract_size is None else fill.contracts * fill.contract_size
    else:
        amount = None if fill.quantity is None else fill.quantity * fill.price
    rate = graph.rate(pair.quote, currency)
    return None if rate is None or amount is None else rate.value(amount)
