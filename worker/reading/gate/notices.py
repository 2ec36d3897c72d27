"""Short pages that stand in for an article: challenges, errors, notices. Words, structure and what is missing are weighed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from worker.news.reason import Reason
from worker.reading.gate.lexicon import Lexicon
from worker.reading.gate.prose import sentences_of
from worker.reading.gate.sight import Sight
from worker.reading.gate.verdict import Suspicion

_TINY, _SMALL = 900, 2500  # letters between the menus of a page
_ENOUGH = 5
_MANY_LINES = 8  # of prose: more than a notice has
_ERROR_CLASS = re.compile(r"(?:^|[\s_-])(?:error-?(?:page|404|410)?|page-?404|404|not-?found|notfound)(?=$|[\s_-])")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Notice:
    """What pages of one kind say in words, and what services write into their markup (lower-case bytes)."""

    reason: Reason
    name: str
    words: Lexicon
    marks: tuple[bytes, ...] = ()


_NOTICES = (
    _Notice(
        reason=Reason.CHALLENGE,
        name="a test for robots",
        words=Lexicon(
            r"checking (?:your|if the site|the site)|verify(?:ing)? (?:that )?you(?:['’]re| are) (?:a |not a )?|are you a (?:human|robot|person)|(?:not|aren['’]t) a (?:robot|bot)|you are human|unusual (?:traffic|activity)|javascript and cookies|enable (?:javascript|js|cookies)|security (?:check|verification)|ddos|access (?:denied|to this page has been denied)|don['’]t have permission to access|request unsuccessful|request (?:was |has been )?blocked|(?:have|has) been blocked|incident id|ray id|reference #|just a moment|one moment|pardon our interruption|bot (?:detection|protection)|captcha|proof[- ]of[- ]work|making sure you|press (?:&|and) hold|automated (?:access|requests)|"
            r"browser wird (?:über)?prüf|(?:kein|ein) roboter|sie ein mensch|sicherheits(?:über)?prüfung|ungewöhnliche|automatisch weitergeleitet|zugriff (?:verweigert|blockiert|gesperrt)|dieser vorgang|"
            r"vérifi\w+ (?:de |que )?(?:votre|vous|la|le)|(?:pas|un) (?:un )?robot|êtes[- ]vous (?:un )?humain|preuve de travail|activité inhabituelle|trafic inhabituel|accès (?:refusé|bloqué)|calcul en cours|protéger le serveur|"
            r"eres (?:una persona|humano)|(?:no )?(?:eres|soy) un robot|(?:verificando|comprobando|comprobación)|(?:actividad|tráfico) inusual|acceso (?:denegado|bloqueado)|"
            r"não (?:é|sou) um robô|verifica(?:ndo|r)? (?:o |se |que |a )?(?:seu |é )?(?:navegador|humano|segurança)|a verificar|(?:tráfego|atividade) (?:incomum|invulgar)|acesso (?:negado|bloqueado)|"
            r"(?:non|sei) (?:sei )?(?:un robot|umano)|(?:verifica|controllo) (?:di sicurezza|in corso|del browser)|(?:attività|traffico) (?:insolit|anomal|sospett)\w+|accesso (?:negato|bloccato)|"
            r"(?:geen|een) robot|je een mens|browser (?:wordt|word) gecontroleerd|ongebruikelijk|ongewoon verkeer|toegang (?:geweigerd|geblokkeerd)|"
            r"(?:nie )?jesteś(?:cie)? (?:robotem|człowiekiem)|sprawdza(?:nie|my) (?:przeglądark|połączen|czy)|nietypow|(?:dostęp|odmowa) (?:zabroniony|zablokowany|dostępu)|weryfikacj|"
            r"robot olmadığ|insan olduğ|tarayıcınız(?:ı)? kontrol|güvenlik (?:kontrol|doğrulama)|olağan ?dışı|erişim(?:iniz)? (?:engellen|reddedil)|"
            r"не робот|что вы человек|провер(?:ка|яем) (?:браузера|безопасности|ваш|вашего)|необычн|подозрительн|доступ (?:запрещ|ограничен|заблокирован)|ви не робот|перевірка|доступ заборонено|"
            r"人机|安全验证|安全检查|验证(?:码|后|您|你)|不是机器人|(?:访问|请求)(?:过于)?频繁|拦截|异常(?:访问|流量)|访问(?:被拒|受限)|正在检查|驗證|機器人|"
            r"ロボットでは|ブラウザ(?:ー)?を?(?:確認|チェック|検証)|アクセス(?:が拒否|が制限|を確認|拒否)|セキュリティ(?:チェック|確認)|人間であること|異常な|"
            r"로봇이 아|보안 (?:확인|검사|점검)|비정상적|접근이 (?:거부|차단)|사람인지|자동화된|لست روبوت|التحقق من|تم حظر|نشاط غير|"
            r"inte (?:är )?en robot|är människa|kontrollerar (?:din )?(?:webbläsare|anslutning)|åtkomst nekad|ovanlig|ikke en robot|tjekker (?:din )?browser|adgang nægtet|sjekker|et menneske|tilgang nektet|et ole robotti|tarkistetaan|pääsy evätty|"
            r"nejste robot|ověř(?:ujeme|ení)|neobvykl|přístup (?:odepřen|zamítnut)|nem (?:vagy )?robot|ellenőrizzük|ellenőrzés|szokatlan|hozzáférés megtagadva|(?:nu )?sunteți (?:un )?(?:robot|om)|verificăm|acces (?:interzis|blocat)|neobișnuit|δεν είστε ρομπότ|ελέγχουμε|έλεγχος|ασυνήθιστ|niste robot|provjer|provera"
        ),
        marks=(
            b"/_incapsula_resource", b"/orchestrate/chl_", b"__challenge", b"_cf_chl_opt", b"_fs-ch-", b"_incap_", b"_pxappid", b"_waf_", b"ak-challenge", b"altcha", b"anubis", b"aws-waf", b"awswafintegration", b"bobcmn", b"captcha", b"captcha-delivery.com", b"cf-browser-verification", b"challenge-error", b"challenge-form", b"challenge-platform", b"challenge-running", b"challenge-stage", b"challenges.cloudflare.com/turnstile", b"ddos-guard/", b"errors.edgesuite.net", b"geetest", b"jschl", b"kpsdk", b"perfdrive", b"pow-challenge", b"proof-of-work", b"proofofwork", b"px-captcha", b"rbzns", b"reblaze", b"sec-if-cpt", b"smartcaptcha", b"sucuri_cloudproxy_js", b"tspd", b"vercel/security", b"within.website",
        ),
    ),
    _Notice(
        reason=Reason.RATE_LIMITED,
        name="too many requests",
        words=Lexicon(
            r"too many requests|rate limit|http 429|\b429\b|too many (?:visits|connections|attempts)|zu viele (?:anfragen|zugriffe)|trop (?:de|grand nombre de) (?:requêtes|demandes)|demasiadas (?:solicitudes|peticiones)|(?:demasiad[oa]s|muit[oa]s|excesso de) (?:pedidos|solicitações|acessos)|troppe richieste|te veel (?:verzoeken|aanvragen)|zbyt wiele (?:żądań|zapytań)|çok fazla istek|слишком много запросов|забагато запитів|请求(?:次数)?过多|リクエストが多|アクセスが集中|요청이 너무|för många (?:förfrågningar|anrop)|for mange (?:forespørgsler|forespørsler|anmodninger)|liian monta pyyntöä|příliš mnoho požadavků|túl sok kérés|prea multe (?:cereri|solicitări)|πάρα πολλά αιτήματα|طلبات كثيرة|previše zahtjeva"
        ),
    ),
    _Notice(
        reason=Reason.SERVER_ERROR,
        name="an error of the server",
        words=Lexicon(
            r"internal server error|server error|bad gateway|gateway time-?out|service (?:temporarily )?unavailable|error establishing a database|application error|fatal error|uncaught (?:exception|error)|stack trace|(?:odbc|ole db|sql server|mysql|postgresql|oracle|adodb)[^.]{0,30}(?:driver|error|provider)|error ['‘]?8[0-9a-f]{7}|timeout expired|runtime error|error code: ?5\d\d|\b50[0234]\b[^.]{0,20}(?:error|unavailable|gateway)|origin is unreachable|something went wrong|an (?:unexpected )?error (?:has )?occurred|exception in|on line \d|"
            r"interner (?:server)?fehler|serverfehler|technischer fehler|ein fehler ist aufgetreten|datenbankfehler|erreur (?:interne|du serveur|technique|est survenue|de base)|une erreur|error (?:interno|del servidor|de conexión)|se ha producido un error|ha ocurrido un error|erro (?:interno|do servidor|de ligação|inesperado)|ocorreu um erro|errore (?:interno|del server|imprevisto|di)|si è verificato un errore|interne (?:server)?fout|er is (?:een fout|iets mis)|błąd (?:serwera|wewnętrzny|połączenia)|wystąpił (?:nieoczekiwany )?błąd|sunucu hatası|bir hata oluştu|ошибка сервера|внутренняя ошибка|произошла ошибка|помилка|服务器(?:内部)?错误|系统(?:繁忙|错误|异常)|サーバー?エラー|エラーが発生|서버 오류|오류가 발생|ett fel (?:har )?(?:inträffat|uppstod)|der (?:opstod|skete) en fejl|det oppstod en feil|palvelinvirhe|tapahtui virhe|chyba serveru|došlo k chybě|kiszolgálóhiba|hiba történt|eroare (?:internă|de server)|a apărut o eroare|σφάλμα|خطأ في الخادم|حدث خطأ|greška"
        ),
    ),
    _Notice(
        reason=Reason.MAINTENANCE,
        name="the site is being worked on",
        words=Lexicon(
            r"maintenance|temporarily (?:unavailable|offline|down|closed)|technical (?:work|difficult|problem)|improving (?:our|the) site|technische (?:arbeiten|probleme|werkzaamheden)|vorübergehend nicht|momentanément indisponible|mise à jour (?:de|du) (?:notre|site)|en travaux|estamos (?:mejorando|actualizando)|em atualização|estamos a melhorar|in aggiornamento|lavori in corso|tijdelijk niet|chwilowo niedostępn|geçici olarak|временно недоступ|тимчасово недоступ|暂时无法访问|一時的に|일시적으로|tillfälligt|midlertidig|tilapäisesti|dočasně nedostupn|átmenetileg|temporar indisponibil|προσωρινά|مؤقتا|(?:we['’]ll|we will) be (?:right )?back|be back (?:soon|shortly)|under construction|scheduled (?:work|downtime)|upgrading (?:our|the) (?:site|systems)|wartung|gleich wieder|in kürze wieder|(?:en|de) maintenance|bientôt de retour|revenons|mantenimiento|volvemos (?:enseguida|pronto|en)|volveremos|manuten[çc]ão|voltamos (?:já|em breve|dentro)|manutenzione|torniamo (?:subito|presto)|torneremo|onderhoud|zo (?:terug|weer)|prace (?:serwisowe|techniczne|konserwac)|przerwa techniczna|wracamy|(?:planlı )?bakım(?:da| çalışma)|kısa bir ara|техническ(?:ие|ое|их) (?:работ|обслуж)|обслуживани|технічні роботи|系统维护|维护中|升级维护|正在(?:维护|升级)|メンテナンス|점검 ?중|시스템 점검|underhåll|strax tillbaka|vedligehold|straks tilbage|vedlikehold|huolto|údržb|odstávk|karbantart|mentenanță|întreținere|συντήρησ|صيانة|održavanj|תחזוקה"
        ),
    ),
    _Notice(
        reason=Reason.LEGAL,
        name="not shown in this country",
        words=Lexicon(
            r"\b451\b|unavailable (?:due to|for) legal|not available in your (?:country|region|location|area|territory)|(?:unavailable|cannot be (?:viewed|shown)|isn['’]t available|blocked) in your|from a country belonging|european economic area|outside (?:of )?the (?:european|united|uk|us)|access cannot be granted|your (?:country|region|location) |geo-?(?:block|restrict)|rights reasons|licen[cs]ing (?:reasons|restrictions)|"
            r"in ihre[mr] (?:land|region)|aus rechtlichen gründen|nicht verfügbar in|rechtegründen|dans votre (?:pays|région)|raisons (?:légales|juridiques|de droits)|en (?:tu|su) (?:país|región|zona|ubicación)|(?:motivos|razones) (?:legales|de derechos)|no (?:seu|teu) (?:país|território)|na sua região|(?:motivos|razões) (?:legais|de direitos)|nel tuo paese|nella tua (?:regione|area)|(?:motivi|ragioni) (?:legali|di diritti)|in (?:jouw|je|uw) (?:land|regio)|juridische redenen|rechten|w (?:twoim|twojej|państwa) (?:kraju|regionie|lokalizacji)|względów prawnych|ülkenizde|bölgenizde|yasal nedenler|в вашей стране|в вашем регионе|по закону|у вашій країні|所在(?:的)?(?:地区|国家|区域)|您的(?:地区|国家|ip)|版权(?:原因|限制)|お住まいの(?:国|地域)|ご利用の地域|著作権|권리|해당 (?:국가|지역)|거주하는|i ditt (?:land|område)|rättighetsskäl|i dit land|i landet ditt|rettighetsgrunner|maassasi|alueellasi|ve vaší (?:zemi|oblasti)|z právních důvodů|az (?:ön|te) (?:országában|régió)|din (?:țara|regiunea) (?:dvs|ta)|în (?:țara|regiunea)|στη χώρα σας|στην περιοχή σας|في (?:بلدك|منطقتك)|u vašoj (?:zemlji|državi|regiji)|במדינה"
        ),
    ),
    _Notice(
        reason=Reason.SOFT_404,
        name="there is no such page",
        words=Lexicon(
            r"\b(?:error|http|fehler|erreur|erro|errore|fout|błąd|hata|ошибка|fel|fejl|feil|virhe|chyba|hiba|eroare)?[ :]*(?:404|410)\b|(?:page|article|story|content|post|link|item|url|address)[^.!?]{0,60}(?:not found|(?:does not|doesn['’]t|no longer) exist|(?:no longer|not|isn['’]t) available|has (?:been )?(?:removed|moved|deleted|expired|withdrawn)|(?:couldn['’]t|could not|can['’]t|cannot) be found|been (?:removed|deleted|taken down))|(?:can['’]t|cannot|couldn['’]t|could not|unable to) (?:find|locate) (?:the|that|this|what)|not found|nothing (?:was )?found|page you(?:['’]re| are| were)? (?:looking|requested|tried)|"
            r"(?:seite|artikel|beitrag|inhalt|adresse|link)[^.!?]{0,60}(?:nicht (?:gefunden|mehr|existiert|verfügbar|vorhanden)|existiert nicht|gelöscht|entfernt|abgelaufen)|nicht gefunden|(?:page|article|contenu|adresse|lien)[^.!?]{0,60}(?:introuvable|n['’](?:existe|est) (?:pas|plus)|(?:a été )?(?:supprimé|retiré|déplacé))|introuvable|"
            r"(?:página|artículo|noticia|contenido|enlace|dirección)[^.!?]{0,60}(?:no (?:encontrad|existe|está disponible|se encuentra|se ha)|ya no|eliminad|retirad|ha sido (?:borrad|movid))|no (?:hemos |se ha )?encontrad|(?:página|artigo|notícia|conteúdo|ligação|endereço)[^.!?]{0,60}(?:não (?:foi )?encontrad|não existe|já não|não está (?:disponível|mais)|removid|eliminad|apagad|mudado)|não (?:foi )?encontrad|não existe nada|não encontrámos|não encontramos|"
            r"(?:pagina|articolo|contenuto|indirizzo|notizia)[^.!?]{0,60}(?:non (?:è (?:stat[ao] )?)?(?:trovat|più|disponibil|esist)|inesistente|rimoss|cancellat|eliminat|spostat)|non (?:è stat[ao] )?trovat|(?:pagina|artikel|bericht|adres)[^.!?]{0,60}(?:niet (?:gevonden|meer|beschikbaar|bestaa)|bestaat niet|verwijderd|verplaatst|verhuisd)|niet gevonden|(?:stron[aęy]|artykuł\w*|treś\w+|adres\w*)[^.!?]{0,60}(?:nie (?:został\w* znalezion|istnieje|znalezion|jest dostępn)|usunięt|przeniesion|wygas)|nie znaleziono|nie (?:istnieje|odnaleziono)|"
            r"(?:sayfa|haber|içerik|yazı)[^.!?]{0,60}(?:bulunamad|mevcut değil|kaldırıl|silin|yayından)|bulunamadı|(?:страниц|стать|материал|новост|сторінк)\w*[^.!?]{0,60}(?:не найден|не существует|удал[её]н|недоступн|не знайден|не існує|видален)|не найден|не знайдено|(?:页面|页|文章|内容|网页|稿件|信息)[^。！？]{0,25}(?:不存在|(?:已被?|被)(?:删除|移除|撤)|找不到|未找到|无法(?:找到|访问)|失效|下线)|找不到|(?:頁面|文章)[^。！？]{0,25}(?:不存在|已刪除|已移除)|(?:ページ|記事|お探し)[^。！？]{0,40}(?:見つかりません|存在しません|削除|ありません|移動|終了)|見つかりません|(?:페이지|기사|게시물)[^.!?]{0,40}(?:찾을 수 없|존재하지|삭제)|"
            r"(?:sidan|artikeln|innehållet)[^.!?]{0,60}(?:hittades inte|finns inte|kunde inte|har tagits bort|flyttat)|hittades inte|(?:siden|artiklen|artikkelen|indholdet)[^.!?]{0,60}(?:(?:blev |ble )?ikke (?:fundet|funnet)|findes ikke|finnes ikke|eksisterer ikke|er (?:fjernet|slettet|flyttet))|(?:sivua|artikkelia|sivu)[^.!?]{0,60}(?:ei (?:löyd|ole)|poistettu)|(?:stránk\w+|článek)[^.!?]{0,60}(?:nenalezen|neexistuje|nebyl\w* nalezen|odstraněn|smazán)|nenalezen|(?:oldal|cikk)\w*[^.!?]{0,60}(?:nem (?:található|létezik)|törölt|eltávolít)|nem található|(?:pagina|articolul)[^.!?]{0,60}(?:nu (?:a fost|există|mai|este)|șters|eliminat)|(?:σελίδα|άρθρο)[^.!?;]{0,60}(?:δεν (?:βρέθηκε|υπάρχει)|αφαιρέθηκε)|δεν βρέθηκε|(?:الصفحة|المقال|المحتوى)[^.!?؟]{0,60}(?:غير موجود|لم يتم العثور|غير متاح|حذف)|غير موجودة|(?:stranica|članak|strana)[^.!?]{0,60}(?:ne postoji|nije pronađen|uklonjen|obrisan)|(?:הדף|העמוד)[^.!?]{0,60}(?:לא נמצא|אינו קיים)"
        ),
    ),
    _Notice(
        reason=Reason.APP_PAGE,
        name="an offer of the outlet's app",
        words=Lexicon(
            r"(?:get|download|open|try|read|better|install|continue) (?:it |this |the |our )?(?:in |on )?(?:the |our )?(?:free )?app\b|app store|google play|app ?gallery|continue (?:in|to) (?:browser|the (?:mobile )?(?:site|web))|not now|app (?:herunterladen|öffnen|installieren|laden)|in der app|im browser (?:fortfahren|weiter)|(?:téléchargez|ouvrir dans|découvrez) (?:l['’]|notre )appli|continuer (?:sur|dans) (?:le (?:navigateur|site))|descarga (?:la|nuestra) app|abrir en la app|seguir en (?:la web|el navegador)|(?:descarregue|baixe|instale|abrir na) (?:a |o )?(?:nossa )?app|continuar (?:no|para o) (?:navegador|site)|scarica l['’]app|apri nell['’]app|continua (?:nel|sul) (?:browser|sito)|download de app|open (?:in )?de app|verder in (?:de )?browser|pobierz aplikację|otwórz w aplikacji|kontynuuj w przeglądarce|uygulama(?:mızı|yı|dan)|tarayıcıda devam|скачайте приложение|открыть в приложении|продолжить в браузере|завантажте|下载(?:客户端|app)|打开app|在app|继续访问网页|アプリ(?:で開く|をダウンロード|で読む)|ブラウザで(?:続ける|見る)|앱에서|앱 (?:다운로드|설치)|ladda (?:ned|ner) appen|öppna i appen|hent (?:appen|vores app)|last ned appen|lataa sovellus|stáhněte si aplikaci|töltse le|descarcă aplicația|κατεβάστε|حمل التطبيق|preuzmite aplikaciju"
        ),
        marks=(b"apple-itunes-app", b"google-play-app", b"al:android:package", b"al:ios:app_store_id", b"smart-app-banner", b"branch.io", b"app.link", b"play.google.com/store/apps", b"apps.apple.com", b"itunes.apple.com"),
    ),
    _Notice(
        reason=Reason.PARKED_DOMAIN,
        name="the domain is for sale",
        words=Lexicon(
            r"domain (?:may be |is |name is )?(?:for sale|available|parked|expired)|buy this domain|(?:this|the) (?:domain|web ?page) (?:name )?(?:has expired|is parked|may be for sale|is for sale)|parked (?:free|domain)|related searches|sponsored listings|first and best source|make an offer|domain (?:steht )?zum verkauf|domain (?:kaufen|erwerben)|domaine (?:est )?(?:à vendre|en vente)|dominio (?:está )?(?:en venta|in vendita)|domínio (?:está )?à venda|domein (?:is )?te koop|domena (?:jest )?(?:na sprzedaż|do kupienia)|satılık (?:alan adı|domain)|alan adı satılık|домен (?:продаётся|продается|на продажу)|продажа домена|域名(?:出售|转让)|ドメイン(?:販売|売|は)|도메인 (?:판매|구매)|domänen är till salu|domænet er til salg|domenet er til salgs|doména (?:je )?na prodej|eladó domain|domeniu de vânzare"
        ),
        marks=(b"parklogic", b"sedoparking", b"parkingcrew", b"bodis.com", b"dan.com", b"afternic", b"hugedomains", b"above.com", b"domainparking", b"domain_parking", b"adsense/domains", b"caf.js"),
    ),
    _Notice(
        reason=Reason.REDIRECT,
        name="only a way to another page",
        words=Lexicon(
            r"redirecting|being redirected|will be redirected|click here if|if you are not redirected|you are leaving|moved (?:permanently|to)|weitergeleitet|weiterleitung|redirection|redirigé|redirigiendo|redirigid|redireccionad|redirecion|reencaminh|reindirizz|doorgestuurd|doorverwezen|przekierow|yönlendiril|перенаправл|переадрес|переспрям|自动跳转|正在跳转|页面跳转|リダイレクト|移動します|이동합니다|omdirig|videresend|viderestill|uudelleenohja|přesměrov|átirány|redirecțion|ανακατεύθυνσ|إعادة توجيه|preusmjer"
        ),
    ),
    _Notice(
        reason=Reason.EMPTY_SHELL,
        name="a page that a script was to fill",
        words=Lexicon(
            r"(?:need|requires?|enable|activate|without|turn on) (?:to enable |to run |to activate )?(?:javascript|js)\b|javascript (?:is )?(?:disabled|required|nicht|muss|est|debe|deve|moet)|loading ?(?:\.\.\.|…)?$|please wait|wird geladen|lädt|bitte (?:aktivieren|warten)|chargement|veuillez (?:activer|patienter)|cargando|espere|a carregar|carregando|aguarde|caricamento|attendere|bezig met laden|wordt geladen|ładowanie|proszę czekać|yükleniyor|загрузка|подождите|завантаження|加载中|正在加载|読み込み中|로딩|불러오는 중|laddar|indlæser|laster|ladataan|načítání|betöltés|se încarcă|φόρτωση|جار التحميل|učitavanje|preparazione della stampa|finestra di stampa|print(?:ing)? (?:dialog|window)|druckansicht|window\.print|preparing (?:your |the )?print"
        ),
        marks=(
            b'id="root"', b"id=root>", b'id="app"', b"id=app>", b'id="__next"', b'id="__nuxt"', b'id="___gatsby"', b"<app-root", b'id="react-root"',
            b'id="main-app"', b'id="application"', b"skeleton", b'aria-busy="true"', b"window.print()",
        ),
    ),
)  # fmt: skip


def notices(sight: Sight) -> Iterator[Suspicion]:
    """Suspicions that a page is a notice; the heavier the clearer."""
    for notice in _NOTICES:
        suspicion = _weighed(notice, sight)
        if suspicion.weight >= _ENOUGH:
            yield suspicion


def _weighed(notice: _Notice, sight: Sight) -> Suspicion:
    """Words in titles and in the text, marks in the markup, what such a page lacks; against the sentences of a story."""
    titled = any(notice.words.search(title) for title in sight.titles)
    if not titled and len(sight.prose) > _MANY_LINES:
        return Suspicion(reason=notice.reason)
    found = notice.words.found(sight.said)
    marked = sight.shown.letters < _SMALL and any(mark in sight.start for mark in notice.marks)
    if not found and not (marked and sight.letters < _TINY and not sight.prose):
        return Suspicion(reason=notice.reason)
    evidence = [f"“{min(found, key=len)}”"] if found else []
    weight = min(len(found), 3) * 1.0 + 2 * titled + 2 * marked
    for holds, points, words in _circumstances(notice, sight):
        if holds:
            weight += points
            evidence.append(words)
    if marked:
        evidence.append("its markup")
    return Suspicion(reason=notice.reason, weight=weight, evidence=f"{notice.name}: {', '.join(evidence)}")


def _circumstances(notice: _Notice, sight: Sight) -> Iterator[tuple[bool, float, str]]:
    """What speaks for or against a notice whatever it says: (whether it is so, its weight, in words)."""
    story = [line for line in sight.prose if not notice.words.search(line[:1500].casefold())]
    head = sight.metadata.head
    yield sight.letters < _TINY, 1, f"{sight.letters} letters"
    yield sight.shown.letters < _TINY, 1, "little on the page"
    yield not sight.claim, 1, "nothing says that it is an article"
    yield "noindex" in head.first("robots").lower(), 0.5, "not for search engines"
    yield sight.leads_on, 1, "it leads on by itself"
    yield notice.reason is Reason.SOFT_404 and _has_error_class(sight), 2, "marked as an error"
    yield not sight.prose, 0.5, "no sentence"
    # What makes it an article all the same.
    yield sentences_of(story) > 2, -3, "a story"  # noqa: PLR2004
    yield len(story) > 5, -2, "a long story"  # noqa: PLR2004
    agrees = (sight.claim > 1 or sentences_of(story) > 1) and sight.agreement_without(notice.words) >= 0.5  # noqa: PLR2004
    yield agrees, -2 - (sight.claim > 1), "title and text agree"
    yield sight.letters > _SMALL, -3, "a long text"


def _has_error_class(sight: Sight) -> bool:
    marked = (*sight.tree.iter("body"), *sight.tree.iterfind(".//main"), *sight.tree.iterfind(".//main/*"))
    return any(_ERROR_CLASS.search((element.get("class") or "")[:500].lower()) for element in marked[:20])
