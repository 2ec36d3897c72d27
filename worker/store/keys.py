"""Whose article a key is. A key belongs to one article; who comes second learns whose it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import Connection, select, update

from worker.news.identity import Key
from worker.store.schema import article_keys
from worker.store.upsert import insert_into

# Both databases take far more parameters in a statement; this keeps a statement short.
_AT_ONCE = 500


def owners(c: Connection, hashes: Iterable[bytes]) -> dict[bytes, UUID]:
    """The article of each key that is known."""
    wanted = sorted(set(hashes))
    found: dict[bytes, UUID] = {}
    for i in range(0, len(wanted), _AT_ONCE):
        query = select(article_keys.c.hash, article_keys.c.article_id)
        for key, article in c.execute(query.where(article_keys.c.hash.in_(wanted[i : i + _AT_ONCE]))):
            found[bytes(key)] = article
    return found


def claim_keys(c: Connection, wanted: Mapping[Key, UUID]) -> dict[bytes, UUID]:
    """Give keys to articles unless they have an owner; return the owner of each.

    Inserted in the order of their hashes, so that two transactions never wait for each other; on PostgreSQL the second one waits
    for the first and then reads its answer.
    """
    if not wanted:
        return {}
    rows = [{"hash": key.hash, "article_id": wanted[key], "witness": key.witness} for key in sorted(wanted)]
    c.execute(insert_into(c, article_keys).on_conflict_do_nothing(index_elements=["hash"]), rows)
    return owners(c, (key.hash for key in wanted))


def move_keys(c: Connection, from_: Sequence[UUID], to: UUID) -> None:
    """Make all keys of some articles keys of another one."""
    if from_:
        c.execute(update(article_keys).where(article_keys.c.article_id.in_(from_)).values(article_id=to))


def take_key(c: Connection, key: Key, article: UUID) -> None:
    """Make a key an article's, whoever had it, with the witness that says so now."""
    c.execute(
        update(article_keys).where(article_keys.c.hash == key.hash).values(article_id=article, witness=key.witness)
    )


def witness_of(c: Connection, key: Key) -> str:
    """What says that a key is its owner's."""
    found: str = c.execute(select(article_keys.c.witness).where(article_keys.c.hash == key.hash)).scalar_one()
    return found
