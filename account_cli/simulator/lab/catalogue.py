"""Every fault there is, sixty rows: what is seen, on which venues it can happen, who plays it, or why it cannot happen.

The numbers and their sources are those of the fault catalogue (``reference/faults.md`` of the specifications).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from account_cli.simulator.protocols import NAMES

Player = Literal["exchange", "test", "library", "machine"]
"""The simulator; the test around it; the client library, whose fault it is; the computer that watches."""

SECTIONS: Mapping[str, range] = {
    "Streams": range(1, 24),
    "REST": range(24, 37),
    "Money": range(37, 51),
    "This computer": range(1, 11),
}
_KRAKEN, _SPOT, _FUTURES = frozenset({"kraken"}), frozenset({"binance"}), frozenset({"binanceusdm"})
_NO_SNAPSHOT = "Binance's account streams begin with no snapshot"
_BINANCE, _ALL, _NONE = _SPOT | _FUTURES, frozenset(NAMES), frozenset[str]()


@dataclass(frozen=True, slots=True)
class Row:
    """One fault. ``note`` says why it cannot happen on the other venues, or where it is played when not by the lab."""

    number: str
    symptom: str
    venues: frozenset[str]
    player: Player = "exchange"
    note: str = ""


_ROWS = (
    Row("F01", "the last fills of a burst are not seen until something else happens", _ALL),
    Row("F02", "fills beyond the thousand that the client library keeps are gone", _ALL),
    Row("F03", "the stream answers pings and says nothing more", _ALL),
    Row("F04", "the stream takes and gives nothing, not even pongs", _ALL),
    Row("F05", "the stream is cut without a closing word", _ALL),
    Row("F06", "what happens between a cut and the new subscription is never told", _ALL),
    Row("F07", "what happens between the connection and its confirmation is never told", _ALL),
    Row("F08", "a subscription is refused, or never answered", _ALL),
    Row("F09", "two watchers share a subscription, and only the first one's wishes count", _KRAKEN, "library",
        "acct sends its own subscriptions; Binance has one stream for everything"),
    Row("F10", "each subscription tells old fills again", _KRAKEN, note=_NO_SNAPSHOT),
    Row("F11", "frames come again, many times or much later", _ALL),
    Row("F12", "frames come in another order than things happened", _ALL),
    Row("F13", "a number of the sequence is missing, late, or starts again", _KRAKEN,
        note="Binance does not number the frames of an account"),
    Row("F14", "a change comes before the snapshot it changes, or snapshots come twice or empty", _KRAKEN,
        note=_NO_SNAPSHOT),
    Row("F15", "a frame is cut off, no JSON, or huge", _ALL),
    Row("F16", "a field is null, missing, renamed, or says a word nobody knows", _ALL),
    Row("F17", "an order's last word and its last trade share a frame", _KRAKEN, note="Binance's hold one event"),
    Row("F18", "the listen key or token expires before its time", _KRAKEN | _FUTURES,
        note="Binance spot is subscribed to by signature; nothing expires"),
    Row("F19", "the exchange ends the account's stream and leaves the connection open", _SPOT,
        note="Kraken closes the connection; the futures have listen keys (F18)"),
    Row("F20", "the exchange closes every stream, as planned", _ALL),
    Row("F21", "the exchange closes a stream on which nothing was said for a while", _ALL),
    Row("F22", "the stream cannot be opened for long, while REST answers", _ALL),
    Row("F23", "too many connections a minute are refused", _ALL),
    Row("F24", "REST shows the past", _ALL),
    Row("F25", "an order is told as filled before its fills are known", _ALL),
    Row("F26", "everything is told a second time", _ALL),
    Row("F27", "more fills in one instant than a page holds", _ALL),
    Row("F28", "a page is short, empty, or in the wrong order, and more follows", _ALL),
    Row("F29", "the exchange has forgotten what is old", _FUTURES, note="the spot exchanges keep every trade"),
    Row("F30", "a fill in a market that nobody asked about", _BINANCE, note="Kraken tells all markets at once"),
    Row("F31", "too many requests: refused, then banned", _ALL),
    Row("F32", "an error page, or an answer that is cut off", _ALL),
    Row("F33", "a nonce is refused", _KRAKEN, note="Binance's requests carry a time, no nonce"),
    Row("F34", "this computer's clock is off", _BINANCE, note="Kraken compares no clocks"),
    Row("F35", "a request is accepted and never answered", _ALL),
    Row("F36", "an answer says success and holds an error", _ALL),
    Row("F37", "a fill comes without its fee", _ALL),
    Row("F38", "a fee in a third asset, for some fills of an order", _ALL),
    Row("F39", "several fees in one fill, or a negative one", _ALL),
    Row("F40", "assets change into others without a trade", _KRAKEN | _SPOT, note="a futures wallet converts nothing"),
    Row("F41", "funding or interest, late or corrected", _KRAKEN | _FUTURES, note="Binance spot charges neither"),
    Row("F42", "fills of an order that nobody placed: a position is closed by the exchange", _ALL),
    Row("F43", "two fills share an id", _ALL),
    Row("F44", "the stream and REST name a fill differently", _NONE, note="on these venues both tell one trade id"),
    Row("F45", "an order's state cannot be told from one message", _KRAKEN, note="Binance's say how an order stands"),
    Row("F46", "a contract is not one unit", _NONE, note="contracts of these venues are one unit of their base"),
    Row("F47", "long and short are held at once", _FUTURES, note="spot accounts hold no positions"),
    Row("F48", "numbers that are huge, tiny, negative or written oddly", _ALL),
    Row("F49", "an asset has several names and wallets", _KRAKEN, note="Binance's assets have one name each"),
    Row("F50", "a market is renamed or gone", _ALL),
    Row("L1", "the database refuses: locked, full, or read-only", _ALL, "machine"),
    Row("L2", "nobody knows whether a transaction was committed", _ALL, "test",
        "M9 and M10b of the model; half of the kills of the reliability runs come just after a commit"),
    Row("L3", "the cache is lost", _NONE,
        note="acct reads none; what Redis forgets of the state is there again (tests/faults/test_redis.py)"),
    Row("L4", "a subscriber of the bus misses messages", _NONE,
        note="acct follows the journal; a reader of Redis misses nothing (tests/faults/test_redis_forgets.py)"),
    Row("L5", "the bus loses what it acknowledged", _NONE,
        note="the outbox is the truth, and is told again (tests/faults/test_redis_forgets.py)"),
    Row("L6", "the bus tells twice", _NONE,
        note="every message carries its line of the journal as its id (docs/redis.md)"),
    Row("L7", "the process is killed", _ALL, "machine"),
    Row("L8", "the clock jumps, or the computer sleeps", _ALL, "test",
        "M8 and M8b of the model; a process that stood still (L10) is one that slept"),
    Row("L9", "the key is revoked or expires", _ALL, "test",
        "M11 of the model: a refused key is used again only after ten minutes (tests/wire/collector on the wire)"),
    Row("L10", "the process stands still for a while", _ALL, "machine"),
)  # fmt: skip

CATALOGUE: Mapping[str, Row] = {row.number: row for row in _ROWS}
"""Every row by its number."""


def number_of(name: str) -> str:
    """Return the number of a fault by its name: ``F15`` for ``F15b``."""
    return name.rstrip("abcdefghijklmnopqrstuvwxyz")


def section_of(number: str) -> str:
    """Return the heading a number stands under."""
    if number.startswith("L"):
        return "This computer"
    return next(name for name, numbers in SECTIONS.items() if int(number[1:]) in numbers)
