"""Whoever collects is named with its age; an account that nobody collects is never shown as if somebody did."""

from __future__ import annotations

from pathlib import Path

from account_cli.domain.presence import EXPIRED_NS, WHOLE, Lease, Process
from account_cli.domain.times import SECOND
from account_cli.engine.follow import Follower
from account_cli.ports import AccountRow
from account_cli.reports.status import HealthCheck, health, status
from account_cli.reports.view import AccountView
from account_cli.storage import open_journal

NOW = 1_700_000_000 * SECOND


def process(name: str, *, beat_s: int = 0, started_s: int = 60) -> Process:
    return Process(
        id=name,
        kind="collect",
        host="here",
        pid=7,
        version="1",
        started_ns=NOW - started_s * SECOND,
        beat_ns=NOW - beat_s * SECOND,
    )


def lease(process_id: str | None) -> Lease:
    return Lease(account="main", fence=3, process=process_id, taken_ns=NOW)


def view(folder: Path) -> AccountView:
    journal = open_journal(folder / "acct.db")
    with journal.transaction() as tx:
        tx.put_account(AccountRow(account="main", venue="kraken", user="anna"))
    reader = journal.reader()
    (found,) = Follower(reader).views(["main"])
    reader.close()
    journal.close()
    return found


def test_an_account_is_shown_with_the_process_that_has_its_lease_and_the_others_stand_by(tmp_path: Path) -> None:
    report = status([view(tmp_path)], [process("a"), process("b")], [lease("a")], now_ns=NOW)
    assert [(row.account, row.role, row.fence, row.uptime_seconds) for row in report.items] == [
        ("main", "collecting", 3, 60),
        (None, "standby", None, 60),
    ]
    assert report.items[0].user == "anna"
    assert report.items[0].lag_seconds is None
    assert report.complete


def test_a_process_that_does_not_beat_is_gone_and_says_so(tmp_path: Path) -> None:
    late = process("a", beat_s=EXPIRED_NS // SECOND + 1)
    report = status([view(tmp_path)], [late], [lease("a")], now_ns=NOW)
    assert [row.role for row in report.items] == ["gone"]
    assert report.incomplete == ("main: nobody collects it",)


def test_an_account_whose_lease_was_given_back_has_nobody(tmp_path: Path) -> None:
    assert [row.role for row in status([view(tmp_path)], [], [lease(None)], now_ns=NOW).items] == ["nobody"]


def test_only_a_store_that_fails_is_unhealthy() -> None:
    def check(state: str) -> HealthCheck:
        return HealthCheck(name="x", state=state, detail="", milliseconds=1)  # type: ignore[arg-type]

    def word(*states: str) -> str:
        return health([check(state) for state in states], version="1", uptime_seconds=None).status

    assert [word("ok"), word("ok", "degraded"), word("degraded", "failed")] == ["healthy", "degraded", "unhealthy"]


def test_the_leader_is_named_as_long_as_it_beats(tmp_path: Path) -> None:
    leases = [lease("a"), Lease(account=WHOLE, fence=2, process="b", taken_ns=NOW)]
    report = status([view(tmp_path)], [process("a"), process("b")], leases, now_ns=NOW)
    assert [(row.role, row.leads) for row in report.items] == [("collecting", False), ("standby", True)]
    gone = process("b", beat_s=EXPIRED_NS // SECOND + 1)
    report = status([view(tmp_path)], [process("a"), gone], leases, now_ns=NOW)
    assert [(row.role, row.leads) for row in report.items] == [("collecting", False), ("gone", False)]
