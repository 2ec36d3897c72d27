"""Bytes of a page to text: the encoding is found as browsers find it, and only plain text encodings are honoured."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

from worker.reading.language import spoken

# Labels of the web (WHATWG Encoding, "Names and labels") to Python codecs. What is not here is not honoured: utf-7,
# idna, unicode_escape, rot13 and the like are no encodings of pages. "gb2312" and "latin-1" mean their supersets.
_CODECS = {
    **dict.fromkeys(("utf-8", "utf8", "unicode-1-1-utf-8", "utf-16", "utf-16le", "utf-16be"), "utf-8"),
    **dict.fromkeys(("iso-8859-1", "latin1", "latin-1", "l1", "ascii", "us-ascii", "windows-1252", "cp1252"), "cp1252"),
    **dict.fromkeys(("iso-8859-2", "latin2", "l2"), "iso8859-2"),
    **dict.fromkeys(("iso-8859-3", "latin3"), "iso8859-3"),
    **dict.fromkeys(("iso-8859-4", "latin4"), "iso8859-4"),
    **dict.fromkeys(("iso-8859-5", "cyrillic"), "iso8859-5"),
    **dict.fromkeys(("iso-8859-6", "arabic"), "iso8859-6"),
    **dict.fromkeys(("iso-8859-7", "greek"), "iso8859-7"),
    **dict.fromkeys(("iso-8859-8", "iso-8859-8-i", "hebrew"), "iso8859-8"),
    **dict.fromkeys(("iso-8859-9", "latin5", "windows-1254"), "cp1254"),
    **dict.fromkeys(("iso-8859-10", "latin6"), "iso8859-10"),
    **dict.fromkeys(("gb2312", "gbk", "gb18030", "gb_2312-80", "x-gbk", "chinese"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs", "x-x-big5", "cn-big5"), "big5hkscs"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "ms_kanji", "windows-31j"), "cp932"),
    **dict.fromkeys(("euc-jp", "x-euc-jp"), "euc_jp"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "ksc5601", "korean", "windows-949"), "cp949"),
    **dict.fromkeys(("tis-620", "iso-8859-11", "windows-874"), "cp874"),
    **dict.fromkeys(("macintosh", "mac", "x-mac-roman"), "mac_roman"),
    "iso-8859-13": "iso8859-13",
    "iso-8859-14": "iso8859-14",
    "iso-8859-15": "iso8859-15",
    "latin9": "iso8859-15",
    "iso-8859-16": "iso8859-16",
    "iso-2022-jp": "iso2022_jp",
    "koi8-r": "koi8-r",
    "koi8-u": "koi8-u",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "windows-1253": "cp1253",
    "windows-1255": "cp1255",
    "windows-1256": "cp1256",
    "windows-1257": "cp1257",
    "windows-1258": "cp1258",
    "cp1250": "cp1250",
    "cp1251": "cp1251",
}
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# Browsers look for a <meta> in the first 1,024 bytes; many pages have it a little later.
_META_WITHIN = 4096
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE)
_XML_ENCODING = re.compile(r"^\s*<\?xml[^>]{0,80}encoding\s*=\s*[\"']([\w.:-]{1,40})")
# Among these the guess is wrong as often as right: ã and õ of one are ă and ő of another.
_LATIN = frozenset(
    {"cp1250", "cp1252", "latin_1", "iso8859_1", "iso8859_2", "iso8859_15", "iso8859_16", "mac_roman", "mac_latin2"}
)
# What is written in windows-1250.
_EASTERN = frozenset({"pl", "cs", "sk", "hu", "ro", "sl", "hr", "bs", "sr", "sq"})
_TAGS = re.compile(r"<[^<>]{0,2000}>|&\w{1,20};|https?://\S+")
# How much of a page the guess looks at; its cost grows with the length.
_GUESS_FROM = 20_000


def decode(body: bytes, content_type: str) -> str:
    """The text of a page, by byte order mark, HTTP header, `<meta>`, validity as UTF-8 and, last, a guess.

    Unlike browsers, a body that holds non-ASCII bytes and is valid UTF-8 is UTF-8 whatever it declares: a text in
    another encoding is practically never valid UTF-8, and wrong declarations are common. Never raises; bytes that mean
    nothing become U+FFFD.
    """
    for mark, codec in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(codec, "replace")
    declared = _declared(body, content_type)
    # ISO-2022-JP is pure ASCII with escapes, and so always valid UTF-8.
    if declared != "iso2022_jp" or b"\x1b" not in body:
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError as error:
            if declared == "utf-8" or _cut_off(body, error):
                return _mostly_utf8(body)
    return body.decode(declared or _guess(body), "replace")


def _declared(body: bytes, content_type: str) -> str | None:
    """The Python codec that the header or the head of the page names, when it is one that is honoured."""
    head = body[:_META_WITHIN].decode("latin-1")
    for found in (_CHARSET.search(content_type), _XML_ENCODING.search(head), _CHARSET.search(head)):
        codec = _CODECS.get(found[1].lower()) if found else None
        if codec:
            return codec
    return None


def _cut_off(body: bytes, error: UnicodeDecodeError) -> bool:
    """Whether only the last character is broken, as in a body that ended too early."""
    return error.start > 0 and error.start >= len(body) - 3 and not body[: error.start].isascii()


def _mostly_utf8(body: bytes) -> str:
    """A page that says it is UTF-8 and is not quite: a few broken bytes are forgiven, a wrong declaration is not."""
    text = body.decode("utf-8", "replace")
    letters = sum(1 for byte in body if byte > 0x7F)  # noqa: PLR2004 - the end of ASCII
    broken = text.count("\ufffd")
    return text if broken * 4 <= letters else body.decode(_guess(body), "replace")


def _guess(body: bytes) -> str:
    """The codec a page without a usable declaration is most likely in; windows-1252 when nothing speaks for another."""
    start = next((at for at, byte in enumerate(body) if byte > 0x7F), 0)  # noqa: PLR2004 - the end of ASCII
    sample = body[max(0, start - 1000) : start + _GUESS_FROM]
    best = from_bytes(sample, steps=5, chunk_size=512).best()
    codec = best.encoding if best else "cp1252"
    if codec in _LATIN:
        return _latin(sample)
    return codec if codec in _CODECS.values() or codec.replace("_", "-") in _CODECS else "cp1252"


def _latin(sample: bytes) -> str:
    """Windows-1250 or windows-1252 by the language: the plain letters between the others tell it, whatever those are read as."""
    words = _TAGS.sub(" ", sample.decode("cp1252", "replace"))
    return "cp1250" if spoken(words) in _EASTERN else "cp1252"
