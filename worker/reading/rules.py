"""An outlet's own rules for its pages: what the body is, what goes, who signs and when, as CSS selectors."""

from __future__ import annotations

from dataclasses import dataclass, replace

from resiliparse.parse.html import CSSParserException, ElementNode, HTMLParserException, HTMLTree

from worker.news.outlet import PageRules

_MOST_REMOVED = 500  # elements of one selector


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """A page after its outlet's rules: `body` is the HTML that holds the article, `warnings` names rules that failed."""

    body: str
    title: str = ""
    author: tuple[str, ...] = ()
    date: str = ""
    warnings: tuple[str, ...] = ()


def apply_rules(source: str, rules: PageRules) -> Ruled | None:
    """Cut a page by its outlet's rules; None when there are none, or it can't be parsed."""
    if replace(rules, since=None, until=None) == PageRules():
        return None
    try:
        tree = HTMLTree.parse(source)
    except HTMLParserException:
        return None
    root = tree.document
    warnings: list[str] = []
    titles = [(element.text or "").strip() for element in _select(tree, rules.title, warnings)]
    authors = [(element.text or "").strip() for element in _select(tree, rules.author, warnings)]
    dates = [_date(element) for element in _select(tree, rules.date, warnings)]
    for selector in rules.remove:
        _remove(tree, selector, warnings)
    kept = _outer(_select(tree, rules.body, warnings))
    body = (
        f"<html><body><article>{''.join(kept)}</article></body></html>"
        if kept
        else source
        if root is None
        else root.html
    )
    return Ruled(
        body=body,
        title=next(filter(None, titles), ""),
        author=tuple(filter(None, authors)),
        date=next(filter(None, dates), ""),
        warnings=tuple(warnings),
    )


def _remove(tree: HTMLTree, selector: str, warnings: list[str]) -> None:
    """Take out what matches, one at a time: a match inside of another is gone with it, and may not be touched again."""
    found = _select(tree, selector, warnings)
    for _ in found[:_MOST_REMOVED]:
        element = tree.body.query_selector(selector) if tree.body else None
        if element is None:
            return
        element.decompose()


def _outer(elements: list[ElementNode]) -> list[str]:
    """The HTML of elements, without those that stand inside of one before."""
    outer: list[ElementNode] = []
    for element in elements[:_MOST_REMOVED]:
        if not any(other.contains(element) for other in outer):
            outer.append(element)
    return [element.html for element in outer]


def _date(element: ElementNode) -> str:
    return (element.getattr("datetime") or element.getattr("content") or element.text or "").strip()


def _select(tree: HTMLTree, selector: str | None, warnings: list[str]) -> list[ElementNode]:
    if not selector:
        return []
    try:
        found = list(tree.body.query_selector_all(selector)) if tree.body else []
    except CSSParserException:
        warnings.append(f"selector {selector} can't be read")
        return []
    if not found:
        warnings.append(f"selector {selector} matches nothing")
    return found
