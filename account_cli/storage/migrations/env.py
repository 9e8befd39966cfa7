"""What Alembic runs: every missing step, in the transaction that the caller has begun.

The caller (``storage.migrating``) hands over its connection, begins and commits: SQLite can undo a change of schema
like any other change, so a step that fails leaves the file as it was.
"""

from __future__ import annotations

from alembic import context

from account_cli.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
