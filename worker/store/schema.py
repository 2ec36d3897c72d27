"""The tables of the state of record: one schema for SQLite and PostgreSQL. Times are aware UTC, ids of articles are UUIDv7."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    text,
)

from worker.store.types import Detail, RowId, UtcTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _where(condition: str) -> dict[str, Any]:
    """Makes an index hold only the rows that a condition names."""
    return {"postgresql_where": text(condition), "sqlite_where": text(condition)}


# Everything that is to be done. `wake_at` decides: when it is due while it waits, when its lease ends while it is
# claimed, NULL when it is final. `claimed_at` tells the two apart. `host` is whose gate it passes: a web host in the
# stages poll and fetch, `sink:<id>` in deliver, NULL elsewhere.
work = Table(
    "work",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("kind", String(8), nullable=False),
    Column("subject", Uuid, nullable=False, unique=True),
    Column("stage", String(8), nullable=False),
    Column("purpose", SmallInteger, nullable=False, server_default="0"),
    Column("host", Text),
    Column("wake_at", UtcTime),
    Column("claim", Integer, nullable=False, server_default="0"),
    Column("claimed_at", UtcTime),
    Column("begun_at", UtcTime),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("crashes", Integer, nullable=False, server_default="0"),
    # Rows are updated a dozen times: room on the page keeps PostgreSQL's updates off the other pages.
    postgresql_with={"fillfactor": "70"},
)
# A row is in one of the two: what passes no gate is claimed by its stage, the rest by its gate.
Index("ix_work_due", work.c.stage, work.c.purpose, work.c.wake_at, **_where("wake_at IS NOT NULL AND host IS NULL"))
Index("ix_work_gate", work.c.host, work.c.purpose, work.c.wake_at, **_where("wake_at IS NOT NULL AND host IS NOT NULL"))
Index("ix_work_claimed", work.c.stage, work.c.host, **_where("claimed_at IS NOT NULL"))
Index("ix_work_begun", work.c.wake_at, **_where("begun_at IS NOT NULL"))

outlets = Table(
    "outlets",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("country", String(2), nullable=False),
    Column("language", String(35), nullable=False),
    Column("homepage", Text, nullable=False),
    # What holds now; it follows from the catalog's word and from what people switched.
    Column("enabled", Boolean, nullable=False),
    Column("rules", Text, nullable=False, server_default="{}"),
    # Why its robots.txt is not asked; NULL: it is.
    Column("ignore_robots", Text),
    # What people switched it to by hand (news.outlet.Switch); NULL: the catalog's word holds.
    Column("switch", String(8)),
)

feeds = Table(
    "feeds",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("outlet_id", ForeignKey("outlets.id"), nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("section", Text),
    Column("enabled", Boolean, nullable=False),
    # The address that the catalog names, when the feed has moved; of a part of a sitemap index, the index.
    Column("catalog_url", Text, nullable=False),
    # Whether the catalog names it now.
    Column("named", Boolean, nullable=False, server_default=text("true")),
    Column("title", Text, nullable=False, server_default=""),
    Column("etag", Text),
    Column("last_modified", Text),
    # Validators that were caught lying are not sent again.
    Column("distrusted", Boolean, nullable=False, server_default=text("false")),
    Column("body_hash", LargeBinary),
    Column("broken_hash", LargeBinary),
    # What poll leaves for parse: an archive key, and the response it came with (JSON).
    Column("pending_body", Text),
    Column("pending", Text),
    Column("pending_at", UtcTime),
    Column("pace", Text, nullable=False, server_default="{}"),
    Column("hints", Text, nullable=False, server_default="{}"),
    Column("redirect_to", Text),
    Column("redirect_since", UtcTime),
    # Where redirects led that a poll is to go on from (JSON).
    Column("resume", Text),
    Column("polls", Integer, nullable=False, server_default="0"),
    Column("failures", Float, nullable=False, server_default="0"),
    Column("polled_at", UtcTime),
    Column("answered_at", UtcTime),
    Column("error", String(32)),
    Column("error_detail", Detail),
    Column("error_since", UtcTime),
    Column("next_why", Text),
)
Index("uq_feeds_outlet_id_url", feeds.c.outlet_id, feeds.c.url, unique=True)

feed_days = Table(
    "feed_days",
    metadata,
    Column("feed_id", ForeignKey("feeds.id"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("polls", Integer, nullable=False, server_default="0"),
    Column("nothing_new", Integer, nullable=False, server_default="0"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("entries", Integer, nullable=False, server_default="0"),
    Column("new", Integer, nullable=False, server_default="0"),
    Column("truncated", Integer, nullable=False, server_default="0"),
)

polls = Table(
    "polls",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("feed_id", ForeignKey("feeds.id"), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason", String(32)),
    Column("detail", Detail),
    Column("entries", Integer, nullable=False, server_default="0"),
    Column("new", Integer, nullable=False, server_default="0"),
    Column("truncated", Integer, nullable=False, server_default="0"),
    Column("gap", Boolean, nullable=False, server_default=text("false")),
    Column("body_key", Text),
)
Index("ix_polls_feed_id_at", polls.c.feed_id, polls.c.at)

# `wake_at` is when the host may next have a row to claim: never later than the truth (docs/decisions/0002).
hosts = Table(
    "hosts",
    metadata,
    Column("host", Text, primary_key=True),
    Column("wake_at", UtcTime),
    # When the next row may be claimed, and when the last request was sent: between the two lies a queue.
    Column("next_at", UtcTime),
    Column("asked_at", UtcTime),
    Column("blocked_until", UtcTime),
    Column("blocked_why", String(32)),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("spacing_s", Float),
    Column("mean_s", Float),
    # Where it answered last: hosts at one IP address share a bound.
    Column("address", Text),
    postgresql_with={"fillfactor": "70"},
)
Index("ix_hosts_wake_at", hosts.c.wake_at, **_where("wake_at IS NOT NULL"))

# A table of its own: big columns never stand in rows that are claimed.
robots = Table(
    "robots",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("status", Integer),
    # Of the last answer that was one; NULL when there is no such file.
    Column("body", LargeBinary),
    Column("fetched_at", UtcTime),
    Column("expires_at", UtcTime),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("why", String(32), nullable=False, server_default=""),
    # Where a redirect of it leads, and after how many hops.
    Column("ask_at", Text),
    Column("hops", Integer, nullable=False, server_default="0"),
)

articles = Table(
    "articles",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("outlet_id", ForeignKey("outlets.id"), nullable=False),
    Column("url", Text),
    Column("title", Text, nullable=False, server_default=""),
    Column("type", String(16)),
    # NULL while it waits; the reason then says why.
    Column("outcome", String(12)),
    Column("reason", String(32)),
    Column("detail", Detail),
    Column("duplicate_of", Uuid),
    Column("discovered_at", UtcTime, nullable=False),
    Column("settled_at", UtcTime),
    # Where redirects led that are to be gone on from: the address, how many there were, and each (JSON).
    Column("resume_url", Text),
    Column("hops", Integer, nullable=False, server_default="0"),
    Column("resume_steps", Text),
    Column("body_key", Text),
    Column("page", Text),
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("published_at", UtcTime),
    Column("group_id", Uuid),
    Column("visit_result", String(12)),
    Column("visited_at", UtcTime),
)
Index("ix_articles_outlet_id_discovered_at", articles.c.outlet_id, articles.c.discovered_at)
Index("ix_articles_outcome_discovered_at", articles.c.outcome, articles.c.discovered_at)
Index("ix_articles_duplicate_of", articles.c.duplicate_of, **_where("duplicate_of IS NOT NULL"))
Index("ix_articles_group_id", articles.c.group_id, **_where("group_id IS NOT NULL"))

article_keys = Table(
    "article_keys",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("article_id", Uuid, nullable=False, index=True),
    Column("witness", String(10), nullable=False),
)

texts = Table(
    "texts",
    metadata,
    Column("outlet_id", String(64), primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    Column("article_id", Uuid, nullable=False, index=True),
)

bands = Table(
    "bands",
    metadata,
    Column("band", LargeBinary, primary_key=True),
    Column("article_id", Uuid, primary_key=True),
    sqlite_with_rowid=False,
)

# What is compared of the texts that share a band: a sample of the hashes of their shingles (news.near). `bands` are its rows
# there, one after the other: it goes with them.
sketches = Table(
    "sketches",
    metadata,
    Column("article_id", Uuid, primary_key=True),
    Column("day", Date, nullable=False, index=True),
    Column("size", Integer, nullable=False),
    Column("sample", LargeBinary, nullable=False),
    Column("bands", LargeBinary, nullable=False),
)

# The id of a group is that of its first article.
groups = Table(
    "groups",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("created_at", UtcTime, nullable=False),
)

# Pairs of which a person said that they are two articles, whatever their addresses and texts say; both ways round.
splits = Table(
    "splits",
    metadata,
    Column("article_id", Uuid, primary_key=True),
    Column("other_id", Uuid, primary_key=True),
)

# How many articles of an outlet stand behind its rows of `furniture`.
furniture_counts = Table(
    "furniture_counts",
    metadata,
    Column("outlet_id", String(64), primary_key=True),
    Column("articles", Integer, nullable=False),
)

# In how many of them a line stood, and on how many days it was met; most rows are lines that stood in one.
furniture = Table(
    "furniture",
    metadata,
    Column("outlet_id", String(64), primary_key=True),
    Column("hash", LargeBinary, primary_key=True),
    Column("pages", Integer, nullable=False),
    Column("days", Integer, nullable=False),
    Column("last_day", Date, nullable=False),
    # How it begins; NULL until it is met again.
    Column("sample", Detail),
    # A person said that it is text.
    Column("spared", Boolean, nullable=False, server_default=text("false")),
    sqlite_with_rowid=False,
)
# All that extract asks of it stands in the index.
Index(
    "ix_furniture_often",
    furniture.c.outlet_id,
    furniture.c.pages,
    furniture.c.days,
    furniture.c.spared,
    furniture.c.hash,
    **_where("pages > 2"),
)

sightings = Table(
    "sightings",
    metadata,
    Column("article_id", Uuid, primary_key=True),
    Column("feed_id", ForeignKey("feeds.id"), primary_key=True, index=True),
    # 16-byte hash of guid and address: one article may stand twice in one feed.
    Column("announced", LargeBinary, primary_key=True),
    Column("guid", Text),
    Column("url", Text),
    Column("first_seen_at", UtcTime, nullable=False),
    Column("last_seen_at", UtcTime, nullable=False),
    # The entry as it was last announced, as JSON.
    Column("entry", Text, nullable=False),
)

revisions = Table(
    "revisions",
    metadata,
    Column("article_id", Uuid, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("created_at", UtcTime, nullable=False),
    Column("change", String(12), nullable=False),
    Column("text_hash", LargeBinary, nullable=False),
    Column("engine", String(32), nullable=False),
    Column("engine_version", String(32), nullable=False),
    Column("record", Text, nullable=False),
    # The hashes of the furniture that was left out of it, one after the other; NULL when there was none.
    Column("dropped", LargeBinary),
)
Index("ix_revisions_created_at", revisions.c.created_at)

sinks = Table(
    "sinks",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("paused", Boolean, nullable=False, server_default=text("false")),
    Column("blocked_until", UtcTime),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("error", Detail),
    # Where an order to send what was filed before the sink was there has come to (store.backlog, JSON); NULL when there is none.
    Column("cursor", Text),
    # What it takes, and how it is sent there (news.subscription, JSON).
    Column("subscription", Text, nullable=False, server_default="{}"),
    Column("paused_why", Detail),
    Column("added_at", UtcTime),
    Column("down_since", UtcTime),
    Column("delivered", BigInteger, nullable=False, server_default="0"),
    Column("delivered_at", UtcTime),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("sink_id", ForeignKey("sinks.id"), nullable=False),
    Column("article_id", Uuid, nullable=False),
    Column("revision", Integer, nullable=False),
    # NULL while it is open, then delivered, dead or superseded.
    Column("outcome", String(12)),
    Column("batch_id", Uuid),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("error", Detail),
    Column("created_at", UtcTime, nullable=False),
    Column("settled_at", UtcTime),
    # Why it is on its way (news.work.Again): for the first time, tried again after it was dead, or sent once more.
    Column("again", SmallInteger, nullable=False, server_default="0"),
)
Index(
    "uq_deliveries_article_id_sink_id_revision",
    deliveries.c.article_id,
    deliveries.c.sink_id,
    deliveries.c.revision,
    unique=True,
)
Index(
    "ix_deliveries_batch_id",
    deliveries.c.batch_id,
    postgresql_where=text("outcome IS NULL"),
    sqlite_where=text("outcome IS NULL"),
)
Index("ix_deliveries_sink_id_created_at", deliveries.c.sink_id, deliveries.c.created_at, **_where("outcome IS NULL"))
Index(
    "ix_deliveries_sink_id_settled_at",
    deliveries.c.sink_id,
    deliveries.c.settled_at,
    **_where("settled_at IS NOT NULL"),
)
Index("ix_deliveries_dead", deliveries.c.sink_id, deliveries.c.settled_at, **_where("outcome = 'dead'"))

runs = Table(
    "runs",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("subject", Uuid, nullable=False),
    Column("stage", String(8), nullable=False),
    Column("claim", Integer, nullable=False),
    Column("began_at", UtcTime, nullable=False),
    Column("ms", Integer, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason", String(32)),
    Column("detail", Detail),
)
Index("ix_runs_subject", runs.c.subject, runs.c.id)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("arguments", Text, nullable=False),
    Column("cursor", Text),
    Column("state", String(8), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
)

# The roll-up of outcomes by the day of discovery; `discovered` is an outcome of its own here, so that a cohort adds up.
funnel = Table(
    "funnel",
    metadata,
    Column("outlet_id", String(64), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("outcome", String(12), primary_key=True),
    Column("reason", String(32), primary_key=True),
    Column("n", Integer, nullable=False),
)

# How the last recount of a day of the funnel went; `wrong` is what did not add up, in words.
funnel_checks = Table(
    "funnel_checks",
    metadata,
    Column("day", Date, primary_key=True),
    Column("checked_at", UtcTime, nullable=False),
    Column("wrong", Text),
)
