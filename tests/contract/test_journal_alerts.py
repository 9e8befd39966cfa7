"""Alerts are kept as they were said, and each telling is taken by one."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from account_cli.alerts import Episode
from account_cli.ports import AlertRow, Journal
from account_cli.storage import open_journal
from tests.services import JOURNALS


@pytest.fixture(params=sorted(JOURNALS))
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    with JOURNALS[request.param](tmp_path) as location:
        opened = open_journal(location)
        yield opened
        opened.close()


def alert(at_ns: int = 5, notice: int = 1) -> AlertRow:
    return AlertRow(
        at_ns=at_ns,
        account="main",
        rule="LOW_BALANCE",
        key="*",
        episode=1,
        what="fired",
        severity="warning",
        value=Decimal("900.10"),
        threshold=Decimal(1000),
        text="main is worth 900.10 USD",
        notice=notice,
    )


def test_the_history_is_read_back_newest_first_digit_for_digit(journal: Journal) -> None:
    with journal.transaction() as tx:
        first, second = tx.put_alert(alert(), ()), tx.put_alert(alert(7, 2), ())
        assert [row.number for row in tx.alerts()] == [second, first]
        assert tx.alerts(since_ns=6) == [msgspec.structs.replace(alert(7, 2), number=second)]
        assert tx.alerts(limit=1)[0].id == "main/LOW_BALANCE/*/2"
        assert tx.tellings() == []


def test_a_slot_keeps_its_last_episode_and_a_rule_its_mute(journal: Journal) -> None:
    it = Episode(rule="LOW_BALANCE", account="main", key="*", state="firing", number=1, began_ns=5)
    with journal.transaction() as tx:
        tx.put_episode(it)
        later = msgspec.structs.replace(it, number=2, began_ns=9)
        tx.put_episode(later)
        assert tx.episodes() == tx.episodes("main") == [later]
        assert tx.episodes("other") == []
        assert tx.alert_reach("main") is None
        tx.put_alert_reach("main", 3, 4)
        tx.put_alert_reach("main", 5, 4)
        assert tx.alert_reach("main") == (5, 4)
        tx.put_mute("LOW_BALANCE", 7)
        tx.put_mute("LOW_BALANCE", 9)
        assert tx.mutes() == {"LOW_BALANCE": 9}
        tx.put_mute("LOW_BALANCE", None)
        assert tx.mutes() == {}


def test_a_telling_is_taken_by_one_and_due_again_until_it_is_delivered(journal: Journal) -> None:
    with journal.transaction() as tx:
        tx.put_alert(alert(), ("mail", "hook"))
    with journal.transaction() as tx:
        mail, hook = tx.tellings(10)
        assert (mail.channel, hook.channel, mail.alert.id) == ("mail", "hook", "main/LOW_BALANCE/*/1")
        assert tx.claim_telling(mail.number, mail.next_ns, 50)
        assert not tx.claim_telling(mail.number, mail.next_ns, 60), "somebody has it"
        assert [row.channel for row in tx.tellings(10)] == ["hook"]
        assert [row.channel for row in tx.tellings(50)] == ["mail", "hook"], "whoever took it died"
        tx.settle_telling(msgspec.structs.replace(mail, state="delivered", tries=1))
        tx.settle_telling(msgspec.structs.replace(hook, tries=1, next_ns=99, error="refused"))
        assert tx.tellings(50) == []
        (again,) = tx.tellings(99)
        assert (again.channel, again.tries, again.error) == ("hook", 1, "refused")


def test_tellings_are_listed_by_the_state_that_a_person_is_shown(journal: Journal) -> None:
    with journal.transaction() as tx:
        tx.put_alert(alert(), ["mail", "hook", "bell", "gone"])
        mail, hook, _bell, gone = tx.tellings(0)
        tx.settle_telling(msgspec.structs.replace(mail, state="delivered", tries=1))
        tx.settle_telling(msgspec.structs.replace(hook, tries=2, next_ns=9, error="no answer"))
        tx.settle_telling(msgspec.structs.replace(gone, state="failed", tries=1, error="no such channel"))
        shown = {row.channel: row.outbox_state for row in tx.tellings()}
        assert shown == {"mail": "delivered", "hook": "failed", "bell": "pending", "gone": "dead"}
        assert [row.channel for row in tx.tellings(states=("failed", "dead"))] == ["gone", "hook"]
        assert [row.channel for row in tx.tellings(states=("pending",))] == ["bell"]
