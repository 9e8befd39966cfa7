"""Where a key that may only read is made at an exchange, and which boxes are ticked there: no more than acct needs.

The words are those of the exchange's own pages. Sources: support.kraken.com, "How to create an API key";
binance.com/support, "How to Create API Keys"; bybit.com/help, "How to create your API key"; okx.com/docs-v5, "API key
creation"; kucoin.com/docs, "Authentication"; docs.cdp.coinbase.com, "API key permissions"; bitget.com/api-doc, "Quick
start"; gate.com/docs, "API key"; docs.bitfinex.com, "API keys"; docs.gemini.com, "Roles".
"""

from __future__ import annotations

from typing import NamedTuple

from account_cli.exchanges.venues import WALLETS


class KeyPage(NamedTuple):
    """How to make a key: ``ticked`` are the boxes that it needs, ``words`` what else to know.

    ``asks``: what acct has to be told, of ``api_key``, ``secret``, ``passphrase`` and ``wallet_address``.
    """

    place: str
    ticked: tuple[str, ...]
    words: str
    asks: tuple[str, ...] = ("api_key", "secret")


_WITH_PASSPHRASE = ("api_key", "secret", "passphrase")
_BINANCE = KeyPage(
    "Account > API Management > Create API (System generated)",
    ("Enable Reading",),
    "Nothing else; bind it to your address with Restrict access to trusted IPs only.",
)
_PAGES = {
    "kraken": KeyPage(
        "Settings > Connections & API > Create API key",
        (
            "Funds permissions: Query",
            "Orders and trades: Query open orders & trades",
            "Orders and trades: Query closed orders & trades",
            "Data: Query ledger entries",
            "WebSocket interface: On",
        ),
        "Neither Deposit, Withdraw nor Earn, and nothing that creates, modifies or cancels orders.",
    ),
    "binance": _BINANCE,
    "binanceusdm": _BINANCE._replace(
        words="Nothing else, not Enable Futures either: that is for trading. The futures account must have been opened "
        "before the key is made."
    ),
    "bybit": KeyPage("Account > API > Create New Key", ("Read-Only",), "Tick what is to be read, Orders to Wallet."),
    "okx": KeyPage("Profile > API > Create API key", ("Read",), "Neither Trade nor Withdraw.", _WITH_PASSPHRASE),
    "kucoin": KeyPage("API Management > Create API", ("General",), "No box of trading or transfer.", _WITH_PASSPHRASE),
    "coinbase": KeyPage(
        "Settings > API > Create API key", ("View",), "Neither Trade nor Transfer; signature algorithm ECDSA."
    ),
    "bitget": KeyPage("API Keys > Create API Key", ("Read-only",), "No right to write.", _WITH_PASSPHRASE),
    "gate": KeyPage("API Management > Create API Key", ("Read Only",), "For each of spot, wallet and account."),
    "bitfinex": KeyPage("API Keys > Create New Key", ("Get …, in every row",), "Nothing in the columns that write."),
    "gemini": KeyPage("Account > API > Create a new API key", ("Auditor",), "Not Trader, not Fund Manager."),
}
_WALLET = KeyPage(
    "your wallet", (), "No key: the address of the wallet is enough, and nothing else is taken.", ("wallet_address",)
)
_OTHERS = KeyPage(
    "the page of the exchange where API keys are made",
    ("reading, viewing or querying",),
    "Nothing that trades, transfers or withdraws: this exchange does not tell acct what a key may do.",
)


def key_page(venue: str) -> KeyPage:
    """Return how a key for ``venue`` is made."""
    return _WALLET if venue in WALLETS else _PAGES.get(venue, _OTHERS)
