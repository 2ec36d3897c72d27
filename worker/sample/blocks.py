"""The blocks of a story as HTML, as each layout writes them."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import yaml

from worker.sample.story import Block, Story, links_of, local, slug_of, split, stamp, time_in_words, without_links

LAYOUTS = Path(__file__).parent / "layouts"
# How blocks look in the layouts that have their own way; an empty name is everybody else's.
_FORMS = {
    "": {
        "p": "<p>{}</p>",
        "h2": "<h2>{}</h2>",
        "quote": "<blockquote><p>{}</p></blockquote>",
        "list": "<ul>{}</ul>",
        "table": '<table class="figures">{}</table>',
        "also": '<p class="inline-link">{also}: {link}</p>',
        "live": '<p class="inline-link">{link}</p>',
        "figure": '<figure class="image"><img src="{picture}" alt=""><figcaption>{}</figcaption></figure>',
        "embed": '<div class="embed-container"><iframe src="{}" title="video" loading="lazy"></iframe></div>',
    },
    "wordpress": {
        "h2": '<h2 class="wp-block-heading">{}</h2>',
        "quote": '<blockquote class="wp-block-quote is-layout-flow wp-block-quote-is-layout-flow"><p>{}</p></blockquote>',
        "list": '<ul class="wp-block-list">{}</ul>',
        "table": '<figure class="wp-block-table"><table class="has-fixed-layout"><tbody>{}</tbody></table></figure>',
        "also": "<p><strong>{also}:</strong> {link}</p>",
        "figure": '<figure class="wp-block-image size-large"><img src="{picture}" alt=""><figcaption class="wp-element-caption">{}</figcaption></figure>',
    },
    "arc": {
        "p": '<p class="c-paragraph">{}</p>',
        "h2": '<h2 class="c-heading">{}</h2>',
        "quote": '<blockquote class="c-quote b-quote"><p class="c-paragraph">{}</p></blockquote>',
        "list": '<ul class="c-list">{}</ul>',
        "also": '<p class="c-paragraph interstitial-link">[{link}]</p>',
        "embed": '<div class="c-oembed"><iframe src="{}" title="video"></iframe></div>',
    },
    # Paragraphs are what stands between two line breaks.
    "table": {"p": "{}<br><br>", "table": '<table class="figures" border="1" cellpadding="4">{}</table><br>'},
}


def words_of(language: str) -> dict[str, str]:
    """What stands around an article in a language, by name."""
    return _words()[language]


@cache
def _words() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = yaml.safe_load((LAYOUTS / "_words.yaml").read_text(encoding="utf-8"))
    return found


def plain_text(blocks: Iterable[Block]) -> str:
    """What a story says, a line a block, without links to others."""
    kinds = {"p", "h2", "quote", "list", "table"}
    return "\n".join(without_links(text) for block in blocks for kind, text in block.items() if kind in kinds)


def picture(story: Story, origin: str, number: int = 1) -> str:
    """The address of a picture of a story."""
    return f"{origin}/pictures/{slug_of(story.slug)}-{number}.gif"


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Writes the blocks of one story as HTML."""

    story: Story
    origin: str

    def body(self, blocks: Sequence[Block]) -> str:
        """The blocks; those of a running report stand in posts, each of which begins with its headline."""
        if any("post" in block for block in blocks):
            return "\n".join(self._post(post) for post in _posts(blocks))
        return "\n".join(self._block(kind, text) for block in blocks for kind, text in block.items())

    def posts_list(self, blocks: Sequence[Block]) -> str:
        """The headlines of a running report."""
        heads = [split(post[0]["post"]) for post in _posts(blocks)]
        return "".join(f'<li><a href="#post-{minutes}">{html.escape(head)}</a></li>' for minutes, head in heads)

    def updates(self, blocks: Sequence[Block]) -> list[dict[str, object]]:
        """The posts of a running report as schema.org names them."""
        return [
            {
                "@type": "BlogPosting",
                "headline": split(post[0]["post"])[1],
                "url": f"{self.origin}/{self.story.slug}#post-{split(post[0]['post'])[0]}",
                "datePublished": stamp(self._post_time(post)),
                "author": [{"@type": "Person", "name": name} for name in self.story.authors],
                "articleBody": plain_text(post[1:]),
            }
            for post in _posts(blocks)
        ]

    def post_times(self, blocks: Sequence[Block]) -> list[datetime]:
        """When each post of a running report came."""
        return [self._post_time(post) for post in _posts(blocks)]

    def _post(self, post: Sequence[Block]) -> str:
        minutes, head = split(post[0]["post"])
        at = self._post_time(post)
        shown = time_in_words(local(at, self.story.language), self.story.language)
        inner = "\n".join(self._block(kind, text) for block in post[1:] for kind, text in block.items())
        share = html.escape(words_of(self.story.language)["share"])
        return (
            f'<article class="live-entry" id="post-{minutes}"><div class="live-entry__head">'
            f'<time class="live-entry__time" datetime="{stamp(at)}">{shown}</time>'
            f'<h2 class="live-entry__title">{html.escape(head)}</h2></div>\n<div class="live-entry__text">\n{inner}\n</div>'
            f'<div class="live-entry__share"><a href="#post-{minutes}">{share}</a></div></article>'
        )

    def _post_time(self, post: Sequence[Block]) -> datetime:
        """A post says how many minutes after the beginning of the report it came."""
        return self.story.published_at + timedelta(minutes=int(split(post[0]["post"])[0]))

    def _block(self, kind: str, text: str) -> str:
        form = _FORMS.get(self.story.layout, {}).get(kind) or _FORMS[""].get(kind, "")
        match kind:
            case "p":
                return form.format(self._inline(text))
            case "h2" | "quote" | "embed":
                return form.format(html.escape(text))
            case "list":
                return form.format("".join(f"<li>{html.escape(item)}</li>" for item in split(text)))
            case "table":
                return form.format("".join(_row(row) for row in split(text, ";")))
            case "also" | "live":
                title, slug = split(text, "->")
                also = html.escape(words_of(self.story.language)["also"])
                return form.format(also=also, link=f'<a href="{self.origin}/{slug}">{html.escape(title)}</a>')
            case "figure":
                return form.format(html.escape(text), picture=picture(self.story, self.origin, 2))
            case "captions":
                return "\n".join(self._slide(n, caption) for n, caption in enumerate(split(text), 1))
        message = f"there is no block of the kind {kind!r}"
        raise ValueError(message)

    def _slide(self, number: int, caption: str) -> str:
        return (
            f'<figure class="slide" id="slide-{number}"><img src="{picture(self.story, self.origin, number)}" alt="">'
            f"<figcaption>{html.escape(caption)}</figcaption></figure>"
        )

    def _inline(self, text: str) -> str:
        """A paragraph's text with its `[links](slug)`."""
        shown = html.escape(text, quote=False)
        for words, slug in links_of(shown):
            shown = shown.replace(f"[{words}]({slug})", f'<a href="{self.origin}/{slug}">{words}</a>', 1)
        return shown


def _row(row: str) -> str:
    return "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in split(row)) + "</tr>"


def _posts(blocks: Sequence[Block]) -> list[list[Block]]:
    """The blocks of a running report, a list for each post."""
    posts: list[list[Block]] = []
    for block in blocks:
        if "post" in block:
            posts.append([])
        if posts:
            posts[-1].append(block)
    return posts
