"""What ``acct coverage`` says of what is known, kind by kind and part by part."""

from __future__ import annotations

import msgspec

from account_cli.domain.health import Coverage
from account_cli.domain.times import SECOND
from account_cli.reports.accounts import history_reasons
from account_cli.reports.coverage import GapRow, coverage, is_read
from tests.unit.reports.report_views import NOW, view

FILLS = [
    Coverage(kind="fills", since_ns=0, until_ns=10 * SECOND, from_start=True),
    Coverage(kind="fills", since_ns=20 * SECOND, until_ns=30 * SECOND, asked_ns=NOW),
]
MARKET = Coverage(
    kind="fills", scope="BTC/USD", since_ns=4 * SECOND, until_ns=25 * SECOND, kept_only=True, asked_ns=NOW - 5
)


def test_a_kind_sums_its_parts_up_and_names_its_gaps() -> None:
    report = coverage([view(coverage=[*FILLS, MARKET])], now_ns=NOW)
    fills, transfers = report.items
    assert (fills.begins, fills.from_at, fills.newest_at, fills.asked_at) == ("kept", 4 * SECOND, 30 * SECOND, NOW - 5)
    assert fills.gaps == (GapRow(part=None, from_at=10 * SECOND, until_at=20 * SECOND),)
    assert (transfers.begins, transfers.complete) == ("unread", False)
    assert not any(map(is_read, report.items))
    assert report.incomplete == (
        "main: fills before 1970-01-01T00:00:20Z are not known",
        "main: history of transfers is not read yet",
        "main: fills between 1970-01-01T00:00:10Z and 1970-01-01T00:00:20Z are not known yet",
    )


def test_every_part_has_a_row_of_its_own() -> None:
    report = coverage([view(coverage=[*FILLS, MARKET])], now_ns=NOW, parts=True)
    assert [(row.kind, row.part, row.begins, len(row.gaps)) for row in report.items] == [
        ("fills", "all others", "start", 1),
        ("fills", "BTC/USD", "kept", 0),
        ("transfers", None, "unread", 0),
    ]
    assert [is_read(row) for row in report.items] == [False, True, False]


def test_a_whole_history_says_nothing_is_missing() -> None:
    whole = [Coverage(kind=kind, since_ns=0, from_start=True) for kind in ("fills", "transfers")]
    report = coverage([view(coverage=whole)], now_ns=NOW)
    assert report.complete
    assert all(row.complete and is_read(row) and row.from_at is None for row in report.items)


def test_what_cannot_be_asked_for_and_what_is_not_kept_are_said_in_words() -> None:
    parts = [
        Coverage(kind="fills", since_ns=0, from_start=True, lacks="markets that are no longer listed"),
        Coverage(kind="transfers", since_ns=3 * SECOND, kept_only=True),
    ]
    assert history_reasons(view(coverage=parts)) == [
        "main: fills of markets that are no longer listed cannot be asked for",
        "main: transfers before 1970-01-01T00:00:03Z are not known: the exchange keeps no older",
    ]


def test_an_imported_file_owes_no_history() -> None:
    assert coverage([msgspec.structs.replace(view(streams=[], coverage=[]), venue=None)], now_ns=NOW).items == ()
