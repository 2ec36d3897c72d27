"""What walls and notices say, in the languages of the catalog: patterns for lower-case text, none of which judges alone."""

from __future__ import annotations

import re

from worker.reading.gate.lexicon import Lexicon

# What a request for consent speaks of; a wall speaks of many of these at once, and hardly of anything else.
CONSENT_TOPICS: dict[str, Lexicon] = {
    name: Lexicon(pattern)
    for name, pattern in {
        "cookies": r"cookie|kuki|çerez|ciasteczk|куки|クッキー|쿠키|كوكي|تعريف الارتباط|sütik|eväste|informasjonskaps|vafrakök|küpsi|sīkdat|slapuk|piškot|kolačić|бисквитк|עוגי",
        "partners": r"partner|vendor|third.part|drittanb|dritten|(?:advertentie|werbe|technologie)partner|\btiers\b|terceros|terceiros|parceiros|socios|terze parti|\bderden\b|партн[её]р|iş ortak|üçüncü taraf|合作伙伴|第三方|パートナー|第三者|파트너|제3자|شركا|συνεργάτ|tredjepart|leverandør|leverantör|kumppan|dodavatel|parteneri|terți|שותפ",
        "personal data": r"personal (?:data|information)|personenbezogen|ihre daten|données (?:à caractère )?personnelles|vos données|datos personales|tus datos|dados pessoais|dati personali|persoonsgegevens|gegevens zoals|dan(?:e|ych) osobow|kişisel veri|个人(?:信息|数据)|個人(?:情報|データ)|개인정보|персональн|персоналн|osobní(?:ch)? údaj|személyes adat|date(?:le)? (?:cu caracter )?personal|personuppgift|personoplysning|personopplysning|henkilötieto|προσωπικ|بيانات|lični podac|osobn(?:i|e) podat|נתונים אישיים",
        "consent": r"consent|einwillig|zustimm|einverstanden|consentement|votre accord|consentimi?ento|consenso|toestemming|zgod|\bonay|rızanız|同意|동의|соглас|згод|souhlas|súhlas|hozzájárul|consimț|acordul|samtyck|samtykke|suostumu|συγκατάθεσ|συναιν|موافق|sutik|nõusolek|piekriš|сагласн|suglasn|saglasn|soglas|съглас|הסכמ",
        "device": r"(?:your|a) device|device scanning|device characteristics|(?:ihrem|einem|dem) (?:end)?gerät|(?:votre|un) (?:terminal|appareil)|(?:tu|su|un|el) dispositivo|(?:seu|num|um|no) dispositivo|(?:tuo|sul|un|suo) dispositivo|(?:je|uw|een) apparaat|urządzeni|cihaz|设备|デバイス|端末|기기|устройств|пристро|din enhet|din enhed|enheten din|zařízení|zariaden|eszköz|dispozitiv|συσκευή|جهاز|laite|uređaj|naprav",
        "advertising": r"personali[sz]ed (?:ads|advert|content)|personalisiert|zugeschnitten|anzeigen und inhalte|publicités? (?:et (?:du )?contenus? )?personnalis|publicidad(?: y contenidos?)? personaliz|publicidade(?: e conteúdos?)? personaliz|(?:pubblicità|contenuti|annunci) (?:e contenuti )?personalizzat|gepersonaliseerd|advertenties|spersonalizowan|kişiselleştir|个性化|パーソナライズ|맞춤|персонализ|персоналіз|anpassad|tilpasse|tilpass|kohdenn|személyre szab|personalizat|εξατομικευμ|مخصص|přizpůsob|prispôsob|profil|werbung|reklam|广告|広告|광고|реклам",
        "measuring": r"measurement|audience|gemessen|messung|mesure d|medición|medir|conocer la audiencia|medição|misurazione|te meten|meten\b|pomiar|mierzy|ölçü|测量|測定|測る|측정|измер|вимір|mätning|mäta|måle?(?:ing|r)|mittaa|mérés|măsur|μέτρηση|قياس|měřen|meran",
        "choice": r"(?:accept|reject|agree|allow|decline) all|accept and|manage (?:options|preferences|settings|choices)|more options|alle akzeptieren|akzeptieren|ablehnen|einstellungen|tout (?:accepter|refuser)|accepter|refuser|paramétrer|continuer sans|aceptar|rechazar|gestionar|aceitar|rejeitar|recusar|concordo|mais opções|accett[ao]|rifiut|personalizza|akkoord|weiger|instellen|akceptuj|odrzu|przejdź do serwisu|tümünü|kabul|reddet|接受|拒绝|同意する|拒否|許可|모두|принять|отклонить|настро|прийняти|відхилити|godkänn|avvisa|accepter|afvis|godta|avslå|hyväks|elfogad|elutasít|přijmout|odmítnout|nastavení|prijať|αποδοχή|απόρριψη|قبول|رفض|acceptă|refuză|prihvati|odbij",
        "withdrawal": r"at any time|jederzeit|à tout moment|(?:en|de) cualquier momento|a qualquer (?:momento|altura)|in (?:qualsiasi|ogni) momento|quando vuoi|(?:op elk|altijd) (?:moment|te wijzigen)|altijd te wijzigen|w (?:każdej chwili|dowolnym momencie)|istediğiniz zaman|dilediğiniz zaman|随时|隨時|いつでも|언제든지|в любо(?:е время|й момент)|будь-який|kdykoli|kedykoľvek|bármikor|oricând|när som helst|når som helst|milloin tahansa|ανά πάσα στιγμή|في أي وقت|u svakom trenutku|withdraw|widerruf|wycofa|revocar|revogar|revocare",
        "policy": r"privacy (?:policy|notice|statement|settings|cent)|your privacy|datenschutz|confidentialité|vie privée|política de (?:privaci|cookies)|privacidad|privacidade|informativa|privacy ?gate|privacybeleid|cookiebeleid|politykę? prywatn|prywatnoś|rodo\b|2016/679|gizlilik|kvkk|隐私|プライバシー|개인정보 ?처리|конфиденциальн|конфіденційн|integritet|privatliv|personvern|tietosuoja|adatvéd|ochran|απορρήτ|خصوصية|confidențialit|privatnost",
        "paying instead": r"(?:ohne|mit|ganz ohne) (?:werbung|tracking|werbetracking)|\bpur[- ]?abo|werbefrei|(?:without|no) (?:ads|tracking|advert)|ad-?free|consent or pay|pay or|sans (?:publicité|cookies|traceurs)|sin (?:publicidad|anuncios)|rechaza(?:r)? y suscr|sem publicidade|senza pubblicità|rifiuta e abbonati|abbonati a|zonder (?:advertenties|tracking|reclame)|bez reklam|reklamsız|reklamfri|utan annonser|uten annonser|без реклам|広告なし|无广告|bez reklám|reklámmentes|fără reclame|χωρίς διαφημίσεις|ilman mainoksia",
        "legitimate interest": r"legitimate interest|berechtigte[ns]? interess|intérêt légitime|interés legítimo|interesse legítimo|legittimo interesse|gerechtvaardigd belang|uzasadnion|meşru menfaat|正当(?:利益|な利益)|законн(?:ый|ого) интерес|berättigat intresse|legitim interesse|oikeutettu etu|oprávněn|jogos érdek|interes legitim|έννομο συμφέρον|المصلحة المشروعة",
    }.items()
}  # fmt: skip
CONSENT_WORDS = Lexicon(
    r"cookies?|privacy|consent\w*|datenschutz\w*|zustimmung\w*|einwilligung\w*|privacidade?|consentimi?ento|confidentialité|"
    r"consentement|toestemming|prywatno\w*|çerez\w*|gizlilik|akzeptieren|willkommen|welcome|bienvenu\w*|bienvenid\w*|"
    r"bem-vind\w*|benvenut\w*|welkom|accept\w*|aceptar|aceitar"
)
CONSENT_ADDRESS = re.compile(
    r"(?:^|[./_-])(?:consent|collectconsent|cookie-?(?:wall|consent|notice)|privacy-?(?:gate|wall)|myprivacy|cmp|gdpr|pur-?abo|zustimmung)(?:[./?_-]|$)"
)

# Names of elements in which services and templates put a request for consent.
CONSENT_MARKUP = re.compile(
    r"(?:^|[\s_-])(?:consent\w*|cmp\w*|cookie\w*|gdpr|rgpd|dsgvo|rodo|privacy-?\w*|didomi\w*|onetrust\w*|sp_message\w*|usercentrics|qc-cmp\w*|"
    r"iubenda\w*|cookiebot|trustarc|truste|tcf\w*|fc-(?:consent|dialog)\w*|pur(?:-?abo)?|zustimmung\w*|toestemming\w*)(?=$|[\s_-])"
)
# An address that carries the one to which it leads back.
RETURN_ADDRESS = re.compile(r"=https?(?::|%3a)", re.IGNORECASE)

# Before a paywall. The first are the lock itself, the others the offer beside it.
LOCK = Lexicon(
    r"(?:for|available to|exclusive(?:ly)? (?:for|to)|only (?:for|available to)|content for) (?:our |paid |digital |registered )?(?:subscribers|members)|subscribers? only|members? only|subscriber.exclusive|"
    r"(?:to )?(?:continue|keep|finish) reading|read the (?:full|rest|whole)|(?:continue|rest of) (?:this|the) (?:article|story)|unlock (?:this|the|all|unlimited)|already (?:a |have a )?(?:subscriber|member|subscri|account)|if you already subscribe|free articles?(?: this month)?|articles? (?:left|remaining)|subscribe (?:now )?(?:to|for)|"
    r"weiterlesen|jetzt (?:testen|abonnieren|freischalten)|nur für abonnent|für abonnent|bereits (?:abonnent|ein konto|kunde|registriert)|haben bereits|exklusiv(?:er)? (?:inhalt|artikel|für)|diesen artikel (?:weiter)?lesen|"
    r"réservé (?:aux|à nos) abonn|déjà abonné|pour lire la suite|lire la suite|il vous reste|poursuivre (?:la|votre) lecture|suite (?:de (?:cet|l['’])|est réserv)|je m['’]abonne|abonnez-vous|débloque|"
    r"(?:exclusiv\w+|solo|contenido|artículo)[^.]{0,30}(?:para |de )?suscriptor|ya eres suscriptor|ya (?:estás suscrito|tienes cuenta)|seguir leyendo|sigue leyendo|continúa leyendo|para (?:seguir|continuar) (?:leyendo|la lectura)|suscríbete|"
    r"(?:exclusiv\w+|só|apenas|conteúdo)[^.]{0,30}(?:para |a |de )?assinante|já é assinante|continu(?:e|ar) a ler|para (?:ler|continuar)|seja assinante|torne-se assinante|assine (?:a|o|já|agora|por)|"
    r"(?:riservat\w+|esclusiv\w+|solo|contenuto)[^.]{0,30}(?:agli |per (?:gli )?)?abbonati|sei già abbonato|già abbonat|continua(?:re)? a leggere|per continuare|abbonati (?:per|a|ora|subito)|"
    r"(?:alleen|exclusief)[^.]{0,20}voor (?:abonnees|leden)|al (?:abonnee|lid)|verder lezen|lees verder|word abonnee|"
    r"(?:tylko )?dla (?:prenumeratorów|subskrybentów)|pozostało (?:jeszcze )?\d|czytaj (?:dalej|bez ograniczeń)|masz już (?:prenumeratę|konto|dostęp)|kup dostęp|wykup|dostęp na|"
    r"aboneler[ei] özel|sadece abone|okumaya devam|devamını oku|abone ol|zaten abone|"
    r"только для подписчик|для подписчиков|чтобы (?:продолжить|дочитать|прочитать)|оформи(?:те|ть) подписку|уже (?:подписаны|есть подписка)|лише для передплатників|"
    r"(?:会员|订阅|付费)(?:专享|可读|阅读|后)|继续阅读|登录后阅读|订阅后|開通|会員(?:限定|登録)|有料(?:会員|記事)|続きを(?:読|お読)|この記事は|残り\s?\d|購読|구독자 전용|계속 읽|유료 (?:회원|기사)|"
    r"för prenumeranter|bara för|läs vidare|redan prenumerant|logga in för att läsa|for abonnenter|kun for abonnenter|allerede abonnent|les videre|læs videre|vain tilaajille|jatka lukemista|tilaajille|"
    r"pouze pro předplatitele|pro předplatitele|číst dále|předplaťte|előfizető|tovább olvas|doar pentru abonați|continuă lectura|abonează|μόνο για συνδρομητές|συνεχίστε την ανάγνωση|للمشتركين|اشترك|samo za pretplatnike|za pretplatnike|למנויים"
)  # fmt: skip
PRICE = re.compile(
    r"(?:[$€£¥₺₽₴]|eur(?:os?)?|usd|chf|kr|zł|kč|ft|lei|tl)\s?\d{1,4}(?:[.,]\d{1,2})?|\d{1,4}(?:[.,]\d{1,2})?\s?(?:[$€£¥₺₽₴]|eur(?:os?)?\b|usd|chf|kr\b|zł|kč|ft\b|lei\b|tl\b|元|円|원|руб|грн)"
)
PERIOD = Lexicon(
    r"(?:per|a|an|/|every|first|for \d+|next \d+) ?(?:week|month|year|day)s?|cancel any ?time|(?:pro|im|/|ersten?|jeden) ?(?:monat|woche|jahr)|monatlich|jährlich|jederzeit kündbar|monatsabo|jahresabo|"
    r"(?:par|/|premier|le premier) ?(?:mois|an|semaine)|sans engagement|(?:al|por|/|primer|cada) ?(?:mes|año|semana)|mensual|anual|sin permanencia|(?:por|/|ao) ?(?:mês|ano|semana)|sem fidelização|mensal|"
    r"(?:al|/|primo) ?(?:mese|anno)|mensile|annuale|disdici|(?:per|/) ?(?:maand|week|jaar)|opzegbaar|miesięcznie|na \d+ dni|rocznie|aylık|yıllık|ayda|в месяц|в год|на місяць|每月|每年|包月|月額|年額|1か月|월 ?\d|"
    r"(?:per|i|/|första) ?(?:månad|år|vecka)|(?:pr\.?|/) ?måned|kuukau|měsíčně|ročně|havonta|havi|pe lună|lunar|το μήνα|شهري"
)  # fmt: skip
PAY_MARKUP = re.compile(
    r"(?:^|[\s_-])(?:paywall\w*|pay-?(?:box|wall)\w*|piano\w*|poool\w*|regwall\w*|meter(?:ed|ing)?(?:-?wall)?|subscri(?:ber|ption|be)s?-?(?:only|required|wall|offer|prompt)\w*|premium-?(?:content|blocker|wall|overlay)\w*|tp-(?:container|modal)\w*|locked\w*|gate(?:way)?-?content\w*|leaky\w*|laterpay\w*|steady\w*)"
)

# The stems of a subscription; much else is subscribed to as well.
SUBSCRIBE = Lexicon(
    r"subscri\w+|sign in|log in|abonn?\w+|jahresabo|probeabo|anmelden|assin(?:ar|ante|atura|e)s?\b|suscr[ií]\w+|abbona\w+|accedi\b|prenumer\w+|logga in|předplat\w+|előfizet\w+|подпис\w+|передплат\w+|"
    r"συνδρομ\w+|tilaa\w*|tilaaja\w*|pretplat\w+|订阅|会员|購読|会員|구독|اشتراك|מנוי"
)

# Before a login or a registration.
LOGIN = Lexicon(
    r"(?:sign|log) ?in to (?:continue|read|view|access|your)|please (?:sign|log) ?in|you (?:must|need to) (?:be logged|log|sign)|(?:forgot(?:ten)?|reset) (?:your )?password|keep me (?:signed|logged) in|create (?:a|an|your)(?: free)? account|register (?:for free|now|to (?:read|continue|keep))|sign up (?:for free|to (?:read|continue))|no account yet|"
    r"melden sie sich (?:an|bitte)|bitte (?:melden|loggen)|passwort (?:vergessen|zurücksetzen)|kostenlos registrier|jetzt registrier|registrieren sie sich|noch kein konto|angemeldet bleiben|konto (?:anlegen|erstellen)|"
    r"connectez-vous|mot de passe oublié|créez? (?:un|votre) compte|inscrivez-vous|identifiez-vous|rester connecté|pas encore (?:de compte|inscrit)|"
    r"inicia(?:r)? sesión para|¿?(?:has olvidado|olvidaste) (?:tu|la) contraseña|regístrate|crea(?:r)? (?:una|tu) cuenta|accede (?:para|con)|todavía no tienes cuenta|"
    r"inicie sessão|inici(?:ar|e) sessão para|esqueceu(?:-se)?[^.]{0,10}(?:senha|palavra-passe)|recuperar (?:senha|palavra-passe)|registe-se|cadastre-se|cri(?:e|ar) (?:uma|a sua|sua) conta|faça (?:o )?login|entre (?:com|para)|"
    r"accedi (?:per|con)|password dimenticata|registrati|crea(?:re)? un account|non hai un account|hai dimenticato la password|"
    r"log in om|inloggen om|wachtwoord vergeten|maak (?:een |gratis )?account|registreer|ik heb al een account|nog geen account|"
    r"zaloguj się,? (?:aby|żeby|by)|zapomnia(?:łeś|łaś|łem)|nie pamiętasz hasła|zarejestruj się|załóż konto|nie masz konta|"
    r"üye girişi|giriş yap(?:ın|manız)|şifremi unuttum|üye olun|hesap oluştur|kayıt ol|"
    r"войдите|забыли пароль|зарегистрируйтесь|авторизуйтесь|увійдіть|зареєструйтеся|забули пароль|"
    r"请(?:先)?登录|请登錄|忘记密码|登录后|注册(?:账号|帐号|会员)|立即注册|ログインして|ログインが必要|パスワードを忘れ|会員登録|로그인(?:이 필요|하세요|해 주세요|하시면)|비밀번호(?:를 잊| 찾기)|회원가입|"
    r"logga in för|glömt (?:ditt )?lösenord|skapa (?:ett )?konto|log ind for|glemt (?:din )?(?:adgangskode|kode)|opret (?:en )?(?:konto|bruger)|logg inn for|glemt passord|opprett (?:en )?konto|kirjaudu|unohtuiko|luo tili|"
    r"přihlaste se|zapomenuté heslo|zaregistrujte|jelentkezz|jelentkezzen|elfelejtett jelszó|regisztrál|autentifică|ai uitat parola|creează cont|συνδεθείτε|ξεχάσατε|εγγραφείτε|تسجيل الدخول|نسيت كلمة|أنشئ حساب|prijavite se|zaboravili|registrujte|registrirajte|התחבר"
)  # fmt: skip
# A text that was cut on purpose, and is to be read elsewhere.
ELSEWHERE = Lexicon(
    r"(?:read|view|see|get) (?:the )?(?:rest|full|more|whole|complete|original)|read more|continue (?:on|to|in|at|reading)|open in (?:the |our )?app|in (?:the|our) app|full (?:story|article|text)|"
    r"weiterlesen|mehr lesen|ganzen? artikel|vollständig|zum artikel|lire la suite|lire (?:l['’]article|plus)|article complet|en savoir plus|leer más|seguir leyendo|(?:artículo|noticia) complet|ler mais|leia mais|continuar a ler|(?:artigo|notícia) complet|"
    r"leggi tutto|continua a leggere|articolo completo|lees (?:verder|meer)|volledige artikel|czytaj (?:dalej|więcej|całość)|devamı|tamamını|читать (?:далее|полностью|дальше)|читати далі|阅读全文|查看全文|展开全文|全文|続きを|더 ?보기|전체 ?기사|"
    r"läs (?:mer|vidare|hela)|læs (?:mere|videre|hele)|les (?:mer|videre|hele)|lue lisää|číst (?:dále|více)|celý článek|tovább|teljes cikk|citește (?:mai|tot)|διαβάστε (?:περισσότερα|ολόκληρο)|اقرأ المزيد|pročitaj|המשך"
)  # fmt: skip
LOGIN_OR_LOCK = Lexicon(f"{LOGIN.pattern}|{LOCK.pattern}")
# How a page speaks to its reader; a report does so in quotes only.
ADDRESS = Lexicon(
    r"(?:you|your|yours|please|thank you)(?!\w)|(?:sie|ihre?[mnrs]?|ihnen|bitte|du|dein\w{0,2})(?!\w)|(?:vous|votre|vos|merci|veuillez)(?!\w)|(?:tú|tus?|te|ti|usted|ustedes|gracias)(?!\w)|"
    r"(?:você|vocês|teu|tua|obrigad[oa])(?!\w)|(?:tuo|tua|tuoi|vostr[oa]|grazie|puoi|ti)(?!\w)|(?:jij|jou|jouw|je|u|uw)(?!\w)|(?:twoj\w{0,3}|twó\w{1,3}|państw\w{1,3}|ciebie|możesz|prosimy|dziękujemy)(?!\w)|"
    r"(?:siz\w{0,5}|lütfen|teşekkür)(?!\w)|(?:вы|вам|вас|ваш\w{0,3}|пожалуйста|спасибо|ви|будь ласка)(?!\w)|(?:dig|din|ditt|dina|deg|dit|dine|dere|du|tack|takk|tak)(?!\w)|(?:sinu\w{0,4}|voit|kiitos|olet)(?!\w)|"
    r"(?:vás|vám|váš|vaš\w{1,3}|můžete|prosím|děkujeme)(?!\w)|(?:ön|önnek|kérjük|köszönjük)(?!\w)|(?:dumneavoastră|dvs|puteți|vă)(?!\w)|(?:σας|εσείς|παρακαλούμε|ευχαριστούμε)(?!\w)|"
    r"您|你|请|請|お客|ください|下さい|ご利用|ご了承|여러분|하세요|십시오|고객님|لك|يرجى|שלך|אנא|คุณ|กรุณา|आप|कृपया|(?:bạn|quý vị|vui lòng)(?!\w)|(?:anda|kamu|silakan|harap)(?!\w)|شما|لطفا"
)  # fmt: skip
