"""How money came and went at Binance spot: the sapi histories (developers.binance.com: Wallet, Convert).

Bounds are inclusive milliseconds. Withdrawals are told in texts of whole seconds, everything else in milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from account_cli.simulator.protocols.binance.account import digits
from account_cli.simulator.protocols.binance.endpoint import window
from account_cli.simulator.protocols.binanceusdm import errors
from account_cli.simulator.protocols.binanceusdm.account import restrictions
from account_cli.simulator.protocols.binanceusdm.endpoint import Endpoint, Params, limit, whole
from account_cli.simulator.protocols.binanceusdm.market import server_time
from account_cli.simulator.stage import Stage
from account_cli.simulator.wire import iso, milliseconds
from account_cli.simulator.world.facts import Entry, EntryKind

Row = dict[str, object]
TYPES = frozenset(
    f"{one}_{other}"
    for place in ("UMFUTURE", "CMFUTURE", "MARGIN", "FUNDING", "OPTION", "PORTFOLIO_MARGIN")
    for one, other in (("MAIN", place), (place, "MAIN"))
)


def _between(
    stage: Stage, params: Params, kind: EntryKind, *, days: int, most_days: int | None = None
) -> list[tuple[Entry, Entry | None]]:
    """Return (entry, the one before it) of a kind within the bounds, newest first."""
    now = max(server_time(stage), milliseconds(stage.world.now_ns))
    low, high = window(params, now, default_days=days, most_days=most_days)
    entries = stage.faults.money.told(stage.account().entries)
    found = [
        (entry, entries[place - 1] if place else None)
        for place, entry in enumerate(entries)
        if entry.kind == kind and low <= milliseconds(entry.time_ns) <= high
    ]
    return found[::-1]


def _deposits(stage: Stage, params: Params) -> object:
    """Deposit History: less than 90 days; default and most 1000."""
    most, offset = limit(params, 1000, 1000), whole(params, "offset") or 0
    rows = _between(stage, params, "deposit", days=90, most_days=90)
    return [_deposit(entry) for entry, _ in rows[offset : offset + most]]


def _deposit(entry: Entry) -> Row:
    return {
        "id": entry.id,
        "amount": digits(entry.amount),
        "coin": entry.asset,
        "network": entry.asset,
        "status": 1,
        "address": "simulated",
        "addressTag": "",
        "txId": entry.tx,
        "insertTime": milliseconds(entry.time_ns),
        "completeTime": milliseconds(entry.time_ns),
        "transferType": 0,
        "confirmTimes": "1/1",
        "unlockConfirm": 0,
        "walletType": 0,
    }


def _withdrawals(stage: Stage, params: Params) -> object:
    """Withdraw History: less than 90 days; ``amount`` is without ``transactionFee``."""
    most, offset = limit(params, 1000, 1000), whole(params, "offset") or 0
    rows = _between(stage, params, "withdrawal", days=90, most_days=90)
    return [_withdrawal(entry) for entry, _ in rows[offset : offset + most]]


def _withdrawal(entry: Entry) -> Row:
    at = iso(entry.time_ns, 0)[:19].replace("T", " ")
    return {
        "id": entry.id,
        "amount": digits(-entry.amount),
        "transactionFee": digits(entry.fee),
        "coin": entry.asset,
        "status": 6,
        "address": "simulated",
        "txId": entry.tx,
        "applyTime": at,
        "network": entry.asset,
        "transferType": 0,
        "info": "",
        "confirmNo": 3,
        "walletType": 0,
        "txKey": "",
        "completeTime": at,
    }


def _conversions(stage: Stage, params: Params) -> object:
    """Get Convert Trade History: both bounds are needed and at most 30 days apart; default 100, most 1000."""
    for name in ("startTime", "endTime"):
        if not params.get(name):
            raise errors.missing(name)
    most = limit(params, 100, 1000)
    rows = _between(stage, params, "conversion", days=30, most_days=30)
    pairs = [(given, got) for got, given in rows if got.amount > 0 and given is not None]
    return {
        "list": [_conversion(given, got) for given, got in pairs[:most]],
        "startTime": int(params["startTime"]),
        "endTime": int(params["endTime"]),
        "limit": most,
        "moreData": len(pairs) > most,
    }


def _conversion(given: Entry, got: Entry) -> Row:
    return {
        "quoteId": f"{got.number:032x}",
        "orderId": int(got.ref),
        "orderStatus": "SUCCESS",
        "fromAsset": given.asset,
        "fromAmount": digits(-given.amount),
        "toAsset": got.asset,
        "toAmount": digits(got.amount),
        "ratio": digits(round(got.amount / -given.amount, 8)),
        "inverseRatio": digits(round(-given.amount / got.amount, 8)),
        "createTime": milliseconds(got.time_ns),
    }


def _dust(stage: Stage, params: Params) -> object:
    """DustLog: the last 100 sweeps; ``transferedAmount`` is what is left after the charge."""
    sweeps: dict[str, list[tuple[Entry, Entry]]] = {}
    for got, given in _between(stage, params, "dust", days=90):
        if got.amount > 0 and given is not None:
            sweeps.setdefault(got.ref.partition(":")[0], []).append((given, got))
    rows = [_sweep(name, pairs) for name, pairs in list(sweeps.items())[:100]]
    return {"total": len(rows), "userAssetDribblets": rows}


def _sweep(name: str, pairs: list[tuple[Entry, Entry]]) -> Row:
    at, zero = milliseconds(pairs[0][1].time_ns), Decimal(0)
    return {
        "operateTime": at,
        "totalTransferedAmount": digits(sum((got.amount - got.fee for _, got in pairs), zero)),
        "totalServiceChargeAmount": digits(sum((got.fee for _, got in pairs), zero)),
        "transId": int(name),
        "userAssetDribbletDetails": [
            {
                "transId": int(name),
                "serviceChargeAmount": digits(got.fee),
                "amount": digits(-given.amount),
                "operateTime": at,
                "transferedAmount": digits(got.amount - got.fee),
                "fromAsset": given.asset,
            }
            for given, got in pairs
        ],
    }


def _dividends(stage: Stage, params: Params) -> object:
    """Asset Dividend Record: default 20, most 500; at most 180 days."""
    most = limit(params, 20, 500)
    rows = _between(stage, params, "reward", days=30, most_days=180)
    return {"rows": [_dividend(entry) for entry, _ in rows[:most]], "total": len(rows)}


def _dividend(entry: Entry) -> Row:
    return {
        "id": entry.number,
        "amount": digits(entry.amount),
        "asset": entry.asset,
        "divTime": milliseconds(entry.time_ns),
        "enInfo": entry.subtype,
        "tranId": entry.number,
        "direction": 1,
    }


def _transfers(stage: Stage, params: Params) -> object:
    """Query User Universal Transfer History: one ``type`` at a time; default 10, most 100 a page."""
    kind = params.get("type", "")
    if not kind:
        raise errors.missing("type")
    if kind not in TYPES:
        raise errors.invalid("type")
    page, size = whole(params, "current") or 1, whole(params, "size") or 10
    if size > 100:
        raise errors.invalid("size")
    rows = [entry for entry, _ in _between(stage, params, "transfer", days=7) if entry.subtype == kind]
    return {"total": len(rows), "rows": [_transfer(entry) for entry in rows[(page - 1) * size : page * size]]}


def _transfer(entry: Entry) -> Row:
    return {
        "asset": entry.asset,
        "amount": digits(abs(entry.amount)),
        "type": entry.subtype,
        "status": "CONFIRMED",
        "tranId": entry.number,
        "timestamp": milliseconds(entry.time_ns),
    }


ENDPOINTS: Mapping[str, Endpoint] = {
    "/sapi/v1/account/apiRestrictions": Endpoint(restrictions, weight=1),
    "/sapi/v1/capital/deposit/hisrec": Endpoint(_deposits, weight=1),
    "/sapi/v1/capital/withdraw/history": Endpoint(_withdrawals, weight=1),
    "/sapi/v1/convert/tradeFlow": Endpoint(_conversions, weight=1),
    "/sapi/v1/asset/dribblet": Endpoint(_dust, weight=1),
    "/sapi/v1/asset/assetDividend": Endpoint(_dividends, weight=10),
    "/sapi/v1/asset/transfer": Endpoint(_transfers, weight=1),
}
