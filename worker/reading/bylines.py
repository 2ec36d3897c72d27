"""Names of authors as they are printed, from the many ways in which pages give them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from worker.reading.clean import clean_line, compared

_MOST = 30
_LONGEST_NAME = 80
_MOST_WORDS = 7
_MOST_OFFICES = 3
_MOST_PASSES = 10
_MOST_WORDS_SHOWN = 5
_BY = re.compile(
    r"^\s*(?:(?:written|posted|reported)\s+by|by|von|de|por|par|di|da|door|av|af|od|autor(?:es|a|in|en)?|auteurs?|author|texto?|"
    r"text|redação|reporting\s+by|interview|story\s+by|more(?:\s+stories)?\s+(?:by|from)|автор(?:ы|и)?|文|著者|作者|撰文)\s*"
    r"(?:[:|\uff1a/\uff0f]\s*|\s+)(?=\S)",
    re.IGNORECASE,
)
# These also begin surnames: they are only taken off when they are no part of one.
_PARTICLES = re.compile(r"^\s*(?:de|di|da)\s+(?=\S)", re.IGNORECASE)
_FROM = re.compile(r"^\s*(?:von|av|af|par|od)\s+(?=\S)", re.IGNORECASE)
_APART = re.compile(
    r"\s*[;|/\n\u2022\u00b7\uff0f\uff1b\u3001\uff0c\u060c]\s*|\s+(?:and|und|et|&|with|\u0438|\u0442\u0430|\u0456|\u4e0e|\u548c)\s+|"
    r"\s*,\s*(?:and|und|y|e|et|og|och|en|i)\s+"
)
# Words that join two names, but stand inside of one as well ("Ortega y Gasset").
_JOINED = re.compile(r"\s+(?:y|e|og|och|en|i|ja|és|ir|oraz|ve|dan|și|şi|a|mit|con|com|na)\s+")
_COMMA = re.compile(r"\s*,\s*")
_ADDRESS = re.compile(r"https?:|www\.|^[@/]|\.(?:com|html?|php)(?:/|$)", re.IGNORECASE)
_TAIL = re.compile(r"\s*[-\u2013\u2014|]\s+.{0,80}$")
# As feeds name an author (RSS 2.0): "ana@paper.example (Ana Silva)".
_MAILED = re.compile(r"^[^\s@]+@[^\s@]+\s+\(([^()]{1,80})\)$")
_BRACKETS = re.compile(r"[(\uff08][^()\uff08\uff09]{0,80}[)\uff09]")
# What people are, in front of their names or after them; a whole name of such a word is the newsroom's own.
_ROLE = re.compile(
    r"(?<!\w)(?:(?:chief|senior|sub)?-?editor(?:s|ial)?|(?:chief|senior|staff)?\s?(?:reporters?|writers?|correspondents?)|columnist|contributors?|"
    r"journalists?|producer|analyst|critic|photographer|bureau|(?:chef|politik|sport|wirtschafts?|auslands?)?-?korrespondent(?:in|en)?|"
    r"(?:chef|politik|sport|wirtschafts?)?-?(?:redakteur|reporter|autor|ressortleiter|volont[äa]r)(?:in|en)?|"
    r"journalist(?:in|en)|corresponsal(?:es)?|enviad[oa](?:s)?|periodista|redactor(?:a|es)?|jornalista|correspondente|rep[óo]rter|"
    r"editora?|journaliste|r[ée]dact(?:eur|rice)|envoy[ée]e?|correspondant(?:e)?|giornalista|inviat[oa]|corrispondente|"
    r"verslaggever|redacteur|correspondent|reporter|skribent|redakt[öo]r|toimittaja|dziennikarz|redaktor(?:ka)?|novin[áa][řr](?:ka)?|"
    r"muhabir|журналист(?:ка)?|корреспондент|редактор|кореспондент|especial|leiter(?:in)?|director|jefe)(?!\w)",
    re.IGNORECASE,
)
_TITLE_AFTER = re.compile(r"\s+(?:기자|특파원|논설위원|선임기자|인턴기자|記者|记者|編集委員|特派員|記者會|编辑|編輯)$")
_TITLE_BEFORE = re.compile(r"^(?:記者|记者|責任編集|编辑|編輯|翻訳者|翻译|責任編輯|责任编辑)[\s:\uff1a/\uff0f]\s*")
# Agencies sign beside a person, and in one word; places do not.
_AGENCY = re.compile(
    r"(?:ap|dapd|dpa|afp|sid|epd|kna|apa|sda|reuters|efe|lusa|ansa|adnkronos|tass|xinhua|aap|pa|upi|ritzau|ntb|tt|belga|anp|"
    r"pap|čtk|ctk|tasr|mti|agerpres|tanjug|hina|sta|anadolu|aa|dha|iha|ians|ani|pti|kyodo|jiji|yonhap|bloomberg|"
    r"europa press|associated press|the associated press|agence france-presse|canadian press|the canadian press)(?:[-/ ]\w{2,12})?",
    re.IGNORECASE,
)
_FIRM = re.compile(r"\s(?:inc|ltd|llc|gmbh|s\.?\s?a|s\.?r\.?l|ag|bv|oy|plc|corp)\.?$", re.IGNORECASE)
_LONG_FIRM = 6  # letters
_NOBODY = frozenset(
    {
        "admin", "administrator", "author", "editor", "none", "null", "undefined", "unknown", "n/a", "staff", "root", "user",
        "anonymous", "autor", "autorin", "by", "von", "por", "par", "twitter", "facebook", "twitter facebook", "share", "follow",
        "email", "e-mail", "bio", "+ follow", "view orcid profile", "read more", "contact", "website", "",
    }
)  # fmt: skip
_LINKS = frozenset({"van", "von", "der", "den", "de", "del", "della", "da", "dos", "das", "do", "di", "du", "la", "le", "el", "al", "bin", "ibn", "ter", "ten", "zu", "zur", "vom", "af", "av", "y", "e", "i", "und", "bint", "abu"})  # fmt: skip


# Words of headings and labels, which no name holds.
_NO_NAMES = frozenset(
    {
        "of", "the", "for", "in", "on", "to", "with", "at", "from", "news", "blog", "blogs", "live", "update",
        "updated", "updates", "about", "our", "more", "last", "service", "desk", "güncelleme", "publicado", "publicada",
        "actualizado", "atualizado", "aktualisiert", "stand", "erstellt", "veröffentlicht", "publié", "mis",
        "pubblicato", "aggiornato", "published", "posted", "opublikowano", "oppdatert", "publisert", "uppdaterad",
    }
)  # fmt: skip


def read_authors(raw: Iterable[str], *, outlet_names: Iterable[str], at_most: int) -> tuple[str, ...]:
    """Clean names, each once, in their order and in the best of the spellings in which they stand there.

    The outlet's own name is a signature only where no person signs. Addresses, handles and placeholders are no names.
    """
    names: dict[tuple[str, ...], str] = {}
    for line in list(raw)[:_MOST]:
        for name in _names_in(clean_line(line, at_most=at_most)):
            if name.casefold() not in _NOBODY:
                key = _identity(name)
                names[key] = _better(names[key], name) if key in names else name
    firms = {compared(name) for name in outlet_names if name}
    people = [name for name in names.values() if compared(name) not in firms]
    return tuple(people or names.values())[:_MOST]


def signs(name: str, firms: Sequence[str]) -> bool:
    """Whether a name is somebody's who signs, and not that of the outlet, a firm or an account; `firms` in letters only."""
    letters = compared(name)
    outlet = any(letters == firm or (len(firm) >= _LONG_FIRM and letters.startswith(firm)) for firm in firms if firm)
    account = name.isascii() and name.islower() and name.isalnum()
    return not (outlet or account or _FIRM.search(name))


def looks_like_a_person(name: str) -> bool:
    """Whether words that a page shows can be a person's name: capitals, no figures, no sentence."""
    words = name.split()
    if any(letter.isdigit() for letter in name) or len(words) > _MOST_WORDS_SHOWN or _ROLE.search(name):
        return False
    if not name.isascii() and not any(word[0].isupper() or word[0].islower() for word in words):
        # A script without capitals.
        return 2 <= len(name) <= 20  # noqa: PLR2004
    if any(letter in name for letter in ':!?\u201c\u201d"') or len(words) < 2:  # noqa: PLR2004
        return False
    if any(word.casefold() in _NO_NAMES for word in words):
        return False
    return all(word[0].isupper() or word.casefold() in _LINKS for word in words) and words[-1][0].isupper()


def _identity(name: str) -> tuple[str, ...]:
    """A name in whatever case, accents and order of its words."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return tuple(sorted(re.findall(r"\w+", plain)))


def _better(first: str, second: str) -> str:
    """Of two spellings of a name: not all in one case, then with the accents; else the first."""

    def worth(name: str) -> tuple[bool, int]:
        return not (name.isupper() or name.islower()), sum(not letter.isascii() for letter in name)

    return second if worth(second) > worth(first) else first


def _names_in(line: str) -> list[str]:
    """The names in a line, taken apart until nothing changes any more."""
    names = _split(line)
    for _ in range(_MOST_PASSES):
        again = [part for name in names for part in _split(name)]
        if again == names:
            break
        names = again
    return names


def _split(line: str) -> list[str]:
    if not line or _ADDRESS.search(line):
        return []
    if mailed := _MAILED.match(line):
        line = mailed[1]
    # Neither mail addresses nor accounts are names.
    line = " ".join(word for word in _BRACKETS.sub(" ", _without_by(line)).split() if "@" not in word)
    parts = [one for piece in _APART.split(line) for part in _by_commas(piece) for one in _joined(part)]
    named = [name for part in parts if (name := _trimmed(part))]
    # An office beside a name is none; alone it is who signs ("Foreign desk").
    people = [name for name in named if not _ROLE.search(name)]
    return people or named


def _joined(piece: str) -> Sequence[str]:
    """Parts of "Ana Silva e Rui Costa"; a name with such a word in it stays whole."""
    parts = _JOINED.split(piece)
    return parts if all(" " in part for part in parts) else [piece]


def _without_by(line: str) -> str:
    found = _BY.match(line)
    if not found:
        return line
    rest = line[found.end() :]
    # "De Morgen" and "Von Miller" are names; "por Ana Silva", "VON ANNA MUSTER" and "Von Anna Muster" are bylines.
    capital = line[0].isupper() and not line[:4].isupper()
    if _PARTICLES.match(line) and (capital or " " not in rest.strip()):
        return line
    if _FROM.match(line) and (" " not in rest.strip() or rest[0].islower()):
        return line
    return rest


def _by_commas(piece: str) -> list[str]:
    """Parts of "Ana Silva, Rui Costa"; what follows a name as its place ("Ana Silva, Lisbon") is not kept, an agency is."""
    parts = [part for part in _COMMA.split(piece) if part]
    if len(parts) == 2 and all(_is_word(part) for part in parts):  # noqa: PLR2004 - surname, name
        return [f"{parts[1]} {parts[0]}"]
    full = [part for part in parts if " " in part or _AGENCY.fullmatch(part)]
    if len(parts) < 2 or not full:  # noqa: PLR2004
        return parts[:1]
    # What a person is, stands in small letters behind the name.
    if looks_like_a_person(full[0]):
        full = [part for part in full if part[0].isupper() != part[0].islower() or part == full[0]]
        full = [
            full[0],
            *(
                part
                for part in full[1:]
                if _AGENCY.fullmatch(part) or all(looks_like_a_person(one) for one in _joined(part))
            ),
        ]
    return full


def _is_word(part: str) -> bool:
    return (
        part.isalpha() and part.istitle() and len(part) > 1 and not _AGENCY.fullmatch(part) and not _ROLE.search(part)
    )


def _trimmed(part: str) -> str:
    name = _TITLE_BEFORE.sub("", _TITLE_AFTER.sub("", _TAIL.sub("", part).strip(" .,:;-\u2013\u2014|*\"'[]")))
    name = _without_office(name)
    words = len(name.split())
    letters = any(letter.isalpha() for letter in name)
    return name if letters and len(name) <= _LONGEST_NAME and words <= _MOST_WORDS else ""


def _without_office(name: str) -> str:
    """A name without what its bearer is, in front of it ("Enviado especial Rui da Costa")."""
    rest = name
    for _ in range(_MOST_OFFICES):
        office = _ROLE.match(rest)
        if not office:
            break
        rest = rest[office.end() :].strip()
    return rest if rest[:1].isupper() and " " in rest else name
