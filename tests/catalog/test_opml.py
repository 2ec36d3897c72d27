"""Subscription lists in and out."""

from __future__ import annotations

import pytest

from worker.catalog.opml import read_opml, slug, write_opml
from worker.news.outlet import FeedSource, Outlet
from worker.reading.opml import NotOpmlError

LIST = b"""<?xml version="1.0"?>
<opml version="2.0"><head><title>Mine</title></head><body>
 <outline text="Papers">
  <outline type="rss" text="The Paper" xmlUrl="https://feeds.paper.example/all" htmlUrl="https://www.paper.example/"/>
  <outline type="rss" text="The Paper: Sport" xmlUrl="https://feeds.paper.example/sport" htmlUrl="https://www.paper.example/"/>
  <outline type="rss" title="Other" xmlUrl=" http://other.example/rss "/>
 </outline>
 <outline text="No feed" htmlUrl="https://none.example/"/>
 <outline text="Script" xmlUrl="javascript:alert(1)"/>
</body></opml>"""


def read(body: bytes) -> list[Outlet]:
    return read_opml(body, country="PT", language="pt", known_from="a list")


def test_feeds_of_one_site_are_one_outlet() -> None:
    paper, other = read(LIST)
    assert (paper.id, paper.name, paper.homepage) == ("paper", "The Paper", "https://www.paper.example/")
    assert [feed.url for feed in paper.feeds] == [
        "https://feeds.paper.example/all",
        "https://feeds.paper.example/sport",
    ]
    assert (other.id, other.name, other.homepage) == ("other", "Other", "https://other.example/")
    assert not paper.enabled
    assert {feed.known_from for feed in paper.feeds} == {"a list"}


def test_what_is_written_can_be_read_again() -> None:
    outlet = Outlet(
        id="a", name="A & <B>", country="PT", language="pt", homepage="https://a.example/",
        feeds=(FeedSource(url="https://a.example/rss?x=1&y=2"), FeedSource(url="https://a.example/s", section="Sport")),
    )  # fmt: skip
    (again,) = read(write_opml([outlet], title="t"))
    assert [feed.url for feed in again.feeds] == [feed.url for feed in outlet.feeds]
    assert again.name == "A & <B>"


@pytest.mark.parametrize("body", [b"", b"<html><body>no</body></html>", b"no xml at all", b"\x00\xff"])
def test_what_is_no_list_is_refused(body: bytes) -> None:
    with pytest.raises(NotOpmlError):
        read(body)


def test_no_file_of_this_machine_is_read() -> None:
    trick = b'<!DOCTYPE opml [<!ENTITY e SYSTEM "file:///etc/hostname">]><opml><body><outline text="&e;" xmlUrl="https://a.example/f"/></body></opml>'
    (outlet,) = read(trick)
    assert outlet.name == "a.example"


@pytest.mark.parametrize(
    ("host", "id_"),
    [("paper.example", "paper"), ("news.bbc.co.uk", "news-bbc"), ("a.example:8080", "a"), ("127.0.0.1:9", "127-0-0-1")],
)
def test_an_id_follows_from_the_host(host: str, id_: str) -> None:
    assert slug(host) == id_
