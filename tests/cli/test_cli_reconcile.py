"""What ``acct reconcile`` refuses and says of nothing; what it finds is in ``tests/faults/test_drift.py``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import acct


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--settle", "2m"), "--settle: at most 90s"),
        (("--timeout", "soon"), "--timeout: not a span of time"),
        (("--tolerance", "b26"), "b25"),
        (("--jitter", "now and then"), "--jitter: not a span of time"),
        (("--max-age", "old"), "--max-age: not a span of time"),
        (("--since", "once"), "--since: not a time"),
        (("show", "x"), "no run 'x'"),
        (("show",), "no run ''"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    ended = acct(tmp_path, "reconcile", *arguments)
    assert ended.code == 2
    assert said in ended.err


def test_before_the_first_run_the_history_is_empty(tmp_path: Path) -> None:
    ended = acct(tmp_path, "reconcile", "--history")
    assert (ended.code, "nothing has been reconciled yet" in ended.err) == (0, True)
    assert json.loads(acct(tmp_path, "reconcile", "--history", "--json").out)["items"] == []


def test_without_an_account_it_says_what_to_do(tmp_path: Path) -> None:
    assert acct(tmp_path, "reconcile").code == 8
