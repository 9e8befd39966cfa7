"""Binance's stored pages, read again: the trades of every market, the income, and spot's histories of money."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from account_cli.domain.events import Event, FillType
from account_cli.exchanges.binance.asking import named
from account_cli.exchanges.binance.income import facts_of
from account_cli.exchanges.binance.listing import Contracts
from account_cli.exchanges.binance.rows import forced_type, order_name, rest_fill
from account_cli.exchanges.binance.spot.listing import Pairs
from account_cli.exchanges.binance.spot.money import SOURCES
from account_cli.exchanges.binance.spot.rows import rest_fill as spot_fill
from account_cli.exchanges.fields import Row, maybe_text, read_each, row_of

_Read = Callable[[Row], Iterable[Event]]
_ORDERS = ("forceOrders", "openOrders", "allOrders")


class StoredPages:
    """Reads pages again, each by what is kept for its channel; see ``rereading.Pages``."""

    def __init__(self, read: Mapping[str, _Read], forced: dict[str, FillType] | None = None) -> None:
        self._read, self._forced = read, forced

    def learn(self, channel: str, data: object) -> None:
        """Take in which orders were forced: their trades look like any other."""
        if self._forced is None or channel not in _ORDERS:
            return
        for _, item in named(data, "order"):
            kind = forced_type(maybe_text(row_of(item), "clientOrderId"))
            if kind != "trade":
                self._forced[order_name(row_of(item))] = kind

    def read(self, channel: str, data: object) -> tuple[list[Event], list[str]]:
        """Return the facts of a page."""
        read = self._read.get(channel)
        if read is None:
            return [], []
        return read_each(_items(channel, data), lambda _, item: read(row_of(item)))


def futures_pages(account: str, contracts: Contracts) -> StoredPages:
    """Return what reads the pages of a futures account again."""
    forced: dict[str, FillType] = {}
    return StoredPages(
        {
            "income": lambda row: facts_of(account, row, contracts),
            "userTrades": lambda row: [rest_fill(account, row, contracts, forced)],
        },
        forced,
    )


def spot_pages(account: str, pairs: Pairs) -> StoredPages:
    """Return what reads the pages of a spot account again."""

    def money(read: Callable[[str, Row], Iterable[Event]]) -> _Read:
        return lambda row: read(account, row)

    histories = {source.name: money(source.read) for source in SOURCES}
    return StoredPages({**histories, "myTrades": lambda row: [spot_fill(account, row, pairs)]})


def _items(channel: str, data: object) -> list[tuple[str, object]]:
    source = next((one for one in SOURCES if one.name == channel), None)
    return named(data if source is None else source.rows(data), "row")
