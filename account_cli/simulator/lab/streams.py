"""What goes wrong on streams: cut, silent, refused, told twice, told wrong (F01–F23)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from account_cli.simulator.lab.fault import Fault

if TYPE_CHECKING:
    from account_cli.simulator.simulator import Simulator

KRAKEN = frozenset({"kraken"})


def _cut_while_it_fills(sim: Simulator) -> None:
    sim.drop_connections()
    sim.burst(3)


def _refuse_at_reconnect(sim: Simulator) -> None:
    sim.reject_next_subscription()
    sim.drop_connections()


STREAMS: Mapping[str, Fault] = {
    "F02": Fault("1,200 fills in one instant, more than the client library keeps", lambda sim: sim.burst(1200)),
    "F03": Fault(
        "the stream answers pings and says nothing", lambda sim: sim.silence(True), lambda sim: sim.silence(False)
    ),
    "F04": Fault(
        "a black hole: the stream takes and gives nothing, not even pongs",
        lambda sim: sim.black_hole(True),
        lambda sim: sim.black_hole(False),
    ),
    "F05": Fault("every stream is cut without a word", lambda sim: sim.drop_connections()),
    "F06": Fault("an order fills while the stream is down", _cut_while_it_fills),
    "F08": Fault("the subscription is refused once after a cut", _refuse_at_reconnect),
    "F11": Fault("twenty frames come twice", lambda sim: sim.duplicate_frames(20)),
    "F15": Fault("a frame that is no JSON", lambda sim: sim.malformed_frame()),
    "F15b": Fault("a page of HTML as a frame", lambda sim: sim.malformed_frame("<html><body>502</body></html>")),
    "F16": Fault("a frame whose every field is null", lambda sim: sim.malformed_frame('{"channel":null,"data":null}')),
    "F17": Fault(
        "an order's last word and its last trade share a frame",
        lambda sim: sim.mix_frames(True),
        lambda sim: sim.mix_frames(False),
        KRAKEN,
    ),
    "F18": Fault("listen key or tokens expire before their time", lambda sim: sim.expire_session()),
    "F20": Fault("the exchange closes every stream in order", lambda sim: sim.close_connections()),
}
"""By number; a letter behind it tells variants apart."""
