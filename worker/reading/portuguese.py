"""Portuguese of Portugal or of Brazil, told apart by counted words and constructions that only one of them uses."""

from __future__ import annotations

import re
from dataclasses import dataclass

PORTUGAL, BRAZIL = "PT", "BR"
# Letters that are read: a news text shows its country within a page or two.
_SAMPLE = 4000
_MOST_CONSTRUCTIONS = 3  # that count
# So many pieces of evidence, and so many times those of the other side, say it for certain.
_STRONG = 3
_TIMES = 3


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WORDS = {
    PORTUGAL: _set(
        "facto factos equipa equipas autocarro autocarros comboio comboios telemóvel telemóveis ecrã ecrãs utilizador "
        "utilizadores registo registos registado registada registados registadas contacto contactos golo golos "
        "guarda-redes adeptos relvado autarca autarcas autarquia autarquias freguesia freguesias concelho concelhos camião "
        "camiões gasóleo planear planeamento controlo controlos moscovo irão vietname bagdade teerão desporto desportos "
        "desportivo desportiva desportivos desportivas connosco dezasseis dezassete dezanove indemnização indemnizações "
        "amnistia percentagem percentagens betão húmido húmida portagem portagens rapariga raparigas frigorífico talho "
        "pequeno-almoço nómada nómadas helsínquia amesterdão gronelândia palestiniano palestiniana palestinianos "
        "palestinianas sondagem sondagens bebé bebés rutura ruturas receção perceção conceção infeção infeções deteção "
        "aspeto aspetos espetador espetadores camionista checo checa checos polaco polaca polacos cancro cancros fiável "
        "fiáveis fixe maioritariamente maioritário maioritária minoritário minoritária cimeira cimeiras autoestrada "
        "autoestradas alcatrão passadeira bilheteira bilheteiras paragem paragens ementa ementas aquando arguido arguida "
        "arguidos arguidas incumprimento doutoramento canalizador"
    ),
    BRAZIL: _set(
        "fato fatos equipe equipes ônibus trem trens celulares usuário usuários usuária registro registros registrado "
        "registrada registrados registradas contato contatos gol gols goleiro goleiros torcedor torcedores torcida "
        "torcidas gramado prefeitura prefeituras prefeito prefeita prefeitos caminhão caminhões caminhoneiro planejar "
        "planejamento controle moscou irã vietnã bagdá teerã esporte esportes esportivo esportiva esportivos esportivas "
        "conosco dezesseis dezessete dezenove indenização indenizações anistia porcentagem úmido úmida pedágio pedágios "
        "garota garotas geladeira açougue nômade nômades helsinque amsterdã groenlândia palestino palestinos bebê bebês "
        "bilhão bilhões trilhão trilhões aposentado aposentados aposentada aposentadoria aluguel delegacia delegacias "
        "mídia mídias você vocês israelense israelenses câncer confiável tcheco tcheca tchecos polonês polonesa poloneses "
        "majoritariamente majoritário majoritária rodovia rodovias pesquisadores pesquisadora pesquisador bilheteria "
        "bilheterias cardápio doutorado encanador aeromoça suco sucos estadunidense favela favelas brasileirão"
    ),
}
# Spellings that Portugal kept or keeps, and the accents by which the two speak differently.
_SPELLINGS = {
    PORTUGAL: re.compile(
        r"\b\w*[éó][mn][aeiou]\w*|\b(?:acç|actu|activ|colect|direct[oa]|direcç|electr|object|project|protecç|selecç|adop[tç]|óptim|"
        r"excepto|respetiv|perspetiv|redacç|correcç|afect|efectu|trajector|arquitect)\w*"
    ),
    BRAZIL: re.compile(r"\b(?!fêmea)\w*[êô][mn][aeiou]\w*"),
}
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_BE = "est(?:á|ão|ou|ava|avam|amos|ávamos|eve|iveram|ará|arão|aria)"
_DAY = "(?:segunda|terça|quarta|quinta|sexta)"
# "Está a fazer" here, "está fazendo" there.
_CONSTRUCTIONS = {
    PORTUGAL: re.compile(
        rf"\b{_BE} a [^\W\d_]{{2,20}}[aei]r\b|\bmil milhões\b|\bnova iorque\b|\bcasa de banho\b|\besta {_DAY}-feira"
    ),
    BRAZIL: re.compile(
        rf"\b{_BE} [^\W\d_]{{2,20}}ndo\b|\bnova york\b|\br\$ ?\d|\bcafé da manhã\b|\bnesta {_DAY}-feira"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Variety:
    """What the words of a Portuguese text say of its country: a region (PT, BR) or None, and how surely (0..1)."""

    region: str | None = None
    confidence: float = 0.0
    strong: bool = False  # more than what a page states of itself


def variety_of(text: str) -> Variety:
    """The country of a Portuguese text. Different words count, not how often one is said."""
    sample = text[:_SAMPLE].casefold()
    words = set(_WORD.findall(sample))
    counts = {
        region: len(words & known | set(_SPELLINGS[region].findall(sample)))
        + min(len(_CONSTRUCTIONS[region].findall(sample)), _MOST_CONSTRUCTIONS)
        for region, known in _WORDS.items()
    }
    first, second = sorted(counts, key=lambda region: -counts[region])
    most, others = counts[first], counts[second]
    if most == others:
        return Variety()
    strong = most >= _STRONG and most >= _TIMES * others
    return Variety(region=first, confidence=round((most + 1) / (most + others + 2), 3), strong=strong)
