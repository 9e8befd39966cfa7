"""Kraken's names of things, read into unified ones: XXBT and XBT are BTC, ZUSD is USD, XBT.F is BTC in the earn wallet.

Source: Kraken's REST ``Assets`` and ``AssetPairs`` (altname, wsname), and its support pages on the suffixes of staked
and rewarded balances. Where the listing of the day knows a name it rules; the table below is for names that were
delisted or that the listing leaves out.
"""

from __future__ import annotations

import re

from account_cli.exchanges.markets import Listing, Markets

OLD = {
    "XXBT": "BTC", "XBT": "BTC", "XXDG": "DOGE", "XDG": "DOGE", "XETH": "ETH", "XETC": "ETC", "XLTC": "LTC",
    "XMLN": "MLN", "XREP": "REP", "XXLM": "XLM", "XXMR": "XMR", "XXRP": "XRP", "XZEC": "ZEC", "XICN": "ICN",
    "XNMC": "NMC", "XXVN": "XVN", "ZUSD": "USD", "ZEUR": "EUR", "ZGBP": "GBP", "ZCAD": "CAD", "ZJPY": "JPY",
    "ZAUD": "AUD", "ZCHF": "CHF", "ZKRW": "KRW",
}  # fmt: skip
_EARN = re.compile(r"(?P<asset>.+?)(?P<term>\d{2})?\.(?P<kind>[FSMBP])")


class Names:
    """Reads Kraken's asset and pair names."""

    def __init__(self, markets: Markets) -> None:
        self._assets, self._pairs = markets.assets, markets.by_name()
        self._known = set(markets.assets.values())
        self.decimals = markets.decimals

    def asset(self, code: str) -> str:
        """Return the unified name of an asset, its wallet left out."""
        return self.holding(code)[0]

    def holding(self, code: str) -> tuple[str, str]:
        """Return (unified asset, wallet) of a balance or ledger entry named ``code``."""
        match = _EARN.fullmatch(code)
        if match is None:
            return self._plain(code), "spot"
        whole = match["asset"] + (match["term"] or "")
        bare = self._plain(match["asset"])
        if match["term"] and bare not in self._known:
            bare = self._plain(whole)  # the digits belong to the name; DOT28.S is DOT bonded for 28 days
        return bare, "earn"

    def _plain(self, code: str) -> str:
        return self._assets.get(code) or OLD.get(code) or code

    def symbol(self, pair: str) -> str | None:
        """Return the unified symbol of a pair by any of Kraken's names for it; None when nobody lists it."""
        listing = self._pairs.get(pair)
        if listing is not None:
            return listing.instrument.symbol
        base, slash, quote = pair.partition("/")
        return f"{self.asset(base)}/{self.asset(quote)}" if slash and base and quote else None

    def listing(self, symbol: str) -> Listing | None:
        """Return the market of a unified symbol."""
        return self._pairs.get(symbol)
