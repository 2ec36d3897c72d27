"""What stands before an article: a request for consent, a login, an offer; and what is left of a text that was cut."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from lxml import html

from worker.news.reason import Reason
from worker.news.record import Access
from worker.reading.access import letters_in
from worker.reading.gate.lexicon import is_dense
from worker.reading.gate.prose import length_of, marks_of, sentences_of
from worker.reading.gate.sight import Sight
from worker.reading.gate.verdict import Suspicion
from worker.reading.gate.words import (
    CONSENT_ADDRESS,
    CONSENT_MARKUP,
    CONSENT_TOPICS,
    CONSENT_WORDS,
    ELSEWHERE,
    LOCK,
    LOGIN,
    LOGIN_OR_LOCK,
    PERIOD,
    PRICE,
    RETURN_ADDRESS,
    SUBSCRIBE,
)

_LONGEST_WALL = 6000  # letters; a text that is longer is an article, whatever it speaks of
_LONGEST_SHOWN = 3000  # letters of the page that are looked at
_MANY_TOPICS = 7
_LONG = 1500  # letters of a wall that explains itself
_STORY = 120  # letters of a story that stands before a request for consent
_TOPICS = 5  # of consent: an article about cookies has two or three
_AGREES = 0.5
_STUB_SENTENCES, _STUB_LETTERS = 2, 420
_FEW_SENTENCES = 6
_CUT = re.compile(r"(?:…|\.\.\.|\[\s*(?:…|\.\.\.)\s*\])[\"'»”’)\]]*\s*$")
_UNFINISHED = re.compile(r"[^\W\d_][,\s]*$")
_LONGEST_LABEL = 90  # letters of a line that is a heading or a button of a wall
_LONGEST_PLEA = 300  # letters of a line that speaks of a wall when it names it once
_MOST_OFFER = 6  # lines of prose in an offer
_KEY = 60
_SHORTEST_PART = 100  # letters of the locked part


def walls(sight: Sight) -> Iterator[Suspicion]:
    """Suspicions with a weight above 0 are strong enough to refuse the page."""
    yield _consent(sight)
    story = _story(sight)
    yield _login(sight, story)
    yield _paywall(sight, story)
    yield _truncated(sight)


def _consent(sight: Sight) -> Suspicion:
    """Many topics of consent at once, most of the text about them, and no word of what the title announces."""
    agrees = min(sight.agreement, sight.agreement_without(CONSENT_WORDS)) >= _AGREES
    # A wall agrees with its own heading; in a box for consent, where nothing claims an article, that says nothing.
    boxed = _in_consent_box(sight) if not agrees or not sight.claim else False
    alone = not sight.is_signed and sight.claim < 2  # noqa: PLR2004
    if (agrees and not boxed and not alone) or not (boxed or alone or begins_as_wall(sight)):
        return Suspicion(reason=Reason.CONSENT)
    text, shown = sight.text[:_LONGEST_WALL], sight.shown.text[:_LONGEST_SHOWN] if sight.letters < _LONGEST_WALL else ""
    if sight.letters > _LONGEST_WALL and sight.claim:
        return Suspicion(reason=Reason.CONSENT)
    topics = {name for name, pattern in CONSENT_TOPICS.items() if pattern.search(text) or pattern.search(shown)}
    share = _share_about_consent(sight)
    addressed = bool(CONSENT_ADDRESS.search(sight.page.url.casefold().partition("?")[0]))
    if share is None:
        share = 1.0 if len(topics) >= _TOPICS and not sight.claim else 0.0
    returns = bool(RETURN_ADDRESS.search(sight.page.url)) or not sight.claim
    needed = _TOPICS - (0 if agrees else 3 if boxed else 2 if addressed else 1 if returns else 0)
    share = max(share, 1.0 * (boxed and not agrees))
    if not boxed and (agrees or share < _AGREES):
        # A long wall explains each purpose, of which hardly two are named alike; an article has no buttons between its lines.
        needed, share = (
            (_MANY_TOPICS + agrees, 1.0) if len(topics) >= _MANY_TOPICS and sight.around.close else (99, 0.0)
        )
    if len(topics) < needed or share < 0.5:  # noqa: PLR2004
        return Suspicion(reason=Reason.CONSENT)
    said = f"{share:.0%} of {sight.letters} letters are about consent: {', '.join(sorted(topics))}"
    return Suspicion(reason=Reason.CONSENT, weight=len(topics) + 2 * addressed, evidence=said)


def begins_as_wall(sight: Sight) -> bool:
    """Whether the text speaks of consent from its start on; a bar over an article stands before or behind a story."""
    before = 0
    for line in islice(sight.prose, 6):
        if any(topic.search(line[:1500].casefold()) for topic in CONSENT_TOPICS.values()):
            return True
        before += length_of(line)
        if before > _STORY:
            return False
    return True


def _in_consent_box(sight: Sight) -> bool:
    """Whether the text stands in an element that is named as one of a service for consent."""
    found = sight.elements
    inside = sum(
        1 for element in found if any(_is_consent_box(e) for e in (element, *islice(element.iterancestors(), 12)))
    )
    return inside > 0.5 * len(found) > 0


def _is_consent_box(element: html.HtmlElement) -> bool:
    if element.tag in {"body", "html"}:
        return False
    return bool(CONSENT_MARKUP.search(f"{element.get('class') or ''} {element.get('id') or ''}"[:300].lower()))


def _share_about_consent(sight: Sight) -> float | None:
    """Of the letters of prose, those in blocks that speak of consent; None when there is no prose."""
    about = everything = 0
    for line in islice(sight.prose, 60):
        text = line[:1500].casefold()
        hits = sum(1 for pattern in CONSENT_TOPICS.values() if pattern.search(text))
        everything += len(text)
        about += len(text) * (hits > 0)
    return about / everything if everything else None


def _story(sight: Sight) -> Sequence[str]:
    """The prose that is no talk of a wall: not in its box, and not behind a short line of its words."""
    if sight.letters > _LONGEST_WALL:
        return sight.prose[:_MOST_OFFER]
    box = sight.pay_box[1]
    story: list[str] = []
    behind: list[str] = []
    walled = False
    for line in islice(sight.lines, 80):
        lower = line[:1500].casefold()
        hits = len(LOGIN_OR_LOCK.found(lower))
        offers = (
            len(line) <= _LONGEST_PLEA and SUBSCRIBE.search(lower) and (PERIOD.search(lower) or PRICE.search(lower))
        )
        about = (
            bool(offers)
            or hits > (len(line) > _LONGEST_PLEA)
            or (len(line) <= _LONGEST_LABEL and bool(PRICE.search(lower) and PERIOD.search(lower)))
        )
        walled = walled or (about and len(line) <= _LONGEST_LABEL)
        if about or line not in sight.prose or lower[:_KEY] in box:
            continue
        (behind if walled else story).append(line)
    # A line of an offer in the midst of an article has more behind it than an offer has, or what goes on with the story.
    return story + behind if len(behind) > _MOST_OFFER or _goes_on(sight, story, behind) else story


def _goes_on(sight: Sight, story: Sequence[str], behind: Sequence[str]) -> bool:
    """Whether the lines behind the words of a wall speak of what title, description and the lines before it do."""
    if not behind:
        return False
    told = marks_of("\n".join((sight.metadata.title, sight.metadata.summary, *story[:2]))[:_LONGEST_SHOWN])
    told -= marks_of(SUBSCRIBE.without(sight.metadata.head.first("og:site_name").casefold()))
    shared = sum(1 for line in behind if len(_own(line) & told) > (2 if is_dense(line) else 0))
    return 2 * shared >= len(behind)


def _own(line: str) -> frozenset[str]:
    return marks_of(LOGIN_OR_LOCK.without(SUBSCRIBE.without(line[:1500].casefold())))


def _is_stub(story: Sequence[str]) -> bool:
    """At most a teaser: one or two sentences."""
    return sentences_of(story) <= _STUB_SENTENCES and sum(len(line) for line in story) <= _STUB_LETTERS


def _login(sight: Sight, story: Sequence[str]) -> Suspicion:
    """A form or a plea to sign in, and hardly a sentence beside it."""
    if sight.letters > _LONGEST_WALL or not _is_stub(story):
        return Suspicion(reason=Reason.LOGIN)
    shown = sight.shown.text[:_LONGEST_SHOWN]
    found = LOGIN.found(f"{sight.text[:_LONGEST_SHOWN]}\n{shown}")
    titled = any(LOGIN.search(title) for title in sight.titles)
    fields = {(field.get("type") or "").lower() for field in islice(sight.tree.iter("input"), 300)}
    form = "password" in fields
    plea = any(len(line) <= _LONGEST_LABEL and LOGIN.search(line.casefold()) for line in islice(sight.lines, 80))
    locked = bool(LOCK.search(sight.text[:_LONGEST_SHOWN]))
    weight = (
        min(len(found), 3)
        + 2 * titled
        + 1.5 * form
        + 0.5 * ("email" in fields)
        + plea
        + locked
        + bool(LOGIN.search(sight.text))
        + (not story)
    )
    # Who sells sends to the login as well.
    weight -= 1.5 * (not form and len(SUBSCRIBE.found(sight.text[:_LONGEST_SHOWN])) > 1)
    if not found or weight < 3.5:  # noqa: PLR2004
        return Suspicion(reason=Reason.LOGIN)
    said = f"“{min(found, key=len)}”{', a field for a password' if form else ''}, {sentences_of(story)} sentences beside it"
    return Suspicion(reason=Reason.LOGIN, weight=weight, evidence=said)


def _paywall(sight: Sight, story: Sequence[str]) -> Suspicion:
    """An offer or a lock, and at most a teaser beside it; a preview of several sentences is none."""
    if sight.letters > _LONGEST_WALL or not _is_stub(story):
        return Suspicion(reason=Reason.PAYWALL)
    shown = sight.shown.text[:_LONGEST_SHOWN]
    both = f"{sight.text[:_LONGEST_SHOWN]}\n{shown}"
    locks, priced = LOCK.found(both), bool(PRICE.search(both) and PERIOD.search(both))
    box = sight.pay_box[0]
    closed = sight.metadata.access.value in {Access.PAYWALLED, Access.METERED}
    offered = len(SUBSCRIBE.found(sight.text[:_LONGEST_SHOWN])) > 1
    whole = letters_in(sight.tree, sight.metadata.stated.locked) >= _SHORTEST_PART
    closed = closed and not whole
    weight = (
        min(len(locks), 3)
        + offered
        + bool(PRICE.search(both))
        + 1.5 * priced
        + 2 * bool(box)
        + 1.5 * closed
        + (not story)
    )
    # What agrees and is more than the description may be a short report beside an advertisement.
    if (
        story
        and sight.claim > 1
        and sight.agreement >= _AGREES
        and not box
        and not closed
        and not sight.is_summary(story)
    ):
        return Suspicion(reason=Reason.PAYWALL)
    labelled = _has_labels(sight)
    about = sight.claim > 1 and sight.agreement >= _AGREES
    if not (box or closed or labelled or (locks and not sight.enough)) and (story or about):
        return Suspicion(reason=Reason.PAYWALL)
    # A bar above an article may advertise a subscription: beside a sentence of a story it takes more.
    if (not locks and not priced and not box and not closed) or weight < (3 if not story else 4):
        return Suspicion(reason=Reason.PAYWALL)
    found = [f"“{min(locks, key=len)}”" if locks else "", "a price" * priced, box, "stated access" * closed]
    said = f"{sentences_of(story)} sentences before {', '.join(filter(None, found))}"
    return Suspicion(reason=Reason.PAYWALL, weight=weight, evidence=said)


def _has_labels(sight: Sight) -> bool:
    """Whether a heading or a button of a paywall stands in the text, or two of them on the page."""
    for line in islice(sight.lines, 80):
        lower = line.casefold()
        if len(line) > _LONGEST_LABEL or line in sight.prose:
            continue
        if LOCK.search(lower) or (PRICE.search(lower) and PERIOD.search(lower)):
            return True
    labels = [LOCK.search(piece) for piece in sight.shown.pieces[:300] if len(piece) <= _LONGEST_LABEL]
    return len({label for label in labels if label}) > 1


def _truncated(sight: Sight) -> Suspicion:
    """A teaser that breaks off, and the way to where it goes on."""
    lines = [line for line in sight.lines if len(line) > 30]  # noqa: PLR2004
    story = [line for line in sight.prose if not ELSEWHERE.search(line[:500].casefold())]
    sentences, letters = sentences_of(story), sum(len(line) for line in lines)
    end = sight.page.body[-200:].rstrip()
    broken = bool(lines) and not _is_closed(sight) and (bool(_UNFINISHED.search(lines[-1])) or not end.endswith(b">"))
    if broken and sentences <= _FEW_SENTENCES and letters <= _LONGEST_SHOWN:
        said = f"{sight.letters} letters that break off, as the page does"
        return Suspicion(reason=Reason.TRUNCATED, weight=3, evidence=said)
    cut = any(_CUT.search(line) for line in lines[-3:])
    way = ELSEWHERE.search(sight.shown.text[: 2 * _LONGEST_SHOWN]) if cut else ""
    teaser = sentences <= _STUB_SENTENCES and letters <= _STUB_LETTERS
    if not cut or sentences > _STUB_SENTENCES + 1 or letters > 2 * _STUB_LETTERS or not (way or teaser):
        return Suspicion(reason=Reason.TRUNCATED)
    said = f"{sight.letters} letters that break off" + f", “{way}”" * bool(way)
    return Suspicion(reason=Reason.TRUNCATED, weight=3, evidence=said)


def _is_closed(sight: Sight) -> bool:
    end = sight.page.body[-2000:].lower()
    return b"</html" in end or b"</body" in end
