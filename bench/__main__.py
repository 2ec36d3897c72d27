"""Runs the benches: all, or those that are named."""

from __future__ import annotations

import sys
from importlib import import_module

BENCHES = ("claim", "delivery", "duplicates", "extraction", "identity", "polling")


def main() -> int:
    """Run what the command line names."""
    wanted = sys.argv[1:] or list(BENCHES)
    unknown = [name for name in wanted if name not in BENCHES]
    if unknown:
        print(f"there is no bench {unknown[0]!r}; there are {', '.join(BENCHES)}", file=sys.stderr)
        return 2
    for name in wanted:
        print(f"== {name}")
        import_module(f"bench.{name}").main([])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
