"""Keys: when two announcements are one article."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from worker.news.entry import Entry
from worker.news.identity import (
    Told,
    Witness,
    bare_key,
    believable_canonical,
    believes_guid,
    entry_keys,
    guid_key,
    guid_path_key,
    normalize_url,
    own_place,
    repeated_guids,
    same_site,
    url_key,
)

NONE: frozenset[str] = frozenset()
STORY = "https://www.example.pt/2024/05/12/governo-aprova-novo-pacote-123456"

_HOSTS = st.sampled_from(
    ["example.pt", "www.Example.PT", "m.example.pt.", "müller.de", "[::1]", "amp.www.a.b", "a..b", "é..fr", "-"]
)
_PIECES = st.sampled_from(
    [
        "/",
        "//",
        "..",
        ".",
        "%2e%2e",
        "amp",
        "/amp/",
        ".amp",
        ".html",
        "index.html",
        ";jsessionid=1",
        "a",
        "É",
        "%C3%A9",
        "%2F",
        "%",
        " ",
        "\t",
    ]
)
_PARAMETERS = st.sampled_from(
    [
        "a=1",
        "b=2",
        "utm_source=x",
        "ref=rss",
        "amp;a=1",
        "%61mp;=",
        "&",
        "=",
        "=v",
        "x",
        "%26",
        "+",
        "%20",
        "ä=%FF",
        "?",
        "#",
        "\udc80",
    ]
)
_ADDRESSES = st.builds(
    "{}{}{}/{}?{}".format,
    st.sampled_from(
        [
            "http://",
            "HTTPS://",
            "//",
            "http://u:p@",
            "https://x.cdn.ampproject.org/c/s/",
            "https://www.google.com/amp/s/",
            "",
        ]
    ),
    _HOSTS,
    st.sampled_from(["", ":80", ":443", ":8080", ":", ":99999999"]),
    st.lists(_PIECES).map("".join),
    st.lists(_PARAMETERS).map("&".join),
)
_ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(_ADDRESSES | _ANY_TEXT)
@example("//a ")
@example("http://a.pt/..amp")
@example("http://a.pt/..;jsessionid=1")
@example("http://[::1")
@example("http://a//amp//b.c/amp/amp/")
@example("https://google.com/amp/s/cdn.ampproject.org/c/s/x.y/amp/z")
def test_normalizing_again_changes_nothing_and_never_fails(url: str) -> None:
    once = normalize_url(url)
    assert normalize_url(once) == once


@given(st.permutations(["a=1", "b=2", "a=0", "x", "utm_source=y", "é=%2B"]))
def test_the_order_of_parameters_makes_no_difference(parameters: list[str]) -> None:
    assert normalize_url(f"http://a.pt/?{'&'.join(parameters)}") == "//a.pt?%C3%A9=%2B&a=0&a=1&b=2&x"


@pytest.mark.parametrize(
    "same",
    [
        "http://example.pt/news/a-b",
        "https://www.example.pt/news/a-b",
        "https://WWW.EXAMPLE.PT./news/a-b",
        "https://www2.example.pt:443/news/a-b/",
        "https://m.example.pt/news/a-b#comments",
        "https://mobile.example.pt/news/./a-b",
        "https://amp.example.pt/news/x/../a-b",
        "https://user:secret@example.pt/news//a-b",
        "https://example.pt/news/a-b/amp",
        "https://example.pt/news/a-b/amp/",
        "https://example.pt/amp/news/a-b",
        "https://example.pt/news/a-b.amp.html",
        "https://example.pt/news/a-b?amp=1",
        "https://example.pt/news/a-b/index.html",
        "https://example.pt/news/%61%2Db",
        "https://example.pt/news/a-b;jsessionid=0AF3",
        "https://example.pt/news/a-b?utm_source=rss&utm_medium=feed",
        "https://example.pt/news/a-b?ref=rss&fbclid=1&gclid=2",
        "https://example.pt/news/a-b?wt_mc=rss.ho.beitrag.rdf",
        "https://example.pt/news/a-b?maca=de-rss-de-all-1119-xml",
        "https://example.pt/news/a-b?xtor=RSS-3208&at_medium=RSS&CMP=share",
        "https://example.pt/news/a-b?source=rss-b4981c59ffa5------2",
        "https://example.pt/news/a-b?anything=rss",
        "https://example-pt.cdn.ampproject.org/c/s/example.pt/news/a-b",
        "https://www.google.com/amp/s/www.example.pt/news/a-b/amp/",
        "  https://example.pt/news/a-b\n",
    ],
)
def test_variants_of_an_address_are_one(same: str) -> None:
    assert normalize_url(same) == "//example.pt/news/a-b"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.pt/x", "https://a.pt/y"),
        ("https://a.pt/x", "https://b.a.pt/x"),
        ("https://a.pt/x", "https://a.pt/X"),
        ("https://a.pt/x", "https://a.pt:8080/x"),
        ("https://a.pt/a%2Fb", "https://a.pt/a/b"),
        ("https://a.pt/x?id=1", "https://a.pt/x?id=2"),
        ("https://a.pt/x?pk_no=1412361", "https://a.pt/x"),
        ("https://a.pt/x?ref=article-77", "https://a.pt/x"),
        ("https://a.pt/x?source=feedback", "https://a.pt/x"),
        ("https://a.pt/x?tag=rss", "https://a.pt/x"),
        ("https://a.pt/x?q=a%26b", "https://a.pt/x?q=a&b"),
        ("https://a.pt/x?12", "https://a.pt/x?13"),
    ],
)
def test_different_pages_stay_apart(one: str, other: str) -> None:
    assert normalize_url(one) != normalize_url(other)


def test_a_host_is_one_in_both_scripts() -> None:
    assert normalize_url("https://www.Müller.de/é") == normalize_url("http://xn--mller-kva.de/%c3%a9")


def test_an_address_of_numbers_keeps_its_brackets() -> None:
    assert normalize_url("http://[2001:DB8::1]:8080/a") == "//[2001:db8::1]:8080/a"


def test_a_cache_with_no_address_in_it_stays() -> None:
    assert normalize_url("https://cdn.ampproject.org/c/s/:a/b") == "//cdn.ampproject.org/c/s/:a/b"


@pytest.mark.parametrize(
    "text", ["", "tag:example.pt,2024:1", "http://", "http://[x", "https://a b/", "http://é..fr/", "http://a:x/"]
)
def test_what_is_no_address_comes_back(text: str) -> None:
    assert normalize_url(f" {text} ") == text


def test_keys_are_equal_by_hash_and_sort_by_it() -> None:
    a, b = url_key("http://a.pt/x", Witness.FEED), url_key("https://www.a.pt/x/", Witness.FINAL)
    assert a == b
    assert len(a.hash) == 16
    several = [url_key(f"https://a.pt/{n}", Witness.FEED) for n in range(9)]
    assert [key.hash for key in sorted(several)] == sorted(key.hash for key in several)


def test_a_guid_means_something_only_within_its_outlet() -> None:
    assert guid_key("a", "12345") != guid_key("b", "12345")
    assert guid_key("a", "b\nc") != guid_key("a\nb", "c")


def test_an_entry_has_its_address_and_its_guid_as_keys() -> None:
    entry = Entry(url=STORY, guid="urn:uuid:1f2e")
    found = entry_keys("o", "f", entry, NONE)
    assert set(found) == {url_key(STORY, Witness.FEED), guid_key("o", "urn:uuid:1f2e")}
    assert list(found) == sorted(found)


@pytest.mark.parametrize("guid", [None, "", "  ", "abc", "1234", "null", "undefined", " None "])
def test_a_trivial_guid_is_no_key(guid: str | None) -> None:
    assert entry_keys("o", "f", Entry(url=STORY, guid=guid), NONE) == (url_key(STORY, Witness.FEED),)


def test_the_same_guid_on_two_entries_is_no_key() -> None:
    entries = [Entry(url=f"https://a.pt/{n}", guid="the-feed") for n in range(3)]
    repeated = repeated_guids(entries)
    assert repeated == {"the-feed"}
    assert all(len(entry_keys("o", "f", entry, repeated)) == 1 for entry in entries)


def test_a_guid_that_stands_twice_with_one_address_is_a_key() -> None:
    entries = [
        Entry(url="https://a.pt/x?utm_source=rss", guid="one-story"),
        Entry(url="http://a.pt/x", guid="one-story"),
        Entry(url="http://a.pt/y"),
    ]
    assert repeated_guids(entries) == NONE


def test_a_guid_with_and_without_an_address_is_repeated() -> None:
    assert repeated_guids([Entry(url=STORY, guid="story"), Entry(guid="story")]) == {"story"}


def test_a_guid_that_is_the_address_keeps_the_feed_as_witness() -> None:
    found = entry_keys("o", "f", Entry(url=STORY, guid=STORY.replace("https", "http")), NONE)
    assert {key.witness for key in found if key == url_key(STORY, Witness.FEED)} == {Witness.FEED}
    assert len(found) == 2


def test_a_guid_with_another_address_of_the_site_is_an_alias() -> None:
    found = entry_keys("o", "f", Entry(url=STORY, guid="http://example.pt/?p=4462958"), NONE)
    alias = url_key("https://example.pt/?p=4462958", Witness.GUID)
    assert [key.witness for key in found if key == alias] == [Witness.GUID]
    assert Witness.GUID_PATH in {key.witness for key in found}
    assert len(found) == 4


def test_a_guid_with_an_address_of_another_site_is_no_address_of_the_article() -> None:
    guid = "https://feeds.example.org/item/884422"
    assert set(entry_keys("o", "f", Entry(url=STORY, guid=guid), NONE)) == {
        url_key(STORY, Witness.FEED),
        guid_key("o", guid),
        guid_path_key("o", guid),
    }


@pytest.mark.parametrize(
    "guid", ["https://example.pt/", "https://www.example.pt", "https://example.pt/2024", "https://example.pt/politica"]
)
def test_a_guid_that_is_a_home_page_or_a_section_is_no_key(guid: str) -> None:
    assert entry_keys("o", "f", Entry(url=STORY, guid=guid), NONE) == (url_key(STORY, Witness.FEED),)


def test_entries_without_an_address_stay_apart_unless_all_they_have_is_the_same() -> None:
    one, same, other = Entry(guid="same", title="A"), Entry(guid="same", title="A"), Entry(guid="same", title="B")
    assert entry_keys("o", "f", one, NONE) == entry_keys("o", "f", same, NONE)
    assert entry_keys("o", "f", one, NONE) != entry_keys("o", "f", other, NONE)
    assert entry_keys("o", "f", one, NONE) != entry_keys("o", "g", one, NONE)
    assert bare_key("f", Entry(title="a", summary="b")) != bare_key("f", Entry(title="ab"))


@given(_ANY_TEXT, _ANY_TEXT, _ADDRESSES | st.none())
def test_every_entry_has_keys_sorted_and_unique(guid: str, title: str, url: str | None) -> None:
    found = entry_keys("o", "f", Entry(url=url, guid=guid, title=title), NONE)
    hashes = [key.hash for key in found]
    assert found
    assert hashes == sorted(set(hashes))


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("https://www.a.pt/x", "http://m.a.pt/y", True),
        ("https://desporto.a.pt/x", "https://a.pt/", True),
        ("https://a.pt/", "https://desporto.a.pt/x", True),
        ("https://a.pt/", "https://aa.pt/", False),
        ("https://a.blog.pt/", "https://b.blog.pt/", False),
        ("no address", "https://a.pt/", False),
        ("https://a.pt/", "http://[x", False),
        ("http://[x", "http://[x", False),
    ],
)
def test_one_site_is_one_host_or_a_part_of_it(a: str, b: str, same: bool) -> None:
    assert same_site(a, b) is same


@pytest.mark.parametrize(
    "canonical",
    [
        STORY,
        "http://example.pt/outra-seccao/o-mesmo-artigo",
        "https://example.pt/articles/c4gx5r0p1d2o",
        "https://example.pt/?p=123",
        "https://desporto.example.pt/123456",
    ],
)
def test_an_address_of_an_article_on_the_site_is_believed(canonical: str) -> None:
    assert believable_canonical(canonical, final=STORY) == canonical


@pytest.mark.parametrize(
    "canonical",
    [
        None,
        "",
        "/2024/05/12/relative",
        "https://other.pt/2024/05/12/governo-aprova-novo-pacote-123456",
        "https://www.example.pt/",
        "https://www.example.pt/?utm_source=x",
        "https://www.example.pt/2024/05",
        "https://www.example.pt/politica",
        "https://[example",
    ],
)
def test_a_home_page_a_section_or_another_site_is_no_canonical_address(canonical: str | None) -> None:
    assert believable_canonical(canonical, final=STORY) is None


def test_a_plain_path_may_name_another_plain_path_but_not_the_one_above() -> None:
    assert believable_canonical("https://a.pt/culture/x", final="https://a.pt/arts/x") == "https://a.pt/culture/x"
    assert believable_canonical("https://a.pt/arts", final="https://a.pt/arts/x") is None
    assert (
        believable_canonical("https://a.pt/arts?page=all", final="https://a.pt/arts/x") == "https://a.pt/arts?page=all"
    )


def test_the_first_page_of_an_article_in_parts_is_its_canonical_address() -> None:
    assert believable_canonical(STORY, final=STORY + "/page/2") == STORY


@pytest.mark.parametrize(
    "canonical",
    [
        "https://example.pt/2024/05/12/chuva-forte-no-norte-do-pais-123457",
        "https://example.pt/2024/05/11/chuva-forte-no-norte-do-pais",
        "https://example.pt/2024/04/chuva-forte-no-norte",
    ],
)
def test_another_article_with_an_id_or_a_date_of_its_own_is_no_canonical_address(canonical: str) -> None:
    assert believable_canonical(canonical, final=STORY) is None


@pytest.mark.parametrize(
    "canonical",
    [
        "https://example.pt/2024/05/12/chuva-forte-no-norte-do-pais-123456",
        "https://example.pt/2024/05/12/chuva-forte-no-norte-do-pais",
        "https://example.pt/2024/05/13/governo-aprova-pacote-novo",
        "https://example.pt/print/987654",
    ],
)
def test_an_edited_slug_or_a_plain_number_may_be_the_canonical_address(canonical: str) -> None:
    assert believable_canonical(canonical, final=STORY) == canonical


@pytest.mark.parametrize(
    ("address", "announced"),
    [
        (STORY, "https://short.example/AbC"),
        ("https://desporto.example.pt/123456", "https://short.example/AbC"),
        ("https://example.pt/story", "https://example.pt/old-story"),
        ("https://other.example/story", "https://other.example/old"),
        (STORY, STORY.replace("https", "http")),
        ("https://example.pt/123456", "https://example.pt/123456/any-slug-at-all"),
    ],
)
def test_a_redirect_within_the_site_leads_to_a_place_of_the_article(address: str, announced: str) -> None:
    assert own_place(address, announced=announced, homepage="https://www.example.pt/")


@pytest.mark.parametrize(
    "address",
    [
        "https://example.pt/",
        "https://example.pt",
        "https://example.pt/?utm_source=x",
        "https://example.pt/politica",
        "https://example.pt/2024/05",
        "https://example.pt/login?next=/2024/05/12/governo-aprova-novo-pacote-123456",
        "https://example.pt/accounts/sign-in/",
        "https://example.pt/404.html",
        "https://consent.other.example/collect?session=12345",
        "https://other.example/2024/05/12/governo-aprova-novo-pacote-123456",
        "no address",
    ],
)
def test_a_home_page_a_section_a_door_or_another_site_is_nobodys_own_place(address: str) -> None:
    assert not own_place(address, announced=STORY, homepage="https://www.example.pt/")


@pytest.mark.parametrize("door", ["login", "consent", "404", "error.html"])
def test_a_door_is_no_place_after_a_short_address_either(door: str) -> None:
    assert not own_place(f"https://example.pt/{door}", announced="https://short.example/AbC", homepage=STORY)


TITLE = "Governo aprova novo pacote"


@pytest.mark.parametrize(
    ("url", "title", "known"),
    [
        ("https://a.pt/x", TITLE, Told(TITLE, "https://a.pt/y")),
        ("https://a.pt/x", f"{TITLE} hoje", Told(TITLE, None)),
        ("https://a.pt/123456/new-words", "Something else", Told(TITLE, "https://a.pt/123456/old-words")),
        ("https://a.pt/n?id=123456", "Something else", Told(TITLE, "https://a.pt/old?id=123456")),
        ("https://a.pt/economia/pacote-para-todos", "", Told(TITLE, "https://a.pt/politica/pacote-para-todos")),
        ("https://a.pt/p/pacote-para-todos", "", Told(TITLE, "https://a.pt/p/pacote-para-muitos-e-todos")),
        ("https://a.pt/novo", "Something else", Told(TITLE, "https://a.pt/guid-with-words-of-it")),
    ],
)
def test_a_guid_is_believed_when_title_or_address_agrees(url: str, title: str, known: Told) -> None:
    entry = Entry(url=url, guid="https://a.pt/guid-with-words-of-it", title=title)
    assert believes_guid(entry, [Told("Weather", None), known])


@pytest.mark.parametrize(
    ("url", "title", "known"),
    [
        ("https://a.pt/x", "Something else", Told(TITLE, "https://a.pt/y")),
        ("https://a.pt/x", "", Told("", "https://a.pt/y")),
        (
            "https://a.pt/2024/05/13/weather-in-lisbon",
            "Weather",
            Told("Weather", "https://a.pt/2024/05/12/weather-in-lisbon"),
        ),
        ("https://a.pt/weather-13-may", "Weather", Told("Tempo", "https://a.pt/weather-12-may")),
        ("https://a.pt/quiz-123457", "The quiz", Told("The quiz", "https://a.pt/quiz-123456")),
        ("https://a.pt/b", "Match day 13", Told("Match day 12", "https://a.pt/a")),
        ("https://a.pt/20240512/chuva", "Chuva", Told("Eleições", "https://a.pt/20240512/eleicoes")),
        ("https://a.pt/202405121030/chuva", "Chuva", Told("Eleições", "https://a.pt/202405121030/eleicoes")),
    ],
)
def test_a_guid_alone_is_not_believed(url: str, title: str, known: Told) -> None:
    assert not believes_guid(Entry(url=url, guid="one-for-all", title=title), [known])


def test_a_guid_that_nobody_is_known_by_is_not_believed() -> None:
    assert not believes_guid(Entry(url=STORY, guid="one-for-all", title=TITLE), [])


@given(_ADDRESSES | _ANY_TEXT, _ADDRESSES | _ANY_TEXT, _ANY_TEXT, _ANY_TEXT)
def test_believing_a_guid_never_fails_and_is_the_same_both_ways_round(a: str, b: str, one: str, other: str) -> None:
    forth = believes_guid(Entry(url=a, guid="guid", title=one), [Told(other, b)])
    assert forth == believes_guid(Entry(url=b, guid="guid", title=other), [Told(one, a)])


@given(_ANY_TEXT, _ANY_TEXT)
def test_who_is_believed_with_fewer_witnesses_is_believed_with_more(one: str, other: str) -> None:
    entry, known = Entry(url=STORY, guid="guid", title=one), [Told(one, STORY)]
    assert believes_guid(entry, known)
    assert believes_guid(entry, [Told(other, None), *known])


@given(_ADDRESSES | _ANY_TEXT, _ADDRESSES | _ANY_TEXT)
def test_whatever_a_redirect_leads_to_is_judged(address: str, announced: str) -> None:
    assert own_place(address, announced=announced, homepage="https://example.pt/") in {True, False}
