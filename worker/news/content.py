"""The text as identity: what stays the same when only its looks change."""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256

# Signs that are drawn by no reader: soft hyphen, zero-width blank, non-joiner, joiner, word joiner, byte order mark.
_UNSEEN = ("\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff")
# Marks that belong to the letter before them, which `\w` leaves out: Latin, Cyrillic, Hebrew, Arabic, and the scripts of India
# and South-East Asia (whole blocks, less their full stops).
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf-\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"
    "\u0900-\u0963\u0971-\u0dff\u0e30-\u0e4e\u0eb0-\u0ecd\u0f71-\u0f84\u102b-\u103e\u17b6-\u17d3\u3099\u309a"
)
_CURRENCY = "$€£¥₴₽₺₹₩₪"
# A sign is one only before the number and after a blank or a bracket: in 2020-2021 it is none, nor in Covid-19.
_NUMBER = rf"(?:(?<![^\s(\[])[-+\u2212\u2013](?=[{_CURRENCY}]?\d))?[{_CURRENCY}]?\d+(?:[.,:/]\d+)*(?:[ ]?[%‰{_CURRENCY}](?!\d))?"
# Words come first because most tokens are words; underscores are blanks by then. The second is for ASCII, and faster.
_TOKEN = re.compile(rf"[^\W\d][\w{_MARKS}]*|{_NUMBER}")
_PLAIN_TOKEN = re.compile(r"[a-z][a-z0-9]*|(?:(?<![^\s(\[])[-+](?=\$?\d))?\$?\d+(?:[.,:/]\d+)*(?:[ ]?[%$](?!\d))?")
_MINUSES = "\u2212\u2013"


def normalize_text(text: str) -> str:
    """Words and numbers in NFKC and casefolded, one blank apart: 1.5 is not 15, -3 is not 3, „Quote“ is "quote"."""
    plain = text.isascii()
    folded = (text.lower() if plain else _folded(text)).replace("_", " ")
    tokens = (_PLAIN_TOKEN if plain else _TOKEN).findall(folded)
    return " ".join([token if token[0].isalpha() else _number(token) for token in tokens])


def _folded(text: str) -> str:
    for sign in _UNSEEN:
        text = text.replace(sign, "")
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _number(token: str) -> str:
    bare = token.replace(" ", "")
    return "-" + bare[1:] if bare[0] in _MINUSES else bare


def content_hash(text: str) -> bytes:
    """SHA-256 of the normalized text."""
    return sha256(normalize_text(text).encode("utf-8", "surrogatepass")).digest()


def letters(text: str) -> int:
    """How many letters and digits of a text count (signs between digits too): a text of few is no identity."""
    return sum(map(len, normalize_text(text).split()))
