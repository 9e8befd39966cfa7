"""A URL names a database, or is refused before a part of its password could be taken for something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from account_cli.ports.location import located, named, password_of


def test_files_and_servers_are_named_without_what_is_secret() -> None:
    assert located("sqlite:////home/me/acct.db") == Path("/home/me/acct.db")
    url = located("postgresql://me:s%40crit@host:5433/acct?sslmode=require")
    assert named(url) == "acct on host:5433"
    assert password_of(url) == "s@crit"


@pytest.mark.parametrize(
    "url",
    [
        "acct.db",
        "mysql://me:secret@host/acct",
        "redis://host",
        "sqlite://acct.db",
        "sqlite:///",
        "postgresql://me:sec@ret@host/acct",
        "postgresql://me:12/secret@host/acct",
        "postgresql://me:12#secret@host/acct",
        "postgresql://me:secret?@host/acct",
        "postgresql://me:se%cret@host/acct",
        "postgresql://me:secret@host:port/acct",
        "postgresql://me:secret@[::1/acct",
    ],
)
def test_what_cannot_be_read_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError) as caught:
        located(url)
    assert "ret" not in str(caught.value)
    assert "host" not in str(caught.value)
