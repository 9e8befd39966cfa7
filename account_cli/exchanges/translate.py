"""ccxt's errors become acct's in one place, and lose every URL, key and signature on the way.

Two of ccxt's answers mislead and are corrected here: Kraken's ``EAPI:Invalid signature`` comes as a plain
``ExchangeError`` though the key is wrong, and Binance's ``-2015`` (key, address or permission refused) comes as
``DDoSProtection``, which looks worth retrying, once any call has succeeded. The original stays the cause, with its text
cleaned in place: ccxt writes the signed URL into it.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from account_cli.errors import (
    AcctError,
    BadAnswer,
    KeyRejected,
    Maintenance,
    NotListed,
    NotSupported,
    Permanent,
    RateLimited,
    Temporary,
    Unreachable,
)
from account_cli.exchanges.lean import ccxt_module
from account_cli.redaction import Redactor

_URL = re.compile(r"\b(?:https?|wss?)://\S+|\?\S*(?:signature|timestamp|nonce)=\S*", re.IGNORECASE)
_KRAKEN_CODE = re.compile(r"\b[EW][A-Z][A-Za-z]*:[A-Za-z][A-Za-z0-9 :/_-]{0,80}")
_WHOLE_KEY_CODES = re.compile(r'EAPI:Invalid (?:key|signature)|"code":\s*"?(?:-2014|-2015|-1022)\b')
_RIGHT_CODES = re.compile(r"EGeneral:Permission denied|EAccount:Invalid permissions|EAPI:Feature disabled")
_SESSION_CODES = re.compile(r"ESession:|EGeneral:Internal error|EGeneral:Temporary")
_ONLY_WARNINGS = re.compile(r'"error":\s*\[\s*"W[^"]*"(?:\s*,\s*"W[^"]*")*\s*\]')
"""Kraken marks errors with ``E`` and warnings with ``W`` (docs.kraken.com, REST error details): what came with one may
lack something, and is asked for again."""
_MAINTENANCE = re.compile(r"EService:(?:Unavailable|Market in)|maintenance|\b503\b|system_upgrade", re.IGNORECASE)
_NOT_LISTED = re.compile(r'"code":\s*"?-1121\b|EQuery:Unknown asset pair')
_LOCKOUT_S = 900.0
"""Kraken's ``EGeneral:Temporary lockout`` lasts 15 minutes (docs.kraken.com, REST rate limits)."""

_KEY_HINT = "check the key, its permissions and its allowed addresses at the exchange, then try again"


@contextmanager
def translated(
    venue: str, what: str, redactor: Redactor, *, retry_after: Callable[[], float | None] = lambda: None
) -> Iterator[None]:
    """Run the block; whatever it raises leaves as an ``AcctError`` whose text is safe to show."""
    try:
        yield
    except AcctError:
        raise
    except Exception as error:
        raise translate(error, venue, what, redactor, retry_after()) from error


def translate(
    error: BaseException, venue: str, what: str, redactor: Redactor, retry_after: float | None = None
) -> AcctError:
    """Return the ``AcctError`` that says what ``error`` means; cleans the text of ``error`` in place."""
    raw = str(error)
    told = _told(redactor.clean(raw))  # before anything is cut off: half a key would not be known again
    where = f"{venue}: {what}"
    says = f"{where}: {told}" if told else where
    made = _classify(error, raw, where, says, retry_after)
    made.args = (redactor.clean(made.message),)
    made.message = made.args[0]
    _scrub(error, redactor)
    return made


def _classify(error: BaseException, raw: str, where: str, says: str, retry_after: float | None) -> AcctError:
    ccxt = ccxt_module("base.errors")
    if _RIGHT_CODES.search(raw) or isinstance(error, ccxt.PermissionDenied):
        return KeyRejected(f"{says} (the key may not do this)", hint=_KEY_HINT)
    if _WHOLE_KEY_CODES.search(raw) or isinstance(error, ccxt.AuthenticationError):
        return KeyRejected(f"{says} (the key was refused)", hint=_KEY_HINT, whole=True)
    if "lockout" in raw:
        return RateLimited(says, retry_after=_LOCKOUT_S)
    if isinstance(error, (ccxt.RateLimitExceeded, ccxt.DDoSProtection)):
        return RateLimited(f"{says} (too many requests)", retry_after=retry_after)
    if isinstance(error, ccxt.OnMaintenance) or (
        isinstance(error, ccxt.ExchangeNotAvailable) and _MAINTENANCE.search(raw)
    ):
        return Maintenance(f"{says} (the exchange is down for work)", retry_after=retry_after)
    if _ONLY_WARNINGS.search(raw):
        return Temporary(f"{says} (answered with a warning)")
    if isinstance(error, ccxt.InvalidNonce) or _SESSION_CODES.search(raw):
        return Temporary(f"{says} (nonce, clock or session out of step)")
    if isinstance(error, (ccxt.RequestTimeout, TimeoutError, asyncio.TimeoutError)):
        return Unreachable(f"{where}: no answer in time")
    if isinstance(error, (ccxt.BadResponse, ccxt.ExchangeClosedByUser)):
        return Unreachable(f"{says} (the answer was cut short)")
    if isinstance(error, (ccxt.OperationFailed, OSError)) or type(error).__module__.startswith("aiohttp"):
        return Unreachable(
            f"{says} (not reachable{_at(error)})",
            hint="check the network and the configured URLs; acct doctor looks closer",
        )
    if isinstance(error, ccxt.NotSupported):
        return NotSupported(f"{where}: not offered by this exchange")
    if _NOT_LISTED.search(raw) or isinstance(error, ccxt.BadSymbol):
        return NotListed(f"{says} (not listed)")
    if isinstance(error, ccxt.BaseError):
        return Permanent(f"{says} (refused)")
    return BadAnswer(f"{where}: the answer could not be read ({type(error).__name__})")


def _at(error: BaseException) -> str:
    """Return which machine could not be reached and why, where the connection was never made."""
    from aiohttp import ClientConnectorError

    met: BaseException | None = error
    while met is not None and not isinstance(met, ClientConnectorError):
        met = met.__cause__ or met.__context__
    if met is None:
        return ""
    reason = met.os_error.strerror
    if met.os_error.errno is not None and met.os_error.errno > 0:
        reason = os.strerror(met.os_error.errno)
    return f": {met.host}:{met.port}: {reason or type(met.os_error).__name__}"


def _told(raw: str) -> str:
    """Return what the exchange itself said, taken out of ccxt's text: its code and message, nothing else."""
    codes = _KRAKEN_CODE.findall(raw)
    if codes:
        return "; ".join(dict.fromkeys(codes))[:160]
    start = raw.find("{")
    if start < 0:
        return ""
    try:
        body = json.loads(raw[start:])
    except (ValueError, RecursionError):
        return ""
    if not isinstance(body, dict):
        return ""
    said = [
        str(body[key])
        for key in ("code", "retCode", "status", "msg", "message", "retMsg", "error")
        if isinstance(body.get(key), (str, int))
    ]
    return _URL.sub("", " ".join(said))[:160]


def _scrub(error: BaseException, redactor: Redactor) -> None:
    """Take URLs and secrets out of an exception's own text and of what it was raised from."""
    seen: set[int] = set()
    step: BaseException | None = error
    while step is not None and id(step) not in seen:
        seen.add(id(step))
        if any(isinstance(arg, (str, bytes)) for arg in step.args):
            step.args = tuple(_clean(arg, redactor) for arg in step.args)
        step = step.__cause__ or step.__context__


def _clean(arg: object, redactor: Redactor) -> object:
    if isinstance(arg, bytes):
        arg = arg.decode("utf-8", "replace")
    return _URL.sub("[url]", redactor.clean(arg))[:400] if isinstance(arg, str) else arg
