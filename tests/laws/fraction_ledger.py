"""A second ledger, in exact fractions and as plainly as can be, that shares no code with the first.

It knows no rounding, so the two may differ by 1e-18 an allocation and by 1e-18 an inverse notional. Lots are lists that
are sorted anew for every disposal; average cost is the list melted into one lot after every change.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction as F  # noqa: N817  # on every line below

from account_cli.domain.events import (
    Event,
    FeePaid,
    Fill,
    FundingPaid,
    InterestPaid,
    Opening,
    RewardReceived,
    TransferArrived,
)

BNB = F("3.25")


class Lot:
    def __init__(self, n: int, q: F, cost: F | None, fee: F) -> None:
        self.n, self.q, self.cost, self.fee = n, q, cost, fee

    def take(self, q: F) -> Lot:
        part = q / self.q
        piece = Lot(self.n, q, None if self.cost is None else self.cost * part, self.fee * part)
        self.q -= q
        self.fee -= piece.fee
        if self.cost is not None and piece.cost is not None:
            self.cost -= piece.cost
        return piece


class FractionLedger:
    def __init__(self, method: str) -> None:
        self.method, self.n = method, 0
        self.tracked: set[str] = set()
        self.home: dict[str, tuple[str, str]] = {}
        self.pools: dict[tuple[str, str], list[Lot]] = defaultdict(list)  # spot longs
        self.shorts: dict[tuple[str, str], list[Lot]] = defaultdict(list)
        self.unknown: dict[str, list[Lot]] = defaultdict(list)
        self.contracts: dict[tuple[str, str], list[Lot]] = defaultdict(list)  # q signed by .sign
        self.sign: dict[tuple[str, str], int] = {}
        self.balance: dict[tuple[str, str], F] = defaultdict(F)
        self.figures: dict[tuple[str, str], dict[str, F]] = defaultdict(lambda: defaultdict(F))

    # -- choosing lots

    def order(self, lots: list[Lot]) -> list[Lot]:
        if self.method == "lifo":
            return sorted(lots, key=lambda lot: -lot.n)
        if self.method == "hifo":
            return sorted(lots, key=lambda lot: (lot.cost is None, -abs(lot.cost or F(0)) / lot.q, lot.n))
        return sorted(lots, key=lambda lot: lot.n)

    def pick(self, groups: list[list[Lot]], q: F) -> tuple[list[tuple[int, Lot]], F]:
        """Take up to q of the groups together; average: pro rata, each group as one lot."""
        every = [(i, lot) for i, group in enumerate(groups) for lot in group]
        there = sum((lot.q for _, lot in every), F(0))
        taken: list[tuple[int, Lot]] = []
        part = min(q, there)
        if self.method == "average":
            taken = [(i, lot.take(lot.q * part / there)) for i, lot in every] if part else []
        else:
            left = part
            for lot in self.order([lot for _, lot in every]):
                if left <= 0:
                    break
                i = next(i for i, other in every if other is lot)
                bite = min(left, lot.q)
                taken.append((i, lot.take(bite)))
                left -= bite
        for group in groups:
            group[:] = [lot for lot in group if lot.q]
        return taken, q - part

    # -- spot

    def sell(self, asset: str, currency: str, q: F, price: F, fee: F, margin: bool) -> None:
        key = (asset, currency)
        own = [] if self.shorts[key] else self.pools[key]
        taken, left = self.pick([own, self.unknown[asset]], q)
        pieces = [lot for _, lot in taken]
        for other in sorted(k for k in self.pools if k[0] == asset and k != key):
            more, left = self.pick([self.pools[other]], left)
            for _, lot in more:
                assert lot.cost is not None
                self.figures[other]["moved"] += lot.cost
                pieces.append(Lot(lot.n, lot.q, None, F(0)))
        if left and not margin:
            pieces.append(Lot(0, left, None, F(0)))
            left = F(0)
        closing = q - left
        fee_closing = fee * closing / q
        if closing:
            self.realise(key, pieces, closing * price, fee_closing)
        if left:
            self.n += 1
            fee_open = fee - fee_closing
            self.shorts[key].append(Lot(self.n, left, -left * price + fee_open, fee_open))

    def buy(self, asset: str, currency: str, q: F, price: F, fee: F) -> None:
        key = (asset, currency)
        taken, left = self.pick([self.shorts[key]], q)
        closing = q - left
        if closing:
            self.realise(key, [lot for _, lot in taken], -closing * price, fee * closing / q)
        if left:
            self.n += 1
            fee_open = fee * left / q
            self.pools[key].append(Lot(self.n, left, left * price + fee_open, fee_open))

    def realise(self, key: tuple[str, str], pieces: list[Lot], money: F, fee: F) -> F:
        figures = self.figures[key]
        q = sum((lot.q for lot in pieces), F(0))
        known = sum((lot.q for lot in pieces if lot.cost is not None), F(0))
        part = known / q
        cost = sum((lot.cost for lot in pieces if lot.cost is not None), F(0))
        entry = sum((lot.fee for lot in pieces if lot.cost is not None), F(0))
        gain = (money - fee) * part - cost
        fees = entry + fee * part
        figures["realized"] += gain
        figures["fees"] += fees
        figures["unknown_q"] += q - known
        figures["unknown_p"] += (money - fee) * (1 - part)
        return gain + fees

    def leave(self, asset: str, q: F) -> list[tuple[tuple[str, str] | None, Lot]]:
        """Take out of everything held of an asset, at cost."""
        if asset not in self.tracked:
            return []
        keys = sorted(k for k in self.pools if k[0] == asset and self.pools[k])
        if self.method == "hifo" and len(keys) > 1:
            out: list[tuple[tuple[str, str] | None, Lot]] = []
            for key in keys:
                taken, q = self.pick([self.pools[key]], q)
                out += [(key, lot) for _, lot in taken]
            taken, q = self.pick([self.unknown[asset]], q)
            out += [(None, lot) for _, lot in taken]
        else:
            taken, _ = self.pick([self.pools[k] for k in keys] + [self.unknown[asset]], q)
            out = [(keys[i] if i < len(keys) else None, lot) for i, lot in taken]
        for where, lot in out:
            if where is not None:
                assert lot.cost is not None
                self.figures[where]["moved"] += lot.cost
        return out

    def arrive(self, asset: str, q: F) -> None:
        if asset in self.tracked and q:
            self.n += 1
            self.unknown[asset].append(Lot(self.n, q, None, F(0)))

    def track(self, asset: str) -> None:
        """From its first trade on an asset has lots; what was there before has unknown cost."""
        if asset not in self.tracked:
            self.tracked.add(asset)
            there = sum((amount for (_, name), amount in self.balance.items() if name == asset), F(0))
            self.arrive(asset, max(there, F(0)))

    def money(self, wallet: str, asset: str, amount: F) -> None:
        self.balance[wallet, asset] += amount
        if amount > 0:
            self.arrive(asset, amount)
        else:
            self.leave(asset, -amount)

    # -- events

    def book(self, event: Event) -> None:
        match event:
            case Fill(settle=None):
                self.spot(event)
            case Fill():
                self.contract(event)
            case Opening(amount=amount, cost=Decimal() as cost):
                self.track(event.asset)
                self.balance["spot", event.asset] += F(amount)
                if self.shorts[event.asset, str(event.cost_asset)]:
                    self.buy(event.asset, str(event.cost_asset), F(amount), F(cost) / F(amount), F(0))
                else:
                    self.pools[event.asset, str(event.cost_asset)].append(Lot(-1, F(amount), F(cost), F(0)))
            case TransferArrived(type="internal", to_wallet=str() as wallet):
                self.balance[event.wallet, event.asset] += F(event.amount)
                self.balance[wallet, event.asset] -= F(event.amount)
            case TransferArrived() | FundingPaid() | InterestPaid() | RewardReceived() | FeePaid():
                self.money(event.wallet, event.asset, F(event.amount))
                if isinstance(event, TransferArrived) and event.fee is not None:
                    self.fee_in_kind(event.wallet, F(event.fee.amount))

    def fee_in_kind(self, wallet: str, q: F) -> None:
        """BNB, which has a price in every currency."""
        self.balance[wallet, "BNB"] -= q
        groups: dict[tuple[str, str], list[Lot]] = defaultdict(list)
        left = self.leave("BNB", q)
        if "BNB" not in self.tracked:
            return
        for key, lot in left:
            if key is not None:
                assert lot.cost is not None
                self.figures[key]["moved"] -= lot.cost
            groups[key or self.home["BNB"]].append(lot)
        short = q - sum((lot.q for _, lot in left), F(0))
        if short:
            groups[self.home["BNB"]].append(Lot(0, short, None, F(0)))
        for key, pieces in groups.items():
            value = sum((lot.q for lot in pieces), F(0)) * BNB
            self.figures[key]["paid"] += value
            self.realise(key, pieces, value, F(0))

    def fees(self, fill: Fill, base: str, currency: str) -> tuple[F, F, list[tuple[str, F]]]:
        own = in_base = F(0)
        thirds = []
        for paid in fill.fees or ():
            if paid.asset == currency:
                own += F(paid.amount)
            elif paid.asset == base:
                in_base += F(paid.amount)
            elif paid.amount:
                thirds.append((paid.asset, F(paid.amount)))
        return own, in_base, thirds

    def pay_thirds(self, wallet: str, currency: str, thirds: list[tuple[str, F]]) -> None:
        for asset, q in thirds:
            self.track(asset)
            if asset == "BNB":
                self.home.setdefault("BNB", ("BNB", currency))
            if asset == "BNB" and q > 0:
                self.sell("BNB", currency, q, BNB, F(0), margin=False)
            elif asset == "BNB":
                self.buy("BNB", currency, -q, BNB, F(0))
            elif q > 0:
                self.leave(asset, q)
            else:
                self.arrive(asset, -q)
            self.balance[wallet, asset] -= q

    def spot(self, fill: Fill) -> None:
        base, _, quote = fill.symbol.partition("/")
        self.track(base)
        own, in_base, thirds = self.fees(fill, base, quote)
        assert fill.quantity is not None
        price, q = F(fill.price), F(fill.quantity) * (1 if fill.side == "buy" else -1)
        fee = own + in_base * price + sum((q_ * BNB for asset, q_ in thirds if asset == "BNB"), F(0))
        self.figures[base, quote]["paid"] += fee
        n = q - in_base
        if n > 0:
            self.buy(base, quote, n, price, fee)
        elif n < 0:
            self.sell(base, quote, -n, price, fee, fill.margin)
        self.balance[fill.wallet, base] += n
        self.money(fill.wallet, quote, -q * price - own)
        self.pay_thirds(fill.wallet, quote, thirds)

    def contract(self, fill: Fill) -> None:
        key = (fill.symbol, fill.position_side or "")
        assert fill.settle is not None
        own, _, thirds = self.fees(fill, "", fill.settle)
        fee = own + sum((q * BNB for asset, q in thirds if asset == "BNB"), F(0))
        self.figures[key]["paid"] += fee
        price = F(fill.price)
        if fill.inverse:
            assert fill.contracts is not None
            assert fill.contract_size is not None
            q = F(fill.contracts) * F(fill.contract_size)
        else:
            assert fill.quantity is not None
            q = F(fill.quantity)
        sign = 1 if fill.side == "buy" else -1
        worth = -sign / price if fill.inverse else sign * price  # of one unit, as it enters cost
        lots, gross, left = self.contracts[key], F(0), q
        if lots and self.sign[key] != sign:
            taken, left = self.pick([lots], q)
            closed = q - left
            gross = self.realise(key, [lot for _, lot in taken], -closed * worth, fee * closed / q)
        if left:
            self.n += 1
            fee_open = fee * left / q
            self.sign[key] = sign
            self.contracts[key].append(Lot(self.n, left, left * worth + fee_open, fee_open))
        self.money(fill.wallet, fill.settle, gross - own)
        self.pay_thirds(fill.wallet, fill.settle, thirds)
