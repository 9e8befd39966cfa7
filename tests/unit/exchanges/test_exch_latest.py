"""Of what one connection tells, a frame that comes again or late takes nothing back."""

from __future__ import annotations

from account_cli.domain.times import MILLISECOND, MINUTE
from account_cli.exchanges.latest import Latest
from account_cli.exchanges.tee import Frame

NOW = 1_700_000_000_000


def told(latest: Latest, at_ms: object, *rows: str) -> tuple[str, ...]:
    """Tell rows written as ``thing=state``."""
    frame = Frame(NOW * MILLISECOND, "", None)
    return tuple(latest.of(rows, latest.time(frame, {"T": at_ms})[0], lambda row: row.partition("=")[0]))


def test_what_is_older_than_what_was_told_is_left_out_and_only_of_that_thing() -> None:
    latest = Latest("T")
    assert told(latest, NOW, "BTC=1", "ETH=1") == ("BTC=1", "ETH=1")
    assert told(latest, NOW - 1, "BTC=0", "USDT=0") == ("USDT=0",)
    assert told(latest, NOW + 1, "BTC=2") == ("BTC=2",)
    assert told(latest, NOW, "BTC=1") == ()


def test_of_one_instant_what_is_new_counts_and_what_comes_again_does_not() -> None:
    latest = Latest("T")
    assert told(latest, NOW, "BTC=1") == ("BTC=1",)
    assert told(latest, NOW, "BTC=2") == ("BTC=2",)
    assert told(latest, NOW, "BTC=1") == ()


def test_a_frame_without_a_time_counts_and_so_does_what_follows() -> None:
    latest = Latest("T")
    assert told(latest, None, "BTC") == ("BTC",)
    assert told(latest, NOW - 5, "BTC") == ("BTC",)


def test_a_time_that_is_still_to_come_shuts_nothing_out() -> None:
    latest = Latest("T")
    assert told(latest, NOW + 2 * MINUTE // MILLISECOND, "BTC") == ("BTC",)
    assert told(latest, NOW, "BTC") == ("BTC",)


def test_a_time_that_cannot_be_read_is_named() -> None:
    assert Latest("T").time(Frame(NOW, "", None), {"T": "soon"})[1] != []
