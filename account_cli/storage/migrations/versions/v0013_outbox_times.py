"""Schema 13: what is to leave the process knows since when it is due, so that it does not wait for ever."""

from __future__ import annotations

import time

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """What waits is due from now on."""
    now = f"{time.time_ns():d}"
    op.execute(f"UPDATE outbox SET next_ns = {now} WHERE state = 'pending'")  # noqa: S608 -- a number
    _index("outbox_dead", ["id"], "state = 'dead'")
    _index("outbox_told", ["topic", "id"], "state = 'delivered'")


def _index(name: str, columns: list[str], where: str) -> None:
    only = sa.text(where)
    op.create_index(name, "outbox", columns, sqlite_where=only, postgresql_where=only)
