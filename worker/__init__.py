"""Copydesk: polls the feeds of news outlets and delivers each article once, as a clean, normalized record."""

__version__ = "0.1.0"
