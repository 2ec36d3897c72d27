"""The state of record: SQLAlchemy Core on SQLite and PostgreSQL."""
