"""The main text of a page: which reading is taken, what goes from it and what comes back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lxml import etree, html
from trafilatura import bare_extraction

from worker.news.policy import Quality
from worker.reading.agreement import settle
from worker.reading.extractor import Main, main_text, readings
from worker.reading.layout import home_of, read_lines
from worker.reading.markup import parse
from worker.reading.standfirst import Known
from worker.reading.witness import Seen

PARAGRAPHS = (
    "The harbour council agreed on Tuesday to rebuild the old fish market, after eleven years of plans that nobody paid for.",
    "Work begins in the spring and takes two years; the stalls move to the northern quay until the new hall is open.",
    "“We have waited long enough for a roof that holds the rain off,” said the chair of the traders, who has sold cod there since 1988.",
    "The hall costs fourteen million, of which the region pays a third and the port the rest, out of the fees of the ferries.",
)
OTHER = (
    "Snow closed the pass above the valley for a third day, and the buses turned round at the last village before the tunnel.",
    "A choir of ninety voices opens the festival on Friday, with songs that the shepherds of the islands sang to their dogs.",
    "The old cinema shows silent films again, with a pianist who is younger than the projector and knows each of them by heart.",
    "Wolves were seen near the reservoir; the rangers ask walkers to keep their dogs on a lead until the lambs are grown.",
)
TITLE = "Council rebuilds the fish market"


def p(*lines: str) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


def page(*, inside: str = "", head: str = "", after: str = "", text: str = p(*PARAGRAPHS)) -> str:
    """A page with an article: `head` after its headline, `inside` at the end of its text, `after` behind it."""
    article = f"<header><h1>{TITLE}</h1>{head}</header><div class='story'>{text}{inside}</div>"
    return f"<html><body><main><article>{article}</article>{after}</main></body></html>"


def read(source: str, *, known: Known = Known(title=TITLE), quality: Quality = Quality.NORMAL) -> Main:  # noqa: B008
    return main_text(parse(source)[0], source, known=known, quality=quality)


def lines(main: Main) -> list[str]:
    assert main.body is not None
    return list(_lines(main.body))


def _lines(body: etree._Element) -> Iterator[str]:
    for child in body:
        inner = child if child.tag in {"list", "quote"} and len(child) else [child]
        for element in inner:
            if text := " ".join("".join(map(str, element.itertext())).split()):
                yield text


ODD_PAGES = {
    "an article": page(),
    "comments": page(after="<div class='comments'><p>I have always said so, and nobody listened to me.</p></div>"),
    "a list of comments": page(after="<ol id='commentlist'><li>First of all, this is far too dear.</li></ol>"),
    "a discussion": page(after="<section id='disqus_thread'><p>Write what you think of it, politely.</p></section>"),
    "an endless scroll": page(after=f"<div class='infinite-scroll'>{p(*OTHER)}</div>"),
    "share buttons": page(
        inside="<div class='elementor-share-buttons'><p>Share this with all of your friends</p></div>"
    ),
    "a form around all": f"<html><body><form><article>{p(*PARAGRAPHS)}</article></form></body></html>",
    "no article": "<html><body><p>Nothing.</p></body></html>",
}


@pytest.mark.parametrize("source", ODD_PAGES.values(), ids=list(ODD_PAGES))
def test_the_quick_reading_is_what_the_library_itself_reads_with_precision_and_without_fallbacks(source: str) -> None:
    quick = next(readings(parse(source)[0], source)).body
    document = bare_extraction(
        parse(source)[0], fast=True, favor_precision=True, include_comments=False, include_links=True
    )
    assert not isinstance(document, dict)
    expected = None if document is None else document.body
    assert (quick is None) == (expected is None)
    if quick is not None and expected is not None:
        assert etree.tostring(quick) == etree.tostring(expected)


def test_the_quick_reading_is_taken_when_the_second_engine_saw_no_more() -> None:
    main = read(page())
    assert main.source == "trafilatura quick"
    assert lines(main) == list(PARAGRAPHS)
    assert list(main.scores) == ["quick"]
    assert main.scores["quick"] > 0.9


SHORT = (
    f"<html><body><main><div class='story-body'>{p(*PARAGRAPHS)}</div><div>{p(*OTHER * 3)}</div></main></body></html>"
)


def test_another_reading_is_taken_when_the_quick_one_is_short_beside_the_second_engine() -> None:
    main = read(SHORT)
    assert main.scores["quick"] < 0.6
    assert main.source == "trafilatura precise"
    assert OTHER[0] in " ".join(lines(main))


def test_a_text_of_the_article_from_elsewhere_knows_better_than_a_length() -> None:
    told = "<div>" + p(*PARAGRAPHS) + "</div>"
    main = read(SHORT, known=Known(texts=(told,)))
    assert main.source == "trafilatura quick"
    assert main.scores == {"quick": 1.0}
    assert lines(main) == list(PARAGRAPHS)


def test_a_page_is_read_the_same_twice_and_its_tree_is_left_as_it_was() -> None:
    source = page(head="<p class='lead'>Eleven years after the first plan the roof comes at last.</p>")
    tree = parse(source)[0]
    before = html.tostring(tree)
    first, second = (lines(main_text(tree, source, known=Known(title=TITLE))) for _ in range(2))
    assert first == second
    assert html.tostring(tree) == before


# Titles and standfirsts


STANDFIRSTS = {
    "a class": ("<p class='lead'>{}</p>", "Elf Jahre nach dem ersten Plan bekommt der Markt endlich ein Dach.", ""),
    "a class of another language": (
        "<div class='chapo'>{}</div>",
        "Onze ans après, la halle aura enfin son toit neuf.",
        "",
    ),
    "the page's own description": (
        "<div class='x1 y2'>{}</div>",
        "Onze anos depois do primeiro plano, o mercado do peixe vai ter finalmente um telhado.",
        "Onze anos depois do primeiro plano, o mercado do peixe vai ter finalmente um telhado. Obra custa 14 milhões.",
    ),
    "a description behind the name of a place": (
        "<div class='x1 y2'>{}</div>",
        "Porto. Onze anos depois do primeiro plano, o mercado do peixe vai ter um telhado.",
        "Onze anos depois do primeiro plano, o mercado do peixe vai ter um telhado.",
    ),
}


@pytest.mark.parametrize(("form", "line", "summary"), STANDFIRSTS.values(), ids=list(STANDFIRSTS))
def test_the_standfirst_is_the_first_line(form: str, line: str, summary: str) -> None:
    main = read(page(head=form.format(line)), known=Known(title=TITLE, summary=summary))
    assert lines(main) == [line, *PARAGRAPHS]


def test_a_standfirst_that_is_marked_as_a_heading_is_a_paragraph() -> None:
    body = read(page(head="<h2 class='lead'>Eleven years after the first plan the roof comes at last.</h2>")).body
    assert body is not None
    assert [child.tag for child in body][:2] == ["p", "p"]


@pytest.mark.parametrize(
    "head",
    [
        "<p class='image-caption lead'>The old fish market in the rain, as it has been since 1951.</p>",
        "<figure><figcaption class='lead'>The old fish market in the rain, as it has been.</figcaption></figure>",
        "<p class='x'>The old fish market in the rain, as it has been since 1951.</p>",
        "<p class='lead'><a href='/other'>More about the port and what its ferries bring in each summer</a></p>",
        "<ul class='summary'><li>The stalls move to the northern quay until the hall is open</li></ul>",
    ],
)
def test_other_lines_of_a_header_are_no_standfirst(head: str) -> None:
    assert lines(read(page(head=head))) == list(PARAGRAPHS)


def test_a_standfirst_that_is_in_the_text_is_not_told_twice() -> None:
    head = f"<p class='lead'>{PARAGRAPHS[0]}</p>"
    assert lines(read(page(head=head))).count(PARAGRAPHS[0]) == 1


@pytest.mark.parametrize(
    "leading",
    [
        f"<h1>{TITLE}</h1>",
        f"<h2>{TITLE}</h2>",
        f"<h2>Port: {TITLE}</h2>",
        f"<p>{TITLE}</p>",
        "<h1>A title of its own</h1>",
    ],
)
def test_a_leading_line_that_is_the_headline_is_no_text(leading: str) -> None:
    source = f"<html><body><article>{leading}{p(*PARAGRAPHS)}</article></body></html>"
    assert lines(read(source)) == list(PARAGRAPHS)


def test_a_heading_that_shares_only_words_with_the_title_stays() -> None:
    source = f"<html><body><article><h2>The fish market</h2>{p(*PARAGRAPHS)}</article></body></html>"
    assert lines(read(source)) == ["The fish market", *PARAGRAPHS]


# What goes


def settled(source: str, *, rough: str, known: Known = Known(title=TITLE)) -> list[str]:  # noqa: B008
    tree = parse(source)[0]
    body = next(readings(tree, source)).body
    assert body is not None
    settle(body, tree, seen=Seen.by(rough, ()), known=known)
    return list(_lines(body))


def test_a_line_apart_that_only_one_reading_saw_goes() -> None:
    box = "<section class='k1'><p>Was meinen Sie dazu? Sagen Sie es allen weiter</p></section>"
    source = page(inside=box + p(OTHER[0]))
    said = "Was meinen Sie dazu? Sagen Sie es allen weiter"
    text = "\n".join((*PARAGRAPHS, OTHER[0]))
    assert said not in settled(source, rough=text)
    assert said in settled(source, rough=f"{text}\n{said}"), "both saw it"
    assert said in settled(source, rough=PARAGRAPHS[0]), "a reading that saw little of the text is not believed"


def test_a_line_among_the_paragraphs_stays_though_only_one_reading_saw_it() -> None:
    text = "\n".join((*PARAGRAPHS[:2], PARAGRAPHS[3]))
    assert settled(page(), rough=text) == list(PARAGRAPHS)


def mended(source: str, *kept: str) -> list[str]:
    """What is left of a body of these lines, all of which the second reading saw as well."""
    body = etree.fromstring(f"<body>{p(*kept)}</body>")
    settle(body, parse(source)[0], seen=Seen.by("\n".join(kept), ()), known=Known(title=TITLE))
    return list(_lines(body))


def test_lines_inside_of_a_link_go() -> None:
    line = OTHER[0][:60]
    source = page(text=f"<div class='k2'><a href='/snow'><div><p>{line}</p></div></a></div>" + p(*PARAGRAPHS))
    assert mended(source, line, *PARAGRAPHS) == list(PARAGRAPHS)
    unlinked = source.replace("<a href", "<b title").replace("</a>", "</b>")
    assert mended(unlinked, line, *PARAGRAPHS) == [line, *PARAGRAPHS]


def test_what_stands_behind_the_frame_of_the_article_goes() -> None:
    plea = "Unabhängiger Journalismus kostet Geld, und wir halten ihn offen."
    behind = f"<div class='k3'><p>{plea}</p></div>"
    assert mended(page(after=behind), *PARAGRAPHS, plea) == list(PARAGRAPHS)
    assert mended(page(inside=behind), *PARAGRAPHS, plea) == [*PARAGRAPHS, plea]


@pytest.mark.parametrize("label", ["<h3>Mehr aus der Stadt</h3>", "<p>Lire aussi :</p>"])
def test_the_label_of_a_list_that_goes_goes_with_it(label: str) -> None:
    items = "".join(f"<li>{line[:40]} mehr</li>" for line in OTHER[:2])
    words = html.fromstring(label).text
    source = page(text=p(*PARAGRAPHS[:2]) + f"{label}<ul>{items}</ul>" + p(*PARAGRAPHS[2:]))
    assert words in settled(source, rough="\n".join((*PARAGRAPHS, *(f"{line[:40]} mehr" for line in OTHER[:2]))))
    assert settled(source, rough="\n".join(PARAGRAPHS)) == list(PARAGRAPHS)


def test_an_article_beside_the_one_that_was_asked_for_goes() -> None:
    others = "".join(f"<article class='box'><p>{line}</p></article>" for line in OTHER)
    source = (
        f"<html><body><div id='primary'><article><h1>{TITLE}</h1>{p(*PARAGRAPHS)}</article>{others}</div></body></html>"
    )
    assert lines(read(source)) == list(PARAGRAPHS)


def test_an_article_inside_of_the_other_is_a_part_of_it() -> None:
    posts = "".join(
        f"<article class='post'><h2>At {hour} o'clock</h2><p>{line}</p></article>" for hour, line in enumerate(OTHER)
    )
    found = lines(read(page(inside=posts)))
    assert [line for line in found if line in OTHER] == list(OTHER)


def test_a_teaser_whose_headline_is_a_link_goes() -> None:
    teaser = f"<article class='k4'><h3><a href='/snow'>Snow closes the pass again</a></h3><p>{OTHER[0]}</p></article>"
    assert OTHER[0] not in lines(read(page(text=p(*PARAGRAPHS[:2]) + teaser + p(*PARAGRAPHS[2:]))))


@pytest.mark.parametrize(
    "line",
    [
        "Escreva ao autor para redacao@jornal.example e diga-lhe o que acha",
        "Suivez-nous sur Facebook, Instagram et YouTube pour ne rien manquer",
        "Mehr zum Hafen unter https://zeitung.example/hafen",
        "Marta Reis escreve sobre o porto e as suas gentes desde 2009",
        "Hat Ihnen das gefallen? <a href='/spenden'>Dann spenden Sie uns etwas</a>, wir danken es Ihnen sehr.",
        "<a href='/nl'>Recibe nuestro boletín</a> cada mañana con lo más importante del puerto y de la ciudad.",
        "Il vous reste 57 % de cet article à lire. La suite est réservée aux abonnés.",
        "___",
    ],
)
def test_a_last_line_that_says_good_bye_goes(line: str) -> None:
    known = Known(title=TITLE, authors=("Marta Reis",))
    assert lines(read(page(inside=p(line)), known=known)) == list(PARAGRAPHS)


def test_a_line_in_the_middle_may_name_an_address_or_the_author() -> None:
    middle = "Anyone who wants a stall writes to stalls@port.example, or to Marta Reis of the council, before the first of May."
    known = Known(title=TITLE, authors=("Marta Reis",))
    assert middle in lines(read(page(text=p(PARAGRAPHS[0], middle, *PARAGRAPHS[1:])), known=known))


@pytest.mark.parametrize(
    "line",
    [
        "Stand: 24.11.2026, 06:00 Uhr",
        "terça-feira, 24 de novembro às 0:13",
        "2026年11月24日 01時28分",
        "Von Marta Reis",
    ],
)
def test_a_first_line_of_when_and_by_whom_goes(line: str) -> None:
    known = Known(title=TITLE, authors=("Marta Reis",))
    source = f"<html><body><article>{p(line, *PARAGRAPHS)}</article></body></html>"
    assert lines(read(source, known=known)) == list(PARAGRAPHS)


def test_a_line_that_is_nothing_but_a_headline_with_a_link_goes() -> None:
    pointer = "<strong><a href='/snow'>Snow closes the pass above the valley again</a></strong> [PICTURES]"
    assert len(lines(read(page(text=p(PARAGRAPHS[0], pointer, *PARAGRAPHS[1:]))))) == len(PARAGRAPHS)


def test_lines_that_begin_alike_and_go_on_as_links_are_pointers() -> None:
    pointers = [f"LEES OOK HIER | <a href='/{n}'>{line[:40]}</a>." for n, line in enumerate(OTHER[:2])]
    text = p(PARAGRAPHS[0], pointers[0], *PARAGRAPHS[1:3], pointers[1], PARAGRAPHS[3])
    assert lines(read(page(text=text))) == list(PARAGRAPHS)


# What comes back


def test_a_paragraph_full_of_links_comes_back_where_it_stood() -> None:
    linked = "<a href='/a'>The harbour council of the northern port</a> has <a href='/b'>paid for two earlier plans as well</a>"
    text = p(*PARAGRAPHS[:2]) + f"<p>{linked}.</p>" + p(*PARAGRAPHS[2:])
    rough = "\n".join((*PARAGRAPHS, "The harbour council of the northern port has paid for two earlier plans as well."))
    source = page(text=text)
    tree = parse(source)[0]
    body = next(readings(tree, source)).body
    assert body is not None
    for element in [found for found in body if "northern port" in "".join(map(str, found.itertext()))]:
        body.remove(element)
    settle(body, tree, seen=Seen.by(rough, ()), known=Known(title=TITLE))
    assert list(_lines(body))[2] == "The harbour council of the northern port has paid for two earlier plans as well."
    assert [ref.get("target") for ref in body.iter("ref")] == ["/a", "/b"]


def test_a_quotation_among_the_paragraphs_comes_back() -> None:
    quoted = "Not one of us believed that we would see the day when this roof is mended."
    quote = f"<div class='social-embed'><blockquote><p>{quoted}</p></blockquote></div>"
    text = p(*PARAGRAPHS[:2]) + quote + p(*PARAGRAPHS[2:])
    assert lines(read(page(text=text))) == [*PARAGRAPHS[:2], quoted, *PARAGRAPHS[2:]]


def test_an_end_that_was_lost_comes_back_and_a_last_label_does_not() -> None:
    def kept(end: tuple[str, ...]) -> list[str]:
        source = page(text=p(*PARAGRAPHS, *end))
        tree = parse(source)[0]
        body = etree.fromstring(f"<body>{p(*PARAGRAPHS)}</body>")
        settle(body, tree, seen=Seen.by("\n".join((*PARAGRAPHS, *end)), ()), known=Known(title=TITLE))
        return list(_lines(body))

    assert kept(OTHER) == [*PARAGRAPHS, *OTHER]
    assert kept(("Comments that are impolite are not shown, says the editor.",)) == list(PARAGRAPHS)


def test_fast_takes_the_reading_as_it_is() -> None:
    source = page(head="<p class='lead'>Eleven years after the first plan the roof comes at last.</p>")
    assert len(lines(read(source))) == len(PARAGRAPHS) + 1
    assert lines(read(source, quality=Quality.FAST)) == list(PARAGRAPHS)


# Where lines stand


def test_words_between_the_blocks_of_an_element_are_a_line() -> None:
    tree = parse(f"<div>{PARAGRAPHS[0]}<br>and more<p>{PARAGRAPHS[1]}</p></div>")[0]
    assert [(line.text[-8:], line.between) for line in read_lines(tree)] == [
        (f"{PARAGRAPHS[0]}and more"[-8:], True),
        (PARAGRAPHS[1][-8:], False),
    ]


def test_the_home_of_an_article_is_the_element_that_most_of_it_stands_in() -> None:
    tree = parse(f"<main><div class='a'>{p(*PARAGRAPHS)}</div><div class='b'><p>{OTHER[0][:60]}</p></div></main>")[0]
    found = read_lines(tree)
    home = home_of(found)
    assert home.parent is not None
    assert home.parent.get("class") == "a"
    assert [home.holds(line) for line in found] == [True] * 4 + [False]
