"""Kraken's words for how a deposit or withdrawal stands, and how often it is asked for them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from account_cli.domain.times import DAY, HOUR, MINUTE, SECOND
from account_cli.errors import BadAnswer, InternalError
from account_cli.exchanges.kraken.ledgers import Entry
from account_cli.exchanges.kraken.transactions import CURSOR, Status, Transactions, read_statuses
from account_cli.ports import Page

NOW = 1_700_000_000 * SECOND


def entry(name: str = "L1", *, kind: str = "deposit", at_ns: int = NOW) -> Entry:
    return Entry(
        id=name, refid=f"R-{name}", time_ns=at_ns, type=kind, subtype="", asset="BTC", wallet="spot",
        amount=Decimal("0.5"), fee=Decimal(0),
    )  # fmt: skip


def row(**changed: Any) -> dict[str, Any]:
    return {
        "method": "Bitcoin", "aclass": "currency", "asset": "XXBT", "refid": "FTQcuak-V6Za8qrWnhzTx67yYHz8Tg",
        "txid": "6544b41b607d8b2512baf801755a3a87b6890eacdb451be8a94059fb11f0a8d9", "info": "an address",
        "amount": "0.78125000", "fee": "0.0000000000", "time": 1688992722, "status": "Success",
    } | changed  # fmt: skip


def test_both_forms_of_an_answer_are_read_alike() -> None:
    plain = read_statuses({"error": [], "result": [row()]})
    for listed in ("deposit", "deposits", "withdrawals"):
        paged = read_statuses({"error": [], "result": {listed: [row()], "next_cursor": "HgAA"}})
        assert paged == (*plain[:2], "HgAA")
    assert plain == ([Status(row()["refid"], row()["txid"], ended=True)], [], None)
    assert read_statuses({"error": [], "result": {"deposit": [], "next_cursor": None}}) == ([], [], None)


@pytest.mark.parametrize(
    ("changed", "tx", "ended"),
    [
        ({"status": "Settled"}, row()["txid"], False),
        ({"status": "Pending", "txid": None}, None, False),
        ({"txid": ""}, None, True),
        ({"status": "Failure"}, None, True),
        ({"originators": ["0beef"]}, "0beef", True),
        ({"originators": []}, row()["txid"], True),
        ({"originators": None}, row()["txid"], True),
    ],
)
def test_a_transaction_is_the_senders_where_a_sweep_credited_it(
    changed: dict[str, Any], tx: str | None, ended: bool
) -> None:
    ((status,), unreadable, _) = read_statuses({"result": [row(**changed)]})
    assert (status.tx, status.ended, unreadable) == (tx, ended, [])


def test_a_row_that_cannot_be_read_costs_no_other() -> None:
    told, unreadable, _ = read_statuses({"result": [row(refid=None), row(), 7]})
    assert (len(told), len(unreadable)) == (1, 2)
    with pytest.raises(BadAnswer):
        read_statuses({"result": "none"})


def test_what_waits_is_asked_for_ever_more_rarely_and_not_for_ever() -> None:
    known, asked = Transactions(None), list[int]()
    known.note(entry())
    for minute in range(1, 10 * DAY // MINUTE):
        now_ns = NOW + minute * MINUTE
        if known.request("deposit", now_ns) is not None:
            asked.append(minute)
            assert known.answered("a", "deposit", now_ns, [Status("R-L1", None, ended=False)], None) == []
    assert asked[:6] == [1, 2, 4, 8, 16, 32]
    assert len(asked) < 20
    assert asked[-1] <= 8 * DAY // MINUTE
    known.note(entry())  # where walks overlap it is read again
    assert known.request("deposit", NOW + 20 * DAY) is None


def test_an_hour_without_an_answer_costs_a_few_requests_and_loses_nothing() -> None:
    known, asked = Transactions(None), 0
    known.note(entry(at_ns=NOW - 300 * DAY))
    for minute in range(60):
        if known.request("deposit", NOW + minute * MINUTE) is not None:
            asked += 1
            known.failed("deposit", NOW + minute * MINUTE, "no")
    assert asked == 1
    assert known.trouble == "no"
    known.answered("a", "withdrawal", NOW, [], None)
    assert known.trouble == "no", "that the other method answers does not end it"
    assert known.request("deposit", NOW + DAY + HOUR) is not None
    (fact,) = known.answered("a", "deposit", NOW + DAY + HOUR, [Status("R-L1", "ab", ended=True)], None)
    assert getattr(fact, "tx", None) == "ab"
    assert known.trouble is None


def test_each_type_is_asked_for_by_itself_and_what_waits_outlives_the_process() -> None:
    known = Transactions(None)
    known.note(entry("L1"))
    known.note(entry("L2", kind="withdrawal"))
    known.note(entry("L3", kind="staking"))
    page = known.kept_in(Page(heard=(), cursors={"kraken": "x"}))
    assert set(page.cursors) == {"kraken", CURSOR}
    assert known.kept_in(Page(heard=())).cursors == {}, "unchanged since"
    later = Transactions(page.cursors[CURSOR])
    assert later.request("withdrawal", NOW + HOUR) == {"cursor": "true", "limit": 500}
    assert later.answered("a", "deposit", NOW, [Status("R-L2", "ab", ended=True)], None) == []
    assert later.request("withdrawal", NOW + HOUR) is not None
    (fact,) = later.answered("a", "withdrawal", NOW, [Status("R-L2", "ab", ended=True)], None)
    assert (fact.id, getattr(fact, "tx", None)) == ("L2", "ab")
    assert later.request("withdrawal", NOW + DAY) is None


def test_a_cursor_that_cannot_be_read_is_an_error_that_says_so() -> None:
    with pytest.raises(InternalError):
        Transactions("{")
