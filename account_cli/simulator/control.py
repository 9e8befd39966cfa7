"""The control plane tells the truth and pulls the strings; it answers loopback only.

``GET truth?account=NAME`` the ledger file · ``GET balances`` · ``GET requests`` · ``GET status`` · ``POST burst?n=`` ·
``POST advance?hours=`` · ``POST fault/NAME?...`` where NAME is a fault method of ``Simulator`` without its parameters'
names: ``drop_connections``, ``silence?on=1``, ``reject_next_subscription?error=``, ``http_fault?n=&kind=``,
``duplicate_frames?n=``, ``rest_lag?seconds=``, ``mix_frames?on=1``,
``expire_session``, ``malformed_frame``.
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from aiohttp import web

from account_cli.simulator.faults import HTTP_FAULTS
from account_cli.simulator.wire import dumps, plain, shortest_iso

if TYPE_CHECKING:
    from account_cli.simulator.simulator import Simulator

Query = Mapping[str, str]


class ControlPlane:
    """Answers ``/control/...`` for one simulator."""

    def __init__(self, simulator: Simulator) -> None:
        self._sim = simulator
        self._reads: Mapping[str, Callable[[Query], str]] = {
            "truth": lambda query: simulator.truth(query.get("account")),
            "balances": self._balances,
            "requests": self._requests,
            "status": self._status,
        }
        self._faults: Mapping[str, Callable[[Query], None]] = {
            "drop_connections": lambda _: simulator.drop_connections(),
            "silence": lambda query: simulator.silence(query.get("on", "1") == "1"),
            "reject_next_subscription": lambda query: simulator.reject_next_subscription(
                query.get("error", "EAccount:Invalid permissions")
            ),
            "http_fault": self._http_fault,
            "duplicate_frames": lambda query: simulator.duplicate_frames(int(query.get("n", "1"))),
            "rest_lag": lambda query: simulator.rest_lag(float(query.get("seconds", "0"))),
            "mix_frames": lambda query: simulator.mix_frames(query.get("on", "1") == "1"),
            "expire_session": lambda _: simulator.expire_session(),
            "malformed_frame": lambda _: simulator.malformed_frame(),
        }

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one request; 403 to anybody who is not on this machine, 404 and 400 in one line of text."""
        if request.remote is None or not ipaddress.ip_address(request.remote).is_loopback:
            raise web.HTTPForbidden(text="loopback only\n")
        name, query = request.match_info["tail"], request.query
        try:
            if request.method == "GET" and name in self._reads:
                kind = "application/x-ndjson" if name == "truth" else "application/json"
                return web.Response(text=self._reads[name](query), content_type=kind)
            if request.method == "POST":
                return web.json_response(text=await self._act(name, query))
        except ValueError as error:
            raise web.HTTPBadRequest(text=f"{error}\n") from None
        raise web.HTTPNotFound(text=f"no control {request.method} {name}\n")

    async def _act(self, name: str, query: Query) -> str:
        if name == "burst":
            return dumps({"order": self._sim.burst(int(query.get("n", "60")))})
        if name == "advance":
            await self._sim.advance(float(query.get("hours", "1")))
            return self._status(query)
        fault = self._faults.get(name.removeprefix("fault/"))
        if fault is None:
            raise ValueError(f"no such fault: {name}")
        fault(query)
        return "{}"

    def _http_fault(self, query: Query) -> None:
        for kind in HTTP_FAULTS:
            if kind == query.get("kind"):
                self._sim.http_fault(int(query.get("n", "1")), kind)
                return
        raise ValueError(f"kind must be one of {', '.join(HTTP_FAULTS)}")

    def _balances(self, _query: Query) -> str:
        return dumps(
            {
                "balances": {asset: plain(amount) for asset, amount in self._sim.truth_balances().items()},
                "positions": {symbol: plain(amount) for symbol, amount in self._sim.truth_positions().items()},
            }
        )

    def _requests(self, _query: Query) -> str:
        return dumps([dataclasses.asdict(request) for request in self._sim.requests])

    def _status(self, _query: Query) -> str:
        book = self._sim.world.book
        return dumps(
            {
                "venue": self._sim.venue,
                "seed": self._sim.seed,
                "time": shortest_iso(self._sim.now_ns),
                "fills": len(book.fills),
                "orders": len(book.orders),
                "entries": len(book.entries),
                "violations": len(self._sim.violations),
            }
        )
