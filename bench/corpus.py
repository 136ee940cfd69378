"""Invented coaches and the queries of invented visitors, the same at every run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate
from random import Random

from chalicelib.coaches.coach import Coach, allowed_values, options
from chalicelib.coaches.directory.folding import fold_text, fold_to_words


def _list(text: str) -> list[str]:
    return text.split()


FIRST = _list("""
Ada Aïcha Alain Amélie André Anne-Marie Benoît Chantal Chloé Claire Danielle David Élise Émilie
Éric Fatima François Geneviève Grace Guillaume Hélène Hiroshi Isabelle Jean-François Jean-Pierre
Joséphine Julie Karim Kateri Laura Léa Liam Louise Lucie Luc Marc-André Margaret Marie-Ève Mathieu
Mei Michelle Mohamed Nadia Nathalie Noémie Olivier Patrick Pierre Priya Rachel René Rosa Samuel
Sara Sébastien Sophie Stéphane Sylvie Thérèse Thomas Véronique Wei Yasmine Zoé
""")
CITIES = _list("""
Montréal,QC Québec,QC Trois-Rivières,QC Saint-Jérôme,QC Gatineau,QC Sherbrooke,QC Rimouski,QC
Sept-Îles,QC Chicoutimi,QC Val-d’Or,QC Toronto,ON Ottawa,ON Sudbury,ON Hamilton,ON London,ON
Kingston,ON Winnipeg,MB Brandon,MB Saint-Boniface,MB Regina,SK Saskatoon,SK Calgary,AB Edmonton,AB
Lethbridge,AB Vancouver,BC Victoria,BC Kelowna,BC Nanaimo,BC Halifax,NS Sydney,NS Moncton,NB
Fredericton,NB Bathurst,NB Charlottetown,PE Summerside,PE Gander,NL Corner-Brook,NL Whitehorse,YT
Yellowknife,NT Iqaluit,NU
""")
TOPICS = _list("""
logement itinérance pauvreté emploi éducation santé jeunesse familles quartier inclusion
réconciliation gouvernance concertation stratégie bénévolat carrière travail femmes eau
vieillissement réfugiés subventions housing homelessness poverty employment health youth seniors
neighbourhood evaluation partnership learning network data language cœur œuvre mobilisation climat
""")
PAIRS = [
    ("career", "carrière"), ("work", "travail"), ("women", "femmes"),
    ("water", "eau"), ("ageing", "vieillissement"), ("refugees", "réfugiés"),
    ("grants", "subventions"), ("partenariat", "partnership"), ("apprentissage", "learning"),
    ("réseau", "network"), ("données", "data")
]  # fmt: skip
"""A word that a visitor may search for, and the only word for it in the corpus."""

SEED, WORDS = 3, 18_000
KINDS = ("name", "city and topic", "prefix", "no accents", "one edit", "other language", "filters")


@dataclass(frozen=True)
class Visit:
    """A query, what was meant by it, and the rows that answer it."""

    kind: str
    q: str
    meant: tuple[str, ...]
    begun: bool = False
    filters: dict[str, list[str]] = field(default_factory=dict)


def vocabulary(luck: Random, size: int) -> list[str]:
    """Return words that sound French or English, none twice."""
    starts = _list("b br c ch cl d dr f fl g gr h j l m n p pl pr qu r s st t tr v")
    middles = _list("a e i o u é è ou an on ai eau en in io")
    ends = _list("le re me te ne que sse nt ment tion ge teur al ive ence able eux ard ier")
    made: dict[str, None] = {}
    while len(made) < size:
        body = "".join(
            luck.choice(starts) + luck.choice(middles) for _ in range(luck.randint(1, 3))
        )
        made[body + luck.choice(ends)] = None
    return list(made)


def coaches(count: int, *, words: int = 60, seed: int = SEED) -> Iterator[Coach]:
    luck = Random(seed)
    vocab = vocabulary(luck, WORDS)
    surnames = [word.capitalize() for word in vocab[:2_500]]
    surnames += _list("Tremblay Bélanger O’Brien D’Amours Côté St-Onge Nguyễn Lévesque")
    running = list(accumulate(1 / (rank + 3) for rank in range(len(vocab))))
    half = words // 2
    streams, sectors = sorted(allowed_values("streams")), sorted(allowed_values("sectors"))
    languages = [entry["id"] for entry in options("languages")][:15]
    provinces = sorted(allowed_values("provinces"))
    for number in range(count):
        city, _, province = luck.choice(CITIES).partition(",")
        text = luck.choices(vocab, cum_weights=running, k=words) + luck.choices(TOPICS, k=8)
        luck.shuffle(text)
        yield Coach.model_construct(
            slug=f"coach-{number}",
            first_name=luck.choice(FIRST),
            last_name=luck.choice(surnames),
            organization=f"{luck.choice(TOPICS).capitalize()} {luck.choice(surnames)}",
            title_fr=f"Accompagnement en {luck.choice(TOPICS)}",
            title_en=None,
            city=city,
            province=province,
            serves=("all",) if luck.random() < 0.2 else tuple({province, luck.choice(provinces)}),
            modes=luck.choice((("remote",), ("in_person",), ("in_person", "remote"))),
            languages=tuple({luck.choice(("fr", "en")), luck.choice(languages)}),
            streams=tuple(luck.sample(streams, luck.randint(1, 4))),
            sectors=tuple(luck.sample(sectors, luck.randint(0, 3))),
            bio_fr=" ".join(text[:half]) + ".",
            bio_en=" ".join(text[half:]) + ".",
            email=f"coach-{number}@example.org",
            email_public=False,
            phone_public=False,
            availability=luck.choice(("open", "open", "limited", "full")),
            status="published",
            consent_publication="2026-01-01",
            last_verified_at="2026-01-01",
        )


@cache
def _words() -> frozenset[str]:
    return frozenset(fold_text(word) for word in vocabulary(Random(SEED), WORDS))


def slip(luck: Random, word: str) -> str:
    """Return the word with one slip of the hand."""
    at = luck.randrange(1, len(word) - 1)
    other = luck.choice("abcdefghijklmnopqrstuvwxyz".replace(word[at], ""))
    return luck.choice([
        word[:at] + word[at + 1 :],
        word[:at] + other + word[at + 1 :],
        word[:at] + other + word[at:],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
    ])  # fmt: skip


def visits(rows: Sequence[Coach], count: int, *, seed: int = 5) -> list[Visit]:
    """Return queries. Of ten: one misspelt; two begun; the others by name, city, topic or filters."""
    luck = Random(seed)
    return [_visit(luck, luck.choice(rows), number) for number in range(count)]


def _visit(luck: Random, row: Coach, number: int) -> Visit:
    name = f"{row.first_name} {row.last_name}"
    city = str(row.city)
    rare = fold_text(max(str(row.bio_fr).rstrip(".").split(), key=len))
    filters = _filters(luck, row)
    match number % 10:
        case 0:
            long = [
                w
                for w in (fold_text(row.last_name), fold_text(city), rare)
                if len(w) > 4 and w.isalpha()
            ]
            word = luck.choice(long)
            slips = (slip(luck, word) for _ in range(99))
            # A slip that is another word of the directory is no misspelling: it finds that word.
            return Visit("one edit", next(s for s in slips if s not in _words()), (word,))
        case 1 | 2:
            word = luck.choice((*fold_to_words(row.last_name).split(), rare))
            start = word[: luck.randint(3, max(3, len(word) - 1))]
            return Visit("prefix", start, (start,), begun=True)
        case 3:
            return Visit("no accents", fold_to_words(name), (name,))
        case 4:
            searched, known = luck.choice(PAIRS)
            return Visit("other language", searched, (known,), filters=filters)
        case 5 | 6:
            topic = luck.choice(TOPICS)
            return Visit("city and topic", f"{city} {topic}", (city, topic), filters=filters)
        case 7:
            return Visit("filters", "", (), filters=filters or {"province": [row.province]})
        case _:
            return Visit("name", name, (name,))


def _filters(luck: Random, row: Coach) -> dict[str, list[str]]:
    possible: dict[str, list[str]] = {
        "stream": [luck.choice(row.streams)],
        "province": [row.province],
        "language": [luck.choice(row.languages)],
        "availability": [row.availability],
    }
    return {name: possible[name] for name in luck.sample(list(possible), luck.randint(0, 2))}
