"""How well copies of one text are found and grouped, over articles of which each two are known to be copies or not.

    python -m bench.duplicates --data FOLDER [--json]

FOLDER has `dups/helsinki.json`: `docs`, each with `id`, `publisher`, `scrape_time` (ISO 8601), `title` and `text`; and `pairs`
of [id, id, jaccard, containment, label]. `dup` and `contained` are copies, `ambiguous` ones are not counted, and every other
pair that is not listed is no copy. A FOLDER that is itself such a file will do. Without --data the folder is the one that
COPYDESK_RECORDED names.

The articles come in the order of their time, as they would come to the service: each is sketched, its candidates are those
before it that share a band (at most `looked_at`, the ones that share most first; a band of too many members says nothing)
and the first article of each group among them, and it joins the group that `choose_group` names. A pair is found when one was
a candidate of the other and is near.

The threshold of the Jaccard share is chosen on every second publisher, in the order of the alphabet, and what is reported is
reached on the articles of the others by the policy that is shipped; then the other way round, and over all articles. The rest
of the policy is not chosen here. `joined_negatives` are pairs in one group that are no copies. Times are CPU milliseconds of
the process.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import combinations
from pathlib import Path
from statistics import median_low
from typing import Any

if not __package__:
    # Run as a file: then this folder is on the path, and not the project's.
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from bench.pairs import FILE, Data, Doc, NotPairs, Pair, read
from worker.news.near import Candidate, Sketch, choose_group, near, resemblance
from worker.news.policy import NearPolicy
from worker.reading.sketch import MinHashSketcher

# Below 0.2 two texts are apart, and above 0.7 only one with little changes is left.
_THRESHOLDS = tuple(n / 20 for n in range(4, 15))
# Articles that are sketched before time counts.
_WARM = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was reached on some articles; shares are 0..1, None where there was nothing to reach."""

    articles: int
    pairs: int
    copies: int
    precision: float | None
    recall: float | None
    f1: float | None
    candidate_recall: float | None
    candidates_per_article: float
    group_recall: float | None  # copies in one group
    grouped_ambiguous: int
    joined_negatives: int


@dataclass(slots=True)
class Run:
    """Articles that came one by one: who was a candidate of whom, who was near, and in which group each is."""

    sketches: Mapping[str, Sketch]
    policy: NearPolicy
    seen: set[Pair] = field(default_factory=set)
    near: set[Pair] = field(default_factory=set)
    groups: dict[str, str] = field(default_factory=dict)
    looked_at: int = 0
    _members: defaultdict[bytes, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, article: str) -> None:
        """Look for the copies of an article among those before it, and let it join them."""
        sketch = self.sketches.get(article)
        if sketch is None:
            return
        sharing = self._candidates(sketch)
        firsts = {self.groups[id_] for id_ in sharing if id_ in self.groups} - set(sharing)
        candidates = [
            Candidate(article=id_, group=self.groups.get(id_), sketch=self.sketches[id_])
            for id_ in (*sharing, *sorted(firsts))
        ]
        join = choose_group(sketch, candidates, self.policy)
        if join.group is not None:
            self.groups[article] = join.group
            self.groups.setdefault(join.group, join.group)
        self.looked_at += len(candidates)
        self.seen.update(frozenset((article, candidate.article)) for candidate in candidates)
        self.near.update(frozenset((article, id_)) for id_ in join.near)
        for band in sketch.bands:
            self._members[band].append(article)

    def _candidates(self, sketch: Sketch) -> list[str]:
        found = (self._members[band] for band in sketch.bands if band in self._members)
        shared = Counter(id_ for ids in found if len(ids) <= self.policy.band_members for id_ in ids)
        return sorted(shared, key=lambda id_: (-shared[id_], id_))[: self.policy.looked_at]


def run(data: Data, sketches: Mapping[str, Sketch], policy: NearPolicy) -> Run:
    """Let all articles come."""
    done = Run(sketches=sketches, policy=policy)
    for doc in data.docs:
        done.add(doc.id)
    return done


def figures(data: Data, done: Run) -> Figures:
    """What a run comes to."""
    copies = data.copies()
    pairs = [frozenset(pair) for pair in combinations([doc.id for doc in data.docs], 2)]
    together = {pair for pair in pairs if len({done.groups.get(id_, id_) for id_ in pair}) == 1}
    found = {pair for pair in done.near if data.labels.get(pair) != "ambiguous"}
    return Figures(
        articles=len(data.docs),
        pairs=len(pairs) - sum(label == "ambiguous" for label in data.labels.values()),
        copies=len(copies),
        precision=_share(found & copies, found),
        recall=_share(found & copies, copies),
        f1=_f1(found, copies),
        candidate_recall=_share(done.seen & copies, copies),
        candidates_per_article=done.looked_at / len(data.docs) if data.docs else 0.0,
        group_recall=_share(together & copies, copies),
        grouped_ambiguous=sum(data.labels.get(pair) == "ambiguous" for pair in together),
        joined_negatives=sum(pair not in data.labels for pair in together),
    )


def _share(part: set[Pair], whole: set[Pair]) -> float | None:
    return len(part) / len(whole) if whole else None


def _f1(found: set[Pair], copies: set[Pair]) -> float | None:
    return 2 * len(found & copies) / (len(found) + len(copies)) if found or copies else None


def choose(data: Data, sketches: Mapping[str, Sketch]) -> float:
    """The threshold with the best F1; of several equally good ones the one in the middle, and of two the lower."""
    copies, seen = data.copies(), run(data, sketches, NearPolicy()).seen
    pairs = [(pair, *_two(pair, sketches)) for pair in seen if data.labels.get(pair) != "ambiguous"]
    reached = []
    for threshold in _THRESHOLDS:
        policy = _policy(threshold)
        found = {pair for pair, first, second in pairs if near(first, second, policy)}
        reached.append(_f1(found, copies) or 0.0)
    return median_low([threshold for threshold, f1 in zip(_THRESHOLDS, reached, strict=True) if f1 == max(reached)])


def _two(pair: Pair, sketches: Mapping[str, Sketch]) -> tuple[Sketch, Sketch]:
    first, second = sorted(pair)
    return sketches[first], sketches[second]


def _policy(threshold: float) -> NearPolicy:
    """The shipped policy with another threshold; a short text never needs less than others."""
    shipped = NearPolicy()
    return replace(shipped, jaccard=threshold, short_jaccard=max(threshold, shipped.short_jaccard))


def sketched(docs: Iterable[Doc]) -> tuple[dict[str, Sketch], float, float]:
    """The sketches of all articles that are long enough, the mean milliseconds that one takes, and those of 4000 letters."""
    sketcher, texts = MinHashSketcher(), list(docs)
    for doc in texts[:_WARM]:
        sketcher.sketch(doc.text)
    begun = time.process_time()
    made = [(doc.id, sketcher.sketch(doc.text)) for doc in texts]
    spent = 1000 * (time.process_time() - begun)
    letters = sum(len(doc.text) for doc in texts)
    found = {id_: sketch for id_, sketch in made if sketch is not None}
    return found, spent / len(texts), 4000 * spent / max(1, letters)


def wrong(data: Data, done: Run) -> Iterator[str]:
    """Each pair that was decided wrongly, in numbers."""
    copies = data.copies()
    amiss = {pair: "near, no copy" for pair in done.near if pair not in data.labels}
    amiss |= {pair: "too unlike" if pair in done.seen else "no candidate" for pair in copies - done.near}
    for pair, what in sorted(amiss.items(), key=lambda item: (item[1], sorted(item[0]))):
        told = "too short for a sketch"
        if pair <= done.sketches.keys():
            first, second = _two(pair, done.sketches)
            alike = resemblance(first, second)
            told = f"{first.size} and {second.size} shingles, {alike.jaccard:.3f} jaccard, {alike.containment:.3f} containment"
        yield f"    {what}: {', '.join(sorted(pair))} ({data.labels.get(pair, 'no copy')}): {told}"


def measure(data: Data) -> tuple[list[str], dict[str, Any]]:
    """All that is reported, as lines and as an object."""
    sketches, ms, ms_4000 = sketched(data.docs)
    publishers = sorted({doc.publisher for doc in data.docs})
    first, second = (data.of(frozenset(publishers[start::2])) for start in (0, 1))
    told, result = _reported("all", data, sketches)
    halves: list[dict[str, Any]] = []
    for name, chosen_on, reported in (("swapped", second, first), ("reported", first, second)):
        words, found = _reported(name, reported, sketches)
        chosen, shipped = choose(chosen_on, sketches), NearPolicy().jaccard
        verdict = "as shipped" if chosen == shipped else f"SHIPPED IS {shipped}"
        told = [*words, f"threshold chosen on the other half: {chosen}, {verdict}", *told]
        halves.append(found | {"threshold": shipped, "chosen": chosen})
    told.append(f"-- a sketch takes {ms:.3f} ms an article, {ms_4000:.3f} ms in 4000 letters")
    times = {"ms_per_article": round(ms, 5), "ms_per_4000_letters": round(ms_4000, 5)}
    return told, halves[1] | times | {"swapped": halves[0], "all": result}


def _reported(name: str, data: Data, sketches: Mapping[str, Sketch]) -> tuple[list[str], dict[str, Any]]:
    done = run(data, sketches, NearPolicy())
    found = {what: round(n, 5) if isinstance(n, float) else n for what, n in asdict(figures(data, done)).items()}
    told = [f"-- {name}: {len(data.docs)} articles, {found['copies']} copies among {found['pairs']} pairs"]
    told += [f"{what:<24}{'-' if n is None else n:>8}" for what, n in list(found.items())[3:]]
    return [*told, *wrong(data, done)], found


def main(arguments: Sequence[str]) -> int:
    """Print what is reached. 0, or 2 for data that are not in this form."""
    parser = argparse.ArgumentParser(prog="bench.duplicates", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, metavar="FOLDER", help=f"holds {FILE}; else COPYDESK_RECORDED names it")
    parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")
    options = parser.parse_args(arguments)
    folder: Path = options.data or Path(os.environ.get("COPYDESK_RECORDED") or ".nowhere")
    if options.data is None and not (folder / FILE).is_file():
        print(
            f"no articles with known copies here: name the folder that holds {FILE} with --data, or in COPYDESK_RECORDED"
        )
        return 0
    try:
        data = read(folder)
    except NotPairs as error:
        print(f"not a folder of articles with known copies: {error}", file=sys.stderr)
        return 2
    told, result = measure(data)
    print("\n".join(told), flush=True)
    if options.json:
        print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
