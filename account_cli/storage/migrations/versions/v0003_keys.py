"""Schema 3: an account remembers how its key stood."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add what the exchange last said of the key; unknown for what was collected before."""
    op.add_column("accounts", sa.Column("key_standing", sa.Text, nullable=True))
