"""An instrument says what one unit of a symbol is and in what it settles."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from account_cli.domain.money import ONE


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """A market, named by its ccxt unified symbol.

    ``BTC/USD`` is spot (``settle`` is None). ``BTC/USDT:USDT`` is a linear contract, ``BTC/USD:BTC`` an inverse one.
    ``contract_size`` is in base units for a linear contract and in quote units for an inverse one.
    ``price_tick`` and ``quantity_step`` are for display only.
    """

    symbol: str
    base: str
    quote: str
    settle: str | None = None
    inverse: bool = False
    contract_size: Decimal = ONE
    price_tick: Decimal | None = None
    quantity_step: Decimal | None = None

    @property
    def is_contract(self) -> bool:
        """True for a derivative, False for spot."""
        return self.settle is not None


def from_symbol(symbol: str) -> Instrument:
    """Read what a unified symbol itself says: base, quote, settle, and inverse where settle is the base.

    The contract size is not in a symbol; it is 1 until the exchange or a file declares it.
    Raises ``ValueError`` when the text has not the form ``BASE/QUOTE`` or ``BASE/QUOTE:SETTLE``.
    """
    pair, colon, rest = symbol.partition(":")
    base, slash, quote = pair.partition("/")
    settle = rest.partition("-")[0] if colon else None
    if not (base and slash and quote) or settle == "":
        raise ValueError(f"not a unified symbol: {symbol!r}")
    return Instrument(
        symbol=symbol, base=base, quote=quote, settle=settle, inverse=settle is not None and settle == base
    )
