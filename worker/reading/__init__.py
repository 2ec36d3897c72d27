"""Bytes in, values out: feeds, pages, dates, language. No I/O; foreign parsers are allowed here."""
