"""What Alembic runs a revision in: the transaction that `sync.county.upgrading` opened, which also holds the note of where the book stands."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
