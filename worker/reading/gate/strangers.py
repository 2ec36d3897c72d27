"""Short texts that are not what the page announces, by structure and agreement alone: in any language, and whatever they say."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from worker.news.reason import Reason
from worker.news.record import Access
from worker.reading.gate.around import Around
from worker.reading.gate.lexicon import is_dense
from worker.reading.gate.prose import ENDS, marks_of, sentences_of
from worker.reading.gate.sight import Sight
from worker.reading.gate.verdict import Suspicion
from worker.reading.gate.walls import begins_as_wall
from worker.reading.gate.words import ADDRESS, CONSENT_TOPICS, LOGIN_OR_LOCK, PERIOD, PRICE, SUBSCRIBE

_LONGEST, _SHORT, _TINY = 1400, 700, 500  # letters
_LONGEST_OFFER = 4000
_HALF_LINE = 60
_LEAST_PROMISED = 200  # words
_MOST_SENTENCES, _FEW_SENTENCES = 14, 10
_TEASER, _TEASER_LETTERS = 2, 420
_FOREIGN, _HALF = 0.3, 0.5
_FEW_LINKS = 5
_SHORTEST = 200  # letters of a story, however many its sentences
_MOST_PIECES, _LONGEST_LABEL = 300, 90
_ENOUGH = 3.5
_ANSWERS = 2
_SIGNS = 3
_ASKS = ("?", "？", "؟", ";", '?"', "?»")
_TOPICS = 2  # of consent
_LATIN = re.compile(r"[a-z]{4,}")
_STEM = 5
_SHARE = re.compile(r"\D{0,40}\d{1,3}(?:[.,]\d{1,2})?\s?%\D{0,20}")
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d", "ı": "i", "þ": "th", "ð": "d"})
_SPELT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
# The weight of what is seen without a word: who knows the words names the page.
_LIGHT = 0.5


def strangers(sight: Sight) -> Iterator[Suspicion]:
    """Suspicions with a weight above 0 are strong enough to refuse the page."""
    short = sight.letters <= _LONGEST and sentences_of(sight.plain) <= _MOST_SENTENCES
    offers = short or (sight.letters <= _LONGEST_OFFER and sum(map(_is_offer, sight.plain)) > 1)
    if offers and not _goes_on(sight):
        yield _stub(sight)
    if not short:
        return
    yield _app(sight)
    yield _poll(sight)
    yield _stranger(sight)
    yield _nobody(sight)


def _stranger(sight: Sight) -> Suspicion:
    """The text stands beside buttons, has no word of what the page announces, and speaks of walls; or of none its address has."""
    near = sight.around
    if not near.close + near.calls:
        return Suspicion(reason=Reason.NO_TEXT)
    foreign = sight.announces and sight.agreement <= _FOREIGN and _speaks_of_walls(sight)
    if not foreign and (sight.agreement > _HALF or not near.close or not _is_elsewhere(sight)):
        return Suspicion(reason=Reason.NO_TEXT)
    said = f"{sight.letters} letters with {near.close + near.calls} buttons, and hardly a word of what is announced"
    return Suspicion(reason=_named(near), weight=_LIGHT, evidence=said)


def _speaks_of_walls(sight: Sight) -> bool:
    """Whether something beside the agreement says that it is a wall: its fields, its words, or that it speaks to the reader."""
    near = sight.around
    if near.password or (near.close and LOGIN_OR_LOCK.search(sight.text)):
        return True
    if (
        near.close
        and begins_as_wall(sight)
        and sum(1 for topic in CONSENT_TOPICS.values() if topic.search(sight.text)) >= _TOPICS
    ):
        return True
    return bool(sight.claim) and sight.agreement <= _FOREIGN / 2 and _addressed(sight)


def _addressed(sight: Sight) -> bool:
    """Whether most of its lines speak to the reader."""
    told = [bool(ADDRESS.search(line.casefold())) for line in sight.prose[:_FEW_SENTENCES]]
    return sum(told) > _HALF * len(told) > 0


def _named(near: Around) -> Reason:
    if near.password:
        return Reason.LOGIN
    return Reason.PAYWALL if near.accounts else Reason.NO_TEXT


def _stub(sight: Sight) -> Suspicion:
    """A teaser, and beside it a box with a way to an account or to an offer."""
    near, stated = sight.around, sight.metadata.access.value
    story, foreign = _told(sight)
    length = sum(len(line) for line in story)
    closed = stated in {Access.PAYWALLED, Access.METERED} and not sight.is_whole
    broken = any(
        len(line) >= _HALF_LINE and not ENDS.search(line) for line in sight.lines[:3] if line not in sight.prose
    )
    if length > (_TEASER_LETTERS if sentences_of(story) <= _TEASER or (closed and broken) else _SHORTEST):
        return Suspicion(reason=Reason.PAYWALL)
    ways = near.accounts + near.calls + near.controls + near.stores
    promised = sight.words_promised > max(_LEAST_PROMISED, 4 * len(sight.body.text.split()))
    labels = [piece for piece in sight.shown.pieces[:_MOST_PIECES] if len(piece) <= _LONGEST_LABEL]
    signs = (
        (2 * closed, "stated access"),
        (1.5 * promised, f"{sight.words_promised} words that are not here"),
        (broken, "a line that breaks off"),
        (1.5 * bool(sight.pay_box[0]), sight.pay_box[0]),
        (bool(ways), f"{ways} ways to an account"),
        (1.5 * bool(foreign), f"{len(foreign)} lines of another matter"),
        (sight.is_summary(story), "the text is the description"),
        (0.5 * any(PRICE.search(line) for line in (*labels, *map(str.casefold, foreign))), "a price"),
        (any(LOGIN_OR_LOCK.search(label) for label in labels), "words of a lock"),
        (-2 * (stated is Access.FREE), ""),
    )
    weight = sum(points for points, _ in signs)
    if not (ways or closed) or weight < _ENOUGH:
        return Suspicion(reason=Reason.PAYWALL)
    said = f"{sentences_of(story)} sentences beside {', '.join(name for points, name in signs if points > 0)}"
    reason = Reason.LOGIN if near.password or near.address else Reason.PAYWALL
    return Suspicion(reason=reason, weight=_LIGHT, evidence=said)


def _told(sight: Sight) -> tuple[list[str], list[str]]:
    """The lines of a story, and those of an offer: in a box with a way to it, or with its words, and nothing of the title."""
    near = _near(sight)
    boxed = frozenset(sight.prose) - frozenset(sight.around.story)
    story: list[str] = []
    foreign: list[str] = []
    for at, line in enumerate(sight.prose):
        lower = line.casefold()
        strange = line in boxed or (len(line) <= _LONGEST_LABEL and bool(LOGIN_OR_LOCK.search(lower)))
        strange = strange or _is_offer(lower)
        if at and strange and sum(1 for topic in CONSENT_TOPICS.values() if topic.search(lower)) >= _TOPICS:
            continue
        (foreign if at and strange and line not in near else story).append(line)
    return story, foreign


def _near(sight: Sight) -> frozenset[str]:
    """The lines that share words with title, description, feed or the first line."""
    announced, plain = sight.page.announced, sight.plain
    said = "\n".join((sight.metadata.title, sight.metadata.summary, announced.title if announced else "", *plain[:1]))
    known = marks_of(said[:_LONGEST])
    shared = (line for line in plain if len(marks_of(line) & known) > (2 if is_dense(line) else 1))
    return frozenset((*plain[:1], *shared))


def _goes_on(sight: Sight) -> bool:
    """Whether so many lines share words with what is announced that the text is no teaser, whatever stands around it."""
    near = _near(sight)
    return sum(map(len, near)) > _TEASER_LETTERS and sentences_of(near) > _TEASER


def _is_offer(line: str) -> bool:
    lower = line.casefold()
    return bool(PRICE.search(lower)) and bool(PERIOD.search(lower) or SUBSCRIBE.search(lower))


def _app(sight: Sight) -> Suspicion:
    """Little but ways to an app."""
    near = sight.around
    if (
        not near.stores
        or sight.letters > _TINY
        or (sight.prose and (sight.agreement > _FOREIGN or not _addressed(sight)))
    ):
        return Suspicion(reason=Reason.APP_PAGE)
    return Suspicion(
        reason=Reason.APP_PAGE, weight=_LIGHT, evidence=f"{near.stores} ways to an app, {sight.letters} letters"
    )


def _poll(sight: Sight) -> Suspicion:
    """A question with answers to choose from, or with their shares, and hardly a sentence beside it."""
    near = sight.around
    if sight.letters > _TINY or sentences_of(near.story) > _TEASER + 1:
        return Suspicion(reason=Reason.PLAYER)
    shares = sum(1 for piece in sight.shown.pieces[:_MOST_PIECES] if _SHARE.fullmatch(piece))
    asks = any(title.rstrip().endswith(_ASKS) for title in sight.titles)
    told = [line for line in near.story if not line.rstrip().endswith(_ASKS) and not ADDRESS.search(line.casefold())]
    # A report has something to tell beside the question; who signs it tells all the more.
    most = _TEASER if asks and not sight.claim else 1 if asks or not sight.is_signed else 0
    if (near.choices < _ANSWERS and (not asks or shares < _ANSWERS)) or len(told) > most:
        return Suspicion(reason=Reason.PLAYER)
    said = f"{max(near.choices, shares)} answers to choose from"
    return Suspicion(reason=Reason.PLAYER, weight=_LIGHT, evidence=said)


def _nobody(sight: Sight) -> Suspicion:
    """Nothing says that it is an article, nobody signs or dates it, and it is not what its address announces."""
    head = sight.metadata.head
    few = sentences_of(sight.prose) <= _FEW_SENTENCES and sight.letters <= _SHORT
    if sight.claim > 1 or sight.is_signed or not few:
        return Suspicion(reason=Reason.NO_TEXT)
    alone = not head.links.get("canonical")
    foreign = sight.agreement <= _FOREIGN
    elsewhere = _is_elsewhere(sight)
    signs = {
        "no word of its title": foreign,
        "no address of its own": alone,
        "no way on": alone and len(sight.anchors) <= _FEW_LINKS,
        "not for search engines": "noindex" in head.first("robots").lower(),
        "its address speaks of something else": 2 * elsewhere,
        "no sentence": not sight.prose,
        "it speaks to the reader": _addressed(sight),
        "buttons": sight.around.close > 0,
        "it loads itself again": sight.leads_on,
        "a page of a site": head.first("og:type").lower() == "website",
    }
    needed = _SIGNS + sight.claim
    if sum(signs.values()) < needed or not (foreign or elsewhere or signs["no way on"]):
        return Suspicion(reason=Reason.NO_TEXT)
    said = ", ".join(name for name, holds in signs.items() if holds)
    return Suspicion(
        reason=Reason.NO_TEXT, weight=_LIGHT, evidence=f"{sight.letters} letters that nobody signs, {said}"
    )


def _is_elsewhere(sight: Sight) -> bool:
    """Whether the words of the address stand neither in the title nor in the text, where both are in Latin letters."""
    named = max(sight.path.split("/"), key=lambda part: part.count("-") + part.count("_"))
    words = {word[:_STEM] for word in _LATIN.findall(_plain(named[:200]))}
    text = _plain("\n".join((sight.metadata.title, sight.metadata.summary, *sight.titles, sight.text[:3000])))
    if len(words) < 3 or not _is_latin(sight.metadata.title or sight.text[:200]):  # noqa: PLR2004
        return False
    return not any(word in text for word in words)


def _is_latin(text: str) -> bool:
    letters = [letter for letter in text[:300] if letter.isalpha()]
    return sum(letter < "ɐ" for letter in letters) > 0.8 * len(letters) > 0


def _plain(text: str) -> str:
    """Both ways in which addresses write letters with marks: without the mark, and spelt out."""
    lower = text.casefold()
    pieces = (lower.translate(_LETTERS), lower.translate(_SPELT))
    return " ".join(_unmarked(piece) for piece in pieces)


def _unmarked(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
