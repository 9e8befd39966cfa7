"""A ban is obeyed in every way in which it is said, by everybody, across restarts."""

from __future__ import annotations

from pathlib import Path

import pytest

from account_cli.domain.times import SECOND
from account_cli.exchanges.bans import Ban, refusal_in
from tests.unit.exchanges.exch_clock import START_NS, TestClock

DATE = "Tue, 14 Nov 2023 22:13:20 GMT"
"""What ``START_NS`` is as an HTTP date."""
CASES: dict[str, tuple[int, dict[str, str], str, float | None]] = {
    "seconds": (429, {"retry-after": "30"}, "", 30.0),
    "a date, by our clock": (429, {"retry-after": "Tue, 14 Nov 2023 22:14:20 GMT"}, "", 60.0),
    "a date, by theirs": (429, {"retry-after": "Tue, 14 Nov 2023 22:14:20 GMT", "date": DATE}, "", 60.0),
    "a date that is past": (429, {"retry-after": "Tue, 14 Nov 2023 22:00:00 GMT"}, "", 1.0),
    "nothing": (429, {}, "Too Many Requests", None),
    "nonsense": (429, {"retry-after": "soon"}, "", None),
    "infinity": (429, {"retry-after": "1e400"}, "", None),
    "binance": (418, {}, f'{{"code":-1003,"msg":"banned until {START_NS // 10**6 + 90_000}."}}', 90.0),
    "binance, its clock 40 s behind ours": (
        418,
        {"date": "Tue, 14 Nov 2023 22:12:40 GMT"},
        f"banned until {START_NS // 10**6 + 90_000}",
        130.0,
    ),
    "a firewall": (403, {}, "<html>error code: 1015</html>", None),
    "bybit": (403, {}, '{"msg":"403, access too frequent"}', None),
}


@pytest.mark.parametrize("case", CASES)
def test_how_long_to_be_silent_is_read_from_the_answer(case: str) -> None:
    status, headers, body, seconds = CASES[case]
    found = refusal_in(status, headers, body, START_NS, forbidden_s=777.0)
    assert found is not None
    assert found.ban
    assert found.seconds == (None if seconds is None else pytest.approx(seconds))
    assert found.untold == (777.0 if status == 403 else 60.0)


def test_what_is_no_ban_is_not_taken_for_one() -> None:
    assert refusal_in(200, {}, "banned until 1700000000000", START_NS) is None
    assert refusal_in(403, {}, '{"code":"40014","msg":"Incorrect permissions"}', START_NS) is None
    assert refusal_in(503, {}, "<html>", START_NS) is None
    down = refusal_in(503, {"retry-after": "20"}, "<html>", START_NS)
    assert down is not None
    assert (down.seconds, down.ban) == (20.0, False)


async def test_a_ban_is_shared_with_other_processes_and_outlives_this_one(tmp_path: Path) -> None:
    clock, file = TestClock(), tmp_path / "ban.txt"
    one, two = Ban(clock, file), Ban(clock, file)
    assert two.left() is None
    one.begin(90.0)
    assert two.left() == pytest.approx(90.0)
    assert two.until() == "22:14:50 UTC"
    two.begin(10.0)
    await clock.sleep(30)
    assert Ban(clock, file).left() == pytest.approx(60.0), "a shorter one does not shorten it"
    assert oct(file.stat().st_mode)[-3:] == "600"
    await clock.sleep(61)
    assert Ban(clock, file).left() is None


def test_the_end_of_a_ban_of_days_has_its_day(tmp_path: Path) -> None:
    ban = Ban(TestClock(), tmp_path / "ban.txt")
    ban.begin(2 * 86_400.0)
    assert ban.until() == "2023-11-16 22:13:20 UTC"


async def test_a_refusal_that_names_no_time_is_waited_for_twice_as_long_each_time() -> None:
    clock = TestClock()
    ban, told = Ban(clock, None), []
    for _ in range(7):
        ban.begin(None)
        ban.begin(None)  # a second request that was under way: the same refusal
        told.append(ban.left())
        await clock.sleep(told[-1] or 0.0)
    assert told == [pytest.approx(s) for s in (60, 120, 240, 480, 960, 1800, 1800)]
    await clock.sleep(1000)
    ban.begin(None)
    assert ban.left() == pytest.approx(60)


async def test_a_ban_neither_ends_early_nor_lasts_for_ever_when_the_clock_is_set(tmp_path: Path) -> None:
    clock, file = TestClock(), tmp_path / "ban.txt"
    ban = Ban(clock, file)
    ban.begin(60.0)
    file.write_text(f"{START_NS + 10**6 * 86_400 * SECOND} 1\n")
    assert ban.left() == pytest.approx(3 * 86_400.0)
    file.write_text("nonsense")
    assert Ban(clock, file).left() is None
