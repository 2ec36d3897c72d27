"""The text as identity: what stays the same when only its looks change."""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256

# Words; and between digits what makes another number of them: points, commas, colons, slashes; signs, % and currency at a number.
_TOKEN = re.compile(r"[-+−]?[$€£¥]?\d+(?:[.,:/]\d+)*(?:\s?[%‰€$£¥])?|[^\W_]+", re.UNICODE)
_BLANKS = re.compile(r"\s+")


def normalize_text(text: str) -> str:
    """Words and numbers in NFKC and casefolded, one blank apart: 1.5 is not 15, „Quote“ is "quote"."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(_BLANKS.sub("", token).replace("−", "-") for token in _TOKEN.findall(folded))


def content_hash(text: str) -> bytes:
    """SHA-256 of the normalized text."""
    return sha256(normalize_text(text).encode("utf-8", "surrogatepass")).digest()


def letters(text: str) -> int:
    """How many letters and digits of a text count: a text of few is no identity."""
    return sum(map(len, normalize_text(text).split()))
