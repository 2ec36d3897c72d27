"""The stages, in order: dispatch, poll, parse, fetch, extract, deliver. Effects go through the ports of `ports.py` only."""
