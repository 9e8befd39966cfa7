"""``acct reconcile`` from the shell, against a simulated exchange: agree, break, history, beside a collector."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import ACCT, acct, environment

pytestmark = pytest.mark.slow
PLANTED = (
    '{"kind":"transfer","account":"sim","wallet":"futures","id":"PLANTED","time":"2024-01-01T00:00:00Z",'
    '"asset":"USDT","amount":"10","type":"deposit"}\n'
)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home whose configuration reaches a simulator that this test started and ends."""
    command = [*ACCT, "simulate", "--venue", "binanceusdm", "--account", "sim", "--seed", "7", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment(tmp_path)) as process:
        assert process.stdout is not None
        lines = []
        while line := process.stdout.readline().strip():
            lines.append(line)
        file = tmp_path / ".config/acct/config.toml"
        file.parent.mkdir(parents=True)
        file.touch(mode=0o600)
        file.write_text("\n".join(lines))
        yield tmp_path
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 143


def rows(text: str) -> list[dict[str, object]]:
    found = json.loads(text)["items"]
    assert isinstance(found, list)
    return found


def test_it_agrees_until_something_is_wrong_and_says_since_when(home: Path) -> None:
    ended = acct(home, "reconcile")
    assert (ended.code, ended.out) == (0, ""), ended.err
    assert "sim: clean, " in ended.err
    quiet = acct(home, "-q", "reconcile")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")
    (home / "planted.ndjson").write_text(PLANTED)
    assert acct(home, "import", str(home / "planted.ndjson")).code == 0
    broken = acct(home, "reconcile", "--settle", "1s", "--json")
    assert broken.code == 3, broken
    (row,) = rows(broken.out)
    assert (row["kind"], row["key"], row["wallet"], row["difference"], row["state"]) == (
        "balance",
        "USDT",
        "futures",
        "-10",
        "unexplained",
    )
    assert row["corrected"] is False
    assert row["first_bad_interval"] is not None
    again = acct(home, "reconcile", "--settle", "1s", "--json")
    assert again.code == 3
    assert rows(again.out)[0]["first_bad_interval"] == row["first_bad_interval"]
    states = [run["state"] for run in rows(acct(home, "reconcile", "--history", "--json").out)]
    assert states[0] == "unexplained"
    assert states[-2:] == ["clean", "clean"]
    shown = acct(home, "reconcile", "show", "1")
    assert (shown.code, "clean" in shown.err) == (0, True)


def test_beside_a_collector_it_is_asked_through_that_one(home: Path) -> None:
    config = home / ".config/acct/config.toml"
    config.write_text('poll_interval = "2s"\n' + config.read_text())
    with subprocess.Popen(
        [*ACCT, "watch", "--plain"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(home)
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        ended = acct(home, "reconcile", "--timeout", "60s")
        assert ended.code == 0, ended.err
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--settle", "2m"), "--settle: at most 90s"),
        (("--tolerance", "b26"), "b25"),
        (("show", "x"), "no run 'x'"),
        (("show",), "no run ''"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    ended = acct(tmp_path, "reconcile", *arguments)
    assert ended.code == 2
    assert said in ended.err
