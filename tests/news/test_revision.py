"""What a new reading of an article changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.news.content import normalize_text
from worker.news.record import Change
from worker.news.revision import kind_of_change

TITLE = "Governo aprova novo pacote de apoio à habitação"
TEXT = """O Governo aprovou esta quinta-feira um novo pacote de medidas de apoio à habitação, depois de uma longa reunião.
Segundo a ministra Maria Albuquerque, as medidas vão custar 1,5 mil milhões de euros e entram em vigor em 2027.
Os partidos da oposição criticaram a proposta, que consideram tardia, e prometem levar o assunto ao parlamento.
A associação de inquilinos disse ainda que as medidas ficam longe do que seria preciso para travar a subida das rendas."""


def change(new: str, *, title: str = TITLE, old: str = TEXT, old_title: str = TITLE) -> Change | None:
    """The kind of change from the usual article to another text or title."""
    return kind_of_change(old_title, old, title, new)


@given(st.text(), st.text())
def test_the_same_article_is_unchanged(title: str, text: str) -> None:
    assert kind_of_change(title, text, title, text) is None


@given(st.text(), st.text(), st.text(), st.text())
def test_a_text_without_any_difference_is_never_a_revision(
    title: str, text: str, new_title: str, new_text: str
) -> None:
    kind = kind_of_change(title, text, new_title, new_text)
    if normalize_text(title) == normalize_text(new_title) and normalize_text(text) == normalize_text(new_text):
        assert kind is None or kind is Change.CORRECTION


@pytest.mark.parametrize(
    "new",
    [
        TEXT.replace("\n", " "),
        TEXT.replace(", ", ",\n"),
        TEXT.upper(),
        TEXT.replace("quinta-feira", "quinta–feira"),
        "\n".join(reversed(TEXT.splitlines())),
    ],
)
def test_other_line_breaks_case_dashes_and_order_are_nothing(new: str) -> None:
    assert change(new) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Atualizado há 3 minutos", "Atualizado há 2 horas"),
        ("Updated 3 minutes ago", "Updated 25 minutes ago"),
        ("Há 5 min", "Há 12 min"),
        ("il y a 5 minutes", "il y a 2 heures"),
        ("vor 3 Stunden", "vor 4 Stunden"),
        ("12 comentários", "134 comentários"),
        ("1.204 shares", "1.377 shares"),
        ("14:32", "15:01"),
        ("às 14h32", "às 15h01"),
        ("4 min de leitura", "5 min de leitura"),
        ("Publicado a 12 de maio de 2024 às 10:30", "Publicado a 12 de maio de 2024 às 11:45"),
        ("Mis à jour le 12 mai 2024 à 10h30", "Mis à jour le 13 mai 2024 à 8h05"),
        ("Stand: 12.05.2024, 10:30 Uhr", "Stand: 12.05.2024, 12:10 Uhr"),
        ("128", "131"),
    ],
)
def test_clocks_ages_and_counters_are_nothing(before: str, after: str) -> None:
    assert change(f"{after}\n{TEXT}", old=f"{before}\n{TEXT}") is None
    assert change(f"{TEXT}\n{after}", old=TEXT) is None


def test_an_age_within_a_paragraph_is_nothing() -> None:
    line = "O sismo foi sentido {} no norte do país e a Proteção Civil não tem registo de danos pessoais."
    assert change(line.format("há 2 horas"), old=line.format("há 3 horas")) is None


def test_a_stamp_before_a_paragraph_is_nothing() -> None:
    line = "Atualizado às {} — O incêndio está dominado e os moradores já puderam regressar às suas casas."
    assert change(line.format("10h30"), old=line.format("9h15")) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Benfica 3, Porto 2", "Benfica 3, Porto 3"),
        ("O défice subiu para 12.50", "O défice subiu para 13.20"),
        ("5 de maio", "6 de maio"),
        ("12 45 78 90", "12 45 78 91"),
        ("Morreram 3 pessoas há 2 dias", "Morreram 4 pessoas há 2 dias"),
        (
            "A reunião durou 90 minutos. They met for 90 minutes.",
            "A reunião durou 90 minutos. They met for 45 minutes.",
        ),
        (
            "A sessão foi publicada para as dez da noite e começou às 10:30",
            "A sessão foi publicada para as dez da noite e começou às 11:30",
        ),
    ],
)
def test_numbers_of_the_news_are_no_counters(before: str, after: str) -> None:
    assert change(f"{after}\n{TEXT}", old=f"{before}\n{TEXT}") is Change.MATERIAL


def test_only_another_title_is_a_headline() -> None:
    assert change(TEXT, title="Governo aprova apoio à habitação") is Change.HEADLINE


def test_a_title_in_other_letters_is_nothing() -> None:
    assert change(TEXT, title=TITLE.upper()) is None


def test_another_title_with_a_trifle_is_a_headline() -> None:
    assert change(TEXT.replace("longa", "demorada"), title="Outro título") is Change.HEADLINE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1,5 mil", "15 mil"),
        ("Maria Albuquerque", "Maria Assunção"),
        ("consideram tardia", "não consideram tardia"),
        ("Os partidos da oposição criticaram", "O PSD e os partidos da oposição criticaram"),
        ("a ministra Maria", "a vice-ministra Luísa"),
    ],
)
def test_other_numbers_names_and_negations_are_material(old: str, new: str) -> None:
    assert change(TEXT.replace(old, new)) is Change.MATERIAL


def test_a_name_at_the_beginning_of_a_sentence_counts_when_it_has_two_parts() -> None:
    old = "Marcelo Sousa falou ao país e pediu calma a todos os que estavam ali reunidos."
    assert change(old.replace("Marcelo Sousa", "Aníbal Silva"), old=old) is Change.MATERIAL
    assert change(old.replace("Marcelo Sousa", "Também"), old=old) is Change.MATERIAL


def test_a_capital_at_the_beginning_of_a_sentence_is_no_name() -> None:
    old = "A reunião foi longa. Depois todos foram para casa, disse: «Amanhã há mais». Talvez."
    assert change(old.replace("Depois", "Então"), old=old) is Change.MINOR
    assert change(old.replace("«Amanhã", "«Agora"), old=old) is Change.MINOR


def test_many_words_are_material_and_a_few_are_minor() -> None:
    assert change(TEXT.replace("criticaram a proposta", "criticam a proposta")) is Change.MINOR
    more = TEXT + "\nO presidente da câmara também se mostrou contra e pediu uma nova reunião para breve."
    assert change(more) is Change.MATERIAL


def test_the_same_words_in_another_order_are_minor() -> None:
    assert change(TEXT.replace("uma longa reunião", "uma reunião longa")) is Change.MINOR


def test_a_paragraph_that_stands_twice_is_a_change() -> None:
    assert change(f"{TEXT}\n{TEXT.splitlines()[-1]}") is Change.MATERIAL


@pytest.mark.parametrize(
    "note",
    [
        "Correção: uma versão anterior indicava um valor errado.",
        "CORREÇÃO - o nome do ministro é outro.",
        "Correction: the vote was on Monday.",
        "Correction, May 5, 2024: the vote was on Monday.",
        "Correction (May 5): the vote was on Monday.",
        "Corrections",
        "* Clarification — the minister did not resign.",
        "Berichtigung vom 5. Mai: Es waren drei.",
        "Korrektur: Es waren drei.",
        "Richtigstellung",
        "Corrección: eran tres.",
        "Fe de errores: eran tres.",
        "Rectificatif du 5 mai : ils étaient trois.",
        "Corrigé.",
        "Rettifica: erano tre.",
        "Errata corrige: erano tre.",
        "Sprostowanie: było ich trzech.",
        "Виправлення: їх було троє.",
        "Rättelse: det var tre.",
        "訂正：三人でした。",
        "Este artigo foi corrigido: eram três.",
        "This article was amended on 3 May 2024.",
        "Numa versão anterior deste artigo lia-se outra coisa.",
        "In einer früheren Version hieß es, es seien zwei gewesen.",
        "Une première version de cet article parlait de deux.",
        "The council met. An earlier version of this story misstated the day.",
        "Una versión anterior de esta noticia decía dos.",
        "W poprzedniej wersji podaliśmy inną liczbę.",
    ],
)
def test_a_new_note_of_correction_is_a_correction(note: str) -> None:
    assert change(f"{TEXT}\n{note}") is Change.CORRECTION
    assert change(f"{note}\n{TEXT.replace('1,5', '2,5')}", title="Outro título") is Change.CORRECTION


@pytest.mark.parametrize(
    "line",
    [
        "Correction officers at the prison went on strike over pay and the long hours they have to work.",
        "Korrekturen am Haushalt sind nach Ansicht der Opposition nicht mehr zu vermeiden.",
        "Os professores pedem uma correção rápida das provas, que consideram demasiado longas.",
        "O erro foi notado pelos leitores.",
    ],
)
def test_a_word_like_a_marker_makes_no_correction(line: str) -> None:
    assert change(f"{TEXT}\n{line}") in {Change.MATERIAL, Change.MINOR}


def test_a_note_of_correction_counts_once() -> None:
    note = "Correção: a ministra é Maria Albuquerque."
    corrected = f"{TEXT}\n{note}"
    assert change(corrected, old=corrected) is None
    assert change(corrected.replace("longa", "demorada"), old=corrected) is Change.MINOR
    assert change(TEXT, old=corrected) is Change.MATERIAL


def test_a_note_at_the_end_of_a_paragraph_counts_once_whatever_the_paragraph_says() -> None:
    old = "A reunião foi longa. Uma versão anterior deste artigo dizia outra coisa."
    assert change(old.replace("longa", "curta"), old=old) is Change.MINOR


def test_a_title_that_says_so_is_a_correction() -> None:
    assert change(TEXT, title=f"CORRECTED: {TITLE}") is Change.CORRECTION


def test_a_line_as_long_as_a_page_is_compared_soon() -> None:
    long = "Correction" + " " * 200_000 + "1" + "." * 200_000 + "x"
    assert change(long) is Change.MATERIAL
