"""A spot account that also moves money the way Binance lets it: conversions, dust, dividends, other wallets."""

from __future__ import annotations

import random
from decimal import ROUND_DOWN, Decimal

from account_cli.simulator.world.agent import SpotHabits
from account_cli.simulator.world.world import SECOND, World

_GRAIN = Decimal("0.00000001")
_ENOUGH = 20
"""Units of the fee asset below which more is deposited."""


class ConvertingHabits(SpotHabits):
    """A spot trader whose withdrawals happen on whole seconds, the only times that the venue tells of them."""

    def __init__(self, world: World, *, seed: int) -> None:
        super().__init__(world, seed=seed)
        self._money = random.Random(f"{seed}:money")  # noqa: S311

    def move_money(self) -> None:
        """Do one thing with money."""
        world, source, dollar = self._world, self._money, self._world.setting.dollar
        draw, third = source.random(), world.setting.third_asset
        if self._book.balance(third) < _ENOUGH:
            world.move("deposit", third, source.randint(3000, 6000) * Decimal("0.01"))
        elif draw < 0.2:
            asset, size = source.choice(((dollar, 900), ("BTC", 1), ("ETH", 3)))
            world.move("deposit", asset, size * source.randint(1000, 9999) * Decimal("0.0001"))
        elif draw < 0.35:
            now = world.now_ns
            world.at(now - now % SECOND + SECOND, self._withdraw_some)
        elif draw < 0.5:
            world.move("reward", "ETH", source.randint(1, 10**5) * _GRAIN, subtype="ETH 2.0 Staking Rewards")
        elif draw < 0.65:
            self._to_and_fro(source.randint(1000, 100000) * Decimal("0.01"))
        elif draw < 0.85:
            self._convert()
        else:
            self._sweep_up()

    def _withdraw_some(self) -> None:
        asset, share, fee = self._money.choice(
            ((self._world.setting.dollar, 50, "1.00000000"), ("BTC", 20, "0.00001500"), ("ETH", 20, "0.00350000"))
        )
        free = self._book.free(asset)
        amount = (free / share).quantize(Decimal("0.00001"), rounding=ROUND_DOWN)
        if amount > 0 and free > amount + Decimal(fee):
            self._world.move("withdrawal", asset, -amount, fee=Decimal(fee))

    def _to_and_fro(self, amount: Decimal) -> None:
        dollar = self._world.setting.dollar
        if self._money.random() >= 0.5:
            self._world.move("transfer", dollar, amount, subtype="UMFUTURE_MAIN")
        elif self._book.free(dollar) > 2 * amount:
            self._world.move("transfer", dollar, -amount, subtype="MAIN_UMFUTURE")

    def _convert(self) -> None:
        """Dollars into an asset that has no market here otherwise traded, and back in part."""
        world, dollar = self._world, self._world.setting.dollar
        amount = self._money.randint(100, 20000) * Decimal("0.01")
        ref = self._book.names.transfer("conversion")
        if self._money.random() < 0.6 and self._book.free(dollar) > 2 * amount:
            got = (amount / Decimal("0.4321")).quantize(_GRAIN, rounding=ROUND_DOWN)
            world.convert("conversion", (dollar, amount), ("XRP", got), ref=ref)
        elif self._book.balance("XRP") > 1:
            given = (self._book.balance("XRP") / 3).quantize(_GRAIN, rounding=ROUND_DOWN)
            got = (given * Decimal("0.4310")).quantize(_GRAIN, rounding=ROUND_DOWN)
            world.convert("conversion", ("XRP", given), (dollar, got), ref=ref)

    def _sweep_up(self) -> None:
        """Turn a little of two assets into the fee asset, in one go."""
        world = self._world
        ref = self._book.names.transfer("dust")
        for asset in ("DOGE", "XRP"):
            amount = self._money.randint(1, 10**7) * _GRAIN
            if self._book.free(asset) > amount:
                got, fee = self._money.randint(1000, 90000) * _GRAIN, self._money.randint(10, 900) * _GRAIN
                third = world.setting.third_asset
                world.convert("dust", (asset, amount), (third, got), fee=fee, ref=f"{ref}:{asset}")
