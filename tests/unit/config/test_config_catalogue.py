"""The list of keys, what loading accepts and what holds by itself are one thing, and the example is written from it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from account_cli.config import alerts, keys, load_config
from account_cli.config.catalogue import ANY, entry
from account_cli.config.example import example
from account_cli.config.known import ABOUT, CATALOGUE, KEYS
from account_cli.config.reference import reference

ROOT = Path(__file__).parents[3]
REFUSED = {("retention", "fills_days"), ("retention", "ledger_days")}
"""Keys that are known only to be refused with a reason."""


def accepted() -> set[tuple[str, ...]]:
    """Every key that loading accepts, tables as their names."""
    tables: dict[tuple[str, ...], Any] = {
        (): keys.TOP_KEYS,
        ("storage",): keys.STORAGE_KEYS,
        ("retention",): keys.RETENTION_KEYS,
        ("inbox",): keys.INBOX_KEYS,
        ("reconcile",): keys.RECONCILE_KEYS,
        ("log",): keys.LOG_KEYS,
        ("accounts", ANY): keys.ACCOUNT_KEYS,
        ("alerts",): alerts._KEYS,
        ("alerts", "rules", ANY): alerts._RULE_KEYS,
    }
    return {(*table, key) for table, known in tables.items() for key in known} - REFUSED


def test_every_key_that_is_accepted_is_in_the_list() -> None:
    listed = {path[:length] for path in CATALOGUE for length in range(1, len(path) + 1)}
    assert accepted() <= listed


def test_every_key_of_the_list_is_accepted_with_its_default_or_example(tmp_path: Path) -> None:
    text = re.sub(r"(?m)^# (?=\[[a-z]|[A-Za-z_]+ = )", "", example())
    named = {path for path in leaves(tomllib.loads(text)) if path[0] != "profiles"}
    found = {key.path for path in named if (key := entry(path, CATALOGUE)) is not None}
    assert set(CATALOGUE) == found
    file = tmp_path / "c.toml"
    file.write_text(text)
    file.chmod(0o600)
    assert load_config(file, {}, venues=lambda: ("kraken",)).account("main").exchange == "kraken"


def leaves(table: dict[str, Any], above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for key, value in table.items():
        if isinstance(value, dict) and key != "urls":
            found += leaves(value, (*above, key))
        else:
            found.append((*above, key))
    return found


def test_the_defaults_of_the_list_are_those_that_hold_without_a_file(tmp_path: Path) -> None:
    written = tmp_path / "all.toml"
    written.write_text(example())
    said = load_config(written, {}, home=tmp_path, venues=lambda: ("kraken",))
    bare = tmp_path / "bare.toml"
    bare.write_text('[accounts.main]\nexchange = "kraken"\nuser = "alice"\n')
    silent = load_config(bare, {}, home=tmp_path, venues=lambda: ("kraken",))
    for name in (
        "currency",
        "pegged",
        "inbox",
        "retention",
        "timescale",
        "reconcile",
        "alerts",
        "log",
        "database",
        "redis_prefix",
    ):
        assert getattr(said, name) == getattr(silent, name), name
    for name in said.account("main").__dataclass_fields__:
        if name not in {"file", "line"}:
            assert getattr(said.account("main"), name) == getattr(silent.account("main"), name), name


def test_the_example_in_the_repository_is_the_one_that_is_written() -> None:
    assert (ROOT / "config.toml.example").read_text() == example(), (
        "write it anew: python -m account_cli.config.example config.toml.example"
    )


def test_the_page_in_the_repository_is_the_one_that_is_written() -> None:
    assert (ROOT / "docs/configuration.md").read_text() == reference(), (
        "write it anew: python -m account_cli.config.reference docs/configuration.md"
    )


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.dotted)
def test_every_key_says_what_it_is_for(key: Any) -> None:
    assert key.about
    assert (key.default is None) != (key.example is None)
    assert key.default is None or not key.choices or key.default in key.choices


def test_every_table_that_begins_a_subject_has_a_sentence() -> None:
    assert {key.section[:1] for key in KEYS} - {()} <= {table[:1] for table in ABOUT}
