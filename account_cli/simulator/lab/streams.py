"""What goes wrong on streams: cut, silent, refused, told twice, told wrong (F01–F23)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from account_cli.simulator.faults import Handshake, Step
from account_cli.simulator.lab import damage
from account_cli.simulator.lab.fault import Fault

if TYPE_CHECKING:
    from account_cli.simulator.delivery import Damage
    from account_cli.simulator.faults import Faults
    from account_cli.simulator.simulator import Simulator

_KRAKEN, _SPOT, _FUTURES = frozenset({"kraken"}), frozenset({"binance"}), frozenset({"binanceusdm"})
_CONFIRMED = _KRAKEN | _SPOT
"""Venues that confirm a subscription."""
_NO_ANSWERS = (
    *("[1,2,3]", "null", "", "true", '{"channel":"executions","data":[{"last_qty":NaN}]}', "[" * 5000),
    *('{"e":"executionReport","l":1e400}', '{"e":"ORDER_TRADE_UPDATE","o":7}', '{"channel":"executions","data":{}}'),
)
Act = Callable[["Simulator"], object]


def later(seconds: float, what: Callable[[], object]) -> None:
    """Let something happen a while from now."""
    asyncio.get_running_loop().call_later(seconds, what)


def switch(name: str, value: object) -> Act:
    """Return what sets one switch of ``Faults``."""
    return lambda sim: setattr(sim.stage.faults, name, value)


def delivery(name: str, value: object) -> Act:
    """Return what sets one switch of how frames leave."""
    return lambda sim: setattr(sim.stage.faults.delivery, name, value)


def both(*acts: Act) -> Act:
    """Return what does one thing after the other."""

    def act(sim: Simulator) -> None:
        for each in acts:
            each(sim)

    return act


def cut(sim: Simulator) -> None:
    """Cut every stream."""
    sim.drop_connections()


def fills(sim: Simulator) -> None:
    """Fill an order three times."""
    sim.burst(3)


def fill_at(step: Step, after_s: float = 0.0) -> Act:
    """Return what fills an order when a client gets as far as ``step`` on the way to a stream."""

    def act(sim: Simulator) -> None:
        sim.stage.faults.steps[step] = lambda: later(after_s, lambda: fills(sim)) if after_s else fills(sim)

    return act


def count(name: str, number: int) -> Act:
    """Return what adds to a counter of ``Faults``."""

    def act(sim: Simulator) -> None:
        faults: Faults = sim.stage.faults
        setattr(faults, name, getattr(faults, name) + number)

    return act


def damaged(number: int, how: Damage) -> Act:
    """Return what lets something befall each of the next frames."""
    return lambda sim: sim.stage.faults.delivery.damages.extend([how] * number)


def _freeze(sim: Simulator) -> None:
    sim.frozen = True


def _thaw(sim: Simulator) -> None:
    sim.frozen = False


def _burst_then_nothing(sim: Simulator) -> None:
    sim.burst(60)
    _freeze(sim)


def _no_answers(sim: Simulator) -> None:
    for text in _NO_ANSWERS:
        sim.malformed_frame(text)


def _close_now_and_then(sim: Simulator) -> None:
    """Close every stream now, and again at every second of the fault."""
    sim.stage.faults.idle_s = 0.0


def _shut_down(sim: Simulator) -> None:
    sim.protocol.shut_down()
    later(1.0, sim.close_connections)


def _snapshots_again(sim: Simulator) -> None:
    sim.protocol.resend_snapshots()


def _refuse_at_reconnect(sim: Simulator) -> None:
    sim.reject_next_subscription()
    sim.drop_connections()


def _handshake(how: Handshake) -> Fault:
    about = "is refused with 403" if how == "403" else "hangs"
    return Fault(
        f"streams are cut, and opening one {about}", both(switch("handshake", how), cut), switch("handshake", None)
    )


_CONNECTION: Mapping[str, Fault] = {
    "F01": Fault("sixty fills in one instant, then nothing happens any more", _burst_then_nothing, _thaw),
    "F02": Fault("1,200 fills in one instant, more than the client library keeps", lambda sim: sim.burst(1200)),
    "F03": Fault(
        "the stream answers pings and says nothing", lambda sim: sim.silence(True), lambda sim: sim.silence(False)
    ),
    "F04": Fault(
        "a black hole: the stream takes and gives nothing, not even pongs",
        lambda sim: sim.black_hole(True),
        lambda sim: sim.black_hole(False),
    ),
    "F05": Fault("every stream is cut without a word", cut),
    "F05b": Fault("every stream ends below the WebSocket, with no closing frame", lambda sim: sim.server.hang_up()),
    "F05c": Fault("every stream ends in the middle of a frame", lambda sim: sim.server.hang_up(mid_frame=True)),
    "F06": Fault("an order fills while the stream is down", both(cut, fills)),
    "F06b": Fault("an order fills between the new connection and the subscription", both(fill_at("opened"), cut)),
    "F06c": Fault("an order fills between subscription and confirmation", both(fill_at("subscribing"), cut)),
    "F06d": Fault("an order fills while the snapshot is told", both(fill_at("begun"), cut), None, _KRAKEN),
    "F06e": Fault("an order fills right after the subscription began", both(fill_at("told"), cut)),
    "F07": Fault(
        "subscriptions take two seconds to begin, and an order fills meanwhile",
        both(switch("confirm_after_s", 2.0), fill_at("subscribing", 1.0), cut),
        switch("confirm_after_s", 0.0),
    ),
    "F08": Fault("the subscription is refused once after a cut", _refuse_at_reconnect),
    "F08b": Fault("two subscriptions after a cut are never answered", both(count("unanswered", 2), cut)),
    "F08c": Fault("a subscription is confirmed for something else", both(count("astray", 1), cut), None, _CONFIRMED),
    "F18": Fault(
        "listen key or tokens expire before their time", lambda sim: sim.expire_session(), None, _KRAKEN | _FUTURES
    ),
    "F18b": Fault(
        "another program deletes the listen key: silence", lambda sim: sim.protocol.delete_session(), None, _FUTURES
    ),
    "F19": Fault(
        "the exchange ends the subscription, not the connection", lambda sim: sim.expire_session(), None, _SPOT
    ),
    "F19b": Fault("the exchange says that it shuts down, and does so a second later", _shut_down, None, _SPOT),
    "F20": Fault("the exchange closes every stream in order", lambda sim: sim.close_connections()),
    "F20b": Fault("the exchange closes every stream again and again", _close_now_and_then, switch("idle_s", None)),
    "F21": Fault(
        "nothing happens, and streams on which nothing is said are closed",
        both(switch("idle_s", 1.0), delivery("heartbeats", False), _freeze),
        both(switch("idle_s", None), delivery("heartbeats", True), _thaw),
    ),
    "F22": _handshake("403"),
    "F22b": _handshake("hang"),
    "F23": Fault(
        "streams are closed again and again, and only two a five seconds may be opened",
        both(switch("dials", (2, 5.0)), _close_now_and_then),
        both(switch("dials", None), switch("idle_s", None)),
    ),
}

_FRAMES: Mapping[str, Fault] = {
    "F10": Fault("the stream is cut twice, and fifty old fills are told each time",
                 both(cut, lambda sim: later(1, sim.drop_connections))),
    "F10b": Fault("the snapshots are told again, unasked", _snapshots_again),
    "F11": Fault("twenty frames come twice", lambda sim: sim.duplicate_frames(20)),
    "F11b": Fault("ten frames come again, up to three times and up to two seconds later",
                  both(delivery("late_s", 2.0), delivery("echoes", 10))),
    "F12": Fault("the frames of each half second come in another order",
                 delivery("window_s", 0.5), delivery("window_s", 0.0)),
    "F13": Fault("a number is left out of the sequence", switch("skipped", 1)),
    "F13b": Fault("three frames come a second late", both(delivery("late_s", 1.0), delivery("late", 3))),
    "F13c": Fault("the sequence begins again at one", switch("skipped", -1)),
    "F13d": Fault("three frames never come", delivery("lost", 3)),
    "F14": Fault("changes are told before the snapshot", both(fill_at("begun"), cut)),
    "F14b": Fault("every snapshot is told twice", both(switch("snapshots", 2), cut), switch("snapshots", 1)),
    "F14c": Fault("snapshots are empty", both(switch("snapshots", 0), cut), switch("snapshots", 1)),
    "F15": Fault("a frame that is no JSON", lambda sim: sim.malformed_frame()),
    "F15b": Fault("a page of HTML as a frame", lambda sim: sim.malformed_frame("<html><body>502</body></html>")),
    "F15c": Fault("three frames are cut off", damaged(3, damage.cut_off)),
    "F15d": Fault("a frame is not UTF-8", damaged(1, damage.not_utf8)),
    "F15e": Fault("frames that say nothing: lists, null, NaN, 1e400, nested five thousand times", _no_answers),
    "F15f": Fault("a frame of eleven megabytes", damaged(1, damage.huge)),
    "F16": Fault("a frame whose every field is null", lambda sim: sim.malformed_frame('{"channel":null,"data":null}')),
    "F16b": Fault("five frames have a field that is null", damaged(5, damage.null_field)),
    "F16c": Fault("five frames lack a field", damaged(5, damage.dropped_field)),
    "F16d": Fault("five frames have a field under another name", damaged(5, damage.renamed_field)),
    "F16e": Fault("five frames say a word that nobody knows", damaged(5, damage.unknown_word)),
    "F17": Fault("an order's last word and its last trade share a frame",
                 lambda sim: sim.mix_frames(True), lambda sim: sim.mix_frames(False)),
}  # fmt: skip

STREAMS: Mapping[str, Fault] = dict(sorted({**_CONNECTION, **_FRAMES}.items()))
"""By number; a letter behind it tells variants apart."""
