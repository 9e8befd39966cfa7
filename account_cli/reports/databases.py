"""What is said of a database itself: how large it is, what it holds, what is wrong with it, what was copied."""

from __future__ import annotations

import msgspec


class CopiedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A table that was copied: ``digest`` is of all its rows in the order of their keys (BLAKE2b, 128 bits)."""

    table: str
    rows: int
    digest: str


class TableRow(msgspec.Struct, frozen=True, kw_only=True):
    """A table; ``bytes`` with its indexes, None where the database does not tell."""

    table: str
    rows: int
    bytes: int | None


class KnownRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an account: ``facts`` that stand, ``lines`` of its journal, when the facts happened."""

    account: str
    facts: int
    lines: int
    first_at: int | None
    last_at: int | None


class FindingRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something in a database that is not as it must be; ``account`` is None where it is about the whole."""

    account: str | None
    where: str
    what: str
