"""The reference case: one article as its outlet shows it and as an aggregator does, read by the real reader without rules."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from worker.news.policy import Quality, ReadingPolicy
from worker.news.record import Block, BlockKind, Link, Reading, Related
from worker.pipeline.ports import PageInput
from worker.reading.pages import TrafilaturaReader

FOLDER = Path(__file__).parent / "reference"
SITE = "https://observador.pt"
LIVE_BLOG = f"{SITE}/liveblogs/zelensky-diz-que-russia-engana-o-mundo/"
TITLE, *PARAGRAPHS = (FOLDER / "article.txt").read_text(encoding="utf-8").splitlines()
LINKS = {
    2: Link(href=f"{SITE}/seccao/mundo/ucrania/", text="offensive against Ukraine"),
    12: Link(
        href=f"{SITE}/2025/04/28/coreia-do-sul-exige-retirada-de-tropas-norte-coreanas-da-russia/",
        text="withdraw its troops from Russia",
    ),
}
RELATED = (
    Related(
        url=f"{SITE}/2025/04/28/coreia-do-norte-anuncia-pela-primeira-vez-envio-de-tropas-para-a-russia/",
        title="North Korea announces first troop deployment to Russia",
    ),
    Related(
        url=f"{SITE}/2025/04/28/trump-acredita-que-ucrania-esta-pronta-a-ceder-crimeia-em-semana-crucial/",
        title="Trump believes Ukraine ready to give up Crimea in 'crucial week'",
    ),
)
TEXT = tuple(
    Block(kind=BlockKind.PARAGRAPH, text=text, links=(LINKS[at],) if at in LINKS else ())
    for at, text in enumerate(PARAGRAPHS)
)
CAPTION = "Soldiers on the road to Kursk, in a picture that the ministry of defence released."
CREDIT = "HENRIQUE CASINHAS / OBSERVADOR"
PICTURES = f"https://bordalo.{SITE.removeprefix('https://')}/v2/q:84/rs:fill:1200:675/plain/https://s3.observador.pt/wp-content/uploads/2025/04/28093000"
PICTURE = Block(kind=BlockKind.IMAGE, text=CAPTION, links=(Link(href=f"{PICTURES}/kursk.jpg", text=CAPTION),))
# What stands on the outlet's page around and in the text.
OUTLETS_LINES = """
Dark Mode
pegada ecológica
kWh poupados
Saiba mais
MEO Energia
Momentos-chave
Histórico de atualizações
Assine o Observador
Veja aqui as suas opções
Partilhe os seus artigos
Este artigo foi-lhe oferecido
Atingiu o limite de artigos
Para ler este artigo grátis
Caso já tenha uma conta
Proponha uma correção
observador+lusa@observador.pt
Ofereça este artigo
Artigo oferecido com sucesso
já não suporta
Internet Explorer 11
Apoio a Cliente
Radar das Sondagens
Copiar ligação
Instale a App
no Instagram
Receba a próxima edição
Mais episódios
nosso liveblog
Publicidade
Hora da Verdade
O que faz a Coreia do Norte na guerra
Mais populares
Um apagão
"""
AGGREGATORS_LINES = """
Select Language
Select Country
Down Icon
Portugal
Similar News
All News
Animated Arrow
Follow our liveblog
A harbour that
Who pays
"""


@dataclass(frozen=True)
class Case:
    """A page of the article, what it holds beside the text, and what is furniture there."""

    file: str
    url: str
    source: str
    blocks: tuple[Block, ...]
    furniture: tuple[str, ...]


CASES = [
    Case(
        file="outlet.html",
        url=f"{SITE}/2025/04/28/putin-agradece-apoio-das-tropas-norte-coreanas/",
        source="",
        blocks=(*TEXT[:4], PICTURE, *TEXT[4:]),
        furniture=tuple(OUTLETS_LINES.strip().splitlines()),
    ),
    Case(
        file="aggregator.html",
        url="https://worldbrief.example/pt/en/news/putin-thanks-north-korean-troops-for-support",
        source="observador",
        blocks=TEXT,
        furniture=tuple(AGGREGATORS_LINES.strip().splitlines()),
    ),
]
each_page = pytest.mark.parametrize("case", CASES, ids=lambda case: case.file.removesuffix(".html"))
each_quality = pytest.mark.parametrize("quality", list(Quality))


def reading_of(case: Case, quality: Quality = Quality.NORMAL) -> Reading:
    """The page by the reader that the service runs, with no rules for its outlet."""
    page = PageInput(
        body=(FOLDER / case.file).read_bytes(), url=case.url, content_type="text/html; charset=utf-8", language="pt"
    )
    reader = TrafilaturaReader(policy=ReadingPolicy(quality=quality))
    return reader.read(page, now=datetime(2025, 4, 29, tzinfo=UTC))


@each_page
@each_quality
def test_the_blocks_are_the_articles_and_no_others(case: Case, quality: Quality) -> None:
    assert reading_of(case, quality).blocks == case.blocks


@each_page
def test_title_text_and_links_are_the_articles(case: Case) -> None:
    found = reading_of(case)
    assert found.title == TITLE
    assert found.text.splitlines() == PARAGRAPHS
    assert found.links == tuple(LINKS.values())


@each_page
@each_quality
def test_headlines_between_the_paragraphs_are_related_and_the_live_blog_is_one(case: Case, quality: Quality) -> None:
    found = reading_of(case, quality)
    assert found.related == RELATED
    assert found.live_blog == LIVE_BLOG


@each_page
def test_the_source_is_named_where_it_is_another_outlet(case: Case) -> None:
    assert reading_of(case).source == case.source


@each_page
@each_quality
def test_no_furniture_is_anywhere_in_the_record(case: Case, quality: Quality) -> None:
    page = (FOLDER / case.file).read_text(encoding="utf-8")
    assert [line for line in case.furniture if line not in page] == [], "the page must hold what is not to be stored"
    record = asdict(reading_of(case, quality))
    # Who took a picture has a field of its own, and stands nowhere else.
    record["images"] = [image | {"credit": ""} for image in record["images"]]
    # What is learned of the outlet's furniture is no part of the record.
    del record["furnishing"]
    stored = orjson.dumps(record).decode()
    assert [line for line in (*case.furniture, CREDIT) if line in stored] == []
