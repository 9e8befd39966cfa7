"""Exchanges, through adapters that can only read; the only package that knows ccxt.

``open_reader`` opens one account. What it returns is a ``ports.ExchangeReader``.

``venues``     the exchanges offered, known without loading ccxt
``reads``      the read list: only what is on it is ever sent; ``writes`` the methods that are refused by name
``wire``       ccxt with its transport guarded (``guard``): every request checked, paced and kept as received
``bans``       when nothing may be sent at all; ``silences`` who looks; ``offsets`` what the exchange's clock shows
``tee``        ccxt's WebSocket client, with every frame kept before anything may raise on it
``translate``  ccxt's errors, in one place; ``limits`` and ``nonces`` what the readers of one key share
``reading``    what all adapters have in common; ``markets`` listings kept on disk for a day
``kraken``, ``binance``  first-class venues, normalised from their own rows
``exported``   the files that exchanges give their customers
``generic``    every other exchange, through ccxt's own parsers

Invariants: (1) a request that is not on the read list raises before a socket opens; (2) every digit on the wire is the
digit in the fact; (3) what cannot be read is kept and named, and the rest of its page or frame counts; (4) one fact
told by REST and by stream is one and the same; (5) after ``close`` no task is left; (6) no URL, key, token or signature
leaves in a text.
"""

from __future__ import annotations

from pathlib import Path

from account_cli.errors import InputError
from account_cli.exchanges.permissions import refuse_private_key
from account_cli.exchanges.venues import WALLETS, nearest, venues
from account_cli.ports import Clock, ExchangeReader, ReaderSettings
from account_cli.redaction import Redactor

__all__ = ["nearest", "open_reader", "venues"]


def open_reader(
    settings: ReaderSettings, *, clock: Clock, redactor: Redactor, cache_dir: Path, tier: str = "starter"
) -> ExchangeReader:
    """Return a reader of one account; nothing is loaded or sent before its ``connect``.

    ``tier`` is the verification tier of a Kraken account, which decides its rate limit. Raises ``InputError`` for a
    venue that is not offered, naming the nearest one, and ``KeyCanTrade`` for a wallet's private key.
    """
    if settings.venue not in venues():
        near = nearest(settings.venue)
        hint = (
            f"did you mean {near}?"
            if near
            else f"{len(venues())} exchanges are offered, by their ccxt names, for example kraken"
        )
        raise InputError(f"unknown exchange {settings.venue!r}", field="exchange", hint=hint)
    if settings.venue in WALLETS:
        refuse_private_key(settings, redactor)
    if settings.venue == "kraken":
        from account_cli.exchanges.kraken.reader import KrakenReader

        return KrakenReader(settings, clock, redactor, cache_dir, tier=tier)
    if settings.venue == "binance":
        from account_cli.exchanges.binance.spot.reader import BinanceSpotReader

        return BinanceSpotReader(settings, clock, redactor, cache_dir)
    if settings.venue == "binanceusdm":
        from account_cli.exchanges.binance.reader import BinanceReader

        return BinanceReader(settings, clock, redactor, cache_dir)
    from account_cli.exchanges.generic.reader import GenericReader

    return GenericReader(settings, clock, redactor, cache_dir)
