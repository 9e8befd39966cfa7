"""A day is that of the zone that was asked for: from its midnight on, and as long as its clocks make it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import acct, acct_several

FILL = '{{"kind":"fill","account":"main","id":"{0}","order_id":"{0}","time":"{1}","symbol":"BTC/USD","side":"{2}",\
"price":"{3}","quantity":"1","fees":[{{"asset":"USD","amount":"1"}}]}}'
DAYS = (
    ("2026-03-28T22:30:00Z", 110),  # the 28th in Berlin, too
    ("2026-03-28T23:00:00Z", 120),  # its 29th begins, an hour short
    ("2026-03-29T21:59:59Z", 130),
    ("2026-03-29T22:00:00Z", 140),  # the 30th
    ("2026-10-24T22:00:00Z", 150),  # the 25th of October, an hour longer
    ("2026-10-25T22:59:59Z", 160),
    ("2026-10-25T23:00:00Z", 170),  # the 26th
)
BERLIN = ("--tz", "Europe/Berlin")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("days")
    lines = [
        '{"kind":"transfer","account":"main","id":"D","time":"2026-03-01T00:00:00Z","asset":"USD","amount":"10000","type":"deposit"}'
    ]
    for n, (at, price) in enumerate(DAYS):
        lines += [FILL.format(f"B{n}", "2026-03-02T00:00:00Z", "buy", 101), FILL.format(f"S{n}", at, "sell", price)]
    (home / "ledger.ndjson").write_text("\n".join(sorted(lines, key=lambda line: json.loads(line)["time"])))
    done = acct(home, "import", "ledger.ndjson")
    assert done.code == 0, done.err
    return home


def test_profit_by_day_is_of_the_days_of_the_zone(home: Path) -> None:
    utc, there, month, named = acct_several(
        home,
        ["pnl", "--by", "day", "--json"],
        ["pnl", "--by", "day", "--json", *BERLIN],
        ["pnl", "--by", "day", "--json", *BERLIN, "--since", "2026-10-25", "--until", "2026-10-26"],
        ["pnl", "--by", "day", "--csv", "--columns", "key,closed_trades", *BERLIN],
    )

    def trades(out: str) -> dict[str, int]:
        return {row["key"]: row["closed_trades"] for row in json.loads(out)["items"] if row["closed_trades"]}

    assert trades(utc.out) == {"2026-03-28": 2, "2026-03-29": 2, "2026-10-24": 1, "2026-10-25": 2}
    assert trades(there.out) == {
        "2026-03-28": 1, "2026-03-29": 2, "2026-03-30": 1, "2026-10-25": 2, "2026-10-26": 1
    }  # fmt: skip
    assert (json.loads(utc.out)["tz"], json.loads(there.out)["tz"]) == ("UTC", "Europe/Berlin")
    assert trades(month.out) == {"2026-10-25": 2}, "twenty-five hours, and nothing besides"
    assert "2026-10-26,1" in named.out.splitlines()
    for one in (utc, there):
        rows = json.loads(one.out)["items"]
        assert sum(float(row["realized_pnl"]) for row in rows) == sum(price - 103 for _, price in DAYS)


def test_equity_by_day_is_of_the_end_of_the_days_of_the_zone(home: Path) -> None:
    words = ["equity", "--interval", "1d", "--since", "2026-10-24", "--until", "2026-10-28", "--json"]
    utc, there = acct_several(home, words, [*words, *BERLIN])
    times = [row["time"] for row in json.loads(utc.out)["items"]]
    assert times == [f"2026-10-{day}T00:00:00Z" for day in (24, 25, 26, 27)]
    rows = {row["time"]: row["equity"] for row in json.loads(there.out)["items"]}
    assert list(rows) == [
        "2026-10-23T22:00:00Z",
        *(f"2026-10-{day}T{hour}:00:00Z" for day, hour in ((24, 22), (25, 23), (26, 23))),
    ]
    before = 10000 + 7 * -102 + sum(price - 1 for _, price in DAYS[:4])
    assert rows["2026-10-23T22:00:00Z"] == str(before + 3 * 140), "three coins at the last price"
    assert rows["2026-10-24T22:00:00Z"] == str(before + 149 + 159 + 160), "both sales of the long day are in it"


def test_a_year_that_is_locked_is_the_year_of_the_zone(home: Path) -> None:
    rows = json.loads(acct(home, "close", "2026-03-29", *BERLIN, "--json").out)["items"]
    assert {(row["since_at"], row["until_at"]) for row in rows} == {("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z")}
    assert sum(float(row["realized_pnl"] or 0) for row in rows) == 120 + 130 - 2 * 103
