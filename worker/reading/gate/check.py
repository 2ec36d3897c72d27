"""The gate itself: which suspicion is strong enough to say that a page is no article, and what is said of what passes."""

from __future__ import annotations

from dataclasses import dataclass

from worker.news.errors import Broken, Refused
from worker.news.reason import Reason
from worker.news.record import Access, AccessWord
from worker.reading.access import letters_in, shown_access
from worker.reading.gate.lists import LIST_PATH, lists
from worker.reading.gate.notices import notices
from worker.reading.gate.prose import sentences_of
from worker.reading.gate.sight import Sight
from worker.reading.gate.strangers import strangers
from worker.reading.gate.verdict import Suspicion
from worker.reading.gate.walls import walls
from worker.reading.gate.words import PRICE, SUBSCRIBE

PREVIEW = "a preview"
_SOUND_SENTENCES, _SOUND_UNCLAIMED = 4, 8
_MANY = 20
_AGREES = 0.5
# A preview is short; a longer text may stand beside an offer and be whole.
_LONGEST_PREVIEW = 1500
_LONGEST_OFFER = 4000
_LONG_PART = 300
_FEW_LINKS, _TINY = 3, 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What is known of a page that passed: its access, and what a reader of the record should know."""

    access: AccessWord
    warnings: tuple[str, ...] = ()


def check_article(sight: Sight) -> Passed:
    """Let a page pass; in doubt it is an article.

    Raises `Refused` with one of the reasons of `docs/reasons.md` and the evidence in words.
    """
    worst = max(_suspicions(sight), key=lambda one: one.weight, default=None)
    if worst is not None and worst.weight > 0:
        raise Refused(worst.reason, worst.evidence)
    if sight.enough and not sight.claim and _says_nothing(sight):
        raise Refused(Reason.NO_TEXT, f"{sentences_of(sight.prose)} sentences, and nothing says that it is an article")
    return _passed(sight)


def _passed(sight: Sight) -> Passed:
    """A short text behind a paywall is a preview, unless the part that is locked came with it."""
    stated, locked = sight.metadata.access, sight.metadata.stated.locked
    if sight.letters > _LONGEST_PREVIEW or stated.value is Access.FREE:
        return Passed(access=stated)
    access = shown_access(stated, box=sight.pay_box[0], letters=sight.letters)
    closed = access.value in {Access.PAYWALLED, Access.METERED}
    if closed and locked and (here := letters_in(sight.tree, locked)) >= _LONG_PART:
        said = f"{access.evidence}; the locked part is here, {here} letters"
        return Passed(access=AccessWord(value=access.value, evidence=said))
    # A meter that still runs shows the whole article; one that has run out shows an offer in its place.
    offer = sight.pay_box[1]
    cut = access.value is Access.PAYWALLED or bool(SUBSCRIBE.search(offer) or PRICE.search(offer))
    return Passed(access=access, warnings=(PREVIEW,) if closed and cut else ())


def _suspicions(sight: Sight) -> list[Suspicion]:
    """The cheaper questions first: what is plainly an article is asked none."""
    agrees = sight.enough and sight.agreement >= _AGREES
    claims = sight.claim > 1 and sentences_of(sight.plain) >= _SOUND_SENTENCES
    if agrees and claims and sight.letters > _LONGEST_PREVIEW:
        return [] if sight.letters > _LONGEST_OFFER else [*strangers(sight)]
    if agrees and claims:
        return [*walls(sight), *strangers(sight)]
    if (
        agrees
        and sight.letters > _LONGEST_OFFER
        and sight.is_signed
        and sight.has_article_path
        and not LIST_PATH.search(sight.path)
    ):
        return []
    if agrees and (sentences_of(sight.plain) >= _MANY or sentences_of(sight.prose) >= _SOUND_UNCLAIMED):
        # What nobody signs may be a wall that speaks at length; its own heading agrees with it.
        return [*lists(sight), *([] if sight.is_signed or sight.claim > 1 else walls(sight))]
    if sight.claim > 1 and sentences_of(sight.plain) >= _MANY:
        return [*walls(sight)]
    return [*walls(sight), *notices(sight), *lists(sight), *strangers(sight)]


def _says_nothing(sight: Sight) -> bool:
    """Nothing says that it is an article: menus and tables without a sentence, or few sentences that nobody signs or dates.

    A page that calls itself one of a site (`og:type`) has to be signed, dated or long to be an article all the same.
    """
    kind = sight.metadata.head.first("og:type").lower()
    if sight.is_dated or sight.metadata.authors:
        return False
    if sentences_of(sight.plain) >= _MANY:
        return False
    # Every page of a site leads on; one that does not stands in for another.
    if len(sight.anchors) <= _FEW_LINKS and sentences_of(sight.prose) < _SOUND_SENTENCES and sight.letters < _TINY:
        return True
    if not sight.prose:
        return bool(kind) or not sight.has_article_path
    undated = not any(by.value for by in sight.metadata.dated.dates.published)
    elsewhere = undated or not sight.has_article_path or bool(LIST_PATH.search(sight.path))
    return kind not in {"", "article"} and elsewhere and sentences_of(sight.prose) < _SOUND_UNCLAIMED


def why_no_text(sight: Sight, *, too_deep: bool) -> Refused | Broken:
    """Why a page has no text: the parser could not go so deep, something stands before it, or there is simply none."""
    if too_deep:
        return Broken(Reason.UNPARSABLE, "its elements are nested too deep")
    worst = max(_suspicions(sight), key=lambda one: one.weight, default=None)
    if worst is not None and worst.weight > 0:
        return Refused(worst.reason, worst.evidence)
    access = sight.metadata.access
    if access.value is Access.PAYWALLED:
        return Refused(Reason.PAYWALL, access.evidence)
    return Refused(Reason.NO_TEXT, f"{sight.letters} letters of text")
