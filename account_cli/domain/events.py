"""Facts: each happened once at an exchange and stays true for ever.

``Event`` is the closed union of them; whoever treats them matches on it and ends with ``assert_never``. The tag is the
``kind`` of the ledger file (docs/formats.md). Every amount is signed as seen by the account: what arrives is positive.
Fees are the exception: positive is paid, negative a rebate. ``time_ns`` is the exchange's own time of the fact, in
nanoseconds since 1970; ``seq`` its own order within one instant. None means not known, never zero.

``Struct`` and not a dataclass: making a fact a million times costs a tenth (docs/decisions/0005-msgspec-structs.md).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

Side = Literal["buy", "sell"]
PositionSide = Literal["long", "short"]
Liquidity = Literal["maker", "taker"]
FillType = Literal["trade", "liquidation", "adl", "settlement"]
TransferType = Literal["deposit", "withdrawal", "internal"]
RewardType = Literal["staking", "airdrop", "cashback", "referral", "other"]


class Amount(msgspec.Struct, frozen=True, array_like=True):
    """So much of an asset."""

    asset: str
    amount: Decimal


class _Fact(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", omit_defaults=True):
    """What every fact has: whose it is, its name at the exchange, and when it happened."""

    account: str
    id: str
    time_ns: int
    wallet: str = "spot"
    seq: int | None = None


class Fill(_Fact, tag="fill", frozen=True, kw_only=True):
    """A trade of the account.

    ``quantity`` is in base units and positive. For a contract ``contracts`` (count), ``contract_size``, ``settle`` and
    ``inverse`` ride along, as they were at that time; for an inverse contract ``contracts`` rules and ``quantity`` may
    be None. ``fees`` None means not told yet; an empty tuple means that there was none.
    """

    order_id: str
    symbol: str
    side: Side
    price: Decimal
    quantity: Decimal | None = None
    fees: tuple[Amount, ...] | None = None
    liquidity: Liquidity | None = None
    position_side: PositionSide | None = None
    margin: bool = False
    leverage: Decimal | None = None
    type: FillType = "trade"
    contracts: Decimal | None = None
    contract_size: Decimal | None = None
    settle: str | None = None
    inverse: bool = False


class TransferArrived(_Fact, tag="transfer", frozen=True, kw_only=True):
    """Money came in (positive) or went out (negative); ``fee`` was taken besides, in its own asset."""

    asset: str
    amount: Decimal
    type: TransferType
    fee: Amount | None = None
    tx: str | None = None
    to_account: str | None = None
    to_wallet: str | None = None


class FundingPaid(_Fact, tag="funding", frozen=True, kw_only=True):
    """A perpetual contract's funding: received positive, paid negative."""

    symbol: str
    asset: str
    amount: Decimal


class InterestPaid(_Fact, tag="interest", frozen=True, kw_only=True):
    """Interest on what was borrowed (negative) or lent (positive)."""

    asset: str
    amount: Decimal


class RewardReceived(_Fact, tag="reward", frozen=True, kw_only=True):
    """Income in kind."""

    asset: str
    amount: Decimal
    type: RewardType = "other"


class RebateReceived(_Fact, tag="rebate", frozen=True, kw_only=True):
    """A trading rebate paid apart from any fill."""

    asset: str
    amount: Decimal
    symbol: str | None = None


class FeePaid(_Fact, tag="fee", frozen=True, kw_only=True):
    """A fee charged apart from any fill: ``amount`` is negative when paid."""

    asset: str
    amount: Decimal
    symbol: str | None = None


class Converted(_Fact, tag="conversion", frozen=True, kw_only=True, rename={"from_": "from"}):
    """One asset became another without a market; both amounts are positive. Dust too."""

    from_: Amount
    to: Amount
    fees: tuple[Amount, ...] = ()


class Borrowed(_Fact, tag="borrow", frozen=True, kw_only=True):
    """A loan taken (positive) or paid back (negative)."""

    asset: str
    amount: Decimal


class Settled(_Fact, tag="settlement", frozen=True, kw_only=True):
    """Cash that a contract settled for: profit positive, loss negative."""

    asset: str
    amount: Decimal
    symbol: str | None = None


class Opening(_Fact, tag="opening", frozen=True, kw_only=True):
    """What was there before the oldest known fact; ``cost`` None is unknown cost, not zero.

    With ``symbol`` it is an open contract position: ``amount`` is then its signed quantity (contracts when inverse).
    """

    asset: str
    amount: Decimal
    cost: Decimal | None = None
    cost_asset: str | None = None
    symbol: str | None = None


class Adjustment(_Fact, tag="adjustment", frozen=True, kw_only=True):
    """A change nobody could explain, or of a type nobody classified: kept, named and shown.

    ``raw_type`` is the exchange's own word for it, ``venue/type``, where it had one. With ``symbol`` and without that
    it changes a contract position: ``amount`` is then signed quantity (contracts when inverse), of ``position_side``
    in hedge mode.
    """

    asset: str
    amount: Decimal
    reason: str
    symbol: str | None = None
    raw_type: str | None = None
    position_side: PositionSide | None = None


class CostGiven(_Fact, tag="cost_basis", frozen=True, kw_only=True):
    """A person says what the lot opened by ``lot`` (the identity of its opening fact) had cost in all."""

    lot: str
    cost: Decimal
    cost_asset: str


class Retracted(_Fact, tag="retraction", frozen=True, kw_only=True):
    """The source withdrew the fact whose identity is ``target``."""

    target: str
    reason: str | None = None


Event = (
    Fill
    | TransferArrived
    | FundingPaid
    | InterestPaid
    | RewardReceived
    | RebateReceived
    | FeePaid
    | Converted
    | Borrowed
    | Settled
    | Opening
    | Adjustment
    | CostGiven
    | Retracted
)


class PriceQuoted(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="price"):
    """One unit of ``asset`` was worth ``price`` of ``currency`` then; not an account's fact but a reference."""

    time_ns: int
    asset: str
    price: Decimal
    currency: str
    source: str
