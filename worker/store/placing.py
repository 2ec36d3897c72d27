"""Which article a new state is filed under: its own, or an older one that it is. And in which group it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select, update

from worker.news.near import Candidate, Join, Sketch, Story, choose_group, same_story
from worker.news.outcome import Duplicate
from worker.news.policy import NearPolicy
from worker.news.reason import Reason
from worker.news.record import Change, Group, Record
from worker.pipeline.state.extracts import ExtractJob, NewRevision
from worker.store.database import Database
from worker.store.deadlock import ChangedError, done_again
from worker.store.groups import Neighbours, join_group, look, one_at_a_time
from worker.store.merges import are_apart, find_twins, lock_all, merge_into
from worker.store.outbox import is_unsent
from worker.store.revisions import latest_of
from worker.store.schema import articles, revisions
from worker.store.values import dump, load

# Records of one outlet that are read to tell whether a near text is the same article.
_READ = 5
_NOBODY = Join(group=None, near=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """One story, one record; and near ones in one group."""

    database: Database
    policy: NearPolicy = NearPolicy()

    def place(
        self, c: Connection, job: ExtractJob, new: NewRevision, *, file: Callable[[NewRevision], None], now: datetime
    ) -> Duplicate | None:
        """File a state under its article by `file`, or make the article a duplicate of an older one; the younger ones that it is
        become duplicates of it.

        Raises `TakenDownError`, and `ChangedError` when it is to be done again.
        """
        article = UUID(job.article)
        twins = find_twins(c, article, job.outlet.id, new)
        near = self._near(c, job, new, twins)
        locked = lock_all(c, {article, *twins})
        if any(locked[twin].outcome != "stored" for twin in twins):
            raise ChangedError
        oldest = min(locked)
        if oldest == article:
            group = locked[article].group_id or join_group(c, article, near.group, now=now)
            file(replace(new, record=replace(new.record, group=Group(id=str(group)) if group else None)))
        else:
            merge_into(c, self.database.new_id, article, oldest, twins[oldest], held=True, now=now)
        self._merge(c, {twin: twins[twin] for twin in twins if twin != oldest}, oldest, now)
        return None if oldest == article else Duplicate(of=str(oldest), reason=twins[oldest])

    def look_again(self, job: ExtractJob, new: NewRevision, *, now: datetime) -> None:
        """Look once more after the commit: of two that were filed at the same moment, neither saw the other before.

        On SQLite there is one writer, and the second one saw the first.
        """
        if new.sketch is None or not self.database.is_postgres:
            return
        article = UUID(job.article)
        alone = select(articles.c.id).where(
            articles.c.id == article, articles.c.outcome == "stored", articles.c.group_id.is_(None)
        )
        with self.database.read() as c:
            if c.execute(alone).one_or_none() is None or not self._look(c, article, new.sketch)[0].near:
                return
        done_again(lambda: self._place_late(job, new, now))

    def _merge(self, c: Connection, losers: Mapping[UUID, Reason], of: UUID, now: datetime) -> None:
        for loser, reason in sorted(losers.items()):
            merge_into(c, self.database.new_id, loser, of, reason, now=now)

    def _near(self, c: Connection, job: ExtractJob, new: NewRevision, twins: dict[UUID, Reason]) -> Join:
        """Who stands near; those of them that are the same article come to the twins."""
        if new.sketch is None:
            return _NOBODY
        article = UUID(job.article)
        near, found = self._look(c, article, new.sketch)
        if near.near and self.database.is_postgres:
            # Whoever decided meanwhile is seen now.
            one_at_a_time(c)
            near, found = self._look(c, article, new.sketch)
        ours = [UUID(id_) for id_ in near.near if found.outlets[id_] == job.outlet.id]
        for twin in ours[:_READ]:
            row = None if twin in twins or are_apart(c, article, twin) else latest_of(c, twin)
            if row is None:
                continue
            other = load(Record, row.record)
            if same_story(_story(new.record, job.discovered_at), _story(other, row.created_at), self.policy):
                twins[twin] = Reason.SAME_STORY
        return self._without(near, new.sketch, found.candidates, {str(twin) for twin in twins})

    def _look(self, c: Connection, article: UUID, sketch: Sketch) -> tuple[Join, Neighbours]:
        found = look(c, sketch, article=article, policy=self.policy)
        return choose_group(sketch, found.candidates, self.policy), found

    def _without(self, near: Join, sketch: Sketch, candidates: Sequence[Candidate], twins: set[str]) -> Join:
        """The choice without those that are the same article: with them alone it makes no group, but one they are in is its own."""
        if twins.isdisjoint(near.near):
            return near
        others = [candidate for candidate in candidates if candidate.article not in twins]
        inherited = (candidate.group for candidate in candidates if candidate.article in twins and candidate.group)
        chosen = choose_group(sketch, others, self.policy)
        return replace(chosen, group=next(inherited, chosen.group))

    def _place_late(self, job: ExtractJob, new: NewRevision, now: datetime) -> None:
        article = UUID(job.article)
        twins: dict[UUID, Reason] = {}
        with self.database.write() as c:
            near = self._near(c, job, new, twins)
            locked = lock_all(c, {article, *twins})
            if locked[article].outcome != "stored":
                return
            if any(row.outcome != "stored" for row in locked.values()):
                raise ChangedError
            oldest = min(locked)
            if oldest == article and locked[article].group_id is None:
                group = join_group(c, article, near.group, now=now)
                if group is not None:
                    _name_group(c, article, group)
            reasons = {**twins, article: Reason.SAME_STORY}
            self._merge(c, {id_: reasons[id_] for id_ in locked if id_ != oldest}, oldest, now)


def _name_group(c: Connection, article: UUID, group: UUID) -> None:
    """Write the group into the record, if that has met no sink yet; the later ones of the article will have it."""
    row = latest_of(c, article, Change.MERGED)
    if row is not None and is_unsent(c, article, row.n):
        record = replace(load(Record, row.record), group=Group(id=str(group)))
        same = (revisions.c.article_id == article) & (revisions.c.n == row.n)
        c.execute(update(revisions).where(same).values(record=dump(record)))


def _story(record: Record, filed_at: datetime) -> Story:
    """What two articles of one outlet are compared by."""
    first = min((seen.first_seen_at for seen in record.seen_in), default=filed_at)
    return Story(
        title=record.title,
        text=record.text,
        canonical=record.urls.canonical,
        guids=frozenset(seen.guid for seen in record.seen_in if seen.guid),
        at=record.published_at or first,
    )
