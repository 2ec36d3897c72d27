"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, DateTime, Integer, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC time: `timestamptz` on PostgreSQL, whole microseconds since 1970 on SQLite (which compares text by letters)."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column type of a dialect."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse naive times: they would mean another moment on every machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"a naive time reached the database: {value!r}"
            raise ValueError(message)
        if dialect.name == "postgresql":
            return value
        return (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give every time back as aware UTC."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            aware: datetime = value.astimezone(UTC)
            return aware
        microseconds: int = value
        return _EPOCH + microseconds * _MICROSECOND


# What PostgreSQL takes in no text: NUL and lone surrogates; and other controls, which would garble a terminal.
_REFUSED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Detail(TypeDecorator[str]):
    """Words of the world that go with a reason: at most 2,000 letters, fit for both databases; NULL when there are none."""

    impl = Text
    cache_ok = True
    longest = 2000

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Clean and cut."""
        del dialect
        return None if value is None else _REFUSED.sub("\ufffd", value)[: self.longest] or None


# SQLite numbers rows by itself only in a column of the type INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")
