"""What moves on a page although nobody changed the article: clocks, ages, counters."""

from __future__ import annotations

import re

# A line of more letters than this is prose, whatever its words are.
LONGEST_LINE = 100
# Hours, minutes and seconds; a row of more numbers is a table's.
MOST_NUMBERS = 3

# Words that say that a line is about the page itself: stamps, ages, counters, reading times (Portuguese, English, Spanish,
# French, German, Italian, Polish, Ukrainian).
_MOVERS = frozenset(
    """
    update updated modified refreshed published posted atualizado atualizada atualização publicado publicada actualizado actualizada
    actualización actualizacion publié publiée mis mise jour aktualisiert aktualisierung zuletzt stand veröffentlicht aggiornato aggiornata
    aggiornamento pubblicato pubblicata zaktualizowano aktualizacja opublikowano оновлено опубліковано обновлено опубликовано
    ago há hace vor fa temu тому назад now agora ahora jetzt
    comment comments comentário comentários comentario comentarios commentaire commentaires kommentar kommentare commento commenti
    komentarz komentarze komentarzy коментар коментарі коментарів share shares partilha partilhas partages condivisioni udostępnień
    view views visualizações visualizaciones vues aufrufe visualizzazioni wyświetleń переглядів like likes gostos reactions reações
    read reading leitura lectura lecture lettura lesezeit czytania читання readers leitores lectores lecteurs leser lettori
    """.split()  # noqa: SIM905 - words are read as words
)
# Words that stand around them.
_AROUND = frozenset(
    """
    last latest última último ultima ultimo dernière time tempo tiempo temps di by por par von da
    s sec secs second seconds segundo segundos seg seconde secondes sekunde sekunden sek secondo secondi sekund sekundy секунд секунди
    min mins minute minutes minuto minutos minuten minuti minut minuty хв хвилин хвилини хвилину m
    h hr hrs hour hours hora horas heure heures stunde stunden std ore ora godz godzin godziny godzinę год годин години годину часов
    day days dia dias día días jours tag tage tagen giorno giorni dzień dni день дні днів week weeks semana semanas semaines wochen
    just il y a at às as las los el à le la alle um am on o w в у о em no na de do del dell du den der dem the of for para e et und i k
    uhr pm gmt utc cet cest et est edt bst pst pdt wet west mez mesz hrs
    january february march april may june july august september october november december
    jan feb mar apr jun jul aug sep sept oct nov dec
    janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro fev abr mai ago set out dez
    enero febrero marzo mayo junio julio septiembre octubre noviembre diciembre ene dic
    janvier février mars avril juin juillet août septembre octobre novembre décembre janv févr avr juil déc
    januar jänner februar märz juni juli oktober dezember mär okt
    gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre gen mag giu lug ott
    stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia
    січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня
    monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun
    segunda terça quarta quinta sexta feira sábado domingo lunes martes miércoles jueves viernes
    lundi mardi mercredi jeudi vendredi samedi dimanche montag dienstag mittwoch donnerstag freitag samstag sonntag
    lunedì martedì mercoledì giovedì venerdì sabato domenica poniedziałek wtorek środa czwartek piątek sobota niedziela
    today hoje hoy heute oggi yesterday ontem ayer hier gestern ieri
    """.split()  # noqa: SIM905 - words are read as words
)
_UNIT = (
    r"(?:s|secs?|seconds?|seg|segundos?|secondes?|sek|sekunden?|secondi|sekund\w?|секунд\w?|mins?|minut[eo]s?|minuten?|minuti|minut\w?"
    r"|хв|хвилин\w?|мин|минут\w?|h|hrs?|hours?|horas?|hores|heures?|std|stunden?|ore|ora|godz|godzin\w?|годин\w?|часа?|часов)"
)
_AGE = re.compile(
    rf"\b(?:há|hace|il\sy\sa|vor|fa|acum|před|πριν)\s\d{{1,2}}\s?{_UNIT}\b\.?(?:\s(?:sedan|siden))?"
    rf"|\b\d{{1,2}}\s?{_UNIT}\b\.?\s(?:ago|atrás|fa|geleden|sedan|siden|sitten|temu|тому|назад|önce)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\b\d{1,2}\s?[:.h]\s?\d{2}\b", re.IGNORECASE)
_STAMP = re.compile(
    r"(?:^\W*|[|·•–—(\[]\s*)(?:last\s|última\s|ultimo\s|zuletzt\s)?"
    r"(?:updated?|actualiza\w+|atualiza\w+|aggiorna\w+|mise?\sà\sjour|aktualisiert|stand|zaktualizowano|aktualizacja|оновлено|обновлено"
    r"|published|publicad[oa]|publiée?|veröffentlicht|pubblicato|opublikowano|опубліковано)\b"
    r"[^.!?\n]{0,40}?\b\d{1,2}\s?[:.h]\s?\d{2}\b(?:\s?(?:uhr|[ap]m|gmt|utc|cest|cet|[ebp][sd]?t|west|wet|h)\b)?",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(r"\d+")


def without_churn(line: str) -> str:
    """A line of text without what moves by itself; empty when the whole line does."""
    if _NUMBER.search(line) is None:
        return line
    if len(line) <= LONGEST_LINE and _is_furniture(line):
        return ""
    return _STAMP.sub(" ", _AGE.sub(" ", line))


def _is_furniture(line: str) -> bool:
    """Whether a short line with numbers is a clock, an age or a counter, with nothing that could be news."""
    words = {word.lower() for word in _WORD.findall(line)}
    if not words <= _MOVERS | _AROUND:
        return False
    if words.isdisjoint(_MOVERS):
        # A number alone is a counter; with words it may be a date, and dates are news.
        return _CLOCK.search(line) is not None if words else len(_NUMBER.findall(line)) <= MOST_NUMBERS
    return True
