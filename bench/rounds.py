"""What bench.identity measures: each function does one thing once, on a filled database, and leaves that as it was."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from bench.filling import take_out
from bench.incoming import UNKNOWN, Desk, Watch, announcement, arrive, parse_job, revision
from bench.stock import CROWD, OUTLETS, chance_sketch, copy_of, keys, outlet, sketch_of, some_words, text_hash
from worker.clock import new_id
from worker.news.near import Sketch
from worker.news.outcome import Stored
from worker.news.policy import NearPolicy
from worker.news.reason import Reason
from worker.store.extracts import SqlExtracts
from worker.store.groups import Neighbours, keep_sketch, look
from worker.store.keys import owners
from worker.store.merges import find_twins
from worker.store.sightings import file_slice

# Entries of a slice; half of them are known.
SLICE = 30
FEW = range(3, 7)
MANY = range(50, 61)


def look_up_keys(desk: Desk, watch: Watch) -> None:
    """Whose the keys of a slice of entries are."""
    numbers = _slice(desk)
    hashes = [key.hash for number in numbers for key in keys(number)]
    with desk.database.read() as c, watch.over(len(numbers)):
        found = owners(c, hashes)
    assert len(found) == 3 * sum(number < UNKNOWN for number in numbers)


def file_entries(desk: Desk, watch: Watch) -> None:
    """A slice of entries of one feed; half of them are known."""
    numbers = _slice(desk)
    announcements, now = [announcement(number) for number in numbers], desk.now
    with desk.undone() as c:
        job = parse_job(c, numbers[0], now)
        with watch.over(len(numbers)):
            sighted = file_slice(c, desk.database.new_id, job, announcements, now=now)
    assert len(sighted.new) == sum(number >= UNKNOWN for number in numbers)


def file_changes(desk: Desk, watch: Watch) -> None:
    """A slice of known entries, each with another title: their articles are to be visited."""
    numbers, now = _stored(desk, SLICE), desk.now
    announcements = [announcement(number, title="Another title of the same story") for number in numbers]
    with desk.undone() as c:
        job = parse_job(c, numbers[0], now)
        with watch.over(len(numbers)):
            sighted = file_slice(c, desk.database.new_id, job, announcements, now=now)
    assert list(map(UUID, sighted.articles)) == [desk.stock.ids[number] for number in numbers]


def twins_of_new(desk: Desk, watch: Watch) -> None:
    """An article that is none of those before: its text and a key become its own."""
    number, article = desk.unknown(desk.known()), new_id()
    new = revision(article, number, " ".join(some_words(desk.chance)))
    with desk.undone() as c, watch.over():
        twins = find_twins(c, article, outlet(number).id, new)
    assert not twins


def twins_of_copy(desk: Desk, watch: Watch) -> None:
    """An article at an unknown address whose text is known."""
    known, article = desk.known(), new_id()
    number = desk.unknown(known)
    new = revision(article, number, " ".join(some_words(desk.chance)), hash_=text_hash(known))
    with desk.undone() as c, watch.over():
        twins = find_twins(c, article, outlet(known).id, new)
    assert twins == {desk.stock.ids[known]: Reason.SAME_TEXT}


def look_for_none(desk: Desk, watch: Watch) -> None:
    """A text like no other."""
    found = _look(desk, watch, sketch_of(" ".join(some_words(desk.chance))))
    assert not found.candidates


def look_for_few(desk: Desk, watch: Watch) -> None:
    """A text of which there are a few copies."""
    wire = desk.wire(FEW)
    found = _look(desk, watch, sketch_of(copy_of(wire, desk.chance)))
    assert 1 <= len(found.candidates) <= wire.size


def look_for_many(desk: Desk, watch: Watch) -> None:
    """A text of which there are as many copies as are looked at."""
    found = _look(desk, watch, sketch_of(copy_of(desk.wire(MANY), desk.chance)))
    assert len(found.candidates) >= MANY.start // 2


def look_in_crowd(desk: Desk, watch: Watch) -> None:
    """A text like no other, but for bands that too many have."""
    _look(desk, watch, chance_sketch(desk.chance, *CROWD))


def replace_sketch(desk: Desk, watch: Watch) -> None:
    """Another sketch of a stored article."""
    article, sketch = desk.stock.ids[desk.known()], sketch_of(" ".join(some_words(desk.chance)))
    with desk.undone() as c, watch.over():
        keep_sketch(c, article, sketch, day=desk.now.date())


def finish_new(desk: Desk, watch: Watch) -> None:
    """The first revision of an article like no other."""
    _finish(desk, watch, " ".join(some_words(desk.chance)))


def finish_wire(desk: Desk, watch: Watch) -> None:
    """The first revision of an article of which there are copies at other outlets, any number."""
    _finish(desk, watch, copy_of(desk.wire(range(2, 61)), desk.chance))


ROUNDS_OF: dict[str, Callable[[Desk, Watch], None]] = {
    "keys looked up": look_up_keys,
    "entry filed": file_entries,
    "changed entry filed": file_changes,
    "twins, of a new one": twins_of_new,
    "twins, of a known text": twins_of_copy,
    "near, none": look_for_none,
    "near, a few": look_for_few,
    "near, many": look_for_many,
    "near, crowded bands": look_in_crowd,
    "sketch replaced": replace_sketch,
    "revision filed, new": finish_new,
    "revision filed, wire copy": finish_wire,
}


def _stored(desk: Desk, most: int) -> list[int]:
    """The numbers of stored articles of one outlet."""
    stored = range(desk.known() % OUTLETS, len(desk.stock.ids), OUTLETS)
    return desk.chance.sample(stored, min(most, len(stored)))


def _slice(desk: Desk) -> list[int]:
    """The numbers of the entries of one feed: as many known as unknown ones, if there are."""
    known = _stored(desk, SLICE // 2)
    return known + [desk.unknown(known[0]) for _ in range(SLICE // 2)]


def _look(desk: Desk, watch: Watch, sketch: Sketch) -> Neighbours:
    article = new_id()
    with desk.database.read() as c, watch.over():
        return look(c, sketch, article=article, policy=NearPolicy())


def _finish(desk: Desk, watch: Watch, text: str) -> None:
    number, now = desk.unknown(desk.known()), desk.now
    extracts = SqlExtracts(database=desk.database)
    job = extracts.begin(arrive(desk, number), now=now)
    assert job is not None
    new = revision(UUID(job.article), number, text)
    with watch.over():
        done = extracts.finish(job, new, Stored(), now=now)
    assert done == (Stored(), ())
    with desk.database.write() as c:
        take_out(c, UUID(job.article))
