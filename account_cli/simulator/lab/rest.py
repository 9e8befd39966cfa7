"""What goes wrong when asked: late, short, refused, broken, never answered (F24–F36)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from account_cli.simulator.faults import HttpFault, Page
from account_cli.simulator.lab.fault import Fault
from account_cli.simulator.lab.streams import Act, both, count, cut, delivery, switch
from account_cli.simulator.wire import SECOND

if TYPE_CHECKING:
    from account_cli.simulator.simulator import Simulator

_KRAKEN = frozenset({"kraken"})
_PAGE = {"kraken": 50, "binance": 1000, "binanceusdm": 1000}
"""Rows that a page of fills holds at most."""


def _http(number: int, kind: HttpFault) -> Act:
    return lambda sim: sim.http_fault(number, kind)


def _more_than_a_page(sim: Simulator) -> None:
    cut(sim)
    sim.burst(_PAGE[sim.venue] + 1)


def _pages(*kinds: Page) -> Act:
    """Befall the next pages, and let there be some: what happens while the stream is down is read from REST."""

    def act(sim: Simulator) -> None:
        sim.stage.faults.pages.extend(kinds)
        cut(sim)
        sim.burst(7)

    return act


def _elsewhere(sim: Simulator) -> None:
    cut(sim)
    sim.trade_elsewhere()


def _ban(sim: Simulator) -> None:
    sim.ban(2, "rate" if sim.venue == "kraken" else "418")


def _clock(offset_s: float, drift: float = 0.0) -> Act:
    """Let the exchange's clock be off by so much, and go ``drift`` seconds a second faster."""

    def act(sim: Simulator) -> None:
        began = sim.stage.wall_ns()
        sim.stage.faults.clock = lambda now: now + int(offset_s * SECOND) + int((now - began) * drift)

    return act


_RIGHT = switch("clock", None)

REST: Mapping[str, Fault] = {
    "F24": Fault("REST shows what was three seconds ago", lambda sim: sim.rest_lag(3), lambda sim: sim.rest_lag(0)),
    "F24b": Fault("REST shows what was two minutes ago", lambda sim: sim.rest_lag(120), lambda sim: sim.rest_lag(0)),
    "F25": Fault(
        "REST tells orders as filled and balances as moved before it knows the fills",
        both(switch("fills_lag_s", 3.0), cut),
        switch("fills_lag_s", 0.0),
    ),
    "F26": Fault(
        "every frame comes twice, and every row of a page",
        both(delivery("doubled", True), switch("doubled_rows", True), cut),
        both(delivery("doubled", False), switch("doubled_rows", False)),
    ),
    "F27": Fault("more fills in one instant than a page holds, while the stream is down", _more_than_a_page),
    "F28": Fault("pages hold half of what they should", _pages("short", "short", "short")),
    "F28b": Fault("pages come in reversed order", _pages("reversed", "reversed", "reversed")),
    "F28c": Fault("pages are empty, and the next time they are not", _pages("empty", "empty", "empty")),
    "F29": Fault("REST has forgotten what is older than ten minutes", switch("keeps_s", 600.0), forgets=True),
    "F30": Fault("a fill in a market that nobody asked about, while the stream is down", _elsewhere),
    "F31": Fault("three answers are 429", _http(3, "429")),
    "F31b": Fault("an answer is 429 and does not say for how long", _http(1, "429bare"), wait_s=60),
    "F31c": Fault("this address is banned for two seconds", _ban, wait_s=60),
    "F31d": Fault("three answers are 403 and a page of HTML", _http(3, "403")),
    "F32": Fault("three answers are 503 and a page of HTML", _http(3, "503html")),
    "F32b": Fault("three answers are cut off in the middle", _http(3, "badjson")),
    "F32c": Fault("three answers are 502 and 100 kB of HTML", _http(3, "502html")),
    "F32d": Fault("three answers are 200 and a page of HTML", _http(3, "html")),
    "F32e": Fault("three answers are packed, and cut off", _http(3, "gzip")),
    "F32f": Fault("an answer comes ten bytes a second", _http(1, "slow")),
    "F33": Fault("three nonces are refused", count("nonces", 3)),
    "F33b": Fault("another program used a nonce far ahead", switch("nonce_ahead", 10**16), switch("nonce_ahead", 0)),
    "F34": Fault("the exchange's clock is ten seconds ahead", both(_clock(10), cut), both(_RIGHT, cut)),
    "F34b": Fault("the exchange's clock is ten seconds behind", both(_clock(-10), cut), both(_RIGHT, cut)),
    "F34c": Fault("the exchange's clock runs twice as fast", both(_clock(0, 1.0), cut), both(_RIGHT, cut)),
    "F35": Fault("a request is accepted and never answered", _http(1, "timeout")),
    "F36": Fault("three answers say 200 and hold an error", _http(3, "error")),
    "F36b": Fault("three answers come with a warning", _http(3, "warning"), None, _KRAKEN),
}
"""By number; a letter behind it tells variants apart."""
