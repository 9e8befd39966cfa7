"""``acct alerts``: without a database, with one, and what it answers to nonsense."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from account_cli.alerts import Episode, Step
from account_cli.engine.alert_storing import put_step
from account_cli.ports import Journal
from account_cli.storage import open_journal
from tests.cli.running import acct
from tests.unit.reports.report_views import D


@contextmanager
def database(home: Path) -> Iterator[Journal]:
    folder = home / ".local" / "share" / "acct"
    folder.mkdir(parents=True, exist_ok=True)
    journal = open_journal(folder / "acct.db")
    yield journal
    journal.close()


@pytest.fixture
def fired(tmp_path: Path) -> Path:
    """A home in whose database one alert is firing."""
    episode = Episode(
        rule="HIGH_LEVERAGE",
        account="main",
        key="",
        state="firing",
        number=1,
        began_ns=5,
        severity="warning",
        value=D(12),
        threshold=D(10),
        text="gross exposure is 12 × equity",
    )
    with database(tmp_path) as journal, journal.transaction() as tx:
        tx.put_episode(episode)
        put_step(tx, episode, Step(what="fired", notice=1), 5, {})
    return tmp_path


def test_an_alert_is_listed_until_it_is_acknowledged(fired: Path) -> None:
    listed = acct(fired, "alerts", "--json")
    assert listed.code == 3, "one is firing"
    report = json.loads(listed.out)
    (row,) = report["items"]
    assert report["schema"] == "acct.alerts/1"
    assert (row["rule"], row["state"], row["value"], row["threshold"]) == ("HIGH_LEVERAGE", "firing", "12", "10")
    seen = acct(fired, "alerts", "ack", str(row["id"]))
    assert (seen.code, seen.err) == (0, f"note: alert {row['id']} is acknowledged\n")
    again = acct(fired, "alerts", "--json", "--state", "acknowledged")
    assert again.code == 0
    assert [one["state"] for one in json.loads(again.out)["items"]] == ["acknowledged"]
    assert json.loads(acct(fired, "alerts", "--json", "--state", "firing").out)["items"] == []


def test_what_has_no_episode_is_over(fired: Path) -> None:
    failed = Episode(rule="CHANNEL_FAILED", account="main", key="mail", number=3, text="no answer")
    with database(fired) as journal, journal.transaction() as tx:
        put_step(tx, failed, Step(what="fired", notice=3), 9, {})
        number = tx.alerts(limit=1)[0].number
    assert acct(fired, "alerts", "ack", str(number)).err == f"note: alert {number} is resolved\n"


def test_a_rule_is_muted_and_may_speak_again(fired: Path) -> None:
    assert acct(fired, "alerts", "mute", "large_fill", "--for", "2h").code == 0
    with database(fired) as journal, journal.transaction() as tx:
        assert set(tx.mutes()) == {"LARGE_FILL"}
    assert acct(fired, "alerts", "unmute", "LARGE_FILL").code == 0
    with database(fired) as journal, journal.transaction() as tx:
        assert tx.mutes() == {}


def test_rules_are_listed_without_a_database(tmp_path: Path) -> None:
    done = acct(tmp_path, "alerts", "rules", "--json")
    assert done.code == 0, done.err
    rows = {row["rule"]: row["verdict"] for row in json.loads(done.out)["items"]}
    assert (len(rows), rows["HIGH_LEVERAGE"], rows["LARGE_FILL"]) == (20, "quiet", "off")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ack"], "ack needs an ID"),
        (["ack", "x"], "not an id"),
        (["ack", "99"], "no alert 99"),
        (["mute", "HIGH_LEVERAG"], "did you mean 'HIGH_LEVERAGE'?"),
        (["test", "mail"], "no channel 'mail'"),
        (["--for", "2h"], "--for goes with mute"),
        (["--state", "firng"], "firing"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_does(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = acct(tmp_path, "alerts", *arguments)
    assert done.code == 2
    assert said in done.err
