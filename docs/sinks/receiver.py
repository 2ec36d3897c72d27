"""Takes articles from Copydesk: believes only what is signed, and keeps each request once."""

import base64
import contextlib
import hmac
import json
import os
import sqlite3
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEYS = [base64.b64decode(secret.removeprefix("whsec_")) for secret in os.environ["WEBHOOK_SECRET"].split()]
OLDEST_S = 300
TABLES = """
CREATE TABLE IF NOT EXISTS taken (webhook_id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS articles (id TEXT PRIMARY KEY, revision INTEGER, record TEXT);
"""
NEWEST = """
INSERT INTO articles VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE
SET revision = excluded.revision, record = excluded.record WHERE excluded.revision >= revision
"""


def is_signed(id_: str, timestamp: str, signatures: str, body: bytes) -> bool:
    """Whether somebody who has the secret sent it, and not long ago."""
    codes = [hmac.digest(key, f"{id_}.{timestamp}.".encode() + body, "sha256") for key in KEYS]
    good = [b"v1," + base64.b64encode(code) for code in codes]
    recent = timestamp.isdigit() and abs(time.time() - int(timestamp)) < OLDEST_S
    return recent and any(hmac.compare_digest(a, b.encode()) for a in good for b in signatures.split(" "))


def take(id_: str, body: bytes) -> None:
    """Store what a request brings, unless it was here before; it is on the disk when this returns."""
    said = json.loads(body)
    records = [event["data"] for event in said["data"]] if said["type"] == "articles" else [said["data"]]
    with contextlib.closing(sqlite3.connect("articles.db")) as db, db:
        if db.execute("INSERT OR IGNORE INTO taken VALUES (?)", (id_,)).rowcount:
            db.executemany(NEWEST, [(r["id"], r["revision"], json.dumps(r)) for r in records])


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 when all is stored, 401 when the signature is wrong."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Take a request."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        id_, at, signatures = (self.headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
        signed = is_signed(id_, at, signatures, body)
        if signed:
            take(id_, body)
        self.send_response(204 if signed else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()


if __name__ == "__main__":
    with contextlib.closing(sqlite3.connect("articles.db")) as made:
        made.executescript(TABLES)
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
