"""`python -m worker.cli` is the command `copydesk`."""

from __future__ import annotations

from worker.cli.main import app

app(prog_name="copydesk")
