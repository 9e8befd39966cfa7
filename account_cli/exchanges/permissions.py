"""What a key may do, read from the answer where a venue tells it; only what is known to read is fine.

Sources: docs.kraken.com, Get API Key Info; developers.binance.com, Wallet, Get API Key Permission. A right whose name
is new counts as one that writes. The words are those that stand beside the box to untick on the exchange's own page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from account_cli.domain.keys import KeyRights
from account_cli.errors import BadAnswer, KeyCanTrade
from account_cli.ports import ReaderSettings
from account_cli.redaction import Redactor

_PRIVATE_KEY = re.compile(r"(?:0x)?[0-9a-fA-F]{64}")
#: Rights of a Kraken key that change nothing: ``add-funds`` shows where to deposit, ``export-data`` asks for a report.
_KRAKEN_READS = frozenset(
    {
        "query-funds", "query-open-trades", "query-closed-trades", "query-ledger", "export-data", "create-ws-token",
        "access-websockets", "add-funds",
    }
)  # fmt: skip
_KRAKEN_WORDS = {
    "modify-trades": "Create & modify orders",
    "close-trades": "Cancel & close orders",
    "withdraw-funds": "Withdraw",
    "earn-funds": "Earn",
    "add-withdraw-address": "Add withdrawal addresses",
    "update-withdraw-address": "Update withdrawal addresses",
}
_BINANCE_READS = frozenset({"enableReading", "enableFixReadOnly", "ipRestrict"})
_BINANCE_WORDS = {
    "enableSpotAndMarginTrading": "Enable Spot & Margin Trading",
    "enableMargin": "Enable Margin Loan, Repay & Transfer",
    "enableFutures": "Enable Futures",
    "enableVanillaOptions": "Enable European Options",
    "enablePortfolioMarginTrading": "Enable Portfolio Margin Trading",
    "enableFixApiTrade": "Enable FIX API Trade",
    "enableWithdrawals": "Enable Withdrawals",
    "enableInternalTransfer": "Enable Internal Transfer",
    "permitsUniversalTransfer": "Permits Universal Transfer",
}
_BINANCE_MOVES = frozenset({"enableWithdrawals", "enableInternalTransfer", "permitsUniversalTransfer"})
_BINANCE_NEEDED = ("enableReading", "enableSpotAndMarginTrading", "enableWithdrawals", "enableFutures")


def kraken_rights(result: object) -> KeyRights:
    """Read ``result`` of ``GetApiKeyInfo``. Raises ``BadAnswer``."""
    told = result.get("permissions") if isinstance(result, Mapping) else None
    if not isinstance(told, list) or not all(isinstance(name, str) for name in told):
        raise BadAnswer("the answer names no permissions")
    names = [name for name in told if name not in _KRAKEN_READS]
    return _rights(names, _KRAKEN_WORDS, [name for name in names if "withdraw" in name])


def binance_rights(data: object) -> KeyRights:
    """Read the answer of ``apiRestrictions``. Raises ``BadAnswer``."""
    if not isinstance(data, Mapping):
        raise BadAnswer("the answer names no permissions")
    flags = {str(name): value for name, value in data.items() if str(name).startswith(("enable", "permits"))}
    missing = [name for name in _BINANCE_NEEDED if name not in flags]
    if missing or not all(isinstance(value, bool) for value in flags.values()):
        raise BadAnswer(f"the answer does not say {missing[0] if missing else 'yes or no'}")
    names = [name for name, granted in flags.items() if granted and name not in _BINANCE_READS]
    return _rights(names, _BINANCE_WORDS, [name for name in names if name in _BINANCE_MOVES])


def _rights(names: list[str], words: Mapping[str, str], moving: list[str]) -> KeyRights:
    too_much = tuple(words.get(name, name) for name in names)
    if not names:
        return KeyRights(standing="read-only")
    return KeyRights(standing="can-withdraw" if moving else "can-trade", too_much=too_much)


def refuse_private_key(settings: ReaderSettings, redactor: Redactor) -> None:
    """Raise ``KeyCanTrade`` when a private key was given where a wallet's address is enough, whatever it was called."""
    address = settings.wallet_address
    given = [settings.api_key, settings.secret, settings.passphrase]
    if address is not None and _PRIVATE_KEY.fullmatch(address.strip()):
        given.append(address)
    if any(given):
        redactor.learn(*given)
        raise KeyCanTrade(
            f"{settings.account}: a private key of {settings.venue} can trade and withdraw, so it is refused",
            hint="give only the wallet's address (wallet_address), which is enough to read, and keep the key elsewhere",
            standing="can-withdraw",
        )
