"""Downstream stores, one a file, behind the `Sink` port."""
