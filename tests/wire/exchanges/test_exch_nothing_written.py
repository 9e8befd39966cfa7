"""Nothing that is not on a read list arrives anywhere: tried on every exchange, with a server that writes down all."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from account_cli.errors import NotSupported, Unreachable
from account_cli.exchanges import venues
from account_cli.exchanges.lean import venue_class
from account_cli.exchanges.reads import entry, recorded
from account_cli.exchanges.tee import Tee
from account_cli.exchanges.wire import Manner, Wire
from account_cli.exchanges.writes import writes
from account_cli.ports import ReaderSettings
from account_cli.redaction import Redactor
from tests.unit.exchanges.exch_clock import TestClock
from tests.unit.exchanges.record_reads import markets


class Recorder:
    """A server on loopback that answers everything and remembers all of it."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.frames: list[str] = []
        self.redirect: str | None = None
        self.port = 0

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.heard.append(f"{request.method} {request.path_qs}")
        if request.headers.get("Upgrade", "").lower() == "websocket":
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            async for message in socket:
                self.frames.append(str(message.data))
            return socket
        if self.redirect is not None:
            raise web.HTTPTemporaryRedirect(self.redirect)
        return web.json_response({"error": [], "result": {}})


@asynccontextmanager
async def recorder() -> AsyncIterator[Recorder]:
    made = Recorder()
    server = web.Server(made.answer)
    runner = web.ServerRunner(server)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.port = runner.addresses[0][1]
    try:
        yield made
    finally:
        await runner.cleanup()


def all_to(port: int, value: Any) -> Any:
    """Return ccxt's ``urls`` with every address at this port."""
    if isinstance(value, dict):
        return {key: all_to(port, inner) for key, inner in value.items()}
    if isinstance(value, str) and "://" in value:
        scheme, _, rest = value.partition("://")
        path = rest.partition("/")[2]
        return f"{'ws' if scheme.startswith('ws') else 'http'}://127.0.0.1:{port}/{path}"
    return value


def wire_to(venue: str, port: int, folder: Path) -> Wire:
    settings = ReaderSettings(
        account="a",
        venue=venue,
        api_key="k" * 32,
        secret="c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0",
        passphrase="p" * 8,
        wallet_address="0x" + "1" * 40,
        urls=all_to(port, venue_class(venue)().describe()["urls"]),
        rate_limit=False,
    )
    return Wire(settings, TestClock(), Redactor(), folder, Manner())


def endpoints(api: Any, sections: tuple[str, ...] = ()) -> list[tuple[str, str, str]]:
    found = []
    for key, value in api.items() if isinstance(api, dict) else ():
        if key.upper() in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"):
            found += [(key.upper(), ".".join(sections), str(path)) for path in value]
        else:
            found += endpoints(value, (*sections, key))
    return found


@pytest.mark.parametrize("venue", venues())
async def test_whatever_ccxt_could_ask_and_may_not_arrives_nowhere(venue: str, tmp_path: Path) -> None:
    async with recorder() as server:
        wire = wire_to(venue, server.port, tmp_path)
        exchange, base = wire.exchange, venue_class(venue)
        exchange.open()
        allowed = set(recorded()[venue].reads)
        refused = 0
        for method, section, path in endpoints(exchange.api):
            if entry(method, section, path) in allowed:
                continue
            for ask in (exchange.request, exchange.fetch2):
                with pytest.raises(NotSupported):
                    await ask(path, section.split("."), method, {})
            refused += 1
        implicit = [name for name in dir(base) if type(getattr(base, name)).__name__ == "Entry"]
        for name in implicit:
            point = vars(base).get(name) or getattr(base, name)
            section = point.api if isinstance(point.api, str) else ".".join(point.api)
            if entry(point.method, section, point.path) not in allowed:
                with pytest.raises(NotSupported):
                    await getattr(exchange, name)({})
        with pytest.raises(NotSupported):
            await exchange.fetch(f"http://127.0.0.1:{server.port}/order", "POST", {}, "side=buy")
        with pytest.raises(NotSupported):
            await exchange.session.post(f"http://127.0.0.1:{server.port}/order", data="side=buy")
        assert refused + len(implicit) > 0
        assert server.heard == []
        exchange.set_markets(markets(exchange))
        stopped = refusals(wire)
        for name in dir(base):
            if writes(name) and inspect.iscoroutinefunction(getattr(base, name)):
                await by_force(getattr(base, name), exchange)
        assert [line for line in server.heard if not on_the_list(line, allowed)] == []
        assert server.frames == []
        assert TRADES.get(venue, set()) <= stopped, "the trial came as far as an order"
        await wire.close()


TRADES = {
    "kraken": {"POST private AddOrder", "POST private CancelOrder"},
    "binance": {"POST sapi capital/withdraw/apply"},
}
"""Some of what a trial by force must have been stopped at."""


def refusals(wire: Wire) -> set[str]:
    """Return the set in which from now on everything is written down that the read list stops."""
    stopped: set[str] = set()
    check = wire.reads.check

    def noted(method: str, section: object, path: str) -> None:
        try:
            check(method, section, path)
        except NotSupported:
            stopped.add(entry(method, section, path))
            raise

    wire.reads.check = noted  # type: ignore[method-assign]
    return stopped


GIVEN = {
    "symbol": "BTC/USDT", "type": "limit", "side": "buy", "amount": 1, "price": 1, "cost": 10, "code": "BTC", "id": "1",
    "ids": ["1"], "address": "0x" + "2" * 40, "leverage": 2, "marginMode": "cross", "hedged": True, "timeout": 1000,
    "fromAccount": "spot", "toAccount": "swap", "orders": [], "triggerPrice": 1, "fromCode": "BTC", "toCode": "USDT",
}  # fmt: skip


async def by_force(method: Any, exchange: Any) -> None:
    """Call ccxt's own method around the refusal of the guarded class: the read list must stop what it asks."""
    given = {
        name: GIVEN.get(name, "1")
        for name, parameter in list(inspect.signature(method).parameters.items())[1:]
        if parameter.default is inspect.Parameter.empty and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    }
    with contextlib.suppress(Exception):  # whatever it raises: what counts is what arrives
        async with asyncio.timeout(5):
            await method(exchange, **given)


def on_the_list(line: str, allowed: set[str]) -> bool:
    """True when what arrived is a read of the list: a method that writes may ask for a price first."""
    method, _, target = line.partition(" ")
    path = target.partition("?")[0]
    for told in allowed:
        name, _, template = told.split(" ", 2)
        pattern = "[^/]+".join(re.escape(part) for part in re.split(r"\{[^}]*\}", template))
        if name == method and re.search(rf"/{pattern}(\.\w+)?/?$", path):
            return True
    return False


@pytest.mark.parametrize("venue", ["kraken", "binance", "binanceusdm"])
async def test_what_is_on_the_list_does_arrive(venue: str, tmp_path: Path) -> None:
    """Otherwise the tests above would prove nothing."""
    async with recorder() as server:
        wire = wire_to(venue, server.port, tmp_path)
        path, section = {"kraken": ("Ticker", "public"), "binance": ("time", "public")}.get(
            venue, ("time", "fapiPublic")
        )
        await wire.ask(section, path)
        assert len(server.heard) == 1
        await wire.close()


async def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    async with recorder() as server, recorder() as elsewhere:
        server.redirect = f"http://127.0.0.1:{elsewhere.port}/0/private/AddOrder"
        wire = wire_to("kraken", server.port, tmp_path)
        with pytest.raises(Unreachable, match="redirects"):
            await wire.ask("private", "BalanceEx", method="POST")
        assert len(server.heard) == 1
        assert elsewhere.heard == []
        await wire.close()


async def test_proxies_of_the_environment_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with recorder() as server, recorder() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "ws_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            monkeypatch.setenv(name.upper(), f"http://127.0.0.1:{proxy.port}")
        wire = wire_to("kraken", server.port, tmp_path)
        await wire.ask("public", "Ticker")
        assert (len(server.heard), proxy.heard) == (1, [])
        await wire.close()


ORDERS = (
    "add_order", "amend_order", "batch_add", "batch_cancel", "cancel_all", "cancel_after", "edit_order", "order.place",
    "order.cancel", "order.cancelReplace", "order.test", "order.create", "sor.order.place", "orderList.place", "order",
    "private/buy", "private/sell", "private/edit", "private/cancel", "create-order", "batch-orders", "on", "ou", "oc",
    "spot.order_place", "v2/order.place", "userDataStream.start.order.place", "withdraw", "transfer", "addOrder",
)  # fmt: skip


@pytest.mark.parametrize(
    ("venue", "allowed"),
    [
        ("kraken", {"method": "subscribe", "params": {"channel": "balances", "token": "t"}}),
        ("binance", {"id": "1", "method": "userDataStream.subscribe.signature", "params": {}}),
        ("bybit", {"op": "subscribe", "args": ["order"]}),
    ],
)
async def test_a_frame_that_orders_does_not_reach_the_socket(
    venue: str, allowed: dict[str, Any], tmp_path: Path
) -> None:
    async with recorder() as server:
        wire = wire_to(venue, server.port, tmp_path)
        wire.tee = Tee(wire.clock, wire.reads)
        exchange = wire.exchange
        exchange.open()
        url = f"ws://127.0.0.1:{server.port}/ws"
        client = exchange.client(url)
        await client.connect(exchange.session, 0)
        for verb in ORDERS:
            for field in ("method", "op", "event", "type", "channel", "req", "action", "cmd"):
                for frame in (
                    {field: verb, "params": {"symbol": "BTCUSDT", "side": "BUY"}},
                    {field: verb, "also": {"method": "subscribe"}},
                    [0, verb, None, {"symbol": "tBTCUSD"}],
                ):
                    if reading_field(venue, field, frame):
                        continue
                    with pytest.raises(NotSupported):
                        await client.send(frame)
        await client.send(allowed)
        async with asyncio.timeout(10):
            while not server.frames:
                await asyncio.sleep(0.01)
        await wire.close()
        assert len(server.frames) == 1
        assert "subscribe" in server.frames[0]


def reading_field(venue: str, field: str, frame: Any) -> bool:
    """True for what only a venue's own list could tell: words that mean nothing at an exchange without one."""
    return venue == "bybit" and (field in ("channel", "req") or not isinstance(frame, dict))


async def test_a_socket_elsewhere_is_not_opened(tmp_path: Path) -> None:
    async with recorder() as server, recorder() as elsewhere:
        wire = wire_to("kraken", server.port, tmp_path)
        wire.exchange.open()
        with pytest.raises(NotSupported):
            wire.exchange.client(f"ws://127.0.0.1:{server.port}/ws")  # nobody listens to it
        with pytest.raises(NotSupported):
            await wire.exchange.session.ws_connect(f"ws://127.0.0.1:{elsewhere.port}/ws")
        assert elsewhere.heard == []
        await wire.close()


async def test_without_the_gate_the_recorder_hears_of_it() -> None:
    """The negative control: the same request on a session that nobody guards does arrive."""
    async with recorder() as server, aiohttp.ClientSession() as session:
        async with session.post(f"http://127.0.0.1:{server.port}/order", data="side=buy"):
            pass
        assert server.heard == ["POST /order"]
