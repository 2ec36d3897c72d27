"""What a site says of itself: its rules, itself, its offers; by titles and addresses that nothing else bears."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from worker.news.reason import Reason
from worker.reading.gate.lexicon import Lexicon
from worker.reading.gate.prose import sentences_of
from worker.reading.gate.sight import Sight
from worker.reading.gate.verdict import Suspicion
from worker.reading.gate.words import PERIOD, PRICE

_SHORT_PATH = 3  # bars
_MOST_OFFERED = 14  # sentences
_POLICY = Lexicon(
    r"(?:our |notre |nuestra |a nossa |la nostra |unsere )?(?:privacy(?: (?:policy|notice|statement|and cookies?))?|(?:privacy (?:and|&) )?cookies?(?: (?:policy|notice))?|terms(?: (?:and|&) conditions| of (?:use|service|sale))?|legal(?: notice| information)?|conditions of (?:use|sale)|accessibility(?: statement)?|copyright|disclaimer|"
    r"datenschutz(?:erklärung|hinweise?|bestimmungen)?|nutzungsbedingungen|agb|allgemeine geschäftsbedingungen|rechtliche hinweise|barrierefreiheit|cookie-?(?:richtlinie|hinweise?)|"
    r"(?:politique|charte) de (?:confidentialité|protection des données|cookies|vie privée)[^|]{0,40}|mentions légales|conditions (?:générales)?(?: d['’]utilisation| de vente)?|cgu|cgv|confidentialité|données personnelles|"
    r"política de (?:privacidade?|cookies|protección de datos)[^|]{0,40}|aviso legal|términos(?: y condiciones| de uso)?|condiciones(?: generales| de uso)?|privacidade?|termos(?: e condições| de uso| de utilização)?|"
    r"(?:informativa|politica)(?: sulla| di)? (?:privacy|cookie)|note legali|termini(?: e condizioni| d['’]uso)?|condizioni(?: generali| d['’]uso)?|privacybeleid|privacyverklaring|privacystatement|cookiebeleid|(?:algemene )?(?:gebruiks)?voorwaarden|"
    r"polityka (?:prywatności|cookies)|regulamin(?: serwisu)?|rodo|gizlilik (?:politikası|sözleşmesi|bildirimi)|çerez politikası|kvkk[^|]{0,40}|kullanım (?:koşulları|şartları)|aydınlatma metni|политика конфиденциальности|пользовательское соглашение|правила (?:сайта|пользования)|політика конфіденційності|隐私(?:政策|权政策|声明)|服务条款|使用条款|法律声明|免责声明|プライバシー(?:ポリシー|・?ステートメント)|個人情報(?:保護方針|の取り扱い(?:について)?)|利用規約|개인정보\s?(?:처리방침|취급방침)|이용약관|"
    r"integritetspolicy|personuppgiftspolicy|användarvillkor|villkor|privatlivspolitik|cookiepolitik|(?:handels)?betingelser|personvern(?:erklæring)?|brukervilkår|tietosuoja(?:seloste)?|käyttöehdot|zásady ochrany[^|]{0,40}|ochrana osobních údajů|obchodní podmínky|adatvédelm\w+[^|]{0,30}|felhasználási feltételek|politica de confidențialitate|termeni și condiții|πολιτική απορρήτου|όροι χρήσης|سياسة الخصوصية|شروط الاستخدام|politika privatnosti|uslovi korišćenja|uvjeti korištenja)"
)  # fmt: skip
_ABOUT = Lexicon(
    r"(?:about(?: us| the [\w ]{2,30})?|contact(?: us)?|who we are|our (?:team|staff|story|journalists)|masthead|staff|newsroom|imprint|advertis(?:e|ing)(?: with us)?|help(?: (?:and|&) contact| cent(?:re|er))?|faq|careers|editorial (?:code|standards|policy|guidelines)|corrections(?: (?:and|&) complaints)?|complaints|"
    r"über uns|impressum|kontakt(?: zur redaktion)?|redaktion|mediadaten|werben|hilfe|karriere|à propos(?: de nous)?|qui sommes[- ]nous ?\??|contacts?|contactez-nous|nous contacter|la rédaction|l['’]équipe|publicité|aide(?: et contact)?|ours|"
    r"quiénes somos|sobre nosotros|acerca de|contacto|contáctenos|redacción|publicidad|quem somos|sobre (?:nós|o jornal)|contact[eo]s?|contatos?|fale conosco|ficha técnica|estatuto editorial|publicidade|expediente|chi siamo|contatti|contattaci|scrivici|la redazione|pubblicità|"
    r"over ons|colofon|adverteren|klantenservice|de redactie|o nas|redakcja|reklama|hakkımızda|künye|iletişim|bize ulaşın|reklam|о нас|контакты|редакция|реклама|про нас|контакти|редакція|关于我们|联系(?:我们|方式)|广告服务|会社概要|お問い合わせ|運営会社|회사\s?소개|문의|om oss|om os|redaktionen|annonsera|kontakta oss|kontakt os|kontakt oss|yhteystiedot|tietoa meistä|o nás|redakce|inzerce|rólunk|kapcsolat|impresszum|despre noi|echipa|σχετικά με εμάς|επικοινωνία|ταυτότητα|من نحن|اتصل بنا|o nama|impresum|marketing)"
)  # fmt: skip
_OFFER = Lexicon(
    r"(?:(?:digital )?subscri(?:be|ptions?)\b[^|]{0,60}|(?:our |all )?(?:email )?newsletters?(?: sign[- ]?up)?|sign up for[^|]{0,60}newsletters?|support (?:us|our (?:journalism|work))|donate|membership|become a (?:member|subscriber|supporter)[^|]{0,20}|choose (?:your|a) (?:plan|subscription)|gift subscriptions?|"
    r"abo(?:s|nnements?|shop|-?angebote)?\b[^|]{0,30}|(?:jetzt )?abonnieren|(?:unsere |alle )?newsletter[^|]{0,20}|unterstützen sie uns[^|]{0,20}|abonnements?|(?:s['’])?abonne[rz][^|]{0,30}|nos (?:offres|newsletters)(?: d['’]abonnement)?|offres? d['’]abonnement|lettres? d['’]information|faire un don|"
    r"suscr[ií]\w+[^|]{0,40}|boletines|nuestros boletines|hazte socio|assina(?:r|turas?)\b[^|]{0,30}|assine\b[^|]{0,30}|subscr(?:ever|ição)|(?:as nossas )?newsletters|abbona(?:ti|menti|rsi)[^|]{0,30}|sostienici|offerte|word (?:abonnee|lid)|nieuwsbrie(?:f|ven)|kies (?:je|uw|het) abonnement[^|]{0,40}|neem een abonnement|"
    r"prenumerata|subskrypcja|newslettery?|wspieraj nas|abone(?:lik|l)?(?: ol)?|e-?bülten|подписка|оформить подписку|поддержать[^|]{0,20}|рассылк[аи]|передплата|підписка|订阅|会员中心|购买会员|ご購読[^|]{0,20}|購読(?:案内|申し込み)[^|]{0,20}|メールマガジン|会員(?:登録|プラン)|구독(?: ?안내|하기)?|뉴스레터|"
    r"prenumerera|nyhetsbrev|bli (?:prenumerant|medlem)|abonnement|nyhedsbrev(?:e)?|bliv abonnent|bli abonnent|tilaa[^|]{0,20}|uutiskirje(?:et)?|předplatné|előfizetés|hírlevél|abonamente?|abonează-te|συνδρομ(?:ή|ές)|الاشتراك(?:ات)?|النشرة البريدية|pretplata)"
)  # fmt: skip
_SERVICE_PATH = {
    Reason.POLICY_PAGE: re.compile(r"(?:^|/)(?:privac\w*|datenschutz\w*|cookie\w*|terms\w*|agb|cgu|cgv|legal|aviso-legal|mentions-legales|confidentialite|regulamin|polityka-\w+|kvkk|gizlilik\w*|note-legali|voorwaarden|termos\w*|politica-\w+|privatlivspolitik|personvern|tietosuoja|copyright|disclaimer|nutzungsbedingungen|law)(?:\.\w+)?/?$"),
    Reason.ABOUT_PAGE: re.compile(r"(?:^|/)(?:about(?:-?us)?|contact\w*|kontakt\w*|impressum|imprint|ueber-uns|qui-sommes-nous|a-propos|quienes-somos|quem-somos|chi-?siamo|over-ons|colofon|o-nas|hakkimizda|kunye|iletisim|ficha-tecnica|equipo|staff|team|redaktion|redakcja|om-oss|om-os|masthead|advertise|publicidade?|aide|help|faq)(?:\.\w+)?/?$"),
    Reason.OFFER: re.compile(r"(?:^|/)(?:subscri\w+|abo|abos|abonnement\w*|abonne\w*|suscri\w+|assina\w+|abbona\w+|prenumerat\w*|prenumerera|newsletters?|nyhetsbrev\w*|nieuwsbrie\w+|abonelik|membership|donate|support-us|angebote?|offers?|plans|pricing|predplatne|elofizetes|tilaa|tilaus)(?:\.\w+)?/?$"),
}  # fmt: skip
_SERVICE = {Reason.POLICY_PAGE: _POLICY, Reason.ABOUT_PAGE: _ABOUT, Reason.OFFER: _OFFER}
_SERVICE_NAMES = {
    Reason.POLICY_PAGE: "rules of the site",
    Reason.ABOUT_PAGE: "what the outlet says of itself",
    Reason.OFFER: "an offer to subscribe",
}


def services(sight: Sight) -> Iterator[Suspicion]:
    """By its whole title or by its address, when nothing says that it is an article."""
    for reason, names in _SERVICE.items():
        own = (sight.metadata.title, sight.metadata.head.title)
        titled = any(names.fullmatch(part.strip()) for title in own for part in _parts(title[:300].casefold()))
        addressed = sight.path.count("/") <= _SHORT_PATH and bool(_SERVICE_PATH[reason].search(sight.path))
        if sight.claim > 1 or not (titled or addressed):
            continue
        shown = sight.shown
        priced = reason is Reason.OFFER and bool(PRICE.search(shown.text) and PERIOD.search(shown.text))
        form = reason is not Reason.POLICY_PAGE and any(
            (field.get("type") or "").lower() in {"email", "tel"} for field in islice(sight.tree.iter("input"), 300)
        )
        dated = any(by.value and by.source in {"json-ld", "meta", "url"} for by in sight.metadata.dated.dates.published)
        # A site's rules are long; what else is long is an article with a short title.
        if reason is not Reason.POLICY_PAGE and not priced and sentences_of(sight.plain) > _MOST_OFFERED:
            continue
        weight = 8 * titled + 2 * addressed + priced + form + (not sight.claim) - 2 * dated
        if weight >= 3:  # noqa: PLR2004
            said = " and ".join(filter(None, ("its title" * titled, "its address" * addressed, "prices" * priced)))
            yield Suspicion(reason=reason, weight=weight, evidence=f"{_SERVICE_NAMES[reason]}, by {said}")


def _parts(title: str) -> Iterator[str]:
    """A title whole, and what stands before and after the name of the outlet."""
    yield title
    for mark in (" | ", " - ", " – ", " — ", " :: ", "_", " · ", " » "):
        if mark in title:
            parts = title.split(mark)
            yield parts[0]
            yield parts[-1]
