"""A key that was refused goes out no more, but for one request now and then, whoever asks, restarted or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from account_cli.domain.times import SECOND
from account_cli.errors import KeyRejected
from account_cli.exchanges.latch import Latch
from tests.unit.exchanges.exch_clock import TestClock


def latch(clock: TestClock, folder: Path, name: str = "key") -> Latch:
    return Latch(clock, folder / f"refused-{name}.txt", "kraken", 600.0)


def test_an_open_latch_lets_everything_out(tmp_path: Path) -> None:
    one = latch(TestClock(), tmp_path)
    one.check()
    one.hold()
    assert one.pass_one() is False
    assert list(tmp_path.iterdir()) == []


def test_a_closed_latch_lets_nothing_out_and_says_until_when(tmp_path: Path) -> None:
    clock = TestClock()
    one = latch(clock, tmp_path)
    one.close()
    for ask in (one.check, one.hold, one.pass_one):
        with pytest.raises(KeyRejected) as refused:
            ask()
        assert refused.value.whole
        assert "tried again at" in str(refused.value.hint)


def test_one_request_is_let_out_each_interval_and_no_more(tmp_path: Path) -> None:
    clock = TestClock()
    one, other = latch(clock, tmp_path), latch(clock, tmp_path)
    one.close()
    out = 0
    for _ in range(3600):
        clock.ns += SECOND
        for each in (one, other):
            try:
                out += each.pass_one()
            except KeyRejected:
                continue
    assert out == 6


def test_it_stays_closed_over_a_restart_and_opens_for_all(tmp_path: Path) -> None:
    clock = TestClock()
    latch(clock, tmp_path).close()
    after = latch(clock, tmp_path)
    with pytest.raises(KeyRejected):
        after.check()
    latch(clock, tmp_path).open()
    after.check()


def test_another_key_has_a_latch_of_its_own(tmp_path: Path) -> None:
    clock = TestClock()
    latch(clock, tmp_path).close()
    latch(clock, tmp_path, "another").check()


def test_a_clock_that_was_set_back_does_not_lock_the_key_up(tmp_path: Path) -> None:
    clock = TestClock()
    one = latch(clock, tmp_path)
    one.close()
    clock.ns -= 86_400 * SECOND
    one.check()


def test_it_closes_where_no_file_can_be_written_too(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    one = Latch(TestClock(), tmp_path / "file" / "refused.txt", "kraken", 600.0)
    one.close()
    with pytest.raises(KeyRejected):
        one.check()
    one.open()
    one.check()


def test_who_has_no_key_is_never_held(tmp_path: Path) -> None:
    one = Latch(TestClock(), None, "hyperliquid", 600.0)
    one.close()
    one.check()
