"""One story, one record: finding the articles that a new one really is, and making one of them of all. The oldest stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, delete, exists, select, update

from worker.news.contradiction import are_unlike
from worker.news.identity import Key, Witness
from worker.news.reason import Reason
from worker.news.record import Change, Record
from worker.pipeline.state.extracts import NewRevision
from worker.store.groups import forget_sketch
from worker.store.keys import claim_keys, move_keys, take_key, witness_of
from worker.store.outbox import sinks_reached, supersede
from worker.store.outcomes import settle
from worker.store.revisions import file_again, latest_of
from worker.store.schema import articles, sightings, splits, texts, work
from worker.store.upsert import insert_into
from worker.store.values import load

# Duplicates point at what was stored; a longer chain would be a loop.
LONGEST_CHAIN = 8
# What a template may print on every page is believed only when the texts do not contradict it.
_WEAK = frozenset({Witness.CANONICAL, Witness.GUID, Witness.GUID_PATH})


class TakenDownError(Exception):
    """The article is one that was taken down by hand: it does not come back, under whatever address."""


@dataclass(frozen=True, slots=True)
class _Owner:
    """A filed article that a key or a text led to."""

    id: UUID
    outcome: str


def find_twins(c: Connection, article: UUID, outlet: str, new: NewRevision) -> dict[UUID, Reason]:
    """The filed articles that this one is, by address or by text; the keys and texts of nobody become its own.

    Raises `TakenDownError`.
    """
    twins: dict[UUID, Reason] = {}
    owned = claim_keys(c, dict.fromkeys(new.keys, article))
    for key in new.keys:
        if owned[key.hash] != article:
            _note(twins, _by_key(c, article, new, key, owned[key.hash]), Reason.SAME_URL)
    if new.identifying:
        # In one order everywhere, so that two transactions never wait for each other.
        for text_hash in sorted({new.text_hash, new.whole_hash or new.text_hash}):
            _note(twins, _by_text(c, article, outlet, text_hash), Reason.SAME_TEXT)
    return twins


def _note(twins: dict[UUID, Reason], twin: UUID | None, reason: Reason) -> None:
    if twin is not None:
        twins.setdefault(twin, reason)


def _by_key(c: Connection, article: UUID, new: NewRevision, key: Key, owner: UUID) -> UUID | None:
    twin = _standing(c, owner)
    if twin is None or twin.id == article:
        # Its owner has no text and may never have one; when it comes here it finds this one filed.
        take_key(c, key, article)
        return None
    if are_apart(c, article, twin.id):
        return None
    held_by = Witness(witness_of(c, key))
    if {key.witness, held_by} & _WEAK and twin.outcome == "stored" and _has_another_text(c, twin.id, new.record):
        if key.witness not in _WEAK:
            # The page is served there; the other one only named it.
            take_key(c, key, article)
        return None
    return _unless_taken_down(twin)


def _by_text(c: Connection, article: UUID, outlet: str, text_hash: bytes) -> UUID | None:
    insert = insert_into(c, texts).values(outlet_id=outlet, hash=text_hash, article_id=article)
    c.execute(insert.on_conflict_do_nothing(index_elements=["outlet_id", "hash"]))
    mine = (texts.c.outlet_id == outlet) & (texts.c.hash == text_hash)
    owner: UUID = c.execute(select(texts.c.article_id).where(mine)).scalar_one()
    if owner == article:
        return None
    twin = _standing(c, owner)
    if twin is None or twin.id == article:
        c.execute(update(texts).where(mine).values(article_id=article))
        return None
    return None if are_apart(c, article, twin.id) else _unless_taken_down(twin)


def _unless_taken_down(twin: _Owner) -> UUID:
    if twin.outcome != "stored":
        raise TakenDownError(f"it is the article {twin.id}")
    return twin.id


def _standing(c: Connection, article: UUID) -> _Owner | None:
    """The article behind one, through duplicates, that is stored or was taken down; None when there is none."""
    for _ in range(LONGEST_CHAIN):
        query = select(articles.c.outcome, articles.c.reason, articles.c.duplicate_of).where(articles.c.id == article)
        row = c.execute(query).one_or_none()
        if row is None:
            return None
        if row.outcome == "stored" or (row.outcome == "dropped" and row.reason == Reason.WITHDRAWN):
            return _Owner(article, row.outcome)
        if row.outcome != "duplicate":
            return None
        article = row.duplicate_of
    return None


def are_apart(c: Connection, one: UUID, other: UUID) -> bool:
    """Whether a person said that two are not one."""
    said = exists().where(splits.c.article_id == one, splits.c.other_id == other)
    return bool(c.execute(select(said)).scalar_one())


def _has_another_text(c: Connection, twin: UUID, record: Record) -> bool:
    row = latest_of(c, twin)
    if row is None:
        return False
    other = load(Record, row.record)
    return are_unlike(record.title, record.text, other.title, other.text)


def lock_all(c: Connection, ids: Iterable[UUID]) -> dict[UUID, Row[tuple[object, ...]]]:
    """Lock articles, in one order everywhere, and give what is known of their ends."""
    query = select(articles).where(articles.c.id.in_(list(ids))).order_by(articles.c.id)
    return {row.id: row for row in c.execute(query.with_for_update())}


def merge_into(
    c: Connection,
    new_id: Callable[[], UUID],
    article: UUID,
    of: UUID,
    reason: Reason,
    *,
    held: bool = False,
    now: datetime,
) -> None:
    """Make an article a duplicate of one that stands: its keys, texts and sightings become that one's, and sinks that may have it
    are told. Both are locked by the caller; `held` when its row of work is the caller's own.
    """
    move_keys(c, [article], of)
    c.execute(update(texts).where(texts.c.article_id == article).values(article_id=of))
    _move_sightings(c, article, of)
    c.execute(update(articles).where(articles.c.duplicate_of == article).values(duplicate_of=of))
    forget_sketch(c, article)
    if not held:
        fence(c, article)
    supersede(c, article, now=now)
    told = sinks_reached(c, article)
    state = latest_of(c, article)
    settle(c, article, "duplicate", reason=reason, now=now, duplicate_of=of)
    if state is not None and told:
        file_again(c, new_id, state, Change.MERGED, to=told, now=now, merged_into=str(of))


def fence(c: Connection, article: UUID) -> None:
    """End what is to be done with an article: whoever works at it has lost it."""
    ended = {"wake_at": None, "claimed_at": None, "begun_at": None, "claim": work.c.claim + 1}
    c.execute(update(work).where(work.c.subject == article).values(**ended))


def _move_sightings(c: Connection, article: UUID, of: UUID) -> None:
    kept = select(sightings).where(sightings.c.article_id == of)
    both = {(row.feed_id, row.announced): row for row in c.execute(kept)}
    for row in c.execute(select(sightings).where(sightings.c.article_id == article)).all():
        twin = both.get((row.feed_id, row.announced))
        if twin is not None:
            # The same sighting twice: it is one, over the time of both.
            same = (sightings.c.feed_id == row.feed_id) & (sightings.c.announced == row.announced)
            over = {
                "first_seen_at": min(row.first_seen_at, twin.first_seen_at),
                "last_seen_at": max(row.last_seen_at, twin.last_seen_at),
            }
            c.execute(update(sightings).where(sightings.c.article_id == of, same).values(**over))
            c.execute(delete(sightings).where(sightings.c.article_id == article, same))
    c.execute(update(sightings).where(sightings.c.article_id == article).values(article_id=of))
