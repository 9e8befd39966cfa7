"""Budgets, nonces, errors, frames and files: what every adapter stands on."""

from __future__ import annotations

import asyncio
import importlib
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientConnectorError, ClientSession
from msgspec.structs import replace

from account_cli.domain.instruments import from_symbol
from account_cli.errors import (
    AcctError,
    BadAnswer,
    KeyRejected,
    Maintenance,
    NotSupported,
    Permanent,
    RateLimited,
    Temporary,
    Unreachable,
)
from account_cli.exchanges import markets
from account_cli.exchanges.fields import read_each
from account_cli.exchanges.files import read_text, write_text
from account_cli.exchanges.guard import guarded
from account_cli.exchanges.lean import ccxt_module, venue_class
from account_cli.exchanges.limits import Budget
from account_cli.exchanges.markets import Listing, Markets
from account_cli.exchanges.nonces import Nonces
from account_cli.exchanges.reads import Reads
from account_cli.exchanges.tee import Ended, Received, Sign, Tee, loads, tee_client, understood
from account_cli.exchanges.translate import translate
from account_cli.exchanges.wire import Manner, Wire
from account_cli.ports import ReaderSettings
from account_cli.redaction import Redactor
from tests.unit.exchanges.exch_clock import TestClock

SECRET = "a-secret-that-nobody-may-see"


# ---- budget ----


async def test_a_budget_waits_until_the_counter_has_drained() -> None:
    clock = TestClock()
    budget = Budget(clock, ceiling=15.0, per_second=0.33)
    for _ in range(7):
        await budget.admit(2.0)
    assert clock.slept == 0
    await budget.admit(2.0)
    assert clock.slept == pytest.approx(1 / 0.33, abs=0.02)
    assert budget.level() <= 15.0


async def test_who_can_wait_leaves_a_third_to_whoever_cannot_and_keeps_nobody_waiting() -> None:
    clock = TestClock()
    budget = Budget(clock, ceiling=12.0, per_second=0.5)
    for _ in range(4):
        await budget.admit(2.0, patient=True)
    for _ in range(2):
        await budget.admit(2.0)
    assert clock.slept == 0
    await budget.admit(2.0, patient=True)
    assert clock.slept == pytest.approx(12.0, abs=0.1), "what was left to others has drained again"


async def test_whoever_cannot_wait_does_not_queue_behind_who_can() -> None:
    class Stopped(TestClock):
        async def sleep(self, seconds: float) -> None:
            await asyncio.Event().wait()

    budget = Budget(Stopped(), ceiling=12.0, per_second=0.5)
    await budget.admit(8.0, patient=True)
    waiting = asyncio.ensure_future(budget.admit(2.0, patient=True))
    await asyncio.sleep(0)
    await asyncio.wait_for(budget.admit(2.0), 10)
    assert not waiting.done()
    waiting.cancel()


async def test_the_next_process_begins_where_the_counter_was_left(tmp_path: Path) -> None:
    clock, file = TestClock(), tmp_path / "budget.txt"
    first = Budget(clock, ceiling=15.0, per_second=0.5, file=file)
    for _ in range(6):
        await first.admit(2.0)
    await clock.sleep(4)
    assert Budget(clock, ceiling=15.0, per_second=0.5, file=file).level() == pytest.approx(10.0)
    write_text(file, "nonsense")
    assert Budget(clock, ceiling=15.0, per_second=0.5, file=file).level() == 0


async def test_the_exchanges_own_count_is_believed_when_it_is_higher() -> None:
    clock = TestClock()
    budget = Budget(clock, ceiling=480.0, per_second=24.0, a_minute=2400.0)
    budget.told(1900.0)
    await budget.admit(20.0)
    assert clock.slept == 0
    await budget.admit(5.0)
    assert clock.slept == pytest.approx(40.0, abs=0.02), "no more than four fifths before the next minute"


async def test_no_minute_gets_more_than_four_fifths_of_what_the_venue_allows(tmp_path: Path) -> None:
    clock, file, sent = TestClock(), tmp_path / "budget.txt", list[tuple[float, float]]()
    two = [Budget(clock, ceiling=480.0, per_second=24.0, a_minute=2400.0, file=file) for _ in range(2)]
    for n in range(400):
        cost = (5.0, 30.0, 40.0)[n % 3]
        await two[n % 2].admit(cost)
        sent.append((clock.monotonic(), cost))
    for at, _ in sent:
        assert sum(cost for when, cost in sent if at <= when < at + 60) <= 1920.0 + 1


async def test_two_processes_draw_on_one_budget(tmp_path: Path) -> None:
    clock, file = TestClock(), tmp_path / "budget.txt"
    one, two = (Budget(clock, ceiling=12.0, per_second=0.33, file=file) for _ in range(2))
    for _ in range(3):
        await one.admit(2.0)
        await two.admit(2.0)
    assert clock.slept == 0
    await two.admit(2.0)
    assert clock.slept == pytest.approx(2 / 0.33, abs=0.05)
    assert one.level() == pytest.approx(two.level(), abs=0.05)


# ---- nonces ----


def test_nonces_rise_when_the_clock_goes_back_and_after_a_restart(tmp_path: Path) -> None:
    clock, file = TestClock(), tmp_path / "nonce.txt"
    told = []
    for restart in range(20):
        nonces = Nonces(clock, file)
        told += [nonces.next() for _ in range(10)]
        clock.ns -= 1_000_000_000 * restart
    assert told == sorted(set(told))
    assert oct(file.stat().st_mode)[-3:] == "600"


def test_nonces_of_several_processes_rise_together(tmp_path: Path) -> None:
    clock, file = TestClock(), tmp_path / "nonce.txt"
    three = [Nonces(clock, file) for _ in range(3)]
    told = [three[n % 3].next() for n in range(60)]
    assert told == sorted(set(told))


async def test_one_process_at_a_time_sends_with_a_key(tmp_path: Path) -> None:
    clock, file = TestClock(), tmp_path / "nonce.txt"
    one, two = Nonces(clock, file), Nonces(clock, file)
    async with one.in_order(), two.in_order():  # a process that hangs must not stop the other for ever
        assert clock.slept == pytest.approx(30.0, abs=0.1)
    async with two.in_order():
        assert clock.slept == pytest.approx(30.0, abs=0.1)


# ---- errors ----


def of(name: str, text: str) -> Any:
    return getattr(ccxt_module("base.errors"), name)(text)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (("ExchangeError", 'kraken {"error":["EAPI:Invalid signature"]}'), KeyRejected),
        (("AuthenticationError", 'kraken {"error":["EAPI:Invalid key"]}'), KeyRejected),
        (("PermissionDenied", 'kraken {"error":["EGeneral:Permission denied"]}'), KeyRejected),
        (("DDoSProtection", 'binanceusdm {"code":-2015,"msg":"Invalid API-key, IP"}'), KeyRejected),
        (("DDoSProtection", 'kraken {"error":["EAPI:Rate limit exceeded"]}'), RateLimited),
        (("RateLimitExceeded", "binanceusdm 429"), RateLimited),
        (("DDoSProtection", 'kraken {"error":["EGeneral:Temporary lockout"]}'), RateLimited),
        (("ExchangeNotAvailable", "kraken POST https://x/0 503 Service Unavailable <html>"), Maintenance),
        (("OnMaintenance", "okx"), Maintenance),
        (("ExchangeNotAvailable", "kraken 520"), Unreachable),
        (("ExchangeNotAvailable", "kraken GET https://x"), Unreachable),
        (("RequestTimeout", "kraken GET https://x"), Unreachable),
        (("InvalidNonce", 'binanceusdm {"code":-1021,"msg":"Timestamp"}'), Temporary),
        (("ExchangeError", 'kraken {"error":["WGeneral:Delayed"],"result":{"a":"1"}}'), Temporary),
        (("ExchangeError", 'kraken {"error":["WGeneral:Delayed","EQuery:Unknown"]}'), Permanent),
        (("BadSymbol", "kraken does not have market symbol"), Permanent),
        (("NotSupported", "kraken fetchX()"), NotSupported),
    ],
)
def test_errors_of_ccxt_say_who_must_act(error: tuple[str, str], kind: type[AcctError]) -> None:
    assert isinstance(translate(of(*error), "venue", "what", Redactor()), kind)


def test_errors_of_python_out_of_ccxt_are_bad_answers_and_those_of_the_network_are_not() -> None:
    assert isinstance(translate(KeyError("spot"), "v", "w", Redactor()), BadAnswer)
    assert isinstance(translate(ConnectionResetError(), "v", "w", Redactor()), Unreachable)
    assert isinstance(translate(TimeoutError(), "v", "w", Redactor()), Unreachable)


async def test_what_cannot_be_reached_is_named_with_the_reason_and_without_what_was_asked() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        async with ClientSession() as session:
            with pytest.raises(ClientConnectorError) as refused:
                await session.get(f"http://127.0.0.1:{port}/private?signature=CANARY")
    error = ccxt_module("base.errors").ExchangeNotAvailable(
        f"kraken GET http://127.0.0.1:{port}/private?signature=CANARY"
    )
    error.__cause__ = refused.value
    told = translate(error, "kraken", "markets", Redactor())
    assert told.message == f"kraken: markets (not reachable: 127.0.0.1:{port}: Connection refused)"
    assert "acct doctor" in str(told.hint)


def test_no_url_key_or_signature_leaves_with_an_error() -> None:
    redactor = Redactor()
    redactor.learn(SECRET)
    text = f"binanceusdm GET https://fapi.binance.com/x?timestamp=1&signature=abcdef0123 503 {SECRET} <html>"
    error = of("ExchangeNotAvailable", text)
    error.__cause__ = ValueError(text)
    made = translate(error, "binanceusdm", "account", redactor)
    told = f"{made} {made.hint} {error} {error.args} {error.__cause__}"
    assert "https" not in told
    assert "abcdef0123" not in told
    assert SECRET not in told


def test_whoever_reads_an_exchange_has_its_keys_masked_from_then_on(tmp_path: Path) -> None:
    keys = ("the-canary-key", "dGhlIGNhbmFyeSBzZWNyZXQ=", "the-canary-passphrase")
    settings = ReaderSettings(account="main", venue="kraken", api_key=keys[0], secret=keys[1], passphrase=keys[2])
    redactor = Redactor()
    Wire(settings, TestClock(), redactor, tmp_path, Manner())
    said = redactor.clean(f"told in an answer: {' '.join(keys)}")
    assert not any(key in said for key in keys)


def test_what_the_exchange_said_is_told() -> None:
    made = translate(of("BadRequest", 'binanceusdm {"code":-1102,"msg":"Mandatory parameter"}'), "b", "x", Redactor())
    assert "-1102 Mandatory parameter" in str(made)
    warned = translate(of("ExchangeError", 'kraken {"error":["WGeneral:Delayed"],"result":{}}'), "k", "x", Redactor())
    assert str(warned) == "k: x: WGeneral:Delayed (answered with a warning)"


# ---- frames ----


def test_every_digit_survives() -> None:
    told = loads('{"a":123456789.123456789,"b":1e-9,"c":100000000000000000000000001,"d":"0.10"}')
    assert told == {"a": "123456789.123456789", "b": "1e-9", "c": 100000000000000000000000001, "d": "0.10"}


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", '"\\ud800"', '"\\u0000"', "1.", "01", '"\t"'])
def test_what_no_exchange_may_say_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"JSON|character|truncated"):
        loads(f'{{"a":{value}}}')


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000])
def test_a_frame_that_is_nested_too_deep_is_one_that_cannot_be_read(text: str) -> None:
    frame = understood(Received(1, text, None, None), None, lambda *_: ())
    assert frame.trouble is not None
    assert frame.trouble.startswith("not JSON: ")


async def test_the_client_that_ccxt_makes_keeps_every_frame_and_outlives_every_handler(tmp_path: Path) -> None:
    """The contract with ccxt's internals: class, constructor, the methods overridden, and what calls them."""
    base = ccxt_module("async_support.base.ws.client").Client
    for name in ("handle_text_or_binary_message", "handle_message", "send", "open", "resolve", "reject", "close"):
        assert callable(base.__dict__[name]), name
    tee = Tee(TestClock(), Reads("kraken"))
    client = base("ws://127.0.0.1:1", lambda *_: 1 / 0, print, print, print, {})
    tee_client(client, tee)
    assert isinstance(client, base)
    tee.handle = lambda *_: 1 / 0  # type: ignore[assignment]
    message_type = importlib.import_module("aiohttp").WSMsgType
    message = importlib.import_module("aiohttp").WSMessage
    for data in ('{"channel":"executions","type":"upd', '{"price":1.10}', "pong", "[1,2,3]"):
        client.handle_message(message(message_type.TEXT, data, None))
    client.handle_message(message(message_type.PONG, b"", None))
    client.gunzip = True
    client.handle_message(message(message_type.BINARY, b"\xff\xfe not gzip", None))
    items = [tee.queue.get_nowait() for _ in range(tee.queue.qsize())]
    frames = [understood(item, None, tee.handle) for item in items if isinstance(item, Received)]
    assert [frame.raw for frame in frames[:4]] == [
        '{"channel":"executions","type":"upd',
        '{"price":1.10}',
        "pong",
        "[1,2,3]",
    ]
    assert frames[1].data == {"price": "1.10"}
    assert all(frame.trouble for frame in frames)
    assert any(isinstance(item, Sign) for item in items)
    assert not any(isinstance(item, Ended) for item in items)
    with pytest.raises(NotSupported):
        await client.send({"method": "add_order"})


def test_ccxt_still_has_the_hooks_that_the_wire_overrides() -> None:
    for venue in ("kraken", "binanceusdm"):
        base = venue_class(venue)
        for name in ("fetch2", "sign", "fetch", "on_rest_response", "on_json_response", "client", "on_connected"):
            assert callable(getattr(base, name)), name
        assert callable(base.close_ws_clients)
    exchange = venue_class("kraken")({"number": str})
    assert exchange.parse_json('{"a":1}') == {"a": 1}


async def test_clients_share_what_tls_trusts_and_go_on_checking_it(tmp_path: Path) -> None:
    wires = [
        Wire(ReaderSettings(account=venue, venue=venue), TestClock(), Redactor(), tmp_path, Manner())
        for venue in ("kraken", "binanceusdm")
    ]
    unchecked = guarded(venue_class("kraken"), wires[0])({"verify": False})
    try:
        for wire in wires:
            wire.exchange.open()
        first, second = (wire.exchange.tcp_connector._ssl for wire in wires)
        assert first is second
        assert (first.verify_mode, first.check_hostname) == (ssl.CERT_REQUIRED, True)
        own = ssl.create_default_context(cafile=wires[0].exchange.cafile)
        assert first.cert_store_stats() == own.cert_store_stats()
        unchecked.open()
        assert unchecked.ssl_context is False
    finally:
        await unchecked.close()
        for wire in wires:
            await wire.close()


def test_loading_one_venue_loads_the_same_class_as_loading_all() -> None:
    code = (
        "import sys; from account_cli.exchanges.lean import venue_class, is_lean;"
        "k = venue_class('kraken'); b = venue_class('binanceusdm'); c = venue_class('coinspot');"
        "print(is_lean(), [x.__module__ for x in (*k.__mro__, *b.__mro__, *c.__mro__)], k().id, b().id,"
        " len([m for m in sys.modules if m.startswith('ccxt.async_support.') and m.count('.') == 2]))"
    )
    told = []
    for plain in ("", "1"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"ACCT_PLAIN_CCXT": plain, "PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path.cwd())},
        )
        told.append(done.stdout.split(" ", 1))
    assert (told[0][0], told[1][0]) == ("True", "False")
    lean, whole = (part[1].rsplit(" ", 1) for part in told)
    assert lean[0] == whole[0]
    assert int(lean[1]) < 10 < 90 < int(whole[1])


# ---- fields and files ----


def test_accounts_share_the_markets_of_a_venue_until_it_lists_others(tmp_path: Path) -> None:
    file = tmp_path / "markets.json"
    listing = Listing(id="XBTUSD", instrument=from_symbol("BTC/USD"), names=("XBT/USD",))
    markets.save(file, Markets(at_ns=1, listings=(listing,)))
    first = markets.load(file, 1)
    assert first is not None
    assert markets.load(file, 1) is first
    other = Markets(at_ns=2, listings=(listing, replace(listing, id="XBTEUR")))
    write_text(file, msgspec.json.encode(other).decode())  # another process asked
    assert markets.load(file, 2) == other
    assert markets.load(file, 2) is markets.load(file, 2)


def test_what_cannot_be_read_is_named_and_the_rest_counts() -> None:
    def read(_: str, item: object) -> list[int]:
        if item == "bad":
            raise ValueError("not a number")
        return [int(str(item))]

    good, bad = read_each([("a", "1"), ("b", "bad"), ("c", "3")], read)
    assert good == [1, 3]
    assert bad == ["b: not a number"]


def test_a_cache_file_is_whole_private_and_may_be_missing(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "cache.json"
    assert read_text(file) is None
    write_text(file, "one")
    write_text(file, "two")
    assert read_text(file) == "two"
    assert oct(file.stat().st_mode)[-3:] == "600"
    assert [entry.name for entry in file.parent.iterdir()] == ["cache.json"]
    write_text(Path("/proc/nowhere/cache.json"), "cannot be written, and that is no trouble")
