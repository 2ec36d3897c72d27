"""A sink for OpenSearch and Elasticsearch: the newest revision of each article is one document of an index."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from worker.news.errors import HostDown, Refused, SinkDown
from worker.news.reason import Reason
from worker.pipeline.ports import Parcel, Poster, Returned, Sink
from worker.sinks.kind import SinkKind, Tools

TIMEOUT = timedelta(seconds=30)
MOST_BYTES = 8 << 20
# Of the answer a status for each record, and what is wrong with it.
ASKED = "filter_path=items.*.status,items.*.error.type,items.*.error.reason"
# 409: this revision or a newer one is there already, and the index is right as it is.
TAKEN = {200, 201, 409}
# Trouble of the index or the cluster, such as a full disk; the record is as good as any other.
LATER = {403, 404, 429, 500, 503}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSearchOptions:
    """What `[sinks.<name>]` says. `authorization` is a whole header: `ApiKey …` or `Basic …`."""

    url: str
    index: str = "articles"
    authorization: str = ""
    private: bool = False

    def __post_init__(self) -> None:
        if not self.url.startswith(("https://", "http://")):
            raise ValueError("url: should be https://HOST:PORT")


@dataclass(frozen=True, slots=True)
class OpenSearchSink:
    """The `Sink` port on one index. A withdrawn article stays as a record without a text: deleted, an old one could come back."""

    poster: Poster
    url: str
    headers: dict[str, str]

    def deliver(self, batch: str, parcels: Sequence[Parcel]) -> Sequence[Returned]:
        """Index a batch by one request."""
        del batch
        items = self._send(b"".join(_lines(parcel) for parcel in parcels))
        returned = [_returned(*one) for one in zip(parcels, items, strict=True) if one[1]["status"] not in TAKEN]
        if len(returned) == len(parcels) and not any(one.tried for one in returned):
            raise SinkDown(Reason.SINK_DOWN, returned[0].detail)
        return returned

    def _send(self, body: bytes) -> list[dict[str, Any]]:
        try:
            answer = self.poster.post(self.url, body, headers=self.headers)
        except HostDown as error:
            raise SinkDown(Reason.SINK_DOWN, str(error), retry_after=error.retry_after) from error
        except Refused as error:
            raise SinkDown(Reason.SINK_DOWN, str(error)) from error
        if answer.status != HTTPStatus.OK:
            words = f"HTTP {answer.status}: {answer.body[:300].decode(errors='replace')}"
            raise SinkDown(Reason.SINK_DOWN, words, retry_after=answer.retry_after)
        return [item["index"] for item in json.loads(answer.body)["items"]]


def _lines(parcel: Parcel) -> bytes:
    # The server compares the versions, so that an older revision that comes late overwrites nothing.
    what = {"_id": parcel.article, "version": parcel.revision, "version_type": "external"}
    return json.dumps({"index": what}).encode() + b"\n" + parcel.body + b"\n"


def _returned(parcel: Parcel, item: dict[str, Any]) -> Returned:
    status, error = item["status"], item.get("error", {})
    words = f"HTTP {status}: {error.get('type')}: {error.get('reason')}"
    reason = Reason.SINK_SLOW if status in LATER else Reason.SINK_REFUSED
    return Returned(key=parcel.key, reason=reason, detail=words, tried=status not in LATER)


def _open(options: OpenSearchOptions, tools: Tools) -> Sink:
    headers = {"Content-Type": "application/x-ndjson"}
    if options.authorization:
        headers["Authorization"] = options.authorization
    poster = tools.open_poster([options.url] if options.private else [], TIMEOUT, MOST_BYTES)
    return OpenSearchSink(poster, f"{options.url.rstrip('/')}/{options.index}/_bulk?{ASKED}", headers)


KIND = SinkKind(options=OpenSearchOptions, open=_open)
