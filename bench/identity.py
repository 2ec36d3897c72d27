"""What it costs to tell which article a new one is, while the store grows: with 1,000 stored articles, and with 200,000.

    python -m bench.identity [--sizes 1000 10000 50000 200000] [--rounds 200] [--json]

The stored articles are made up (bench.stock). All of them have sketches, which in production only those of the last days have,
and about 40 rows of `bands` each. One in ten is wire copy in groups of 2 to 60, every third has five bands that every third
has. Each figure is milliseconds an article over so many rounds, on SQLite and PostgreSQL: the median, the 95th percentile, and
the mean CPU time of this process and of the one of PostgreSQL that serves it, which on a busy machine says more (from /proc, so
on Linux only). What a round wrote is taken back before the next one; only a revision that is filed is committed. Both databases
lie in memory when there is room: what a disk takes for its fsync is not identity's.

Nothing analyzes an SQLite of ours, so this does not either; PostgreSQL is analyzed, as autovacuum does. What is known of the
furniture of an outlet has a bound of its own: 12 lines an outlet here.

The last table is how many times as much the largest store takes as the smallest one.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

if not __package__:
    # Run as a file: then this folder is on the path, and not the project's.
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from bench.claim import databases
from bench.filling import grow, prepare
from bench.incoming import Desk, Watch
from bench.rounds import ROUNDS_OF
from bench.stock import Stock
from worker.clock import new_id
from worker.store.database import Database, open_database
from worker.store.migrate import migrate

SIZES = (1_000, 10_000, 50_000, 200_000)
ROUNDS = 200
# Rounds before the clock counts: PostgreSQL plans anew for the first ones.
_WARM = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What one thing costs with so many stored articles; milliseconds an article."""

    database: str
    what: str
    stored: int
    median_ms: float
    p95_ms: float
    cpu_ms: float  # of this process
    server_cpu_ms: float  # of PostgreSQL's


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How many times as much one thing costs in the largest store as in the smallest one."""

    database: str
    what: str
    median: float
    p95: float
    cpu: float


def measure(name: str, database: Database, stock: Stock, *, rounds: int) -> list[Figure]:
    """All figures of one database as it is."""
    desk = Desk(database=database, stock=stock, chance=Random(f"desk {len(stock.ids)}"))
    found = []
    for what, one_round in ROUNDS_OF.items():
        watch = Watch(server=desk.server())
        for _ in range(min(_WARM, rounds) + rounds):
            one_round(desk, watch)
        wall = watch.wall[-rounds:]
        figure = Figure(
            database=name,
            what=what,
            stored=len(stock.ids),
            median_ms=round(statistics.median(wall), 4),
            p95_ms=round(statistics.quantiles(wall, n=20)[-1], 4),
            cpu_ms=round(statistics.mean(watch.cpu[-rounds:]), 4),
            server_cpu_ms=round(statistics.mean(watch.served[-rounds:]), 4),
        )
        print(_line(figure), flush=True)
        found.append(figure)
    return found


def growth(figures: Sequence[Figure]) -> list[Growth]:
    """What became of each cost between the smallest store and the largest."""
    by_size = sorted(figures, key=lambda figure: figure.stored)
    least, most = by_size[0].stored, by_size[-1].stored
    first = {(figure.database, figure.what): figure for figure in figures if figure.stored == least}
    return [
        Growth(
            database=last.database,
            what=last.what,
            median=round(last.median_ms / before.median_ms, 2),
            p95=round(last.p95_ms / before.p95_ms, 2),
            cpu=round(_cpu(last) / _cpu(before), 2),
        )
        for last in figures
        if last.stored == most
        for before in [first[last.database, last.what]]
    ]


def _cpu(figure: Figure) -> float:
    return figure.cpu_ms + figure.server_cpu_ms


def run(sizes: Sequence[int], *, rounds: int) -> list[Figure]:
    """Fill a fresh database of each kind step by step, and measure at each step."""
    stock, figures = Stock(), []
    with databases() as fresh, ExitStack() as stack:
        opened: dict[str, Database] = {}
        for name, url in fresh:
            opened[name] = open_database(url, new_id=new_id)
            stack.callback(opened[name].close)
            migrate(opened[name])
            prepare(opened[name])
        for size in sorted(sizes):
            grow(stock, list(opened.values()), size)
            for name, database in opened.items():
                figures += measure(name, database, stock, rounds=rounds)
    return figures


def _line(figure: Figure) -> str:
    costs = f"{figure.median_ms:>11.3f}{figure.p95_ms:>9.3f}{figure.cpu_ms:>9.3f}{figure.server_cpu_ms:>9.3f}"
    return f"{figure.database:<12}{figure.what:<28}{figure.stored:>9,}{costs}"


def main(arguments: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="bench.identity", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), metavar="N", help="stored articles")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of each thing that is measured")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    options = parser.parse_args(arguments)
    print(
        f"{platform.machine()}, {platform.python_implementation()} {platform.python_version()}; {options.rounds} rounds"
    )
    print(f"{'database':<12}{'an article':<28}{'stored':>9}{'median ms':>11}{'p95 ms':>9}{'CPU ms':>9}{'server':>9}")
    figures = run(options.sizes, rounds=options.rounds)
    grown = growth(figures)
    print(f"-- {max(options.sizes):,} stored articles to {min(options.sizes):,}")
    print(f"{'database':<12}{'an article':<28}{'':>9}{'median':>11}{'p95':>9}{'CPU':>9}")
    for one in grown:
        print(f"{one.database:<12}{one.what:<28}{'':>9}{one.median:>11.2f}{one.p95:>9.2f}{one.cpu:>9.2f}")
    if options.json:
        print(json.dumps({"figures": [asdict(one) for one in figures], "growth": [asdict(one) for one in grown]}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
