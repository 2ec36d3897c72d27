"""A page's bytes to one parsed tree: decoded, freed of scripts, bounded; the only module that parses HTML with lxml."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import islice

from lxml import etree, html

from worker.news.errors import Broken, Refused
from worker.news.policy import ReadingPolicy
from worker.news.reason import Reason
from worker.reading.charset import decode
from worker.reading.clean import clean_line, few_marks, settled
from worker.reading.tags import few_attributes, is_explosive, without_formatting

# First bytes of files that are no HTML.
_MAGIC = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"RIFF",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"\x00\x00\x00",
    b"wOF",
    b"ID3",
    b"OggS",
    b"\x1aE\xdf\xa3",
    b"\x28\xb5\x2f\xfd",
    b"MZ",
    b"\x7fELF",
    b"BM",
)
_TAG = re.compile(r"<[a-zA-Z]")
# Where something begins that does not go to the parser. Only starts are matched: what ends it is looked up with
# `str.find`, so that the scan is linear and no comment can swallow an article.
_START = re.compile(r"<(?=[!sn])(?:!--|(script|style|svg|noscript)(?=[\s/>]))", re.IGNORECASE)
_END = {name: re.compile(rf"</{name}(?=[\s/>])[^>]*>?", re.IGNORECASE) for name in ("script", "style", "noscript")}
_SVG = re.compile(r"<(/?)svg(?=[\s/>])[^>]*>?", re.IGNORECASE)
_JSON_LD = re.compile(r"\btype\s*=\s*[\"']?\s*application/ld\+json", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Naming what may stand in a page is twice as fast as looking for what may not, and nearly all pages have nothing else.
_UNCONTROLLED = re.compile(r"[ -~\n\xa0-\ud7ff\t\r\ue000-\ufffd\U00010000-\U0010ffff]*+")
_CHARREF = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,12})|([0-9]{1,12}));?")
_FEED = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,400}?-->\s*)?<(?:rss|feed|rdf:RDF|urlset|sitemapindex)[\s>]", re.DOTALL
)
_BEYOND_LATIN = 0x300
# One class for every element: lxml's own choice by name is a call of Python for each element that is looked at.
_ELEMENTS = etree.ElementDefaultClassLookup(element=html.HtmlElement)
# What a document may hold (XML 1.0, 2.2).
_CHARACTERS = ((9, 10, 13), range(0x20, 0xD800), range(0xE000, 0xFFFE), range(0x10000, 0x110000))


@dataclass(frozen=True, slots=True, kw_only=True)
class Markup:
    """A parsed page. `html` is what was parsed, and safe for other parsers; `json_ld` holds the bodies of its JSON-LD scripts."""

    tree: html.HtmlElement
    html: str
    json_ld: tuple[str, ...]
    too_deep: bool  # nested deeper than libxml2 goes (256 elements): what lies below is lost


def read_markup(body: bytes, *, content_type: str, policy: ReadingPolicy) -> Markup:
    """Parse a page, once.

    Raises `Refused` (NOT_HTML, NO_TEXT for a blank one) and `Broken` (TOO_LARGE, UNPARSABLE).
    """
    text = page_text(body, content_type=content_type, policy=policy)
    clean, json_ld = without_scripts(text, json_ld_at_most=policy.json_ld_bytes)
    clean = few_attributes(clean)
    if _has_more_elements(clean, policy.max_elements):
        raise Broken(Reason.TOO_LARGE, f"more than {policy.max_elements} elements")
    tree, too_deep = parse(clean)
    # The first parser repeats nothing; others would.
    source = without_formatting(tree) if is_explosive(clean) else clean
    return Markup(tree=tree, html=source, json_ld=json_ld, too_deep=too_deep)


def _has_more_elements(text: str, most: int) -> bool:
    """Whether a page has more elements; what may be a tag is counted first, which is far cheaper."""
    return text.count("<") > most and sum(1 for _ in islice(_TAG.finditer(text), most + 1)) > most


def page_text(body: bytes, *, content_type: str, policy: ReadingPolicy) -> str:
    """The decoded page without control characters and without references to them. Raises as `read_markup` does."""
    if len(body) > policy.page_bytes:
        raise Broken(Reason.TOO_LARGE, f"{len(body)} bytes")
    if not body.strip(b" \t\r\n\0"):
        raise Refused(Reason.NO_TEXT, "an empty page")
    if body.startswith(_MAGIC):
        raise Refused(Reason.NOT_HTML, clean_line(content_type, at_most=200) or "a binary file")
    text = decode(body, content_type)
    if not _UNCONTROLLED.fullmatch(text):
        text = _CONTROL.sub("", text)
    _check_html(text, content_type)
    return few_marks(settled(_CHARREF, _character, text))


def _check_html(text: str, content_type: str) -> None:
    start = text[:2000].lstrip()
    if _FEED.match(start):
        raise Refused(Reason.NOT_HTML, "a feed")
    if start[:1] in {"{", "["} and not content_type.lower().startswith("text/html") and _is_json(text):
        raise Refused(Reason.NOT_HTML, "JSON")
    if not _TAG.search(text):
        raise Refused(Reason.NOT_HTML, clean_line(content_type, at_most=200) or "no tag in it")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _character(reference: re.Match[str]) -> str:
    """Drop numeric references to what may not stand in a document: NUL, controls, surrogates, beyond Unicode.

    Those beyond Latin are written out, so that what is a run of marks can be seen.
    """
    code = int(reference[1], 16) if reference[1] else int(reference[2])
    # 0x80..0x9F mean windows-1252 in HTML, and the parser knows it.
    if not any(code in codes for codes in _CHARACTERS):
        return ""
    return chr(code) if code >= _BEYOND_LATIN else reference[0]


def without_scripts(text: str, *, json_ld_at_most: int) -> tuple[str, tuple[str, ...]]:
    """A page without comments, scripts, styles and drawings, and its JSON-LD, in one linear pass.

    JSON-LD is kept up to `json_ld_at_most` letters in all. What is never closed keeps its content (a script does not:
    browsers see nothing behind it either).
    """
    kept: list[str] = []
    json_ld: list[str] = []
    budget = json_ld_at_most
    unclosed: set[str] = set()
    at = 0
    while start := _START.search(text, at):
        name = (start[1] or "!--").lower()
        kept.append(text[at : start.start()])
        inner, end = (start.end(), None) if name in unclosed else _ends(text, start, name)
        if end is None:
            unclosed.add(name)
            at = len(text) if name == "script" else start.end()
            kept.append("" if name in {"script", "!--"} else start[0])
            continue
        if name == "script" and _JSON_LD.search(text, start.end(), inner):
            content = text[inner : end[0]]
            if len(content) <= budget:
                budget -= len(content)
                json_ld.append(content)
        elif name == "noscript":
            kept.append(_spoken(text[inner : end[0]]))
        at = end[1]
    kept.append(text[at:])
    return "".join(kept), tuple(json_ld)


def _ends(text: str, start: re.Match[str], name: str) -> tuple[int, tuple[int, int] | None]:
    """Where the content begins, and where content and element end; None when the element is never closed."""
    if name == "!--":
        # `<!-->` is a whole comment (HTML, 13.2.5.43), so the search begins inside of the opening dashes.
        close = text.find("-->", start.start() + 2)
        return start.end(), (close, close + 3) if close >= 0 else None
    inner = text.find(">", start.end()) + 1
    if not inner:
        return start.end(), None
    if name == "svg":
        return inner, _svg_ends(text, start.start())
    found = _END[name].search(text, inner)
    return inner, (found.start(), found.end()) if found else None


def _svg_ends(text: str, start: int) -> tuple[int, int] | None:
    """The end of a drawing, which may hold drawings."""
    depth = 0
    for tag in _SVG.finditer(text, start):
        if tag[0].endswith("/>") and not tag[1]:
            if not depth:
                return tag.end(), tag.end()
            continue
        depth += -1 if tag[1] else 1
        if depth <= 0:
            return tag.start(), tag.end()
    return None


def _spoken(content: str) -> str:
    """What a reader without scripts would see of a `<noscript>`: lazy pictures are kept, pixels and pleas are not."""
    pictures = [
        tag
        for tag in re.findall(r"<img\b[^<>]{1,4000}>", content)
        if not re.search(r"\b(?:width|height)\s*=\s*[\"']?[01]\b", tag)
    ]
    return "".join(pictures)


def parse(text: str) -> tuple[html.HtmlElement, bool]:
    """The tree of a page without scripts, and whether it was too deep for the parser. Raises as `read_markup` does."""
    parser = html.HTMLParser(encoding="utf-8", collect_ids=False, remove_comments=True, remove_pis=True)
    parser.set_element_class_lookup(_ELEMENTS)
    try:
        tree = html.document_fromstring(text.encode("utf-8", "ignore"), parser=parser)
    except etree.ParserError as error:
        raise Refused(Reason.NO_TEXT, "no element in it") from error
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise Broken(Reason.UNPARSABLE, clean_line(str(error), at_most=200)) from error
    too_deep = any("xcessive depth" in entry.message for entry in parser.error_log)
    return tree, too_deep
