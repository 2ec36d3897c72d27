"""The gate: each kind of page that is no article, in several languages, and articles that look like one of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from worker.news.entry import Entry
from worker.news.errors import CopydeskError, Refused
from worker.news.reason import WORDS, Reason
from worker.news.record import Access, Reading
from worker.pipeline.ports import PageInput
from worker.reading.gate.lexicon import Lexicon
from worker.reading.pages import TrafilaturaReader

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SITE = "https://www.harbour-post.example"
URL = f"{SITE}/city/2026/03/01/ferry-returns-after-storm-4711"
TITLE = "Ferry returns after the storm"
STORY = (
    "The ferry between the two banks of the river runs again since Sunday, four months after the storm that broke its pier.",
    "About three hundred people waited on the quay when the first boat left at seven in the morning, with an hour's delay.",
    "The city paid nine million for the new pier, two million more than the council had agreed upon in the spring of last year.",
    "A baker from the north bank had to drive forty minutes to her shop all winter long, and counted the days.",
)
MENU = "".join(f"<a href='/{word.lower()}/'>{word}</a> " for word in ("City", "Sport", "Culture", "Opinion", "Weather"))
READER = TrafilaturaReader()


def paragraphs(*texts: str) -> str:
    """Paragraphs as HTML."""
    return "".join(f"<p>{text}</p>" for text in texts)


def article_head(title: str = TITLE, **more: object) -> str:
    """The head of an article: `og:type`, a time of publication and JSON-LD."""
    stated = {"@type": "NewsArticle", "headline": title, "datePublished": "2026-03-01T08:15:00+01:00", **more}
    return (
        f"<title>{title} | Harbour Post</title><meta property='og:site_name' content='Harbour Post'>"
        "<meta property='og:type' content='article'>"
        "<meta property='article:published_time' content='2026-03-01T08:15:00+01:00'>"
        f"<script type='application/ld+json'>{json.dumps(stated)}</script>"
    )


def page(body: str, *, head: str = "<title>Harbour Post</title>", lang: str = "en") -> bytes:
    """A page between a menu and a foot."""
    return (
        f"<!DOCTYPE html><html lang='{lang}'><head><meta charset='utf-8'>{head}</head><body><nav>{MENU}</nav>"
        f"<main>{body}</main><footer><a href='/about/'>About us</a> <a href='/privacy/'>Privacy</a></footer></body></html>"
    ).encode()


def read(body: bytes, *, url: str = URL, announced: Entry | None = None) -> Reading:
    """Read a page as the pipeline does."""
    given = PageInput(body=body, url=url, content_type="text/html", language="en", announced=announced)
    return READER.read(given, now=NOW)


def refusal(body: bytes, *, url: str = URL) -> Refused:
    """Why a page is refused."""
    with pytest.raises(Refused) as caught:
        read(body, url=url)
    return caught.value


WALLS = {
    "en": (
        "We and our 842 partners store information on your device, such as cookies, and process personal data for personalised ads and measurement.",
        "With your consent we may use precise location. You can withdraw your consent at any time in the privacy settings.",
    ),
    "de": (
        "Wir und unsere 212 Partner speichern Informationen auf Ihrem Gerät, etwa in Cookies, und verarbeiten personenbezogene Daten.",
        "Mit Ihrer Einwilligung zeigen wir personalisierte Werbung. Sie können sie jederzeit in den Datenschutz-Einstellungen widerrufen.",
    ),
    "fr": (
        "Avec votre accord, nos 98 partenaires et nous utilisons des cookies et traitons vos données personnelles, lues sur votre terminal.",
        "Vous pouvez refuser, paramétrer vos choix ou retirer votre consentement à tout moment. Voir notre politique de confidentialité.",
    ),
    "pt": (
        "Nós e os nossos 310 parceiros guardamos informações no seu dispositivo, como cookies, e tratamos dados pessoais.",
        "Com o seu consentimento mostramos publicidade personalizada. Pode recusar a qualquer momento na página de privacidade.",
    ),
    "pl": (
        "My i nasi zaufani partnerzy zapisujemy pliki cookies na Twoim urządzeniu i przetwarzamy dane osobowe.",
        "Za Twoją zgodą wyświetlamy spersonalizowane reklamy. Zgodę możesz wycofać w każdej chwili, patrz polityka prywatności.",
    ),
    "ja": (
        "当社とパートナーは、お使いの端末にクッキーを保存し、個人情報を広告のために利用します。",
        "同意する場合のみパーソナライズされた広告を表示します。同意はいつでも撤回できます。プライバシーポリシーをご覧ください。",
    ),
}


@pytest.mark.parametrize("lang", WALLS)
@pytest.mark.parametrize("at_the_article", [False, True], ids=["alone", "with the article's statements"])
def test_a_wall_of_consent_is_named_in_every_language(lang: str, *, at_the_article: bool) -> None:
    head = article_head() if at_the_article else "<title>Harbour Post</title>"
    found = refusal(page(f"<div class='cmp'>{paragraphs(*WALLS[lang])}<button>OK</button></div>", head=head, lang=lang))
    assert found.reason is Reason.CONSENT
    assert "consent" in found.detail


NOTICES = {
    "a challenge with a mark of its service": (
        "<title>Just a moment...</title><script>window._cf_chl_opt={cType:'managed'}</script>",
        "",
        Reason.CHALLENGE,
    ),
    "a challenge in German": (
        "<title>Einen Moment</title><meta name='robots' content='noindex'>",
        "<h1>Ihr Browser wird überprüft</h1>" + paragraphs("Bitte bestätigen Sie, dass Sie kein Roboter sind, um zur gewünschten Seite zu gelangen."),
        Reason.CHALLENGE,
    ),
    "a challenge in Spanish": (
        "<title>Verificando</title>",
        "<h1>¿Eres humano?</h1>" + paragraphs("Hemos detectado tráfico inusual desde su red. Marque la casilla para demostrar que no eres un robot."),
        Reason.CHALLENGE,
    ),
    "a proof of work": (
        "<title>Making sure you're not a bot!</title><script id='anubis_challenge'>{}</script>",
        paragraphs("Loading, please wait. The administrator of this website protects it by a proof-of-work against scrapers of all kinds."),
        Reason.CHALLENGE,
    ),
    "a soft 404": (
        "<title>Page not found - Harbour Post</title>",
        "<h1>Page not found</h1>" + paragraphs("Sorry, the page you were looking for no longer exists. Try a search or start from the front page."),
        Reason.SOFT_404,
    ),
    "a soft 404 in Dutch": (
        "<title>Niet gevonden</title>",
        "<h1>Oeps</h1>" + paragraphs("Deze pagina bestaat niet meer of is verplaatst. Kijk of het adres klopt of ga terug naar de voorpagina."),
        Reason.SOFT_404,
    ),
    "a soft 404 in Russian": (
        "<title>Ошибка 404</title>",
        "<h1>Страница не найдена</h1>" + paragraphs("Материал был удалён или никогда не публиковался. Попробуйте воспользоваться поиском по сайту."),
        Reason.SOFT_404,
    ),
    "a site that is worked on": (
        "<title>Wartungsarbeiten</title>",
        "<h1>Gleich wieder da</h1>" + paragraphs("Wegen Wartung ist unsere Seite für kurze Zeit nicht zu erreichen. Wir bitten um Ihr Verständnis und sind in Kürze wieder da."),
        Reason.MAINTENANCE,
    ),
    "a page for other countries": (
        "<title>Unavailable for legal reasons</title>",
        paragraphs("This content is not available in your region. We recognise that you visit us from a country belonging to the European Economic Area."),
        Reason.LEGAL,
    ),
    "too many requests": (
        "<title>Zbyt wiele żądań</title>",
        paragraphs("Wysłano zbyt wiele zapytań w krótkim czasie. Odczekaj minutę, zanim odświeżysz tę stronę jeszcze raz."),
        Reason.RATE_LIMITED,
    ),
    "an error of the server": (
        "<title>Error</title>",
        paragraphs("Fatal error: Uncaught exception in /srv/www/index.php on line 14. Error establishing a database connection. Please try again."),
        Reason.SERVER_ERROR,
    ),
    "a domain for sale": (
        "<title>harbour-post.example - this domain is for sale</title>",
        paragraphs("Buy this domain. The owner offers it through a broker. Related searches are shown below as sponsored listings."),
        Reason.PARKED_DOMAIN,
    ),
    "an offer of the app": (
        "<title>Harbour Post App</title><meta name='apple-itunes-app' content='app-id=1'>",
        paragraphs("Read it in the app: faster and free. Download it from the App Store or from Google Play, or continue to the browser."),
        Reason.APP_PAGE,
    ),
    "a shell for scripts": ("<title>Harbour Post</title>", "<div id=\"root\"></div>", Reason.EMPTY_SHELL),
}  # fmt: skip


@pytest.mark.parametrize(("head", "body", "reason"), NOTICES.values(), ids=list(NOTICES))
def test_a_notice_in_place_of_an_article_is_named(head: str, body: str, reason: Reason) -> None:
    assert refusal(page(body, head=head)).reason is reason


STUBS = {
    "a paywall": (
        paragraphs("The crane is back, but nobody knows for how long it will stay.")
        + "<div class='paywall'><h3>This story is for subscribers only</h3><p>Read everything for $1 a month. Cancel anytime.</p>"
        "<p>Already a subscriber? <a href='/login'>Sign in</a></p></div>",
        Reason.PAYWALL,
    ),
    "a paywall in Portuguese without a class that says so": (
        paragraphs("Ninguém sabe quem ficou com o dinheiro da ponte.")
        + "<div class='b2'><h3>Conteúdo exclusivo para assinantes</h3><p>Assine por 2,99 € por mês, sem fidelização.</p>"
        "<p>Já é assinante? <a href='/entrar'>Inicie sessão</a></p></div>",
        Reason.PAYWALL,
    ),
    "a meter that has run out": (
        (
            "<div class='meter-wall'><h2>You have no free articles this month</h2><p>Subscribe for £1 a week to continue "
            "reading, or come back when the month is over and your free articles are counted anew.</p></div>"
        ),
        Reason.PAYWALL,
    ),
    "a registration": (
        paragraphs("Trescientas cajas esperan en un sótano a que alguien las abra.")
        + "<div class='reg'><h3>Regístrate gratis para seguir leyendo</h3><p>Crea una cuenta en un minuto.</p>"
        "<form><input type='email'><input type='password'></form></div>",
        Reason.LOGIN,
    ),
    "a text that breaks off": (
        paragraphs(
            "The lamp was lit by hand for the last time on Sunday, and the keeper turned the key himself when the fog […]"
        )
        + "<p><a href='https://partner.example/1'>Read the full story at our partner</a></p>",
        Reason.TRUNCATED,
    ),
}


@pytest.mark.parametrize(("body", "reason"), STUBS.values(), ids=list(STUBS))
def test_a_stub_is_named_though_the_page_states_the_article(body: str, reason: Reason) -> None:
    assert refusal(page(f"<h1>{TITLE}</h1>{body}", head=article_head())).reason is reason


def teasers(count: int, text: str = "A line about what happened there on Monday, and who says so.") -> str:
    """Boxes of other articles."""
    return "".join(
        f"<article><h3><a href='/city/story-of-the-week-{n}'>The headline of story number {n}</a></h3><p>{text} ({n})</p></article>"
        for n in range(count)
    )


LISTS = {
    "a section": ("/sport/", "<title>Sport | Harbour Post</title>", f"<h1>Sport</h1>{teasers(9)}", Reason.INDEX_PAGE),
    "a tag with an introduction": (
        "/tag/harbour-and-ferries",
        "<title>Harbour and ferries | Harbour Post</title><meta property='og:type' content='website'>",
        f"<h1>Harbour and ferries</h1>{paragraphs(STORY[0])}{teasers(9)}",
        Reason.INDEX_PAGE,
    ),
    "results of a search": (
        "/search?q=ferry",
        "<title>ferry - search</title>",
        f"<h1>12 results</h1>{teasers(8)}",
        Reason.INDEX_PAGE,
    ),
    "a gallery": (
        "/galleries/the-parade-in-pictures-4711",
        "<title>PICTURES: the parade</title>",
        "<h1>PICTURES: the parade</h1><p>1 / 24</p>" + "".join(f"<img src='/i/{n}.jpg' width='600'>" for n in range(14)),
        Reason.GALLERY,
    ),
    "a film": (
        "/videos/2026/03/01/watch-the-ferry-return-4711",
        "<title>Watch: the ferry returns</title>",
        "<h1>Watch: the ferry returns</h1><div class='video-player'><video src='/v.mp4'></video></div>",
        Reason.PLAYER,
    ),
    "rules of the site": (
        "/datenschutz/",
        "<title>Datenschutzerklärung | Hafenpost</title>",
        "<h1>Datenschutzerklärung</h1>" + paragraphs(*WALLS["de"], *WALLS["de"]),
        Reason.POLICY_PAGE,
    ),
    "what the outlet says of itself": (
        "/about-us",
        "<title>About us - Harbour Post</title>",
        "<h1>About us</h1>" + paragraphs("The Harbour Post has been printed on the north bank since 1911, and is owned by its readers."),
        Reason.ABOUT_PAGE,
    ),
    "an offer": (
        "/abonnement",
        "<title>Abonnement | Hafenpost</title>",
        "<h1>Abonnement</h1>" + paragraphs("Digital lesen für 6,90 € im Monat, jederzeit kündbar. Mit der gedruckten Zeitung 39 € im Monat."),
        Reason.OFFER,
    ),
    "readers' comments": (
        "/forum/4711",
        "<title>Comments: Ferry returns</title>",
        "<h1>Comments: Ferry returns</h1>"
        + "".join(f"<div class='comment'><b>reader{n}</b><p>I have waited {n} months for this boat, and it was worth it.</p></div>" for n in range(5)),
        Reason.COMMENTS_PAGE,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("path", "head", "body", "reason"), LISTS.values(), ids=list(LISTS))
def test_a_page_about_other_pages_is_named(path: str, head: str, body: str, reason: Reason) -> None:
    assert refusal(page(body, head=head), url=SITE + path).reason is reason


def test_a_home_page_that_answers_for_an_article_is_no_article() -> None:
    head = (
        f"<title>Harbour Post</title><link rel='canonical' href='{SITE}/'><meta property='og:type' content='website'>"
    )
    assert refusal(page(teasers(12), head=head)).reason is Reason.INDEX_PAGE


BANNER = f"<div id='cmp' class='cmp'>{paragraphs(*WALLS['en'])}<button>Accept all</button></div>"
ABOUT_COOKIES = (
    "Two in three town halls store cookies before anybody has given consent, a study of thirty-one of them says.",
    "The students opened each of the pages and wrote down what was stored before they clicked. The law wants refusing to be easy.",
    "The commissioner for data protection has asked for the results; three town halls have promised to change their pages.",
)
ARTICLES = {
    "a flash of ninety letters": (
        article_head("Bridge closed after accident"),
        "<h1>Bridge closed after accident</h1>" + paragraphs("The bridge between the two banks is closed in both directions after an accident with a lorry."),
    ),
    "an article behind a banner": (article_head(), f"{BANNER}<h1>{TITLE}</h1>{paragraphs(*STORY)}"),
    "a flash behind a banner": (
        article_head("Bridge closed after accident"),
        f"<article><h1>Bridge closed after accident</h1>{paragraphs('The bridge between the two banks is closed in both directions after an accident with a lorry.')}</article>{BANNER}",
    ),
    "an article about cookies": (
        article_head("Town halls fail at the rules for cookies"),
        f"<h1>Town halls fail at the rules for cookies</h1>{paragraphs(*ABOUT_COOKIES)}",
    ),
    "an article about missing pages": (
        article_head("“Page not found”: museum shows the lost web"),
        "<h1>“Page not found”: museum shows the lost web</h1>"
        + paragraphs(
            "Error 404, this page no longer exists: what annoys elsewhere hangs framed on the wall of the museum from Sunday on.",
            "The curator has collected the last words of eighty pages of clubs and guest books that are gone for good.",
            "Next to each of them hangs what could be read there before. The show of the lost web is open until May.",
        ),
    ),
    "an article with a form to comment": (
        article_head(),
        f"<h1>{TITLE}</h1>{paragraphs(*STORY[:3])}<div><p>Log in or register to comment.</p><form><input type='password'></form></div>",
    ),
    "a preview of several sentences": (
        article_head(isAccessibleForFree=False),
        f"<h1>{TITLE}</h1>{paragraphs(*STORY)}<div class='paywall'><h3>Keep reading</h3><p>$1 for 3 months. Cancel anytime.</p></div>",
    ),
    "a roundup of links": (
        article_head("The week in five stories of the harbour"),
        "<h1>The week in five stories of the harbour</h1>"
        + "".join(f"<h2><a href='/city/story-of-the-week-{n}'>Story number {n}</a></h2><p>{text}</p>" for n, text in enumerate(STORY)),
    ),
    "an article that states nothing": (
        f"<title>{TITLE}</title>",
        f"<h1>{TITLE}</h1><p>1 March 2026</p>{paragraphs(*STORY)}",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("head", "body"), ARTICLES.values(), ids=list(ARTICLES))
def test_what_only_looks_like_a_wall_is_stored(head: str, body: str) -> None:
    assert read(page(body, head=head)).text


TEASER = "The ferry between the two banks of the river runs again since Sunday."
# A language that the gate has no words of: it must see by structure alone.
STRANGE = "Lorem dolor tempor magna aliqua quis nostrud ullamco laboris nisi ut ex."
WITHOUT_WORDS = {
    "a box with buttons beside the description": (
        article_head(description=TEASER, isAccessibleForFree=False),
        f"<article><p>{TEASER}</p><section class='xy'><p>{STRANGE}</p><a href='/login'>Magna</a><button>Dolor</button></section></article>",
    ),
    "a text whose address speaks of something else": (
        "<title>Lorem dolor</title>",
        paragraphs(STRANGE, "Magna aliqua quis nostrud tempor lorem ullamco dolor."),
    ),
}


@pytest.mark.parametrize(("head", "body"), WITHOUT_WORDS.values(), ids=WITHOUT_WORDS)
def test_what_stands_in_for_an_article_is_refused_without_a_word_that_is_known(head: str, body: str) -> None:
    assert refusal(page(body, head=head)).reason in {Reason.PAYWALL, Reason.NO_TEXT}


BESIDE_A_REPORT = {
    "an offer": "<div><p>Become a member for £5 a month.</p><a class='btn' href='/membership'>Join us</a></div>",
    "a newsletter": "<div><p>The stories that matter, each morning.</p><form action='/newsletter'><input type=email><button>Sign up</button></form></div>",
    "a login for comments": "<div><p>Log in to comment on this.</p><a class='button' href='/login'>Log in</a></div>",
    "tools": "<div><button>Share</button><button>Print</button><button>Save</button></div>",
    "ways to an app": "<div><p>Get our app.</p><a href='https://apps.apple.com/app/id1'>App Store</a></div>",
}


@pytest.mark.parametrize("box", BESIDE_A_REPORT.values(), ids=BESIDE_A_REPORT)
def test_a_box_beside_a_short_report_does_not_make_it_a_wall(box: str) -> None:
    assert read(page(f"<article><h1>{TITLE}</h1>{paragraphs(*STORY[:2])}</article>{box}", head=article_head())).text


def test_few_letters_are_a_report_where_each_says_much() -> None:
    head = "<title>川の渡し船が再開</title><meta property='og:type' content='article'><meta property='article:published_time' content='2026-03-01'>"
    body = "<article><p>川の渡し船が１日朝、嵐から四か月ぶりに再開し、岸壁では約三百人が始発を待った。市によると事故はない。</p></article>"
    assert read(page(body, head=head, lang="ja")).text


def test_a_preview_says_so_and_names_its_access() -> None:
    head, body = ARTICLES["a preview of several sentences"]
    reading = read(page(body, head=head))
    assert reading.access.value is Access.PAYWALLED
    assert "a preview" in reading.extraction.warnings


def test_a_wall_that_agrees_with_its_own_heading_is_named() -> None:
    body = f"<div class='consent-box'><h1>Vos données et vos choix de cookies</h1>{paragraphs(*WALLS['fr'])}<button>OK</button></div>"
    assert refusal(page(body, lang="fr")).reason is Reason.CONSENT


METERS = {
    "that still runs": ("<div class='meter-message'><p>You have read two of your five free articles this month.</p></div>", ()),
    "that has run out": ("<div class='meter-wall'><h3>Keep reading</h3><p>Subscribe for $1 a week.</p></div>", ("a preview",)),
}  # fmt: skip


@pytest.mark.parametrize(("box", "warnings"), METERS.values(), ids=list(METERS))
def test_a_metered_article_is_whole_until_the_meter_has_run_out(box: str, warnings: tuple[str, ...]) -> None:
    head = article_head() + "<meta property='article:content_tier' content='metered'>"
    reading = read(page(f"<h1>{TITLE}</h1>{paragraphs(*STORY)}{box}", head=head))
    assert reading.access.value is Access.METERED
    assert reading.extraction.warnings == warnings


def test_a_whole_article_is_no_preview() -> None:
    assert read(page(f"<h1>{TITLE}</h1>{paragraphs(*STORY)}", head=article_head())).extraction.warnings == ()


FED = Entry(
    title=TITLE, content="\n".join(STORY), authors=("Ana Silva",), published_at=datetime(2026, 2, 28, tzinfo=UTC)
)
REFUSED = {
    **{f"wall in {lang}": page(paragraphs(*said)) for lang, said in WALLS.items()},
    **{name: page(body, head=head) for name, (head, body, _) in NOTICES.items()},
    **{name: page(f"<h1>{TITLE}</h1>{body}", head=article_head()) for name, (body, _) in STUBS.items()},
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=list(REFUSED))
def test_the_feed_stands_in_for_every_kind_of_page_that_is_no_article(body: bytes) -> None:
    reading = read(body, announced=FED)
    assert (reading.extraction.engine, reading.text) == ("feed", "\n".join(STORY))
    assert reading.title == TITLE
    assert any(warning.startswith("the page: ") for warning in reading.extraction.warnings)


def test_a_teaser_in_the_feed_does_not_stand_in_for_a_page() -> None:
    teaser = Entry(title=TITLE, content=STORY[0], summary=STORY[0])
    body = page(paragraphs(*WALLS["en"]))
    assert READER.policy.shortest_text < len(STORY[0])
    with pytest.raises(CopydeskError):
        read(body, announced=teaser)


def test_what_a_foreign_page_says_of_itself_is_not_believed() -> None:
    head = "<title>Page not found</title><meta name='author' content='The Webmaster'><meta name='description' content='An error.'>"
    body = "<h1>Page not found</h1>" + paragraphs(
        "Sorry, the page you were looking for no longer exists. Try a search or the front page."
    )
    reading = read(page(body, head=head), announced=FED)
    assert (reading.title, reading.authors, reading.summary) == (TITLE, ("Ana Silva",), "")
    assert reading.published_at == FED.published_at
    assert set(reading.extraction.sources.values()) == {"feed"}


def test_what_a_stub_states_of_its_article_is_believed() -> None:
    stub, _ = STUBS["a paywall"]
    head = article_head(isAccessibleForFree=False, author={"@type": "Person", "name": "Rui Costa"})
    reading = read(page(f"<h1>{TITLE}</h1>{stub}", head=head), announced=FED)
    assert reading.extraction.engine == "feed"
    assert reading.authors == ("Rui Costa",)
    assert reading.access.value is Access.PAYWALLED


def test_the_body_in_json_ld_is_read_where_a_wall_stands_before_the_article() -> None:
    head = article_head(articleBody="\n".join(STORY))
    reading = read(page(paragraphs(*WALLS["en"]), head=head))
    assert (reading.extraction.engine, reading.text) == ("json-ld", "\n".join(STORY))


def test_every_reason_of_the_gate_has_its_words() -> None:
    cases: list[tuple[object, ...]] = [*NOTICES.values(), *STUBS.values(), *LISTS.values()]
    named = [case[-1] for case in cases if isinstance(case[-1], Reason)]
    assert len(named) == len(cases)
    assert all(WORDS[reason] for reason in named)


def test_words_are_found_where_words_begin_and_anywhere_in_scripts_without_blanks() -> None:
    lexicon = Lexicon(r"(?:art|page) gone|cookie|页面不存在")
    assert lexicon.search("this page gone") == "page gone"
    assert lexicon.search("start gone") == ""
    assert lexicon.found("您的页面不存在, cookie") == {"页面不存在", "cookie"}
    assert lexicon.without("a cookie here").split() == ["a", "here"]


def test_a_hostile_page_passes_the_gate_in_linear_time() -> None:
    many = "<div class='paywall'>$1 a month <a href='/x'>" * 200 + "<p>subscribe to read. " * 8000
    with pytest.raises(CopydeskError):
        read(
            page(many + "page not found " * 20_000, head="<title>" + "page " * 50_000 + "</title>"), url=f"{SITE}/tag/a"
        )
