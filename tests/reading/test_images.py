"""The pictures of an article: each once, with its words, its maker and its size."""

from __future__ import annotations

import pytest

from tests.reading.test_metadata import metadata
from worker.news.record import Image
from worker.reading.images import picture_key, split_credit

HOST = "https://img.harbour-post.example"

CAPTIONS = {
    "in brackets": ("The ferry at its quay (Photo: Ana Silva/AFP)", "The ferry at its quay", "Ana Silva/AFP"),
    "after a full stop": ("The ferry at its quay. Foto: Ana Silva.", "The ferry at its quay.", "Ana Silva"),
    "a sign": ("The ferry at its quay © Ana Silva", "The ferry at its quay", "Ana Silva"),
    "with blanks": ("Fotoğraf : Ana Silva/AA", "", "Ana Silva/AA"),
    "Cyrillic": ("Паром у причала Фото: Анна Иванова", "Паром у причала", "Анна Иванова"),
    "none": ("The ferry at its quay", "The ferry at its quay", ""),
    "a word that only begins like one": ("The photographer left the quay", "The photographer left the quay", ""),
}


@pytest.mark.parametrize(("whole", "caption", "credit"), CAPTIONS.values(), ids=list(CAPTIONS))
def test_caption_and_credit_are_told_apart_by_their_words(whole: str, caption: str, credit: str) -> None:
    assert split_credit(whole) == (caption, credit)


FIGURES = {
    "classes": "<figcaption><span class='caption'>The ferry</span> <span class='caption__credit'>(Image: Ana Silva)</span></figcaption>",
    "microdata": "<figcaption>The ferry <b itemprop='copyrightHolder'>Ana Silva</b></figcaption>",
    "an element for citations": "<figcaption>The ferry <cite>Foto: Ana Silva</cite></figcaption>",
    "words": "<figcaption>The ferry (Foto: Ana Silva)</figcaption>",
    "a label beside the name": "<figcaption>The ferry <span class='credit'>© <i class='source'>Ana Silva</i></span></figcaption>",
}


@pytest.mark.parametrize("caption", FIGURES.values(), ids=list(FIGURES))
def test_caption_and_credit_of_a_figure_are_told_apart(caption: str) -> None:
    body = f"<article><figure><img src='{HOST}/ferry.jpg' width='800' height='600'>{caption}</figure></article>"
    assert metadata(body=body).images == (
        Image(url=f"{HOST}/ferry.jpg", caption="The ferry", credit="Ana Silva", width=800, height=600),
    )


LAZY = {
    "an attribute": f"<img src='data:image/gif;base64,R0' data-src='{HOST}/large.jpg'>",
    "the largest of a set": f"<img src='{HOST}/s.jpg' srcset='{HOST}/c_fill,w_1/s.jpg 320w, {HOST}/large.jpg 1280w, {HOST}/m.jpg 640w'>",
    "a set of another element": f"<picture><source srcset='{HOST}/large.jpg 2x'><img src='{HOST}/s.jpg'></picture>",
    "a lazy set": f"<img data-srcset='{HOST}/large.jpg 1280w, {HOST}/s.jpg 1w'>",
    "the plain source": f"<img src='{HOST}/large.jpg'>",
}


@pytest.mark.parametrize("picture", LAZY.values(), ids=list(LAZY))
def test_the_largest_source_of_a_picture_is_taken(picture: str) -> None:
    assert [image.url for image in metadata(body=f"<main><figure>{picture}</figure></main>").images] == [
        f"{HOST}/large.jpg"
    ]


def test_a_stated_picture_keeps_its_address_and_gets_the_words_of_its_figure() -> None:
    address = f"{HOST}/2026/03/ferry-at-its-quay-1600x900.jpg"
    body = (
        f"<article><figure><img src='{HOST}/crop/ferry-at-its-quay-640x360.webp'>"
        "<figcaption>The ferry <i class='credit'>Ana Silva</i></figcaption></figure></article>"
    )
    head = f"<meta property='og:image' content='{address}'>"
    json_ld = {"@type": "NewsArticle", "headline": "a", "image": {"url": address, "width": 1600, "height": 900}}
    assert metadata(head, body, json_ld=json_ld).images == (
        Image(url=address, caption="The ferry", credit="Ana Silva", width=1600, height=900),
    )


def test_the_makers_of_a_stated_picture_are_read() -> None:
    image = {"@type": "ImageObject", "url": "/a.jpg", "caption": "The <em>ferry</em>", "creditText": "Foto: Ana Silva"}
    json_ld = {"@type": "NewsArticle", "headline": "a", "image": [image]}
    found = metadata(json_ld=json_ld)
    assert found.images == (
        Image(url="https://www.harbour-post.example/a.jpg", caption="The ferry", credit="Ana Silva"),
    )
    assert found.sources["images"] == "json-ld"


def test_the_picture_in_microdata_is_read() -> None:
    body = (
        "<div itemprop='image' itemscope itemtype='https://schema.org/ImageObject'><meta itemprop='url' content='/a.jpg'>"
        "<meta itemprop='width' content='800'><meta itemprop='height' content='600'><i itemprop='caption'>The ferry</i></div>"
    )
    assert metadata(body=body).images == (
        Image(url="https://www.harbour-post.example/a.jpg", caption="The ferry", width=800, height=600),
    )


SAME = {
    "a proxy": (f"{HOST}/p?url=https%3A%2F%2Fcdn.example%2F77%2Fa.jpg&w=300", "https://cdn.example/77/a.jpg"),
    "a proxy in the path": (f"{HOST}/fit-in/300x200/https://cdn.example/77/a.jpg", "https://cdn.example/77/a.jpg?x=1"),
    "sizes in the query": (f"{HOST}/a.jpg?w=300", f"{HOST}/a.jpg?w=900"),
    "sizes in the name": (f"{HOST}/ferry-at-its-quay-300x200.jpg", f"{HOST}/ferry-at-its-quay_1200.jpg"),
    "another form": (f"{HOST}/x/ferry-at-its-quay.webp", f"{HOST}/y/ferry-at-its-quay.jpg"),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=list(SAME))
def test_addresses_of_one_picture_have_one_key(one: str, other: str) -> None:
    assert picture_key(one) == picture_key(other)


OTHERS = {
    "a number in the query": (f"{HOST}/image.php?id=5", f"{HOST}/image.php?id=6"),
    "short names in other folders": (f"{HOST}/1/a.jpg", f"{HOST}/2/a.jpg"),
    "pictures of a series": (f"{HOST}/lanterns-on-the-quay-1.jpg", f"{HOST}/lanterns-on-the-quay-12.jpg"),
    "numbered pictures": (f"{HOST}/lanterns-on-the-quay_0101.jpg", f"{HOST}/lanterns-on-the-quay_0102.jpg"),
    "other names": (f"{HOST}/ferry-at-its-quay.jpg", f"{HOST}/ferry-in-the-storm.jpg"),
}


@pytest.mark.parametrize(("one", "other"), OTHERS.values(), ids=list(OTHERS))
def test_addresses_of_two_pictures_have_two_keys(one: str, other: str) -> None:
    assert picture_key(one) != picture_key(other)


NO_PICTURES = {
    "a logo": f"<main><figure><img src='{HOST}/logo.png'></figure></main>",
    "a face": f"<main><figure><img src='{HOST}/avatar-77.png'></figure></main>",
    "a pixel": f"<main><figure><img src='{HOST}/a.gif' width='1' height='1'></figure></main>",
    "a teaser": f"<main><div class='teaser'><figure><img src='{HOST}/a.jpg'></figure></div></main>",
    "a link to another article": f"<main><a href='/other'><figure><img src='{HOST}/a.jpg'></figure></a></main>",
    "the frame of the page": f"<aside><figure><img src='{HOST}/a.jpg'></figure></aside>",
}


@pytest.mark.parametrize("body", NO_PICTURES.values(), ids=list(NO_PICTURES))
def test_what_is_no_picture_of_the_article_is_left_out(body: str) -> None:
    found = metadata("<meta property='og:image' content='/share/logo.png'>", body)
    assert found.images == ()
