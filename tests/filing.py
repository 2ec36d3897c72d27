"""Articles put into the state of record as the stages would have left them, for tests of what comes behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import update

from worker.news.record import Change, Extraction, Language, OutletRef, Record
from worker.store.database import Database
from worker.store.outbox import add_deliveries
from worker.store.outcomes import DISCOVERED, count
from worker.store.revisions import file_revision
from worker.store.schema import articles

# Records that one transaction files.
SLICE = 100


@dataclass
class Filing:
    """Files articles of one outlet, and later revisions of them; `records` are the latest ones."""

    database: Database
    outlet: str = "paper"
    letters: int = 600
    records: dict[str, Record] = field(default_factory=dict)
    filed: list[str] = field(default_factory=list)  # keys

    def more(self, many: int, *, now: datetime, **fields: Any) -> list[str]:
        """File so many new articles, with some fields of our own; gives their ids."""
        fresh = [replace(self._first(str(self.database.new_id())), **fields) for _ in range(many)]
        self._file(fresh, now)
        return [record.id for record in fresh]

    def revise(self, ids: Sequence[str], *, now: datetime, change: Change = Change.MATERIAL) -> None:
        """File the next revision of some articles."""
        self._file([self._next(self.records[id_], change) for id_ in ids], now)

    def _first(self, id_: str) -> Record:
        return Record(
            id=id_,
            revision=1,
            change=Change.NEW,
            url=f"https://{self.outlet}.example/{id_}",
            outlet=OutletRef(id=self.outlet, name="The Paper", country="PT", language="pt"),
            title=f"Título 1 de {id_}",
            text=_text(id_, 1, self.letters),
            language=Language(code="pt", source="text", confidence=0.99),
            extraction=Extraction(engine="test", version="1", quality=1.0),
        )

    def _next(self, before: Record, change: Change) -> Record:
        n = before.revision + 1
        text = _text(before.id, n, self.letters)
        return replace(before, revision=n, change=change, title=f"Título {n} de {before.id}", text=text)

    def _file(self, fresh: Sequence[Record], now: datetime) -> None:
        for start in range(0, len(fresh), SLICE):
            with self.database.write() as c:
                for record in fresh[start : start + SLICE]:
                    if record.revision == 1:
                        row = {"id": UUID(record.id), "outlet_id": self.outlet, "url": record.url, "discovered_at": now}
                        c.execute(articles.insert().values(**row, outcome="stored", settled_at=now))
                        count(c, {(self.outlet, now.date(), outcome, ""): 1 for outcome in (DISCOVERED, "stored")})
                    file_revision(c, record, text_hash=sha256(record.text.encode()).digest(), now=now)
                    same = articles.c.id == UUID(record.id)
                    c.execute(update(articles).where(same).values(revision=record.revision))
                    add_deliveries(c, self.database.new_id, record, now=now)
        for record in fresh:
            self.records[record.id] = record
            self.filed.append(f"{record.id}:{record.revision}")


def _text(id_: str, n: int, letters: int) -> str:
    words = f"Revisão {n} do artigo {id_}: o governo disse que sim. "
    return (words * (letters // len(words) + 1))[:letters]
