"""How far a long walk has come is said with the time it will take still."""

from __future__ import annotations

import io

from account_cli.cli.progress import StatusLine
from account_cli.exchanges.progress import Progress
from tests.unit.exchanges.exch_clock import TestClock


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


async def test_a_walk_says_how_far_it_is_once_it_takes_long() -> None:
    clock = TestClock()
    progress = Progress(clock)
    assert progress.remark() is None
    progress.begin("markets", 3000)
    assert progress.remark() is None
    await clock.sleep(30)
    assert progress.remark() == "0 of 3000 markets"
    for _ in range(100):
        progress.step()
    assert progress.remark() == "100 of 3000 markets, 14 min left"
    await clock.sleep(10)
    for _ in range(2860):
        progress.step()
    assert progress.remark() == "2960 of 3000 markets, 1 s left"
    progress.end()
    assert progress.remark() is None


def test_the_status_line_is_written_on_terminals_only_and_taken_away() -> None:
    assert StatusLine.on(io.StringIO()) is None
    line = StatusLine.on(screen := Terminal())
    assert line is not None
    line.show("a", None)
    assert screen.getvalue() == ""
    line.show("a", "1 of 9 markets")
    line.show("b", "2 of 9 markets\x1b[2J")
    shown = screen.getvalue().split("\r\x1b[K")
    assert shown[1] == "a: 1 of 9 markets"
    assert shown[2].startswith("a: 1 of 9 markets · b: 2 of 9 markets")
    assert "\x1b[2J" not in shown[2]
    line.clear()
    assert screen.getvalue().endswith("\r\x1b[K")
