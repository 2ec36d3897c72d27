"""How outlets say that they corrected themselves, in the languages of the catalog and their neighbours."""

from __future__ import annotations

import re

from worker.news.content import normalize_text

# Words that head a correction, as outlets print them.
_HEADS = "|".join(
    """
    corrections? corrected corrigend(?:um|a) errat(?:um|a) clarifications? retraction
    corre[cç][cç]?[ãa]o corre[cç][cç]?[õo]es corrigid[oa] rectifica[cç][ãa]o retifica[cç][ãa]o esclarecimento clarifica[cç][ãa]o
    correcci[oó]n(?:es)? correcci[oó] rectificaci[oó]n aclaraci[oó]n fe\\s+de\\s+err(?:atas|ores|ades) rectificaci[oó] zuzenketa
    rectificatif rectification corrig[eé] erratum pr[eé]cision mise\\s+au\\s+point
    berichtigung korrektur(?:hinweis)? korrigiert richtigstellung klarstellung
    correzion[ei] corretto rettific[ah]e? errata\\s+corrige precisazione
    correctie rectificatie verbetering rättelse rettelse korrigering presisering oikaisu korjaus leiðrétting
    sprostowani[ea] korekta oprava upřesnění helyesbítés pontosítás erată rectificare corectură precizare
    popravek ispravak ispravka parandus labojums pataisymas
    виправлення уточнення спростування исправление уточнение опровержение поправка корекция исправка
    διόρθωση επανόρθωση düzeltme tekzip תיקון تصحيح تصويب توضيح 訂正 更正 정정
    """.split()  # noqa: SIM905 - words are read as words
)
_DATED = r"\s[^.!?:\n]{0,20}\d[^!?:\n]{0,25}[:：]"
# The word heads a line: alone, or before a colon or dash, with a date or a bracket between at most. "Correction officers" do not.
_HEAD = re.compile(
    rf"^\W{{0,20}}(?:{_HEADS})\b"
    rf"(?:\W{{0,10}}$|\s?[:：–—/]|-|\s-\s|\.\s|\s?[,(\[][^\n:]{{0,40}}[:–—)\]]|{_DATED})",
    re.IGNORECASE,
)
# Sentences that say it in passing.
_SENTENCE = re.compile(
    r"\b(?:"
    r"(?:an?|the) (?:earlier|previous|original|prior) version of (?:this|the)"
    r"|this (?:article|story|report|post|piece|headline|page) (?:was|has been) (?:amended|corrected|edited|updated to correct)"
    r"|we regret the error|correction appended|corrects? (?:the )?(?:spelling|name|date|figure|title|day|year|headline|paragraph)\b"
    r"|(?:n?uma|na) vers[ãa]o (?:anterior|inicial|original) (?:deste|desta|do|da)|a vers[ãa]o (?:anterior|inicial|original) dest[ea]"
    r"|uma vers[ãa]o (?:anterior|inicial) dest[ea]"
    r"|(?:artigo|texto|not[ií]cia|pe[cç]a|t[ií]tulo) (?:foi )?(?:corrigid|re(?:c)?tificad|alterad)[oa]s?\b"
    r"|(?:una|la) (?:primera )?versi[oó]n (?:anterior|previa|inicial|original) de (?:est[ea]|la|el)|una primera versi[oó]n de est[ea]"
    r"|est[ea] (?:noticia|informaci[oó]n|art[ií]culo|texto) ha sido (?:corregid|rectificad|modificad)[oa]"
    r"|une (?:premi[eè]re )?version (?:pr[eé]c[eé]dente|ant[eé]rieure|initiale) (?:de|du)|une premi[eè]re version de cet"
    r"|cet article a [eé]t[eé] (?:corrig|modifi|rectifi)[eé]"
    r"|in (?:einer|der) (?:fr[uü]heren|vorherigen|vorigen|urspr[uü]nglichen|ersten|[aä]lteren) (?:version|fassung)"
    r"|wir haben (?:das|dies|den fehler|die stelle|die angabe|es|die passage) \w*\s?(?:korrigiert|berichtigt|ge[aä]ndert)"
    r"|(?:una|la) versione (?:precedente|iniziale|originale) d(?:i|ell)|(?:articolo|testo) [eè] stat[oa] (?:corrett|rettificat|modificat)[oa]"
    r"|(?:in )?een (?:eerdere|vorige) versie van|i en tidigare version|i en tidligere (?:versjon|version|udgave)"
    r"|(?:w )?(?:poprzedniej|wcześniejszej|pierwotnej) wersji|(?:в|у) попередній версії|в предыдущей версии|в первоначальной версии"
    r")",
    re.IGNORECASE,
)


def corrections(blocks: list[str]) -> set[str]:
    """What the blocks say of corrections, as normalized text from the marker to the end of the block."""
    found: set[str] = set()
    for block in blocks:
        marks = [mark.start() for mark in (_HEAD.search(block), _SENTENCE.search(block)) if mark]
        if marks:
            found.add(normalize_text(block[min(marks) :]))
    return found
