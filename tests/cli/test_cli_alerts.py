"""``acct alerts``: without a database, with one, and what it answers to nonsense."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
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


WRONG = """[alerts.channels]
typo = "htps://example.org/hook"
[alerts.rules]
HIGH_LEVRAGE = 3
HIGH_MARGIN_RATIO = "0.5"
[accounts.main]
exchange = "kraken"
"""


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """A home whose configuration has a wrong channel, a wrong rule and a right one."""
    file = tmp_path / ".config/acct/config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(WRONG)
    file.chmod(0o600)
    return tmp_path


def test_a_wrong_rule_or_channel_is_left_out_and_every_command_says_so_once(wrong: Path) -> None:
    done = acct(wrong, "balances")
    assert done.code == 0
    assert "config.toml:4 [alerts.rules.HIGH_LEVRAGE]: unknown rule (did you mean 'HIGH_LEVERAGE'?)" in done.err
    assert "config.toml:2 [alerts.channels.typo]: unknown kind of channel 'htps' (did you mean 'https'?)" in done.err
    assert done.err.count("left out") == 2
    assert acct(wrong, "balances", "--quiet").err == ""
    quiet = acct(wrong, "balances", "--json")
    assert (quiet.code, quiet.err, json.loads(quiet.out)["items"]) == (0, "", [])


def test_what_is_left_out_fails_where_it_is_asked_about(wrong: Path) -> None:
    rules = acct(wrong, "alerts", "rules")
    assert rules.code == 8
    assert rules.err.count("error: ") == 2, "and no warning beside them"
    assert "warning" not in rules.err
    (ratio,) = [line for line in rules.out.splitlines() if line.startswith("HIGH_MARGIN_RATIO")]
    assert "off" not in ratio, "the other rules go on"
    tried = acct(wrong, "alerts", "test", "typo")
    assert (tried.code, "did you mean 'https'?" in tried.err) == (8, True)
    checked = acct(wrong, "config", "validate")
    assert (checked.code, checked.err.count("error: ")) == (8, 2)
    looked = acct(wrong, "doctor", "--offline", "--json")
    failed = [one for one in json.loads(looked.out)["checks"] if one["what"] == "alerts"]
    assert [(one["state"], one["exit_code"]) for one in failed] == [("fail", 8), ("fail", 8)]
    assert "did you mean 'HIGH_LEVERAGE'?" in {one["fix"] for one in failed}


def test_a_key_is_changed_beside_what_is_left_out_and_nothing_wrong_is_added(wrong: Path) -> None:
    assert acct(wrong, "config", "set", "currency", "EUR").code == 0
    refused = acct(wrong, "config", "set", "alerts.rules.LOW_BALANCE.threshold", "much")
    assert refused.code == 8
    assert "must be a number" in refused.err
    assert "nothing was changed" in refused.err
    assert "LOW_BALANCE" not in (wrong / ".config/acct/config.toml").read_text()


def test_what_goes_to_channels_is_in_the_outbox_and_is_told_again_when_asked(tmp_path: Path) -> None:
    episode = Episode(rule="HIGH_LEVERAGE", account="main", key="", state="firing", number=1, severity="warning")
    with database(tmp_path) as journal, journal.transaction() as tx:
        put_step(tx, episode, Step(what="fired", notice=1), 5, {"mail": "info", "hook": "info", "gone": "info"})
        _mail, hook, gone = tx.tellings(0)
        tx.settle_telling(msgspec.structs.replace(hook, tries=2, next_ns=9, error="no answer"))
        tx.settle_telling(msgspec.structs.replace(gone, state="failed", tries=1, error="no such channel"))
    listed = {row["channel"]: row for row in json.loads(acct(tmp_path, "outbox", "--json").out)["items"]}
    assert {name: row["state"] for name, row in listed.items()} == {"mail": "pending", "hook": "failed", "gone": "dead"}
    assert {row["id"] for row in listed.values()} == {"main/HIGH_LEVERAGE//1"}
    assert (listed["hook"]["tries"], listed["hook"]["error"]) == (2, "no answer")
    assert "no such channel" in acct(tmp_path, "outbox", "list", "--state", "dead").out
    assert acct(tmp_path, "outbox", "retry", "main/HIGH_LEVERAGE//9").out == "0 messages are told again\n"
    assert acct(tmp_path, "outbox", "retry", "main/HIGH_LEVERAGE//1").out == "2 messages are told again\n"
    with database(tmp_path) as journal, journal.transaction() as tx:
        assert [(row.channel, row.tries, row.error) for row in tx.tellings(0)] == [
            ("mail", 0, None),
            ("hook", 0, None),
            ("gone", 0, None),
        ]
