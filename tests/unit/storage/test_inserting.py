"""An insertion taken apart is the same insertion, of as many rows as go together."""

from __future__ import annotations

from account_cli.storage.inserting import insertion
from account_cli.storage.writing_facts import _INSERT, _PUT_KEPT


def test_one_row_and_many_are_the_same_insertion() -> None:
    one = insertion(_INSERT)
    assert one is not None
    assert one.is_plain
    assert one.of(1).split() == _INSERT.split()
    two = one.of(2)
    assert two.count("?") == 2 * one.width
    assert two.split("VALUES")[0].split() == _INSERT.split("VALUES")[0].split()


def test_two_rows_that_a_statement_would_change_twice_do_not_go_together() -> None:
    kept = insertion(_PUT_KEPT)
    assert kept is not None
    assert not kept.is_plain
    assert kept.key == (0, 1, 2, 3, 4, 5)
    first, second = ("a", "m", 1, 0, "x", 0, "S", "C", b"1"), ("a", "m", 1, 0, "x", 1, "S", "C", b"2")
    assert list(kept.apart([first, second, first])) == [[first, second], [first]]


def test_words_among_the_values_are_kept_and_whatever_else_is_left_alone() -> None:
    found = insertion("INSERT INTO outbox (n, state, tries) VALUES (?, 'pending', 0)")
    assert found is not None
    assert (found.width, found.is_plain) == (1, False)
    assert insertion("UPDATE outbox SET n = ?") is None
    assert insertion("INSERT INTO p (a) VALUES (?) ON CONFLICT (a) DO UPDATE SET a = 1 WHERE p.a > ?") is None


def test_many_rows_that_may_be_there_go_as_json_and_words_stay_in_the_statement() -> None:
    found = insertion(
        'INSERT INTO accounts ("user", body, state) VALUES (?, ?, \'new\') ON CONFLICT ("user") DO NOTHING'
    )
    assert found is not None
    assert found.from_json() == (
        'INSERT INTO accounts ("user", body, state) SELECT "user", body, \'new\' '
        'FROM json_populate_recordset(NULL::accounts, ?) ON CONFLICT ("user") DO NOTHING'
    )
    assert found.to_json([("a'\\\"é", b"\x00\xff"), (None, 2**62)]) == (
        '[{"user":"a\'\\\\\\"é","body":"\\\\x00ff"},{"user":null,"body":4611686018427387904}]'
    )
