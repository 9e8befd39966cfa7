"""Which exchanges acct offers, known without loading the library that talks to them.

``CCXT_IDS`` are all exchanges of the pinned ccxt (a test compares); a venue is offered when it has a read list, because
without one nothing could be sent to it.
"""

from __future__ import annotations

import difflib

from account_cli.exchanges.reads import recorded

#: Venues with a normaliser of their own over the raw rows.
FIRST_CLASS = ("kraken", "binance", "binanceusdm")

_IDS = """
alpaca apex aster backpack bequant bigone binance binancecoinm binanceus binanceusdm bingx bit2c bitbank bitbns
bitfinex bitflyer bitget bithumb bitopro bitrue bitso bitstamp bitteam bittrade bitvavo blockchaincom blofin btcbox
btcmarkets btcturk btse bullish bybit bybiteu bybitid bydfi cex coinbase coinbaseexchange coinbaseinternational
coincheck coinmate coinone coinsph coinspot cryptocom cryptomus deepcoin delta deribit derive digifinex dydx extended
fmfwio foxbit gate gateeu gemini grvt hashkey hibachi hitbtc hollaex htx hyperliquid independentreserve indodax kraken
krakenfutures kucoin kucoinfutures latoken lbank lighter luno mercado mexc modetrade mudrex myokx nado ndax okx okxus
onetrading p2b pacifica paradex paymium phemex poloniex polymarket revolutx tokocrypto toobit upbit weex whitebit woo
woofipro xt zaif zebpay
"""

#: Every exchange of the pinned ccxt.
CCXT_IDS = tuple(_IDS.split())

#: Venues where a private key signs, which can do everything: they are read by address, and no key is ever taken.
WALLETS = ("derive", "hyperliquid", "nado")

#: Names people still type for exchanges that are called otherwise here.
ALIASES = {"gateio": "gate", "huobi": "htx", "coinbaseadvanced": "coinbase", "binancefutures": "binanceusdm"}


def venues() -> list[str]:
    """Return the names of the venues offered, in order."""
    return sorted(recorded())


def nearest(name: str) -> str | None:
    """Return the offered venue that ``name`` most likely means, or None when nothing is near."""
    wanted = name.strip().lower().replace("-", "").replace("_", "")
    if wanted in ALIASES:
        return ALIASES[wanted]
    close = difflib.get_close_matches(wanted, venues(), n=1, cutoff=0.6)
    return close[0] if close else None
