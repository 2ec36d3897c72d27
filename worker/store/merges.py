"""One story, one record: finding the article that a new one really is, and making the new one a duplicate of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, delete, select, update

from worker.news.reason import Reason
from worker.pipeline.state.extracts import NewRevision
from worker.store.keys import claim_keys, move_keys
from worker.store.outcomes import settle
from worker.store.schema import article_keys, articles, sightings, texts
from worker.store.upsert import insert_into

# Duplicates point at what was stored; a longer chain would be a loop.
LONGEST_CHAIN = 8


def find_twin(c: Connection, article: UUID, outlet: str, new: NewRevision) -> tuple[UUID, Reason] | None:
    """The filed article that this one is, by address or by text; else its keys and its text become this article's own."""
    owned = claim_keys(c, dict.fromkeys(new.keys, article))
    for key in new.keys:
        owner = owned[key.hash]
        twin = None if owner == article else _filed(c, owner)
        if twin is not None and twin != article:
            return twin, Reason.SAME_URL
        if owner != article:
            # Its owner has no text and may never have one; when it comes here it finds this one filed.
            c.execute(update(article_keys).where(article_keys.c.hash == key.hash).values(article_id=article))
    if not new.identifying:
        return None
    # In one order everywhere, so that two transactions never wait for each other.
    hashes = sorted({new.text_hash, new.whole_hash or new.text_hash})
    for text_hash in hashes:
        owner = _text_owner(c, article, outlet, text_hash)
        if owner != article:
            if len(hashes) > 1:
                c.execute(update(texts).where(texts.c.article_id == article).values(article_id=owner))
            return owner, Reason.SAME_TEXT
    return None


def _text_owner(c: Connection, article: UUID, outlet: str, text_hash: bytes) -> UUID:
    insert = insert_into(c, texts).values(outlet_id=outlet, hash=text_hash, article_id=article)
    c.execute(insert.on_conflict_do_nothing(index_elements=["outlet_id", "hash"]))
    mine = (texts.c.outlet_id == outlet) & (texts.c.hash == text_hash)
    owner: UUID = c.execute(select(texts.c.article_id).where(mine)).scalar_one()
    twin = owner if owner == article else _filed(c, owner)
    if twin is None:
        c.execute(update(texts).where(mine).values(article_id=article))
        return article
    return twin


def _filed(c: Connection, article: UUID) -> UUID | None:
    """The stored article behind one, through duplicates; None when there is none. Locked, so that its outcome stays."""
    for _ in range(LONGEST_CHAIN):
        query = select(articles.c.outcome, articles.c.duplicate_of).where(articles.c.id == article)
        row = c.execute(query.with_for_update()).one_or_none()
        if row is None or row.outcome not in {"stored", "duplicate"}:
            return None
        if row.outcome == "stored":
            return article
        article = row.duplicate_of
    return None


def merge_into(c: Connection, article: UUID, of: UUID, reason: Reason, *, now: datetime) -> None:
    """Make an article a duplicate: its keys and sightings become those of the article that stands."""
    move_keys(c, [article], of)
    # A sighting that the other one has already would be the same sighting twice.
    kept = select(sightings.c.feed_id, sightings.c.announced).where(sightings.c.article_id == of)
    for feed, announced in c.execute(kept).all():
        twice = (sightings.c.feed_id == feed) & (sightings.c.announced == announced)
        c.execute(delete(sightings).where(sightings.c.article_id == article, twice))
    c.execute(update(sightings).where(sightings.c.article_id == article).values(article_id=of))
    settle(c, article, "duplicate", reason=reason, now=now, duplicate_of=of)
