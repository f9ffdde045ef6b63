"""The county's schema, revision by revision, for Alembic; `sync.county.upgrading` runs them. docs/county.md, section 4."""
