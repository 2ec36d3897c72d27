"""The names of the months as news write them, in about fifty languages: whole, declined and cut short."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

LONGEST_NAME = 16

# As they stand after `_plain`, but with their accents, for the reader's sake. Where two languages mean different months by
# one word, the one here is the more common, and `_ELSEWHERE` has the other.
_NAMES = {
    1: "january jan janeiro janv janvier enero ene gennaio gen januar jänner jän januari januarie ianuarie ian stycznia "
       "styczeń sty leden ledna led január januára janúar tammikuuta tammikuu tammi jaanuar sausio saus janvāris janvārī "
       "janvari gener ocak oca yanvar yan січня січень січ января январь янв студзеня януари јануар јануара sijecanj siječnja "
       "siječanj ιανουαρίου ιανουάριος ιαν γενάρη يناير جانفي كانونالثاني ژانویه ינואר जनवरी জানুয়ারি มกราคม มค urtarrila "
       "urtarrilaren xaneiro ionawr eanáir",
    2: "february feb fev fevereiro février févr fév febrero febbraio februar feber februari februarie februari lutego luty "
       "lut únor února úno február februára febrúar helmikuuta helmikuu helmi veebruar vasario vas februāris februārī febr "
       "febrer şubat şub fevral лютого лютий лют февраля февраль фев февр лютага февруари фебруар фебруара veljače veljača "
       "φεβρουαρίου φεβρουάριος φεβ فبراير فيفري شباط فوریه פברואר फरवरी फ़रवरी ফেব্রুয়ারি กุมภาพันธ์ กพ otsailaren chwefror",
    3: "march mar março mars maret marzo märz mär mrz maart mrt marts marca marzec března březen bře marec március márc martie "
       "maaliskuuta maaliskuu maalis märts kovo marts martā març mart березня березень бер марта март мар сакавіка марта "
       "ožujka ožujak μαρτίου μάρτιος μαρ μάρτη مارس آذار מרץ मार्च মার্চ มีนาคม มีค martxoaren mawrth márta",
    4: "april apr abril abr avril avr aprile aprill kwietnia kwiecień kwi dubna duben dub apríl apríla április ápr aprilie "
       "huhtikuuta huhtikuu huhti balandžio bal aprīlis aprīlī nisan nis aprel квітня квітень кві апреля апрель апр "
       "красавіка април априла travnja travanj απριλίου απρίλιος απρ απρίλη أبريل ابريل أفريل نيسان آوریل אפריל अप्रैल "
       "এপ্রিল เมษายน เมย apirilaren ebrill aibreán",
    5: "may maio mai mayo maggio mag mei maj maja május máj mája května květen kvě maí toukokuuta toukokuu touko gegužės "
       "geg maijs maijā maig mayıs травня травень тра трав мая май траўня мај маја svibnja svibanj μαΐου μάιος μαϊ μάη مايو "
       "ماي أيار مه מאי मई মে พฤษภาคม พค maiatzaren mei bealtaine",
    6: "june jun junho juin junio giugno giu juni juin czerwca czerwiec cze červen června čvn jún júna június iunie iun "
       "júní kesäkuuta kesäkuu kesä juuni birželio birž jūnijs jūnijā juny haziran haz iyun червня червень чер черв июня июнь "
       "июн чэрвеня юни јун јуна јуни lipnja lipanj ιουνίου ιούνιος ιουν ιούνη يونيو جوان حزيران ژوئن יוני जून জুন มิถุนายน มิย "
       "ekainaren mehefin meitheamh",
    7: "july jul julho juillet juil julio luglio lug juli lipca lipiec lip červenec července čvc júl júla július iulie iul "
       "heinäkuuta heinäkuu heinä juuli liepos liep jūlijs jūlijā juliol temmuz tem iyul липня липень лип июля июль июл ліпеня "
       "юли јул јула јули srpnja srpanj ιουλίου ιούλιος ιουλ ιούλη يوليو يوليوز جويلية تموز ژوئیه יולי जुलाई জুলাই กรกฎาคม กค "
       "uztailaren gorffennaf iúil",
    8: "august aug agosto ago août aout augustus augusti sierpnia sierpień sie srpna srpen srp augusta augusztus ágúst elokuuta "
       "elokuu elo rugpjūčio rugp augusts augustā agost ağustos ağu avqust avgust avg avgusta серпня серпень сер августа август "
       "авг жніўня август август kolovoza kolovoz αυγούστου αύγουστος αυγ أغسطس اغسطس أوت غشت آب اوت אוגוסט अगस्त আগস্ট สิงหาคม สค "
       "abuztuaren awst lúnasa agustus ags",
    9: "september sep sept setembro set septembre septiembre setiembre settembre września wrzesień wrz září zář septembra "
       "szeptember szept septembrie syyskuuta syyskuu syys rugsėjo rugs septembris septembrī setembre eylül eyl sentyabr вересня "
       "вересень вер сентября сентябрь сен сент верасня септември септембар септембра rujna rujan σεπτεμβρίου σεπτέμβριος σεπ "
       "سبتمبر شتنبر أيلول سپتامبر ספטמבר सितंबर सितम्बर সেপ্টেম্বর กันยายน กย irailaren medi",
    10: "october oct outubro out octobre octubre ottobre ott oktober okt października październik paź října říjen říj október "
        "októbra octombrie lokakuuta lokakuu loka oktoober spalio spal oktobris oktobrī ekim eki oktyabr oktobra жовтня жовтень "
        "жов октября октябрь окт кастрычніка октомври октобар октобра οκτωβρίου οκτώβριος οκτ أكتوبر اكتوبر تشرينالأول اکتبر "
        "אוקטובר अक्टूबर अक्तूबर অক্টোবর ตุลาคม ตค urriaren hydref",
    11: "november nov novembro novembre noviembre noiembrie noi noiem listopada listopad lis listopadu novembra marraskuuta "
        "marraskuu marras lapkričio lapkr novembris novembrī kasım kas noyabr листопада листопад лис ноября ноябрь ноя нояб "
        "лістапада ноември новембар новембра nóvember studenoga studenog studeni νοεμβρίου νοέμβριος νοε νοεμ نوفمبر نونبر "
        "تشرينالثاني نوامبر נובמבר नवंबर नवम्बर নভেম্বর พฤศจิกายน พย azaroaren tachwedd",
    12: "december dec dezembro dez décembre déc diciembre dic dicembre dezember desember des desembre decembrie grudnia grudzień "
        "gru prosince prosinec pros decembra joulukuuta joulukuu joulu detsember gruodžio gruod decembris decembrī aralık ara "
        "dekabr грудня грудень гру груд декабря декабрь дек снежня декември децембар децембра prosinca prosinac δεκεμβρίου "
        "δεκέμβριος δεκ ديسمبر دجنبر كانونالأول دسامبر דצמבר दिसंबर दिसम्बर ডিসেম্বর ธันวาคม ธค abenduaren rhagfyr desember",
}  # fmt: skip
# By primary language.
_ELSEWHERE = {
    "hr": {"listopada": 10, "listopad": 10, "lis": 10, "lip": 6, "srp": 7, "tra": 4, "svi": 5, "kol": 8, "ruj": 9, "stu": 11,
           "sij": 1, "velj": 2, "ozu": 3, "pro": 12},
    "cs": {"pro": 12, "cer": 6},
}  # fmt: skip
# The Solar Hijri year, which begins in March.
_PERSIAN = (
    "فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند",
)  # fmt: skip
_FOLDED = str.maketrans({"ı": "i", "ł": "l", "ي": "ی", "ك": "ک", "ø": "o", "æ": "ae", "đ": "d"})


def _plain(word: str) -> str:
    """A word as it is looked up: small, without accents, one letter for those that look alike in Arabic script."""
    apart = unicodedata.normalize("NFD", word.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).translate(_FOLDED)


_MONTHS = {_plain(name): number for number, names in _NAMES.items() for name in names.split()}
_SOLAR = {_plain(name): number for number, name in enumerate(_PERSIAN, start=1)}


@lru_cache(maxsize=2000)
def month_of(word: str, language: str = "") -> int | None:
    """The month of the common calendar (1..12) that a word names, in a language (BCP 47) or in any."""
    if len(word) > LONGEST_NAME:
        return None
    plain = _plain(word)
    own = _ELSEWHERE.get(language.partition("-")[0].lower(), {}).get(plain)
    # Hebrew writes "in" in one word with the month.
    return own or _MONTHS.get(plain) or (_MONTHS.get(plain[1:]) if plain.startswith("ב") else None)


@lru_cache(maxsize=500)
def solar_month_of(word: str) -> int | None:
    """The month of the Solar Hijri calendar (1..12) that a word names."""
    return _SOLAR.get(_plain(word)) if len(word) <= LONGEST_NAME else None
