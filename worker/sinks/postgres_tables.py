"""The two tables of the PostgreSQL sink: their columns, their full-text search, and how they come to be there. Moves no record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from worker.sinks.flat import COLUMNS, LIST, NUMBER, TEXT, TIME

# Two processes that make the tables at once would fail each other.
_ADVISORY = 0x636F7079
# A table this small is written anew and given indexes within a statement's time; a larger one is left to a person.
SMALL_BYTES = 64 << 20

_IDS = frozenset({"id", "merged_into", "group_id"})
_NEVER_NULL = frozenset({"revision", "change", "outlet", "country", "type", "title", "summary", "text", "record"})
_KINDS = {TEXT: "text", NUMBER: "integer", LIST: "text[]", TIME: "timestamptz"}
TYPES: Mapping[str, str] = {
    **{name: "uuid" if name in _IDS else _KINDS[kind] for name, kind in COLUMNS.items()},
    "record": "jsonb",
}
# The columns that tables of version 0.1 had not.
_LATER = frozenset({"merged_into", "access", "section", "authors", "topics", "group_id"})

# Language of the text → the configuration that every PostgreSQL since 13 has; others are `simple`: words as they stand.
CONFIGURATIONS: Mapping[str, str] = {
    "ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish", "fi": "finnish",
    "fr": "french", "ga": "irish", "hu": "hungarian", "id": "indonesian", "it": "italian", "lt": "lithuanian",
    "nb": "norwegian", "ne": "nepali", "nl": "dutch", "nn": "norwegian", "no": "norwegian", "pt": "portuguese",
    "ro": "romanian", "ru": "russian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
# A tsvector has room for 1,048,575 bytes. A letter takes ten of them at most: four in a word, as many in the part of a hyphenated
# word or of an address that the word is again, and its share of the positions.
SEARCHED: Mapping[str, tuple[str, int]] = {"title": ("A", 2_000), "summary": ("B", 10_000), "text": ("D", 80_000)}
# For a run like a1@a1@a1@ without a space the parser of PostgreSQL takes time that grows with the square of its length.
_LONG_RUN = r"([^ \n\t\r]{100})"

_CREATE = "CREATE TABLE {table} ({columns}, updated_at timestamptz NOT NULL DEFAULT now())"
_CREATE_REVISIONS = """CREATE TABLE {revisions} (id uuid NOT NULL, revision integer NOT NULL, change text NOT NULL,
record jsonb NOT NULL, received_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (id, revision))"""
_INDEXES = (
    "CREATE INDEX ON {table} (outlet, published_at)",
    "CREATE INDEX ON {table} (published_at)",
    "CREATE INDEX ON {table} (group_id) WHERE group_id IS NOT NULL",
)
_ADD_SEARCH = (
    "ALTER TABLE {table} ADD COLUMN search tsvector GENERATED ALWAYS AS ({vector}) STORED",
    "CREATE INDEX ON {table} USING gin (search)",
)
_LOOK = """SELECT t.name, coalesce(pg_table_size(t.id), 0), ARRAY(SELECT attname::text FROM pg_attribute
WHERE attrelid = t.id AND attnum > 0 AND NOT attisdropped)
FROM (SELECT name, to_regclass(quote_ident(name)) AS id FROM unnest(%s::text[]) AS name) AS t WHERE t.id IS NOT NULL"""


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables of one sink: `<name>` and `<name>_revisions`; `search`: whether the first one has the column of that name."""

    name: str
    search: bool

    @property
    def identifiers(self) -> dict[str, sql.Composable]:
        """What stands for `{table}` and `{revisions}` in a statement."""
        return {"table": sql.Identifier(self.name), "revisions": sql.Identifier(f"{self.name}_revisions")}

    def statements(self) -> str:
        """What makes the tables where there are none, for somebody who makes them by hand."""
        made = [_CREATE, _CREATE_REVISIONS, *_INDEXES, *(_ADD_SEARCH if self.search else ())]
        return "".join(f"{self._statement(statement).as_string(None)};\n" for statement in made)

    def make(self, connection: psycopg.Connection[Any]) -> None:
        """Make what is missing. Where all is there nothing is asked for but to look: that needs no right of its own."""
        if not any(self._missing(connection)):
            return
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_ADVISORY,))
            # Who waits for the lock of a table holds up all that come after it.
            connection.execute("SET LOCAL statement_timeout = '20s'; SET LOCAL lock_timeout = '3s'")
            # Somebody else may have made it meanwhile.
            for statement in list(self._missing(connection)):
                connection.execute(statement)

    def _missing(self, connection: psycopg.Connection[Any]) -> Iterator[sql.Composed]:
        """The statements that are still to be executed."""
        names = [self.name, f"{self.name}_revisions"]
        there = {name: (size, set(columns)) for name, size, columns in connection.execute(_LOOK, (names,))}
        if names[1] not in there:
            yield self._statement(_CREATE_REVISIONS)
        if names[0] not in there:
            yield self._statement(_CREATE)
        size, columns = there.get(names[0], (0, {*TYPES}))
        lacking = TYPES.keys() - columns
        if lacking - _LATER:
            # It is none of ours: the first batch will say which column it wants.
            return
        yield from (self._addition(name) for name in TYPES if name in lacking)
        if size > SMALL_BYTES:
            return
        if names[0] not in there or lacking:
            yield from map(self._statement, _INDEXES)
        if self.search and "search" not in columns:
            yield from map(self._statement, _ADD_SEARCH)

    def _statement(self, statement: str) -> sql.Composed:
        return sql.SQL(statement).format(**self.identifiers, columns=_columns(), vector=search_vector())

    def _addition(self, column: str) -> sql.Composed:
        statement = sql.SQL("ALTER TABLE {table} ADD COLUMN {column} {type}")
        return statement.format(table=sql.Identifier(self.name), column=sql.Identifier(column), type=_type_of(column))


def search_vector() -> sql.Composed:
    """What the column `search` is made of, in the configuration of the text's language."""
    cases = [
        sql.SQL("WHEN {} THEN {}::regconfig").format(code, sql.Literal(f"pg_catalog.{name}"))
        for code, name in CONFIGURATIONS.items()
    ]
    configuration = sql.SQL(
        "CASE split_part(lower(language), '-', 1) {} ELSE 'pg_catalog.simple'::regconfig END"
    ).format(sql.SQL(" ").join(cases))
    parts = [
        sql.SQL("setweight(to_tsvector({}, regexp_replace(left({}, {}), {}, {}, 'g')), {})").format(
            configuration, sql.Identifier(column), longest, _LONG_RUN, r"\1 ", sql.SQL(f"'{weight}'")
        )
        for column, (weight, longest) in SEARCHED.items()
    ]
    return sql.SQL(" || ").join(parts)


def _columns() -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{} {}{}").format(sql.Identifier(name), _type_of(name), sql.SQL(_constraint(name))) for name in TYPES
    )


def _constraint(column: str) -> str:
    if column == "id":
        return " PRIMARY KEY"
    return " NOT NULL" if column in _NEVER_NULL else ""


def _type_of(column: str) -> sql.SQL:
    return sql.SQL(TYPES[column])
