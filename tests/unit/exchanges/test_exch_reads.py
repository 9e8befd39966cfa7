"""Read-only by construction: what is not on a read list is refused before a socket opens (invariant 1)."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import account_cli.exchanges
from account_cli.errors import NotSupported
from account_cli.exchanges import nearest, venues
from account_cli.exchanges.lean import venue_class
from account_cli.exchanges.reads import Reads, entry, recorded
from account_cli.exchanges.venues import CCXT_IDS, FIRST_CLASS
from account_cli.exchanges.wire import Manner, Wire
from account_cli.exchanges.writes import writes
from account_cli.ports import ReaderSettings
from account_cli.redaction import Redactor
from tests.unit.exchanges.exch_clock import TestClock
from tests.unit.exchanges.record_reads import FIRST_CLASS as WRITTEN_BY_HAND
from tests.unit.exchanges.record_reads import HARMLESS, WRITES

PACKAGE = Path(account_cli.exchanges.__file__).parent


def wire_of(venue: str, tmp_path: Path) -> Wire:
    settings = ReaderSettings(
        account="a",
        venue=venue,
        api_key="k" * 32,
        secret="c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0",
        passphrase="p" * 8,
        wallet_address="0x" + "1" * 40,
    )
    return Wire(settings, TestClock(), Redactor(), tmp_path, Manner())


def endpoints(api: Any, sections: tuple[str, ...] = ()) -> list[tuple[str, str, str]]:
    """Walk ccxt's table of all endpoints of an exchange: (method, section, path)."""
    found = []
    for key, value in api.items() if isinstance(api, dict) else ():
        if key.upper() in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"):
            found += [(key.upper(), ".".join(sections), str(path)) for path in value]
        else:
            found += endpoints(value, (*sections, key))
    return found


def in_a_process_of_its_own(code: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent.parent
    )
    return json.loads(done.stdout)


def test_the_list_of_exchanges_is_ccxts_own() -> None:
    ours, theirs = in_a_process_of_its_own(
        "import json, ccxt; from account_cli.exchanges.venues import CCXT_IDS;"
        "print(json.dumps([list(CCXT_IDS), ccxt.exchanges]))"
    )
    assert ours == theirs


def test_names_are_known_without_loading_ccxt() -> None:
    names, loaded = in_a_process_of_its_own(
        "import sys, json; from account_cli.exchanges import venues, nearest; nearest('kraaken');"
        "print(json.dumps([venues(), [m for m in sys.modules if m.split('.')[0] in ('ccxt', 'aiohttp')]]))"
    )
    assert "kraken" in names
    assert loaded == []


def test_a_venue_is_offered_only_with_a_read_list() -> None:
    assert set(venues()) <= set(CCXT_IDS)
    assert set(FIRST_CLASS) <= set(venues())
    assert all(recorded()[venue].reads for venue in venues())
    assert len(venues()) > 80


def test_the_nearest_name_is_suggested() -> None:
    assert nearest("kraaken") == "kraken"
    assert nearest("gateio") == "gate"
    assert nearest("zzzzzzzz") is None


def test_no_read_list_holds_a_write() -> None:
    for venue in venues():
        held = [line for line in recorded()[venue].reads if WRITES.search(line) and not HARMLESS.search(line)]
        assert [line for line in held if "listen" not in line.lower()] == [], venue


def test_the_first_class_lists_are_those_written_by_hand() -> None:
    assert {venue: list(recorded()[venue].reads) for venue in WRITTEN_BY_HAND} == WRITTEN_BY_HAND


async def test_every_endpoint_that_is_not_on_the_list_raises_before_a_socket_opens(tmp_path: Path) -> None:
    for venue in ("kraken", "binance", "binanceusdm", "bybit", "okx", "hyperliquid", "deribit", "bitstamp"):
        wire = wire_of(venue, tmp_path)
        exchange = wire.exchange
        allowed = set(recorded()[venue].reads)
        refused = [told for told in endpoints(exchange.api) if entry(*told) not in allowed]
        assert refused
        for method, section, path in refused:
            with pytest.raises(NotSupported):
                await exchange.request(path, section.split("."), method, {})
            with pytest.raises(NotSupported):
                exchange.sign(path, section.split("."), method, {})
        with pytest.raises(NotSupported):
            await exchange.fetch("https://api.kraken.com/0/private/AddOrder", "POST", {}, "x=1")
        assert exchange.session is None, "nothing was opened"


async def test_every_method_that_writes_raises_at_every_venue(tmp_path: Path) -> None:
    for venue in venues():
        exchange = wire_of(venue, tmp_path).exchange
        names = [name for name in dir(venue_class(venue)) if writes(name)]
        assert "create_order" in names
        assert "withdraw" in names
        for name in names:
            with pytest.raises(NotSupported):
                getattr(exchange, name)("BTC/USD", "limit", "buy", 1, 1)
        assert exchange.session is None


@pytest.mark.parametrize(
    "message", [{"op": "subscribe", "method": "add_order"}, [{"event": "subscribe", "request": "cancelOrder"}]]
)
def test_a_verb_that_writes_does_not_go_out_behind_one_that_reads(message: object) -> None:
    with pytest.raises(NotSupported):
        Reads("bybit", ()).check_frame(message)


def test_what_is_not_a_write_keeps_its_name() -> None:
    assert not writes("set_sandbox_mode")
    assert not writes("create_safe_dictionary")
    assert not writes("fetch_deposits")


async def test_a_signed_request_goes_out_once_and_only_to_the_venue(tmp_path: Path) -> None:
    wire = wire_of("kraken", tmp_path)
    request = wire.exchange.sign("Ticker", ["public"], "GET", {"pair": "XBTUSD"})
    wire.let_out(request["method"], request["url"])
    with pytest.raises(NotSupported):
        wire.let_out(request["method"], request["url"])
    wire.remember({"method": "GET", "url": "https://evil.example/0/public/Ticker"}, "public")
    with pytest.raises(NotSupported):
        wire.let_out("GET", "https://evil.example/0/public/Ticker")


@pytest.mark.parametrize(
    "message",
    [
        {"method": "subscribe", "params": {"channel": "executions", "token": "t"}},
        {"method": "ping"},
        {"op": "login", "args": []},
        {"op": "subscribe", "args": [{"channel": "orders"}]},
        {"id": "1", "method": "userDataStream.subscribe.signature", "params": {}},
        {"event": "challenge", "api_key": "k"},
        {"method": "private/subscribe", "params": {}},
        "ping",
    ],
)
def test_frames_that_subscribe_pass(message: object) -> None:
    Reads("bybit", ()).check_frame(message)
    Reads("bybit", ()).check_frame(json.dumps(message))


@pytest.mark.parametrize(
    "message",
    [
        {"method": "add_order", "params": {}},
        {"method": "batch_cancel", "params": {}},
        {"method": "order.place", "params": {}},
        {"op": "order.create", "args": [{}]},
        {"op": "cancel-order", "args": [{}]},
        {"event": "addOrder"},
        [{"op": "subscribe"}, {"op": "order"}],
        {"place_order": {"size": 1}},
        {"id": 1, "method": "private/buy"},
        "add_order",
    ],
)
def test_frames_that_write_are_refused(message: object) -> None:
    for venue in ("kraken", "bybit"):
        with pytest.raises(NotSupported):
            Reads(venue, ()).check_frame(message)


def named_writes(source: str) -> list[str]:
    """Return every name in a source that ccxt would take for a writing method, in either of its spellings."""
    found = []
    for node in ast.walk(ast.parse(source)):
        names = [node.attr] if isinstance(node, ast.Attribute) else []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            names += [str(part.value) for part in node.args[1:2] if isinstance(part, ast.Constant)]
        for name in names:
            snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
            generated = re.search(r"[a-z0-9]_(post|put|delete|patch)_[a-z]", snake)
            if name not in ("create_task", "cancel") and (writes(snake) or generated):
                found.append(name)
    return found


def test_no_source_here_names_a_method_that_writes() -> None:
    for file in PACKAGE.rglob("*.py"):
        if file.name != "writes.py":
            assert named_writes(file.read_text(encoding="utf-8")) == [], file.name


@pytest.mark.parametrize(
    "line",
    [
        "exchange.create_order('BTC/USD')",
        "exchange.createOrder('BTC/USD')",
        "await self.wire.exchange.cancelAllOrders()",
        "exchange.withdraw('BTC', 1, 'a')",
        "exchange.privatePostAddOrder({})",
        "exchange.fapiprivate_delete_order({})",
        "getattr(exchange, 'edit_order')()",
        "getattr(exchange, 'transfer')",
    ],
)
def test_a_source_that_names_one_is_found(line: str) -> None:
    assert named_writes(line)


@pytest.mark.parametrize(
    ("venue", "message", "passes"),
    [
        ("kraken", {"method": "subscribe", "params": {"channel": "executions"}}, True),
        ("kraken", {"method": "ping"}, True),
        ("kraken", {"event": "subscribe"}, False),
        ("kraken", [{"method": "subscribe"}], False),
        ("kraken", "subscribe", False),
        ("binance", {"method": "userDataStream.subscribe.signature"}, True),
        ("binance", {"method": "session.logon"}, False),
        ("binanceusdm", {"method": "SUBSCRIBE"}, False),
    ],
)
def test_the_first_class_venues_have_a_list_of_what_may_be_said(venue: str, message: object, passes: bool) -> None:
    for told in (message, json.dumps(message)):
        if passes:
            Reads(venue, ()).check_frame(told)
        else:
            with pytest.raises(NotSupported):
                Reads(venue, ()).check_frame(told)
