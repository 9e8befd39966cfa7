"""Accounts are added and removed by a command, and nothing else of the file changes."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.running import acct

FILE = """# mine
currency = "EUR"   # not dollars

[accounts.main]    # the first one
exchange = "kraken"
"""


def configured(folder: Path) -> Path:
    file = folder / "c.toml"
    file.write_text(FILE)
    return file


def test_an_account_is_added_beside_what_stands_there_and_taken_out_again(tmp_path: Path) -> None:
    file = configured(tmp_path)
    added = acct(tmp_path, "--config", "c.toml", "accounts", "add", "mine", "--exchange", "binance", "--user", "anna")
    assert (added.code, added.out) == (0, "")
    assert "its key is looked for in MINE_API_KEY" in added.err
    assert file.read_text().startswith(FILE.rstrip())
    rows = json.loads(acct(tmp_path, "--config", "c.toml", "accounts", "--json").out)["items"]
    assert [(row["account"], row["venue"], row["user"]) for row in rows] == [
        ("main", "kraken", None),
        ("mine", "binance", "anna"),
    ]
    removed = acct(tmp_path, "--config", "c.toml", "accounts", "remove", "mine")
    assert (removed.code, removed.out) == (0, "")
    assert file.read_text().rstrip() == FILE.rstrip()


def test_a_first_account_makes_the_file_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    assert acct(tmp_path, "accounts", "add", "kraken").code == 0
    (file,) = tmp_path.rglob("config.toml")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "[accounts.kraken]" in file.read_text()


def test_what_would_not_load_is_refused_and_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    file = configured(tmp_path)
    for words, code, said in (
        (("add", "main"), 2, "account 'main' is configured already"),
        (("add", "mine", "--exchange", "krakn"), 8, "did you mean 'kraken'"),
        (("add", "bad/name", "--exchange", "kraken"), 8, "an account's name is"),
        (("add",), 2, "takes one name"),
        (("remove", "other"), 2, "no account 'other' is configured"),
        (("remove", "main", "--user", "x"), 2, "belong to add"),
        (("main", "--store", "file"), 2, "belong to add"),
        (("key", "main", "--user", "x"), 2, "belong to add"),
        (("key", "other"), 2, "unknown account or exchange"),
        (("key", "main"), 2, "no key for main was given"),
        (("add", "mine", "--key-from", "my-very-own-key"), 2, "--key-from says where it is"),
        (("add", "mine", "--exchange", "kraken", "--store", "vault"), 2, "one of: keyring, file"),
        (("add", "mine", "--exchange", "kraken", "--store", "file"), 2, "nobody can be asked"),
        (("add", "mine", "--exchange", "kraken", "--key-from", "env:NOBODY"), 8, "NOBODY is not set"),
    ):
        ended = acct(tmp_path, "--config", "c.toml", "accounts", *words)
        assert (ended.code, said in ended.err) == (code, True), (words, ended.err)
    assert file.read_text() == FILE
    assert [path.name for path in tmp_path.glob("*.toml")] == ["c.toml"]
