"""JSON-LD as it stands in pages, with its faults, as nodes that refer to each other; it knows no vocabulary."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import islice

Node = Mapping[str, object]

# No page needs more; what a hostile one holds beyond is not looked at.
_MOST_NODES = 5000
_MOST_VALUES = 100
_MOST_OBJECTS = 50  # back to back in one script
_DECODER = json.JSONDecoder(strict=False)
# Comments only at the start of a line: an address holds "//" as well. No `\s*`, which runs over lines, and over again.
_WRAPPING = re.compile(r"<!\[CDATA\[|\]\]>|<!--|-->|^[ \t]*//[^\n]*$|^[ \t]*/\*[^*]*\*/", re.MULTILINE)
_TRAILING_COMMA = re.compile(r",(?=\s*+[}\]])")
_ESCAPE = re.compile(r"\\([\"\\/bfnrt]|u[0-9a-fA-F]{4})?")
_BETWEEN = re.compile(r"[\s,;]*+")
_TAG = re.compile(
    r"</?(?:[bius]|em|strong|br|p|span|sup|sub|font|mark|small|a|wbr)(?:\s[^<>]{0,300})?/?>", re.IGNORECASE
)


def read_graph(scripts: Sequence[str]) -> Graph:
    """The nodes of all scripts; those that can't be read are passed over."""
    nodes = list(islice(walk([value for script in scripts for value in _load(script)]), _MOST_NODES))
    by_id = {name: node for node in reversed(nodes) if len(node) > 1 and isinstance(name := node.get("@id"), str)}
    return Graph(nodes=nodes, by_id=by_id)


def _load(script: str) -> list[object]:
    """The values of a script: mostly one; what follows a fault is lost."""
    for attempt in (str, _repaired):
        text = attempt(script)
        found: list[object] = []
        at = _start(text, 0)
        while at < len(text) and len(found) < _MOST_OBJECTS:
            try:
                value, end = _DECODER.raw_decode(text, at)
            except (ValueError, RecursionError):
                break
            found.append(value)
            at = _start(text, end)
        if found:
            return found
    return []


def _start(text: str, at: int) -> int:
    between = _BETWEEN.match(text, at)
    return between.end() if between else at


def _repaired(script: str) -> str:
    """The common faults undone: wrappers and comment lines, trailing commas, wrong escapes, a script escaped as if it were HTML."""
    plain = _WRAPPING.sub("", script)
    if '"' not in plain and "&quot;" in plain:
        plain = unescape(plain)
    return _TRAILING_COMMA.sub("", _ESCAPE.sub(lambda found: found[0] if found[1] else "", plain))


def walk(value: object) -> Iterator[Node]:
    """All objects in document order, outer before inner, without recursion."""
    stack = [value]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            yield value
            stack.extend(reversed(list(value.values())))
        elif isinstance(value, list):
            stack.extend(reversed(value))


def types_of(node: Node) -> tuple[str, ...]:
    """The schema.org types of a node, in lower case and without the vocabulary's address."""
    return tuple(re.split(r"[/#:]", word)[-1].strip().lower() for word in strings_in(node.get("@type")))


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in document order, outer before inner, and by their `@id`, to resolve references."""

    nodes: Sequence[Node]
    by_id: Mapping[str, Node]

    def values(self, node: Node, key: str, *, at_most: int = _MOST_VALUES) -> list[object]:
        """What stands under a key, always as a list, with references resolved and containers opened."""
        value = node.get(key)
        values = value if isinstance(value, list) else [value]
        return [self._resolved(item) for item in values[:at_most] if item not in (None, "")]

    def _resolved(self, value: object) -> object:
        if isinstance(value, dict) and isinstance(name := value.get("@id"), str) and len(value) <= 2:  # noqa: PLR2004
            return self.by_id.get(name, value)
        return value

    def text(self, node: Node, *keys: str) -> str:
        """The first words found under one of the keys."""
        for key in keys:
            for value in self.values(node, key):
                if words := words_in(value):
                    return words
        return ""


def words_in(value: object) -> str:
    """A value as plain words: a string, or the name of an object. Entities are undone, twice where they were doubled."""
    if isinstance(value, dict):
        value = value.get("@value") or value.get("name") or value.get("headline") or ""
    if isinstance(value, list):
        value = next((item for item in value if isinstance(item, str)), "")
    if not isinstance(value, str):
        return ""
    once = unescape(value) if "&" in value else value
    return (unescape(once) if "&" in once else once).strip()


def line_of(words: str) -> str:
    """Words without the formatting that some systems leave in headlines and names."""
    return _TAG.sub(" " if "<br" in words or "<p" in words else "", words).strip() if "<" in words else words


def strings_in(value: object) -> list[str]:
    """The strings that a value is or holds."""
    values = value if isinstance(value, list) else [value]
    return [item for item in values[:_MOST_VALUES] if isinstance(item, str)]
