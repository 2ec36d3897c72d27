"""Filing: a reading and what is known of its article become a record with its keys. Pure; what goes where is decided here."""

from __future__ import annotations

from worker.news.content import content_hash
from worker.news.entry import Entry
from worker.news.identity import Key, Witness, believable_canonical, own_place, url_key
from worker.news.record import Change, Http, OutletRef, Reading, Record, Seen, Titles, Urls
from worker.pipeline.state.extracts import ExtractJob

_PERMANENT = frozenset({301, 308})


def announced(job: ExtractJob) -> Entry | None:
    """The entry that announced the article first."""
    return job.sightings[0].entry if job.sightings else None


def page_keys(job: ExtractJob, reading: Reading) -> tuple[Key, ...]:
    """The aliases that the page itself brings: its final address, permanent redirects on the way, its canonical link."""
    if job.meta is None:
        return ()
    final = job.meta.url
    found = [
        url_key(url, Witness.REDIRECT)
        for status, url in job.meta.redirects
        if status in _PERMANENT and url != final and _own_place(job, url)
    ]
    if _own_place(job, final):
        found.append(url_key(final, Witness.FINAL))
    canonical = believable_canonical(reading.canonical, final=final)
    if canonical is not None:
        found.append(url_key(canonical, Witness.CANONICAL))
    return tuple(sorted({key.hash: key for key in found}.values()))


def _own_place(job: ExtractJob, url: str) -> bool:
    return own_place(url, announced=job.requested or "", homepage=job.outlet.homepage)


def make_record(job: ExtractJob, reading: Reading, *, n: int, change: Change) -> Record:
    """The record of a revision; where the page says nothing, the feed's word stands."""
    entry = announced(job) or Entry()
    final = job.meta.url if job.meta else job.requested
    canonical = believable_canonical(reading.canonical, final=final) if final else None
    return Record(
        id=job.article,
        revision=n,
        change=change,
        url=canonical or final,
        urls=Urls(
            feed=entry.url,
            requested=job.requested,
            final=job.meta.url if job.meta else None,
            canonical=reading.canonical,
            amp=reading.amp,
        ),
        outlet=OutletRef(
            id=job.outlet.id, name=job.outlet.name, country=job.outlet.country, language=job.outlet.language
        ),
        type=reading.type,
        title=reading.title or entry.title,
        titles=Titles(feed=entry.title, page=reading.title),
        summary=reading.summary or entry.summary,
        text=reading.text,
        blocks=reading.blocks,
        links=reading.links,
        related=reading.related,
        live_blog=reading.live_blog,
        source=reading.source,
        authors=reading.authors or entry.authors,
        section=reading.section or next((s.section for s in job.sightings if s.section), None),
        topics=reading.topics or entry.topics,
        images=reading.images,
        language=reading.language,
        published_at=reading.published_at or entry.published_at,
        modified_at=reading.modified_at or entry.modified_at,
        dates=reading.dates,
        access=reading.access,
        rights=reading.rights,
        content_hash=content_hash(reading.text).hex(),
        seen_in=tuple(
            Seen(feed=s.feed_url, guid=s.entry.guid, first_seen_at=s.first_seen_at, last_seen_at=s.last_seen_at)
            for s in job.sightings
        ),
        fetched_at=job.meta.fetched_at if job.meta else None,
        http=_http(job),
        extraction=reading.extraction,
        archive=job.body_key,
    )


def _http(job: ExtractJob) -> Http | None:
    meta = job.meta
    if meta is None:
        return None
    return Http(
        status=meta.status,
        final_url=meta.url,
        content_type=meta.content_type,
        bytes=meta.bytes,
        robots=meta.robots,
    )
