"""The truth is the simulator's own book, written as the ledger file of docs/formats.md section 1, one fact a line."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from account_cli.simulator.wire import dumps, plain, shortest_iso
from account_cli.simulator.world.book import Book
from account_cli.simulator.world.facts import Entry, Fill, Market

Line = dict[str, object]
_TRANSFERS = {"deposit": "deposit", "withdrawal": "withdrawal", "transfer": "internal"}


def truth(book: Book, account: str) -> str:
    """Return instruments first, then every fact by (time, seq, identity), each on a line of its own."""
    facts: list[tuple[tuple[int, int, str], Line]] = []
    for fill in book.fills:
        line = _fill(book, fill, account)
        name = f"{book.setting.wallet}|fill|{fill.id}|{fill.symbol}|{fill.order_id}|{fill.side}"
        facts.append(((fill.time_ns, fill.number, name), line))
    for entry in book.entries:
        line_of_entry = _entry(book, entry, account)
        if line_of_entry is not None:
            name = "|".join((book.setting.wallet, str(line_of_entry["kind"]), str(line_of_entry["id"])))
            facts.append(((entry.time_ns, -1, name), line_of_entry))
    facts.sort(key=lambda pair: pair[0])
    lines = [*_instruments(book), *(line for _, line in facts)]
    return "".join(dumps(line) + "\n" for line in lines)


def _instruments(book: Book) -> Iterator[Line]:
    for market in sorted(book.setting.markets, key=lambda market: market.symbol):
        line: Line = {"kind": "instrument", "symbol": market.symbol, "base": market.base, "quote": market.quote}
        if market.settle is not None:
            line |= {"settle": market.settle, "contract_size": "1"}
        yield line


def _head(book: Book, kind: str, account: str, name: str) -> Line:
    line: Line = {"kind": kind, "account": account}
    if book.setting.wallet != "spot":
        line["wallet"] = book.setting.wallet
    return line | {"id": name}


def _fill(book: Book, fill: Fill, account: str) -> Line:
    market: Market = book.market(fill.symbol)
    line = _head(book, "fill", account, fill.id) | {
        "order_id": fill.order_id,
        "time": shortest_iso(fill.time_ns),
        "seq": fill.number,
        "symbol": fill.symbol,
        "side": fill.side,
        "price": plain(fill.price),
        "quantity": plain(fill.quantity),
        "fees": [_amount(asset, fee) for asset, fee in sorted(fill.fees.items())],
        "liquidity": "maker" if fill.maker else "taker",
    }
    if fill.forced:
        line["type"] = fill.forced
    if fill.position_side != "both":
        line["position_side"] = fill.position_side
    if market.settle is not None:
        line |= {"contracts": plain(fill.quantity), "contract_size": "1", "settle": market.settle}
    return line


def _entry(book: Book, entry: Entry, account: str) -> Line | None:
    """Return the line of what is a fact of its own; the entries of a fill are not."""
    time = shortest_iso(entry.time_ns)
    amount: Line = {"asset": entry.asset, "amount": plain(entry.amount)}
    if entry.kind in _TRANSFERS:
        line = _head(book, "transfer", account, entry.id) | {"time": time} | amount
        line["type"] = _TRANSFERS[entry.kind]
        if entry.fee:
            line["fee"] = _amount(entry.asset, entry.fee)
        if entry.kind != "transfer":
            line["tx"] = entry.tx
        return line
    if entry.kind == "reward":
        return _head(book, "reward", account, entry.id) | {"time": time} | amount | {"type": "staking"}
    if entry.kind in {"conversion", "dust"}:
        return None if entry.amount < 0 else _conversion(book, entry, account)
    if entry.kind == "earn":
        return _head(book, "transfer", account, entry.id) | _place(entry) | {"time": time, "type": "internal"}
    if entry.kind == "interest":
        amount["amount"] = plain(entry.amount - entry.fee)
        return _head(book, "interest", account, entry.id) | {"time": time} | amount
    if entry.kind == "insurance":
        return _head(book, "settlement", account, entry.id) | {"time": time, "symbol": entry.symbol} | amount
    if entry.kind == "funding":
        return _head(book, "funding", account, entry.id) | {"time": time, "symbol": entry.symbol} | amount
    return None


def _place(entry: Entry) -> Line:
    """What moved between the wallets of one exchange, and on which side: what is set aside carries a suffix."""
    asset, dot, _ = entry.asset.partition(".")
    line: Line = {"asset": asset, "amount": plain(entry.amount)}
    return line | {"wallet": "earn"} if dot else line


def _conversion(book: Book, got: Entry, account: str) -> Line:
    """One line for the two entries of a conversion; what is got is counted before its fee."""
    given = book.entries[book.entries.index(got) - 1]
    line = _head(book, "conversion", account, got.ref) | {"time": shortest_iso(got.time_ns)}
    line |= {"from": _amount(given.asset, -given.amount), "to": _amount(got.asset, got.amount)}
    return line | {"fees": [_amount(got.asset, got.fee)] if got.fee else []}


def _amount(asset: str, amount: Decimal) -> Line:
    return {"asset": asset, "amount": plain(amount)}
