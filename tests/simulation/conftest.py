"""The PostgreSQL of the tests of the line."""

from tests.sync.conftest import postgres_cluster, postgres_database  # noqa: F401  # fixtures
