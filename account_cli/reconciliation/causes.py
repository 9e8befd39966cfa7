"""What caused a difference, best first: a fact that was found, what fits to the last digit, what is merely possible.

Theory. A difference is the sum of what one side knows and the other does not. Most such facts leave a pattern: a trade
moves two assets of a wallet against each other by about its price; a move between wallets takes from one exactly what
the other gets; a rename makes one asset vanish and another appear, equal or a round multiple of it; sweeping up dust
empties several and adds to one; a fee, funding or interest moves one asset, by little. So each difference is put beside
the others of the same reading. What fits is still no proof: only a fact is, and only a fact changes the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, localcontext

import msgspec

from account_cli.domain.events import Event, Fill
from account_cli.domain.health import Contradiction, Coverage, Gap, gaps, reaches
from account_cli.domain.money import MONEY, ZERO, plain
from account_cli.domain.times import format_time
from account_cli.reconciliation.records import Cause, CauseName, Item, Sure
from account_cli.reconciliation.told_late import touches

_MOST = 6
"""Causes of one difference that are worth reading."""
_PAIRED = 40
"""More differences than this in one account have one reason, and not one in each pair of them."""
_NEAR = Decimal("0.05")
_LITTLE = Decimal("0.01")
_ROUND = frozenset({*range(1, 101), 1000, 10_000, 100_000, 1_000_000})
"""By such a number the units of an asset are multiplied when it is renamed or redenominated."""
_SURE: tuple[Sure, ...] = ("found", "fits", "possible")


class Clues(msgspec.Struct, frozen=True, kw_only=True):
    """What a comparison has at hand when something differs; ``wrong`` are all its differences.

    ``elsewhere`` are differences of other accounts, with their account. ``recent`` are the newest fills, in any order;
    ``prices`` the last ones by unified symbol; ``contracts`` the markets of open contracts.
    """

    wrong: Sequence[Item] = ()
    elsewhere: Sequence[tuple[str, Item]] = ()
    coverage: Sequence[Coverage] = ()
    recent: Sequence[Fill] = ()
    prices: Mapping[str, Decimal] = {}
    contracts: frozenset[str] = frozenset()
    contradictions: Sequence[Contradiction] = ()


def explain(clues: Clues) -> list[Item]:
    """Return the differences with what may have caused each, best first."""
    with localcontext(MONEY):
        search = _Search(clues)
        return [_with(item, search.causes(item)) for item in clues.wrong]


def _with(item: Item, found: Sequence[Cause]) -> Item:
    best = sorted(found, key=lambda cause: _SURE.index(cause.sure))[:_MOST]
    return msgspec.structs.replace(item, causes=tuple(best), hints=tuple(cause.text for cause in best))


def _uncovered(item: Item) -> str:
    if item.local is None and item.exchange is not None:
        held = f"{plain(item.exchange)} {item.key}"
        return f"the exchange states {held} in its wallet {item.wallet!r}, which is not followed"
    known = "" if item.local is None else f", where the ledger has {plain(item.local)} {item.key}"
    return f"the exchange does not state what is in the wallet {item.wallet!r}{known}"


class _Search:
    """One look at all differences of an account."""

    def __init__(self, clues: Clues) -> None:
        self._clues = clues
        self._balances = [item for item in clues.wrong if item.kind == "balance" and item.difference]
        if len(self._balances) > _PAIRED:
            self._balances = []
        self._settling: dict[str, list[str]] = {}
        for symbol in sorted(clues.contracts):
            self._settling.setdefault(symbol.rpartition(":")[2], []).append(symbol)
        self._gone: dict[str, list[str]] = {}
        for item in clues.wrong:
            if item.kind == "position" and item.local and not item.exchange:
                self._gone.setdefault(item.name.rpartition(":")[2], []).append(item.key)
        self._gaps: dict[str, list[Gap]] = {}
        for gap in gaps(clues.coverage):
            for part in _parts(gap.scope):
                self._gaps.setdefault(part, []).append(gap)
        self._reaches = list(reaches(clues.coverage).values())
        self._untold = [fill for fill in clues.recent if fill.fees is None][:3]
        self._fee_assets = {(fill.wallet, fee.asset) for fill in clues.recent for fee in fill.fees or ()}
        self._told = [(one, msgspec.json.decode(one.body, type=Event)) for one in clues.contradictions]

    def causes(self, item: Item) -> list[Cause]:
        if item.kind == "order" and item.exchange is None:
            text = "the exchange lists it as open no longer, and has not said how it ended"
            return [_cause("untold", "found", text)]
        if item.state == "unknown" or not item.difference:
            return [_cause("wallet_not_covered", "found", _uncovered(item))]
        if item.as_of_ns is not None:
            when = format_time(item.as_of_ns)
            text = f"the exchange still states what was so before {when}: its answer is late"
            return [_cause("late_answer", "fits", text)]
        found = [*self._otherwise(item), *self._holes(item)]
        if item.kind == "balance":
            found += self._of_balance(item, item.difference)
        else:
            found += _of_contract(item, item.difference)
        return [*found, *self._out_of_reach()]

    def _otherwise(self, item: Item) -> Iterator[Cause]:
        """Facts that stand here otherwise than the exchange tells them."""
        for one, event in self._told:
            if touches(event, item):
                text = (
                    f"{one.identity} stands here with {one.field} {one.stands}, and the exchange tells {one.told}:"
                    " what is stored was changed, or told wrongly"
                )
                yield _cause("told_otherwise", "fits" if _is_by(one, item) else "possible", text)

    def _holes(self, item: Item) -> Iterator[Cause]:
        about = [*self._gaps.get(item.name, ()), *self._gaps.get("", ())]
        for gap in about[:_MOST]:
            if item.kind == "balance" or gap.kind == "fills":
                scope = f" of {gap.scope}" if gap.scope else ""
                when = f"between {format_time(gap.since_ns)} and {format_time(gap.until_ns)}"
                yield _cause("gap", "possible", f"{gap.kind}{scope} {when} are not known yet")

    def _out_of_reach(self) -> Iterator[Cause]:
        for reach in self._reaches:
            for what in reach.lacks:
                yield _cause("out_of_reach", "possible", f"{reach.kind} of {what} cannot be asked for")
            if not reach.whole and not reach.kept_only:
                since = format_time(reach.since_ns)
                yield _cause("not_read", "possible", f"{reach.kind} before {since} are not read yet")

    def _of_balance(self, item: Item, off: Decimal) -> Iterator[Cause]:
        yield from self._moved(item, off)
        paired = [cause for other in self._balances for cause in self._beside(item, off, other)]
        dust = _dust(item, self._balances)
        yield from (cause for cause in (paired if not dust else [*dust, *paired]))
        for gone in self._gone.get(item.key, ())[:_MOST] if off < 0 else ():
            text = f"the position of {gone} is gone at the exchange: a liquidation, or a closing elsewhere"
            yield _cause("liquidation", "possible", text)
        yield from self._fees(item, off)
        yield from self._little(item, off)
        if not any(cause.sure == "fits" for cause in paired):
            what: CauseName = "deposit" if off > 0 else "withdrawal"
            text = f"a {what} of {plain(abs(off))} {item.key}, or an internal transfer, that was not told"
            yield _cause(what, "possible", text)

    def _moved(self, item: Item, off: Decimal) -> Iterator[Cause]:
        """The same asset, the other way, in another wallet or account."""
        others = [("", other) for other in self._balances if other.wallet != item.wallet]
        for account, other in (*others, *self._clues.elsewhere):
            theirs = other.difference
            if other.kind != "balance" or other.key != item.key or not theirs or (theirs > 0) == (off > 0):
                continue
            lost = -(theirs + off)
            where = f"wallet {other.wallet!r}" + (f" of account {account}" if account else "")
            if not lost:
                text = f"the {where} differs by exactly as much the other way: a transfer between them, not told"
                yield _cause("transfer", "fits", text)
            elif ZERO < lost <= _LITTLE * abs(off):
                text = f"the {where} differs by as much the other way but for {plain(lost)}: a transfer, and its fee"
                yield _cause("transfer", "possible", text)

    def _beside(self, item: Item, off: Decimal, other: Item) -> Iterator[Cause]:
        """Another asset of the same wallet, the other way."""
        theirs = other.difference
        if other.wallet != item.wallet or other.key == item.key or not theirs or (theirs > 0) == (off > 0):
            return
        went, came = (item, other) if off < 0 else (other, item)
        given, got = abs(went.difference or ZERO), abs(came.difference or ZERO)
        what = f"{plain(given)} {went.key} less and {plain(got)} {came.key} more"
        if not went.exchange and not came.local and (_is_round(given / got) or _is_round(got / given)):
            yield _cause("rename", "fits", f"{what}: {went.key} was renamed to {came.key}, or delisted for it")
            return
        near = self._priced(went.key, came.key, given, got)
        if near is None:
            yield _cause("conversion", "possible", f"{what}: a conversion that was not told")
        elif near:
            yield _cause("fill", "fits", f"{what}, about its price: fills of {near}, not told, or a conversion")

    def _priced(self, went: str, came: str, given: Decimal, got: Decimal) -> str | None:
        """Return the market where that was about the price, empty when it was not, None when no price is known."""
        for symbol, ratio in ((f"{went}/{came}", got / given), (f"{came}/{went}", given / got)):
            price = self._clues.prices.get(symbol)
            if price is None:
                price = next((fill.price for fill in self._clues.recent if fill.symbol == symbol), None)
            if price:
                return symbol if abs(ratio / price - 1) <= _NEAR else ""
        return None

    def _fees(self, item: Item, off: Decimal) -> Iterator[Cause]:
        for fill in self._untold:
            if fill.wallet == item.wallet:
                when = format_time(fill.time_ns)
                yield _cause("fee", "possible", f"the fee of fill {fill.id} ({fill.symbol}, {when}) is not told yet")
        if off < 0 and (item.wallet, item.key) in self._fee_assets:
            yield _cause("fee", "possible", f"trading fees of {plain(-off)} {item.key}, in which fees were paid before")

    def _little(self, item: Item, off: Decimal) -> Iterator[Cause]:
        """What comes or goes by itself, and by little."""
        if markets := self._settling.get(item.key):
            yield _cause("funding", "possible", f"funding of {', '.join(markets[:3])} that was not told")
        if abs(off) <= _LITTLE * abs(item.local or ZERO):
            what: CauseName = "reward" if off > 0 else "interest"
            yield _cause(what, "possible", f"{what} of {plain(abs(off))} {item.key} that was not told")


def _cause(name: CauseName, sure: Sure, text: str) -> Cause:
    return Cause(name=name, sure=sure, text=text)


def _of_contract(item: Item, off: Decimal) -> Iterator[Cause]:
    symbol = item.name
    if item.kind == "order":
        yield _cause("fill", "fits", f"fills of order {item.key}, {plain(off)} in all, that were not told")
    elif item.kind == "fill" and off > 0:
        yield _cause("fill", "fits", f"fills that were not told, {plain(off)} of them")
    elif item.kind == "fill":
        yield _cause("fill", "possible", f"fills that the exchange does not count, {plain(-off)} of them: told twice?")
    elif item.kind == "position" and not item.exchange:
        yield _cause("liquidation", "possible", f"the position of {symbol} was liquidated, or settled by the exchange")
        yield _cause("closed_elsewhere", "possible", f"the position of {symbol} was closed elsewhere; not told")
    elif item.kind == "position":
        yield _cause("fill", "possible", f"fills of {symbol}, {plain(off)} in all, that were not told")
    else:
        yield _cause("fill", "possible", f"fills of {symbol} that were not told: the average entry is another")


def _dust(item: Item, balances: Sequence[Item]) -> list[Cause]:
    """Several assets of one wallet swept up into one."""
    mine = [other for other in balances if other.wallet == item.wallet]
    gone = [other for other in mine if other.exchange == 0 and (other.difference or ZERO) < 0]
    came = [other for other in mine if (other.difference or ZERO) > 0]
    if len(gone) < 2 or len(came) != 1 or item not in (*gone, *came):
        return []
    names = ", ".join(other.key for other in gone[:5])
    return [_cause("dust", "fits", f"{names} are gone and {came[0].key} is more: dust that was swept up")]


def _is_by(one: Contradiction, item: Item) -> bool:
    """True when the two tellings differ by as much as the figure does."""
    try:
        between = abs(Decimal(one.told) - Decimal(one.stands))
    except ArithmeticError:
        return False
    return item.difference is not None and between == abs(item.difference)


def _is_round(ratio: Decimal) -> bool:
    return ratio == ratio.to_integral_value() and int(ratio) in _ROUND


def _parts(scope: str) -> list[str]:
    """Return the figures that a gap in the history of a market is about, itself and its assets; empty for any."""
    if "/" not in scope:
        return [""]
    base, _, rest = scope.partition("/")
    return list(dict.fromkeys([scope, base, *rest.split(":")]))
