"""The part of ``acct doctor`` that asks the exchanges: name, TLS, REST, clock, key, budget and stream."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from account_cli.bootstrap.collecting import SystemClock, make_reader
from account_cli.bootstrap.doctor import of_error
from account_cli.config import EVERY, AccountConfig, Config
from account_cli.domain.keys import KeyRights
from account_cli.domain.times import SECOND
from account_cli.errors import AcctError, Permanent
from account_cli.exchanges.offsets import OFF_NS
from account_cli.exchanges.probing import Met, met
from account_cli.ports import ExchangeReader, Subscribed
from account_cli.reports.doctor import Check, doubtful, failed, fine

_WITHIN_S = 15.0
_CERTIFICATE_DAYS = 14
_MUCH = 0.8


def look_at(config: Config, names: Sequence[str]) -> list[Check]:
    """Ask every account's exchange at once; an account whose key is not there has been found already."""
    accounts = []
    for name in [name for name in names if name != EVERY] or list(config.accounts):
        with suppress(AcctError):
            accounts.append(config.account(name))
    return asyncio.run(_all(accounts, config))


async def _all(accounts: Sequence[AccountConfig], config: Config) -> list[Check]:
    found = await asyncio.gather(*(_one(account, config) for account in accounts))
    return [check for checks in found for check in checks]


async def _one(account: AccountConfig, config: Config) -> list[Check]:
    try:
        reader = make_reader(account, config, SystemClock())
    except AcctError:
        return []
    checks: list[Check] = []
    try:
        checks.append(await _rights(account, reader))
        began = time.monotonic()
        error = await _within(reader.connect(), account.name, "REST")
        checks.append(error or fine(account.name, "REST", f"answers in {(time.monotonic() - began) * 1000:.0f} ms"))
        found = met(reader)
        checks += [check for host in found.hosts for check in await _host(account.name, *host)]
        checks += [*_clock(account.name, found), *_budget(account.name, found)]
        if error is None:
            checks.append(await _stream(account.name, reader))
    finally:
        await reader.close()
    return checks


async def _within(asked: object, account: str, what: str) -> Check | None:
    """Wait for an answer; return what kept it away, None when it came."""
    try:
        async with asyncio.timeout(_WITHIN_S):
            await asked  # type: ignore[misc]
    except AcctError as error:
        return of_error(account, what, error)
    except TimeoutError:
        return failed(account, what, f"no answer within {_WITHIN_S:g} s", "try again; -v says more", exit_code=6)
    return None


async def _rights(account: AccountConfig, reader: ExchangeReader) -> Check:
    what = "key rights"
    try:
        async with asyncio.timeout(_WITHIN_S):
            rights = await reader.key()
    except Permanent as error:
        return doubtful(account.name, what, f"unverified: {error.message}", "make sure that it can only read")
    except AcctError as error:
        return of_error(account.name, what, error)
    except TimeoutError:
        return failed(account.name, what, f"no answer within {_WITHIN_S:g} s", "try again", exit_code=6)
    return _judged(account, rights)


def _judged(account: AccountConfig, rights: KeyRights) -> Check:
    if rights.writes:
        detail = f"{rights.standing}: {', '.join(rights.too_much)}"
        fix = f"untick these at {account.exchange}, or: acct accounts key {account.name}"
        if account.allow_writable_key:
            return doubtful(account.name, "key rights", f"{detail}; allowed by allow_writable_key", fix)
        return failed(account.name, "key rights", detail, fix, exit_code=5)
    if rights.standing == "read-only":
        return fine(account.name, "key rights", "read-only, says the exchange")
    return doubtful(
        account.name,
        "key rights",
        f"unverified{f': {rights.why}' if rights.why else ''}",
        f"make sure at {account.exchange} that it can only read",
    )


async def _host(account: str, host: str, port: int, secure: bool) -> list[Check]:
    """Look a host up, and where it is reached by TLS, at its certificate."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_WITHIN_S):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError) as error:
        fix = f"getent hosts {host} says whether this computer's resolver knows it"
        said = getattr(error, "strerror", None) or type(error).__name__
        return [failed(account, "DNS", f"{host}: {said}", fix, exit_code=6)]
    addresses = sorted({str(one[4][0]) for one in found})
    checks = [fine(account, "DNS", f"{host}: {', '.join(addresses[:2])}{' …' if len(addresses) > 2 else ''}")]
    return [*checks, await _tls(account, host, port)] if secure else checks


async def _tls(account: str, host: str, port: int) -> Check:
    try:
        async with asyncio.timeout(_WITHIN_S):
            _, writer = await asyncio.open_connection(host, port, ssl=ssl.create_default_context())
    except ssl.SSLError as error:
        said = getattr(error, "verify_message", None) or error.reason or "refused"
        fix = "check this computer's clock and certificates; somebody between here and there may break TLS open"
        return failed(account, "TLS", f"{host}: {said}", fix, exit_code=6)
    except (OSError, TimeoutError) as error:
        said = getattr(error, "strerror", None) or type(error).__name__
        return failed(account, "TLS", f"{host}:{port}: {said}", "check the network and any firewall", exit_code=6)
    shown = writer.get_extra_info("ssl_object")
    writer.close()
    until = ssl.cert_time_to_seconds(shown.getpeercert()["notAfter"])
    days = int((until - time.time()) // 86_400)
    text = f"{host}: {shown.version()}, until {datetime.fromtimestamp(until, UTC):%Y-%m-%d}"
    if days < _CERTIFICATE_DAYS:
        return doubtful(account, "TLS", f"{text}, which is soon", "nothing here: the exchange has to renew it")
    return fine(account, "TLS", text)


def _clock(account: str, found: Met) -> list[Check]:
    if found.ahead_ns is None:
        return []
    apart = found.ahead_ns / SECOND
    text = f"this computer's is {abs(apart):.2f} s {'behind' if apart > 0 else 'ahead of'} the exchange's"
    if abs(found.off_ns) > OFF_NS:
        return [doubtful(account, "clock", text, "timedatectl set-ntp true")]
    return [fine(account, "clock", text)]


def _budget(account: str, found: Met) -> list[Check]:
    if found.budget is None:
        return []
    text = f"{found.budget:.0%} of what may be asked at once is used"
    if found.budget > _MUCH:
        return [doubtful(account, "rate budget", text, "ask less often: poll_interval, or fewer programs with one key")]
    return [fine(account, "rate budget", text)]


async def _stream(account: str, reader: ExchangeReader) -> Check:
    kinds = reader.abilities().streams
    if not kinds:
        return fine(account, "stream", "this exchange is polled")
    began = time.monotonic()
    try:
        async with asyncio.timeout(_WITHIN_S), reader.stream(kinds) as items:
            async for item in items:
                if isinstance(item, Subscribed):
                    return fine(account, "stream", f"subscribed in {(time.monotonic() - began) * 1000:.0f} ms")
    except AcctError as error:
        return of_error(account, "stream", error)
    except TimeoutError:
        return failed(account, "stream", f"nothing came within {_WITHIN_S:g} s", "check the network", exit_code=6)
    return failed(account, "stream", "ended before it began", "try again; -v says more", exit_code=6)
