"""Is it an article at all? Refuses what is certainly none: a wall of consent, a stub before a paywall, a list of articles."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from lxml import html

from worker.news.errors import Refused
from worker.news.reason import Reason
from worker.news.record import Access
from worker.reading.blocks import Body
from worker.reading.metadata import Metadata

# Letters. A wall says little; a text that is longer is an article, whatever it speaks of.
_LONGEST_WALL = 2500
_LONGEST_STUB = 400
_WALL_WORDS = 4  # different ones
_CONSENT = re.compile(
    r"cookies?|consent|privacy|vendors?|third.part(?:y|ies)|legitimate interests?|personal(?:i[sz]ed)? (?:data|ads)|gdpr|rgpd|dsgvo|"
    r"einwillig\w+|zustimm\w+|datenschutz\w*|personenbezogen\w*|partnern?|"
    r"consentimento|privacidade|dados pessoais|parceiros|consentimiento|datos personales|socios|"
    r"consentement|vie priv[ée]e|donn[ée]es personnelles|partenaires|consenso|dati personali|toestemming|persoonsgegevens"
)
_CONSENT_ADDRESS = re.compile(r"(?:^|[./-])(?:consent|cookie-?wall|privacy-?(?:gate|wall))(?:[./-]|$)")
_PAY = re.compile(
    r"subscri(?:be|ption|bers?)|sign in|log ?in|already a (?:member|subscriber)|abonn\w+|anmelden|assin(?:ar|ante|atura)s?|"
    r"iniciar sess[aã]o|inicia(?:r)? sesi[oó]n|suscr[ií]\w+|suscripci[oó]n|connectez|se connecter|abbona\w+|accedi|prenumer\w+|logga in|abonneren"
)
_INDEX_TYPES = frozenset({"collectionpage", "searchresultspage"})
_LINKED_SHARE = 0.6
_FEW_LETTERS = 1500


def check_article(tree: html.HtmlElement, body: Body, metadata: Metadata, *, url: str) -> None:
    """Raise `Refused` (CONSENT, PAYWALL, INDEX_PAGE) when the evidence is strong; when in doubt it is an article."""
    text = body.text.casefold()
    if len(text) <= _LONGEST_WALL and _is_consent(text, metadata, url):
        raise Refused(Reason.CONSENT, f"{len(text)} letters about consent")
    if len(text) <= _LONGEST_STUB and metadata.access.value is not Access.FREE and len(set(_PAY.findall(text))) > 1:
        raise Refused(Reason.PAYWALL, f"{len(text)} letters about subscribing")
    if not metadata.is_article and len(text) <= _FEW_LETTERS and _is_index(tree, metadata, url):
        raise Refused(Reason.INDEX_PAGE, "mostly links, and nothing says that it is an article")


def _is_consent(text: str, metadata: Metadata, url: str) -> bool:
    parts = urlsplit(url)
    if _CONSENT_ADDRESS.search(f"{parts.hostname or ''}{parts.path}".casefold()):
        return bool(_CONSENT.search(text))
    if metadata.is_article:
        return False
    found = _CONSENT.findall(text)
    return len(set(found)) >= _WALL_WORDS and len(found) * 30 >= len(text.split())


def _is_index(tree: html.HtmlElement, metadata: Metadata, url: str) -> bool:
    """A home page or a section: its address is short, and most of what it shows are links."""
    path = urlsplit(url).path.strip("/")
    if any(letter.isdigit() for letter in path) or path.count("-") > 1 or path.endswith((".html", ".htm", ".php")):
        return False
    if _INDEX_TYPES & set(metadata.stated.types):
        return True
    everything = len(" ".join("".join(map(str, tree.itertext())).split()))
    linked = sum(len(" ".join("".join(map(str, a.itertext())).split())) for a in tree.iter("a"))
    return everything > 0 and linked >= _LINKED_SHARE * everything
