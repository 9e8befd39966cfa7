"""How money came and went at Binance spot, beside trades: seven histories by time, none of which tells the others'.

Formats (developers.binance.com, "Wallet" and "Convert"): Deposit History, Withdraw History, Get Convert Trade History,
DustLog, Asset Dividend Record, Query User Universal Transfer History (one request for each pair of wallets). An answer
that is full is asked for again in halves, so no order within it is relied on. A deposit or withdrawal counts once it is
completed, under the time of its beginning, hence ``SETTLED_MS``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from account_cli.domain.events import Amount, Converted, Event, RewardReceived, RewardType, TransferArrived
from account_cli.domain.times import SECOND
from account_cli.errors import BadAnswer
from account_cli.exchanges.fields import Row, Unreadable, maybe_text, milliseconds, number, row_of, rows_of, text

DAY_MS = 86_400_000
LAUNCH_MS = 1_499_990_400_000
"""2017-07-14: Binance began; there is nothing older."""
SETTLED_MS = 7 * DAY_MS
"""What is older than this has its final state, so it need not be asked for again."""
Read = Callable[[str, Row], Iterable[Event]]


class Source(NamedTuple):
    """One history: how it is asked for and what it answers."""

    name: str
    path: str
    params: dict[str, object]
    most: int
    """As many rows as an answer holds: one of that length may lack some."""
    window_days: int
    listed: str | None
    """The key of the rows within an answer; None when the answer is the list."""
    read: Read
    kept_days: int | None = None
    """How long the exchange remembers; None is for ever."""

    def rows(self, data: object) -> list[object]:
        """Return the rows of an answer. Raises ``BadAnswer``."""
        try:
            found = data if self.listed is None else row_of(data).get(self.listed)
            return rows_of([] if found is None and self.listed is not None else found)
        except Unreadable as error:
            raise BadAnswer(f"binance: {self.path}: {error}") from None

    def floor_ms(self, now_ms: int) -> int:
        """Return the time before which there is nothing to be had."""
        return LAUNCH_MS if self.kept_days is None else max(LAUNCH_MS, now_ms - self.kept_days * DAY_MS)


def _deposit(account: str, row: Row) -> Iterable[Event]:
    if text(row, "status") in ("1", "6"):  # success; credited but not yet free to be withdrawn
        yield TransferArrived(
            account=account,
            id=text(row, "id"),
            time_ns=milliseconds(row, "insertTime"),
            wallet="funding" if row.get("walletType") == 1 else "spot",
            asset=text(row, "coin"),
            amount=number(row, "amount"),
            type="deposit",
            tx=maybe_text(row, "txId"),
        )


def _withdrawal(account: str, row: Row) -> Iterable[Event]:
    if text(row, "status") == "6":
        asset, fee = text(row, "coin"), number(row, "transactionFee")
        yield TransferArrived(
            account=account,
            id=text(row, "id"),
            time_ns=_second(text(row, "applyTime")),
            wallet="funding" if row.get("walletType") == 1 else "spot",
            asset=asset,
            amount=-number(row, "amount"),
            type="withdrawal",
            fee=Amount(asset, fee) if fee else None,
            tx=maybe_text(row, "txId"),
        )


def _second(told: str) -> int:
    """Read ``2019-10-12 11:12:02``, which is UTC."""
    return int(datetime.strptime(told, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()) * SECOND


def _conversion(account: str, row: Row) -> Iterable[Event]:
    if text(row, "orderStatus") == "SUCCESS":
        yield Converted(
            account=account,
            id=text(row, "orderId"),
            time_ns=milliseconds(row, "createTime"),
            from_=Amount(text(row, "fromAsset"), number(row, "fromAmount")),
            to=Amount(text(row, "toAsset"), number(row, "toAmount")),
        )


def _dust(account: str, row: Row) -> Iterable[Event]:
    """One sweep: a conversion for each asset; what was got is told without the charge."""
    for item in rows_of(row.get("userAssetDribbletDetails"), "userAssetDribbletDetails"):
        detail = row_of(item)
        given, fee = text(detail, "fromAsset"), number(detail, "serviceChargeAmount")
        got = maybe_text(detail, "targetAsset") or "BNB"
        yield Converted(
            account=account,
            id=f"{text(detail, 'transId')}:{given}",
            time_ns=milliseconds(detail, "operateTime"),
            from_=Amount(given, number(detail, "amount")),
            to=Amount(got, number(detail, "transferedAmount") + fee),
            fees=(Amount(got, fee),) if fee else (),
        )


_DIVIDENDS: tuple[tuple[str, RewardType], ...] = (
    ("staking", "staking"),
    ("locked", "staking"),
    ("flexible", "staking"),
    ("earn", "staking"),
    ("airdrop", "airdrop"),
    ("distribution", "airdrop"),
    ("referral", "referral"),
    ("cashback", "cashback"),
)


def _dividend(account: str, row: Row) -> Iterable[Event]:
    words = (maybe_text(row, "enInfo") or "").lower()
    amount = number(row, "amount")
    yield RewardReceived(
        account=account,
        id=text(row, "id"),
        time_ns=milliseconds(row, "divTime"),
        asset=text(row, "asset"),
        amount=-amount if row.get("direction") == -1 else amount,
        type=next((kind for word, kind in _DIVIDENDS if word in words), "other"),
    )


def _transfer(account: str, row: Row) -> Iterable[Event]:
    if text(row, "status") == "CONFIRMED":
        amount = number(row, "amount")
        yield TransferArrived(
            account=account,
            id=text(row, "tranId"),
            time_ns=milliseconds(row, "timestamp"),
            asset=text(row, "asset"),
            amount=-amount if text(row, "type").startswith("MAIN_") else amount,
            type="internal",
        )


_WALLETS = ("UMFUTURE", "CMFUTURE", "MARGIN", "FUNDING", "OPTION", "PORTFOLIO_MARGIN")
_TRANSFERS = [f"MAIN_{wallet}" for wallet in _WALLETS] + [f"{wallet}_MAIN" for wallet in _WALLETS]
SOURCES = (
    Source("deposits", "capital/deposit/hisrec", {"limit": 1000}, 1000, 89, None, _deposit),
    Source("withdrawals", "capital/withdraw/history", {"limit": 1000}, 1000, 89, None, _withdrawal),
    Source("conversions", "convert/tradeFlow", {"limit": 1000}, 1000, 29, "list", _conversion),
    Source("dust", "asset/dribblet", {}, 100, 89, "userAssetDribblets", _dust),
    Source("dividends", "asset/assetDividend", {"limit": 500}, 500, 179, "rows", _dividend),
    *(
        Source(f"transfers.{kind}", "asset/transfer", {"type": kind, "size": 100}, 100, 29, "rows", _transfer, 180)
        for kind in _TRANSFERS
    ),
)


def assets_of(event: Event) -> set[str]:
    """Return the assets that a fact of these histories names."""
    if isinstance(event, Converted):
        return {event.from_.asset, event.to.asset}
    return {str(asset)} if (asset := getattr(event, "asset", None)) else set()
