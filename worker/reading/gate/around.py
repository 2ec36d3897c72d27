"""What stands around a short text: buttons, forms, ways to an account or an app; and which of its lines stand in a box with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from lxml import html

from worker.reading.gate.places import elements_of, words_of

# The surroundings of a text hold little more than the text.
_ROOM, _SHARE = 400, 1.6
_CLOSE_ROOM, _CLOSE_SHARE = 120, 1.25
_MOST_ELEMENTS = 3000
_MOST_CLIMB = 12
_LONGEST_LABEL = 120  # letters of a line that holds a way to an account; a link in a paragraph is none
_ACCOUNT = re.compile(
    r"(?:^|[/._?&=-])(?:subscri\w{0,20}|subs|abos?|abo-?shop|abonn?\w{0,20}|log-?in|sign-?in|sign-?up|log-?on|auth|accounts?|regist\w{0,12}|konto|checkout|offers?|offres?|"
    r"plans?|pricing|paywall|premium|digital-?access|assin\w{1,12}|suscri\w{1,12}|abbon\w{1,12}|accedi|acceder|prenum\w{1,12}|tilaa|tilaus|tilaaja|predplat\w{1,8}|"
    r"pretplat\w{1,8}|elofizet\w{1,8}|podpis\w{1,8}|membership|members?|join|sso|oauth2?|passport|cuenta|conta|compte|connexion|entrar|iniciar-sesion|"
    r"anmelden|anmeldung|inloggen|uyelik|uye-girisi|giris|logowanie|zaloguj|kirjaudu|login_form|vip|logga-in|logg-inn|log-ind|koppel\w{0,4}|kop|kup|kjop|ostos)(?=[/._?&=#-]|$)"
)
_LETTER = re.compile(r"news-?letter|mailing|boletin|nieuwsbrief|nyhetsbrev|nyhedsbrev|uutiskirje|hirlevel|bulten")
_STORE = re.compile(
    r"play\.google\.com/store|apps\.apple\.com|itunes\.apple\.com|appgallery|galaxystore|rustore\.ru|^(?:market|intent|itms-apps?):|onelink\.me|\.app\.link|adj\.st|\.page\.link|(?:^|/)(?:[a-z]{2,9}-)?(?:apps?|ios|android|iphone)(?:-[a-z]{2,9})?/?(?:[?#]|$)"
)
_BUTTON = re.compile(r"(?:^|[\s_-])(?:btn|button|cta)", re.IGNORECASE)
_ROLES = frozenset({"button", "dialog", "alertdialog"})
_CALLS = frozenset({"control", "account", "call"})
_LONGEST_CALL = 45  # letters
# A page of the site: a short address of few parts, and no article's number.
_PAGE = re.compile(r"(?:https?://[^/?#]{1,100})?(?:/[a-z][a-z_-]{0,24}){1,2}/?(?:[?#].{0,200})?")
_UNSEEN = frozenset({"nav", "footer", "header", "style", "script", "noscript", "select", "template", "head"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """Counts of what stands in the surroundings of a text, and what of the text is left beside the boxes."""

    controls: int = 0  # buttons and what looks like one
    close: int = 0  # those between or right beside the lines
    accounts: int = 0  # links and forms that lead to an account or to an offer
    calls: int = 0  # short links that stand alone and lead to a page of the site
    stores: int = 0  # links to an app
    choices: int = 0  # fields of which one is chosen
    password: bool = False
    address: bool = False  # a field for an e-mail address
    boxed: int = 0  # lines of prose that stand in a box with a control
    story: tuple[str, ...] = ()  # the others


def around(tree: html.HtmlElement, prose: Sequence[str], *, letters: int) -> Around:
    """Look around the elements that the lines were read from."""
    found = elements_of(tree, prose)
    above = _above(tree, found)
    close = _region(above, at_most=int(_CLOSE_SHARE * letters) + _CLOSE_ROOM)
    region = _region(above[above.index(close) :], at_most=int(_SHARE * letters) + _ROOM)
    counts: dict[str, int] = {}
    first = {found[0], *islice(found[0].iterancestors(), 200)} if found else set()
    boxes: set[html.HtmlElement] = set()
    for element in _seen(region):
        for kind in _kinds(element):
            counts[kind] = counts.get(kind, 0) + 1
            if kind in _CALLS and element not in first:
                boxes.add(_branch(element, first))
    boxed = {line for element in found if _stands_in(element, boxes) for line in _read_from(element, prose)}
    return Around(
        controls=counts.get("control", 0),
        close=sum("control" in _kinds(element) for element in _seen(close)) if found else 0,
        accounts=counts.get("account", 0),
        calls=counts.get("call", 0),
        stores=counts.get("store", 0),
        choices=counts.get("choice", 0),
        password="password" in counts,
        address="address" in counts,
        boxed=len(boxed),
        story=tuple(line for line in prose if line not in boxed),
    )


def _above(tree: html.HtmlElement, found: Sequence[html.HtmlElement]) -> list[html.HtmlElement]:
    """The elements around a whole text, the innermost first; without one, where a text would stand."""
    if not found:
        return [next(tree.iter("main", "article"), tree)]
    common = [found[0], *islice(found[0].iterancestors(), 200)]
    for element in found[1:]:
        mine = {element, *islice(element.iterancestors(), 200)}
        common = [one for one in common if one in mine]
    return [one for one in common if one.tag != "html"][:_MOST_CLIMB] or [tree]


def _region(above: Sequence[html.HtmlElement], *, at_most: int) -> html.HtmlElement:
    """The largest element around a text that holds little else."""
    region = above[0]
    for parent in above[1:]:
        if _letters(parent, at_most=at_most) > at_most:
            break
        region = parent
    return region


def _letters(element: html.HtmlElement, *, at_most: int) -> int:
    letters = 0
    for one in _seen(element):
        letters += len((one.text or "").strip()) + len((one.tail or "").strip())
        if letters > at_most:
            break
    return letters


def _seen(element: html.HtmlElement) -> Iterator[html.HtmlElement]:
    """The elements inside, those of menus left out; in reading order."""
    stack = [element]
    for _ in range(_MOST_ELEMENTS):
        if not stack:
            return
        one = stack.pop()
        if one.tag in _UNSEEN:
            continue
        yield one
        stack.extend(reversed(one))


def _kinds(element: html.HtmlElement) -> Iterator[str]:
    tag = element.tag
    if tag in {"button", "dialog"} or element.get("role") in _ROLES or element.get("aria-modal") == "true":
        yield "control"
    if tag == "input":
        yield from _fields((element.get("type") or "").lower())
    elif tag == "form":
        action = (element.get("action") or "")[:300].lower()
        if _ACCOUNT.search(action) and not _LETTER.search(action):
            yield "account"
    elif tag in {"div", "span"}:
        if _BUTTON.search((element.get("class") or "")[:300]) and len(element) <= 1:
            yield "control"
    elif tag == "a":
        address = (element.get("href") or "")[:300].lower()
        if _BUTTON.search((element.get("class") or "")[:300]):
            yield "control"
        if _STORE.search(address):
            yield "store"
        elif _ACCOUNT.search(address) and not _LETTER.search(address) and _is_label(element):
            yield "account"
        elif _PAGE.fullmatch(address) and _stands_alone(element):
            yield "call"


def _fields(kind: str) -> Iterator[str]:
    if kind in {"submit", "button", "image"}:
        yield "control"
    elif kind in {"radio", "password"}:
        yield "choice" if kind == "radio" else kind
    elif kind in {"email", "tel"}:
        yield "address"


def _is_label(anchor: html.HtmlElement) -> bool:
    parent = anchor.getparent()
    return (
        parent is None
        or len(words_of(parent, at_most=2 * _LONGEST_LABEL)) <= _LONGEST_LABEL
        or not (parent.text or "").strip()
    )


def _stands_alone(anchor: html.HtmlElement) -> bool:
    """Whether a link is a line of its own, and no name or entry of a menu."""
    parent, before = anchor.getparent(), anchor.getprevious()
    if parent is None or parent.tag in {"li", "address", "h1", "h2", "h3", "h4", "span", "figcaption"}:
        return False
    beside = (before.tail if before is not None else parent.text) or ""
    words = words_of(anchor, at_most=2 * _LONGEST_CALL)
    return not beside.strip() and not (anchor.tail or "").strip() and 0 < len(words) <= _LONGEST_CALL


def _branch(element: html.HtmlElement, first: set[html.HtmlElement]) -> html.HtmlElement:
    """The largest element with a control that does not hold the start of the text."""
    for _ in range(200):
        parent = element.getparent()
        if parent is None or parent in first or parent.tag in {"body", "main", "article"}:
            return element
        element = parent
    return element


def _stands_in(element: html.HtmlElement, boxes: set[html.HtmlElement]) -> bool:
    return element in boxes or any(parent in boxes for parent in islice(element.iterancestors(), 200))


def _read_from(element: html.HtmlElement, prose: Sequence[str]) -> list[str]:
    start = words_of(element, at_most=144)[:36].casefold()
    return [line for line in prose if line[:36].casefold() == start]
