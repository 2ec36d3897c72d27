"""Plays twenty scenes with the whole engine, asks the command about each, and writes down what came: questions.md.

`python docs/questions.py` runs it; tests/questions/ fails when the page is not what it would write.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.questions.scenes import QUESTIONS, Question, answer  # noqa: E402 - found through the path above

PAGE = ROOT / "docs" / "questions.md"
INTRODUCTION = """\
<!-- Written by docs/questions.py; changes belong into tests/questions/scenes.py. -->

# Twenty questions

What one asks at a news desk, and where the answer stands. `copydesk why` takes any address of an article (as announced, with
tracking parameters, after redirects, canonical, AMP), a guid, an article's id, a feed's address, an outlet's id; `--json` has all
of it as fields. Each answer was printed by the command itself, over a database that the engine filled from a made-up web at a
made-up time; ids are numbered in the order in which they are met.
"""


def page() -> str:
    """The whole page."""
    listed = "\n".join(f"{n}. [{each.asked}](#{_anchor(n, each)})" for n, each in enumerate(QUESTIONS, start=1))
    return "\n".join([INTRODUCTION, f"{listed}\n", *(_section(n, each) for n, each in enumerate(QUESTIONS, start=1))])


def _section(n: int, question: Question) -> str:
    blocks = "\n".join(f"```console\n$ {line}\n{output}\n```\n" for line, output in answer(question.key).typed)
    return f"## {n}. {question.asked}\n\n{question.words}\n\n{blocks}"


def _anchor(n: int, question: Question) -> str:
    """As Markdown readers make it of a heading."""
    kept = "".join(letter for letter in f"{n}. {question.asked}".lower() if letter.isalnum() or letter in " -")
    return kept.replace(" ", "-")


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
