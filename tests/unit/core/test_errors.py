"""Exit codes: each error has one, the worst wins."""

from __future__ import annotations

import itertools

from account_cli import errors


def test_the_worst_exit_status_wins_in_any_order() -> None:
    ranked = [1, 9, 3, 5, 8, 7, 4, 6]
    for worse, better in itertools.combinations(ranked, 2):
        assert errors.worst_exit([better, worse, 0]) == worse
    assert errors.worst_exit([0, 0]) == 0
    assert errors.worst_exit([]) == 0


def test_every_class_of_the_tree_has_its_documented_status() -> None:
    expected: dict[type[errors.AcctError], int] = {
        errors.InternalError: 1,
        errors.InputError: 2,
        errors.KeyMissing: 5,
        errors.KeyRejected: 5,
        errors.KeyCanTrade: 5,
        errors.RateLimited: 6,
        errors.Unreachable: 6,
        errors.Maintenance: 6,
        errors.NotSupported: 6,
        errors.BadAnswer: 6,
        errors.LockHeld: 7,
        errors.ConfigError: 8,
        errors.SchemaTooNew: 9,
        errors.Unavailable: 9,
        errors.DiskFull: 9,
    }
    assert {kind: kind.exit_code for kind in expected} == expected


def test_a_place_is_named_before_the_message() -> None:
    assert str(errors.InputError("is not a number", file="a.ndjson", line=3, field="price")) == (
        "a.ndjson:3 field 'price': is not a number"
    )
    assert str(errors.ConfigError("unknown key", file="c.toml", line=2, key="x")) == "c.toml:2 [x]: unknown key"
