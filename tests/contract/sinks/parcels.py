"""Parcels as the tests of sinks send them."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from worker.clock import new_id
from worker.pipeline.ports import Parcel

# JSON has ways to say what a text can't hold, and text has letters that files and tables stumble over.
ODD = "Ção “aspas” 'simples' \"duplas\" \\ \n\r\t \u2028\u2029 é = e\u0301 中文 😀 \u202e $1 %s {} ;--"
NUL = b"\\u0000"


def record(article: str, revision: int, **fields: object) -> dict[str, Any]:
    """A record with all that a sink may look at."""
    return {
        "schema": "copydesk.article/1",
        "id": article,
        "revision": revision,
        "change": "new" if revision == 1 else "minor",
        "url": f"https://paper.example/{article}",
        "outlet": {"id": "paper", "name": "The Paper", "country": "PT", "language": "pt-PT"},
        "language": {"code": "pt", "source": "text", "confidence": 0.99},
        "type": "article",
        "title": f"Title {revision}",
        "summary": "",
        "text": "A text.",
        "section": None,
        "authors": ["Ana Reis"],
        "topics": [],
        "access": {"value": "free", "evidence": ""},
        "group": None,
        "merged_into": None,
        "published_at": "2026-11-24T12:00:00Z",
        "modified_at": None,
        "content_hash": "00ff",
        "fetched_at": "2026-11-24T12:01:02.345678Z",
        **fields,
    }


def parcel(article: str, revision: int = 1, **fields: object) -> Parcel:
    body = json.dumps(record(article, revision, **fields), ensure_ascii=False, separators=(",", ":")).encode()
    return Parcel(key=f"{article}:{revision}", article=article, revision=revision, body=body)


def with_nul(article: str) -> Parcel:
    """A record that is JSON, and that PostgreSQL's jsonb can't hold."""
    good = parcel(article, topics=["a NUL here: @"])
    return Parcel(key=good.key, article=article, revision=1, body=good.body.replace(b"@", NUL))


def new_batch() -> str:
    return str(new_id())


def batch_of(at: datetime) -> str:
    """The name of a batch that was put together at a time."""
    return str(UUID(int=(int(at.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62) | 42))


def new_article() -> str:
    return str(new_id())


def records(*parcels: Parcel) -> dict[str, object]:
    return {one.key: json.loads(one.body) for one in parcels}
