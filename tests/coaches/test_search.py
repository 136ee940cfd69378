"""Whom a search finds, in which order, with which counts; and how little it can be made to do."""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.corpus import Visit, coaches, visits
from bench.search import Truth
from chalicelib.coaches.coach import Coach, public_profile
from chalicelib.coaches.directory import sheets
from chalicelib.coaches.directory.folding import Origins, fold_text, fold_to_words
from chalicelib.coaches.directory.layout import FILTERS
from chalicelib.coaches.directory.ordering import daily_seed, draw
from chalicelib.coaches.directory.postings import bit_of, pack, set_bits, unpack
from chalicelib.coaches.directory.query import UnusableQuery
from chalicelib.coaches.directory.results import FoundCard
from chalicelib.coaches.directory.search import Directory
from chalicelib.coaches.directory.search_page import SearchPage
from chalicelib.coaches.directory.snapshot import build, filter_values, serialise
from chalicelib.coaches.directory.tally import Tally
from chalicelib.coaches.profile import Profile
from chalicelib.core.languages import Lang
from chalicelib.forms.cells import read_cells
from counted_work import counted

SAMPLE = Path(__file__).resolve().parents[2] / "infra" / "local_aws" / "sample" / "coaches.csv"
DAY = "2026-03-01"


@cache
def sample() -> tuple[Coach, ...]:
    return sheets.parse(read_cells("coaches.csv", SAMPLE.read_bytes())).coaches


@cache
def directory() -> Directory:
    return Directory.load(serialise(build(sample())))


@cache
def crowd(count: int = 1_000) -> tuple[tuple[Coach, ...], Directory]:
    rows = tuple(coaches(count))
    return rows, Directory.load(serialise(build(rows)))


def found(q: str, **more: Any) -> SearchPage:
    return directory().search(q, more.pop("filters", None), day=DAY, **more)


def names(answer: SearchPage) -> list[str]:
    return [result["name"] for result in answer["results"]]


# ------------------------------------------------------------------------------ who comes first

FIRST = [
    # a name: exact, begun, without accents, misspelt
    ("Mireille Tremblay", "Mireille Tremblay-Okafor"),
    ("trembley", "Mireille Tremblay-Okafor"),
    ("trmeblay", "Mireille Tremblay-Okafor"),
    ("trem", "Mireille Tremblay-Okafor"),
    ("TREMBLAY", "Mireille Tremblay-Okafor"),
    ("belanger", "Nathalie Bélanger-Sioui"),
    ("lê", "Bao-Trân Lê-Morin"),
    ("nguyen", "Amélie Bouchard-Nguyễn"),
    ("tran", "Bao-Trân Lê-Morin"),
    ("côté", "Lucien Côté-Papatie"),
    ("cote", "Lucien Côté-Papatie"),
    # apostrophes and hyphens, straight or curly, or none
    ("O’Brien", "Sinéad-Rose O’Brien"),
    ("o'brien", "Sinéad-Rose O’Brien"),
    ("obrien", "Sinéad-Rose O’Brien"),
    ("o brien", "Sinéad-Rose O’Brien"),
    ("obrein", "Sinéad-Rose O’Brien"),
    ("D'Amours", "Jean-Florian D’Amours"),
    ("damours", "Jean-Florian D’Amours"),
    ("jean florian", "Jean-Florian D’Amours"),
    ("jeanflorian", "Jean-Florian D’Amours"),
    ("jean‑florian", "Jean-Florian D’Amours"),
    ("pierre luc", "Pierre-Luc Robichaud"),
    # Saint, St, Sainte, Ste
    ("Saint Jerome", "Jean-Florian D’Amours"),
    ("St-Jérôme", "Jean-Florian D’Amours"),
    ("st jerome", "Jean-Florian D’Amours"),
    ("saintjerome", "Jean-Florian D’Amours"),
    ("Saint-Onge", "Geneviève-Anne St-Onge"),
    ("stonge", "Geneviève-Anne St-Onge"),
    # ligatures
    ("cœur", "Geneviève-Anne St-Onge"),
    ("coeur à l'oeuvre", "Geneviève-Anne St-Onge"),
    # syllabics, and other scripts
    ("ᓄᓇᕗᑦ", "Tulugaq Aningmiuq"),
    ("ᒥᑦᑎᒪᑕᓕᒃ", "Isaac Kalluk-Bernier"),
    ("ᐄᔨᔫ", "Étienne Lévesque-Awashish"),
    ("ਪੰਜਾਬੀ Surrey", "Harpreet Dhaliwal-Moss"),
    ("فارسی", "Arash Moradi-Finch"),
    # what people need, in either language
    ("montreal housing", "Mireille Tremblay-Okafor"),
    ("logement Montréal", "Mireille Tremblay-Okafor"),
    ("coach à Iqaluit", "Tulugaq Aningmiuq"),
    ("early childhood halifax", "Sinéad-Rose O’Brien"),
    ("petite enfance halifax", "Sinéad-Rose O’Brien"),
    ("innu-aimun", "Annick Vollant-Grégoire"),
    ("LSQ", "Philippe Nadon-Eze"),
    ("food security yukon", "Vivian Auguste-McLeod"),
    ("sécurité alimentaire Yukon", "Vivian Auguste-McLeod"),
    ("affordable housing burnaby", "Gurleen Sandhu-Park"),
    ("prevention de la violence Regina", "Grace Tootoosis-Bell"),
    ("someone who speaks wolof in gatineau", "Abdoulaye Sarr-Gendron"),
    ("une coach qui parle créole haïtien", "Anaïs Jean-Baptiste"),
    ("cloud computing thunder bay", "Ingrid Halvorsen-Kay"),
    ("infonuagique Longueuil", "Bao-Trân Lê-Morin"),
    ("Île-du-Prince-Édouard mise à l’échelle", "Oscar Lindqvist-Roy"),
    ("prince edward island scaling", "Oscar Lindqvist-Roy"),
    ("career", "Denise Moosomin-Carrière"),
    ("carrière", "Denise Moosomin-Carrière"),
]


@pytest.mark.parametrize("lang", ["fr", "en"])
@pytest.mark.parametrize(("q", "first"), FIRST)
def test_the_right_coach_comes_first(q: str, first: str, lang: Any) -> None:
    assert names(found(q, lang=lang))[:1] == [first]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("logement", "housing"),
        ("itinérance", "homelessness"),
        ("santé mentale", "mental health"),
        ("autochtone", "Indigenous"),
        ("personnes aînées", "seniors"),
        ("finance sociale", "social finance"),
        ("jeunes", "youth"),
        ("impact collectif", "collective impact"),
    ],
)
def test_both_languages_find_the_same_coaches(one: str, other: str) -> None:
    french, english = found(one, limit=100), found(other, limit=100)
    assert french["total"] > 0
    # One edit apart is another word in each language, so a few may differ at the very end.
    best = min(len(french["results"]), len(english["results"]), 8)
    assert set(names(french)[:best]) <= set(names(english))
    assert set(names(english)[:best]) <= set(names(french))


def test_exact_comes_before_begun_and_begun_before_misspelt() -> None:
    rows = [
        _ada("exact", last_name="Martin"),
        _ada("begun", last_name="Martineau"),
        _ada("misspelt", last_name="Marten"),
    ]
    answer = _of(rows).search("martin", day=DAY)
    assert [r["slug"] for r in answer["results"]] == ["exact", "begun", "misspelt"]
    assert [r["matched"][0]["how"] for r in answer["results"]] == ["exact", "prefix", "one_edit"]


def test_a_name_comes_before_a_specialty_and_that_before_a_biography() -> None:
    rows = [
        _ada("bio", bio_fr="J’ai travaillé avec Martin."),
        _ada("specialty", organization="Martin et associées"),
        _ada("name", last_name="Martin"),
    ]
    answer = _of(rows).search("martin", day=DAY)
    assert [r["slug"] for r in answer["results"]] == ["name", "specialty", "bio"]


def test_among_equals_the_available_come_first() -> None:
    rows = [_ada(state, availability=state) for state in ("full", "limited", "open")]
    answer = _of(rows).search(day=DAY)
    assert [r["slug"] for r in answer["results"]] == ["open", "limited", "full"]


def test_a_coach_found_in_many_ways_is_found_once() -> None:
    slugs = [r["slug"] for r in found("coach santé jeunes", limit=100)["results"]]
    assert len(slugs) == len(set(slugs))


# ------------------------------------------------------------------------------- a fair order


def test_the_order_holds_all_day_and_changes_with_the_day_and_the_query() -> None:
    assert found("", limit=60) == found("", limit=60)
    first = names(found("", limit=60))
    assert names(directory().search(limit=60, day="2026-03-02")) != first
    assert sorted(names(directory().search(limit=60, day="2026-03-02"))) == sorted(first)


@pytest.mark.parametrize("size", [3, 7, 60])
def test_over_the_year_every_coach_is_first_about_as_often(size: int) -> None:
    everyone = sum(1 << bit_of(number) for number in range(size))
    days = 400 * size
    firsts = Counter(
        draw(everyone, size, size, 1, daily_seed(f"day {day}", "logement"))[0]
        for day in range(days)
    )
    assert len(firsts) == size
    assert all(280 < count < 540 for count in firsts.values())


def test_a_crowd_is_drawn_as_fairly_as_a_few() -> None:
    size, group = 2_000, 1_000
    mask = sum(1 << bit_of(number) for number in range(0, size, 2))
    firsts = Counter(
        draw(mask, group, size, 1, daily_seed(str(day), ""))[0] for day in range(3_000)
    )
    assert len(firsts) > 900
    assert max(firsts.values()) < 20


def test_a_long_draw_begins_with_the_short_one() -> None:
    mask = sum(1 << bit_of(number) for number in range(0, 5_000, 3))
    luck = daily_seed(DAY, "x")
    long = draw(mask, 1_667, 5_000, 1_667, luck)
    assert long[:40] == draw(mask, 1_667, 5_000, 40, luck)
    assert sorted(long) == list(set_bits(mask))


# ------------------------------------------------------------------------------------ recall


def _share(kind: str, count: int = 1_500) -> float:
    rows, crowded = crowd()
    truth = _truth()
    shares = []
    for visit in _visits(count):
        relevant = truth.relevant(visit)
        if visit.kind == kind and relevant:
            page = crowded.search(visit.q, visit.filters, limit=10, day=DAY)["results"]
            right = relevant.intersection(result["slug"] for result in page)
            shares.append(len(right) / min(10, len(relevant)))
    assert len(rows) == 1_000
    assert len(shares) > 100
    return sum(shares) / len(shares)


@cache
def _truth() -> Truth:
    return Truth(crowd()[0])


@cache
def _visits(count: int) -> tuple[Visit, ...]:
    return tuple(visits(crowd()[0], count))


@pytest.mark.parametrize(
    "kind", ["one edit", "no accents", "prefix", "other language", "name", "city and topic"]
)
def test_of_ten_that_should_be_found_ten_are(kind: str) -> None:
    assert _share(kind) >= 0.98


# ------------------------------------------------------------------- facets against brute force

choices = st.fixed_dictionaries(
    {},
    optional={
        "stream": st.lists(
            st.sampled_from(["collective_impact", "social_enterprise"]), min_size=1, max_size=3
        ),
        "province": st.lists(
            st.sampled_from(["QC", "ON", "NU", "all", "remote"]), min_size=1, max_size=3
        ),
        "language": st.lists(st.sampled_from(["fr", "iu", "cr", "es"]), min_size=1, max_size=2),
        "delivery": st.lists(st.sampled_from(["remote", "in_person"]), min_size=1, max_size=2),
        "availability": st.lists(st.sampled_from(["open", "full"]), min_size=1, max_size=3),
        "sector": st.lists(st.sampled_from(["housing", "youth", "food"]), min_size=1, max_size=3),
    },
)


@cache
def sample_rows() -> dict[str, Profile]:
    return {row["slug"]: row for row in build(sample())["rows"]}


@given(filters=choices, q=st.sampled_from(["", "jeunes", "montreal", "coach", "tremblay", "xyzzy"]))
@settings(max_examples=150)
def test_counts_are_what_looking_at_every_coach_gives(
    filters: dict[str, list[str]], q: str
) -> None:
    everyone = {result["slug"] for result in found(q, limit=100)["results"]}
    rows = sample_rows()
    has: dict[str, set[tuple[str, str]]] = {
        slug: set(filter_values(rows[slug])) for slug in everyone
    }

    def fits(slug: str, without: str = "") -> bool:
        return all(
            name == without or any((name, value) in has[slug] for value in values)
            for name, values in filters.items()
        )

    answer = found(q, filters=filters, limit=100)
    assert {result["slug"] for result in answer["results"]} == set(filter(fits, everyone))
    assert answer["total"] == len(answer["results"])
    for name in FILTERS:
        counts: dict[str, int] = defaultdict(int)
        for slug in everyone:
            if fits(slug, without=name):
                for filtered, value in has[slug]:
                    counts[value] += filtered == name
        for choice in answer["facets"][name]:
            assert choice["count"] == counts[choice["value"]]
            assert choice["selected"] == (choice["value"] in filters.get(name, ()))


MOST_WORK = 40_000

LETTERS = st.characters(exclude_categories=["Cs"]) | st.sampled_from('"\\\n\t\x00œŒæ’-é…« »≈İß')


@given(
    before=st.text(LETTERS, max_size=300),
    after=st.text(LETTERS, max_size=40),
    named=st.text(LETTERS, max_size=20).map(lambda text: " ".join(text.split())),
    q=st.sampled_from(["logement", "logemnt", "housing", "logem", "Ada", "nobody-has-this"]),
    lang=st.sampled_from(["fr", "en"]),
)
@settings(max_examples=80)
def test_whatever_stands_in_their_texts_a_page_written_by_hand_shows_it_as_written(
    before: str, after: str, named: str, q: str, lang: Lang
) -> None:
    bio = f"{before} Logement {after}"
    coach = _ada("ada", bio_fr=bio, title_fr=f"{named} logement", organization=f"Roy {named}")
    row: Mapping[str, Any] = public_profile(coach)
    text, notes = _of([coach]).search_text(q, {}, lang, day=DAY)
    page = json.loads(text)
    assert set(notes) <= set(page)
    for result in page["results"]:
        assert result["organization"] == row["organization"]
        assert result["title"] == row["title_fr"]
        assert result["excerpt"].strip("… ") in row["bio_fr"].replace("\n", " ")
        marked = [_at(result, field, mark) for field, mark in _marks(result)]
        assert all(fold_to_words(word).strip() in ("logement", "ada", "logem") for word in marked)
        assert all(fold_to_words(match["found"]).strip() for match in result["matched"])
    assert page["results"] or q == "nobody-has-this"


@given(
    sets=st.lists(st.integers(0, 2**700), min_size=1, max_size=5),
    found=st.integers(0, 2**700)
    | st.lists(st.integers(0, 699), max_size=9).map(
        lambda places: sum(1 << place for place in set(places))
    ),
)
@settings(max_examples=60)
def test_few_and_many_are_counted_the_same(sets: list[int], found: int) -> None:
    tally = Tally(sets)
    for _ in range(2):
        assert list(tally.counts(found)) == [(found & mask).bit_count() for mask in sets]


@pytest.mark.parametrize("twice", [("Montreal", "MONTRÉAL"), ("zzz jeunes", "ZZZ jeunes")])
def test_a_word_that_is_remembered_is_shown_as_this_visitor_typed_it(
    twice: tuple[str, str],
) -> None:
    fresh = [Directory.load(serialise(build(sample()))).search_text(q, day=DAY)[0] for q in twice]
    assert [directory().search_text(q, day=DAY)[0] for q in twice] == fresh


def test_a_province_is_served_by_those_who_serve_all_of_canada() -> None:
    answer = found("", filters={"province": ["YT"]}, limit=100)
    assert any(result["serves"] == ["all"] for result in answer["results"])
    assert all({"YT", "all"} & set(result["serves"]) for result in answer["results"])


def test_remote_widens_a_province_by_choice() -> None:
    near = found("", filters={"province": ["YT"]})["total"]
    far = found("", filters={"province": ["YT", "remote"]}, limit=100)
    assert far["total"] > near
    assert all(
        {"YT", "all"} & set(result["serves"]) or "remote" in result["modes"]
        for result in far["results"]
    )


def test_choices_are_listed_as_each_language_sorts_them() -> None:
    french = [c["label"] for c in found("", lang="fr")["facets"]["province"]]
    assert french.index("Île-du-Prince-Édouard") < french.index("Manitoba")
    assert french[-2:] == ["Tout le Canada", "À distance, partout"]
    english = [c["label"] for c in found("", lang="en")["facets"]["province"]]
    assert english.index("Newfoundland and Labrador") < english.index("Prince Edward Island")


def test_a_filter_may_be_written_in_small_letters_and_empty_ones_are_left_out() -> None:
    assert found("", filters={"province": ["qc"]}) == found("", filters={"province": ["QC"]})
    assert found("", filters={"province": [""], "stream": []})["total"] == 60


# ------------------------------------------------------------------- highlights and explanations


def test_highlights_are_places_in_the_text_as_written() -> None:
    (result, *_) = found("oeuvre coeur")["results"]
    assert [_at(result, field, mark) for field, mark in _marks(result)][:2] == ["Cœur", "œuvre"]


def _marks(result: FoundCard) -> list[tuple[str, list[int]]]:
    return [(field, mark) for field, marks in result["highlights"].items() for mark in marks]


def _at(result: Mapping[str, Any], field: str, mark: list[int]) -> str:
    text: str = result[field]
    return text[mark[0] : mark[1]]


@pytest.mark.parametrize(
    "q", ["logement", "œuvre", "coeur", "jeunes", "ᐃᓄᒃᑎᑐᑦ", "coach santé", "st onge"]
)
def test_every_highlight_is_a_word_that_was_asked_for(q: str) -> None:
    for result in found(q, limit=100)["results"]:
        for field, mark in _marks(result):
            shown = fold_to_words(_at(result, field, mark)).strip()
            assert shown
            known = [fold_to_words(match["found"]) for match in result["matched"]]
            assert any(shown in text for text in known), (shown, known)


def test_a_misspelt_or_translated_match_says_what_it_was_taken_for() -> None:
    (result, *_) = found("trembley")["results"]
    assert result["matched"] == [
        {
            "query": "trembley",
            "found": "Tremblay",
            "how": "one_edit",
            "field": "name",
            "text": "trembley≈tremblay",
        }
    ]
    (result, *_) = found("daycare winnipeg", lang="en")["results"]
    assert {match["how"] for match in result["matched"]} <= {"synonym", "exact"}


def test_every_result_says_why_every_word_found_it() -> None:
    rows, crowded = crowd()
    assert rows
    for visit in _visits(1_500)[:300]:
        results = crowded.search(visit.q, visit.filters, day=DAY)["results"]
        queries = [{match["query"] for match in result["matched"]} for result in results]
        assert all(each == queries[0] for each in queries), (visit.q, queries)
        assert all(queries) or not visit.q


def test_an_excerpt_moves_to_what_was_found_and_keeps_its_marks() -> None:
    bio = "Bonjour. " * 60 + "Je parle d’œuvres et de logement social. " + "Merci. " * 60
    (result,) = _of([_ada("long", bio_fr=bio)]).search("logement", day=DAY)["results"]
    ((begin, end),) = result["highlights"]["excerpt"]
    assert result["excerpt"][begin:end] == "logement"
    assert result["excerpt"].startswith("… ")
    assert len(result["excerpt"]) < 240


@given(st.text(max_size=60))
def test_folded_places_lead_back_to_the_text(text: str) -> None:
    folded, origins = fold_text(text), Origins(text)
    for place, letter in enumerate(folded):
        assert letter in fold_text(text[origins[place]]) or letter in "' -"


# ---------------------------------------------------------------------------- when nobody is found


def test_an_empty_result_names_the_filter_to_drop_and_what_that_gives() -> None:
    filters = {"province": ["PE"], "language": ["iu"]}
    answer = found("", filters=filters)
    assert answer["total"] == 0
    for suggestion in answer["help"]["suggestions"]:
        rest = {name: v for name, v in filters.items() if name != suggestion["filter"]}
        assert found("", filters=rest)["total"] == suggestion["count"]
    wanted = "Sans le filtre «\u00a0Territoire desservi\u00a0: Île-du-Prince-Édouard\u00a0»"
    assert any(each["message"].startswith(wanted) for each in answer["help"]["suggestions"])


def test_an_empty_result_names_the_word_to_drop() -> None:
    answer = found("tremblay dhaliwal", lang="en", filters={"province": ["NU"]})
    suggestions = {each.get("q"): each["count"] for each in answer["help"]["suggestions"]}
    assert found("tremblay xyzzy", lang="en")["left_out"]["words"] == ["xyzzy"]
    for q, count in suggestions.items():
        assert q is None or found(q, filters={"province": ["NU"]})["total"] == count
    assert found("xyzzy zzyyx")["help"]["unknown"][1]["word"] == "zzyyx"


def test_when_no_single_filter_is_to_blame_all_are_named() -> None:
    filters = {"province": ["PE"], "language": ["iu"], "sector": ["violence"]}
    suggestions = found("", filters=filters)["help"]["suggestions"]
    assert suggestions == [] or suggestions[0]["count"] > 0
    assert any(s["drop"] in ("filter", "filters") for s in suggestions)


# ------------------------------------------------------------------------------------ pages


def test_pages_follow_one_another_without_gap_or_repeat() -> None:
    for q in ("", "coach", "jeunes"):
        whole = found(q, limit=100)
        seen, cursor = [], None
        while True:
            page = found(q, limit=7, cursor=cursor)
            seen += [result["slug"] for result in page["results"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert seen == [result["slug"] for result in whole["results"]]


def test_a_page_keeps_the_order_of_the_day_it_began() -> None:
    first = found("", limit=30)
    second = directory().search(limit=30, cursor=first["next_cursor"], day="2026-03-02")
    assert not set(names(first)) & set(names(second))


def test_a_cursor_is_good_for_its_question_alone() -> None:
    cursor = found("jeunes", limit=3)["next_cursor"]
    with pytest.raises(UnusableQuery, match="cursor"):
        found("logement", cursor=cursor)
    with pytest.raises(UnusableQuery, match="cursor"):
        found("jeunes", filters={"province": ["QC"]}, cursor=cursor)


def test_a_page_of_a_former_version_is_the_first_of_the_same_search_with_a_note() -> None:
    cursor = found("jeunes", limit=3)["next_cursor"]
    newer = _of(sample()[:30])
    filters = {"delivery": ["remote"]}
    page = newer.search("jeunes", filters, limit=3, cursor=cursor, day=DAY)
    assert "répertoire a changé" in page.pop("restarted")
    assert page == newer.search("jeunes", filters, limit=3, day=DAY)


@pytest.mark.parametrize(
    "cursor",
    ["x", "é", "=" * 300, "LTE", "MTAw", "a.b.c", "\x00", "eyJhbGciOiJub25lIn0", "🎉" * 50],
)
def test_a_forged_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(UnusableQuery, match="cursor"):
        found("", cursor=cursor)


@given(st.integers(0, 40), st.characters(codec="ascii"))
def test_a_cursor_with_one_letter_changed_is_refused_or_the_same(place: int, letter: str) -> None:
    cursor = found("", limit=3)["next_cursor"]
    assert cursor
    forged = cursor[:place] + letter + cursor[place + 1 :]
    try:
        answer = found("", limit=3, cursor=forged)
    except UnusableQuery:
        return
    first = "restarted" in answer
    expected = found("", limit=3, cursor=None if first else cursor)
    assert answer["results"] == expected["results"]


# -------------------------------------------------------------------------------- hostile input


@pytest.mark.parametrize(
    "q",
    [
        "a" * 200,
        "a " * 100,
        "(a+)+$" * 33,
        ".*" * 100,
        "\u202egnisuoh",
        "\u200b\u200blogement\u200f",
        "'; DROP TABLE coaches; --",
        "<script>alert(1)</script>",
        "%00\x00\x1f",
        "ﷺ" * 30,
        "𝓱𝓸𝓾𝓼𝓲𝓷𝓰",
        "\ud800",
        "-'-'-'-'" * 20,
        "st " * 60,
        "coach " * 33,
        "ᐊ" * 24 + " " + "ᐊᐱ" * 12,
        "🎉" * 200,
        "   ",
    ],
)
def test_an_odd_query_gets_a_sane_answer_for_bounded_work(q: str) -> None:
    rows, crowded = crowd()
    assert rows
    answer = crowded.search(q, day=DAY)
    with counted() as run:
        assert run(lambda: crowded.search(q, day=DAY)).units < MOST_WORK
    json.dumps(answer)
    assert answer["total"] >= 0


def test_letters_without_form_find_what_they_look_like() -> None:
    plainly = [r["slug"] for r in found("housing")["results"]]
    for odd in ("𝓱𝓸𝓾𝓼𝓲𝓷𝓰", "ＨＯＵＳＩＮＧ", "\u202ehousing\u202c", "hou\u00adsing"):
        assert {r["slug"] for r in found(odd)["results"]} == set(plainly)


@pytest.mark.parametrize("length", [201, 10_000, 1_000_000])
def test_a_long_query_is_refused_with_a_message(length: int) -> None:
    with counted() as run, pytest.raises(UnusableQuery) as refused:
        assert run(lambda: found("é" * length)).units < 500
    assert "200" in refused.value.message("fr")


def test_words_past_the_eighth_are_left_out_and_said_so() -> None:
    answer = found("jeunes " + " ".join(f"mot{n}" for n in range(12)))
    assert answer["ignored"] == [f"mot{n}" for n in range(7, 12)]


@pytest.mark.parametrize(
    ("filters", "code"),
    [
        ({"stream": ["x"] * 1_000}, "too_many_filters"),
        ({f"f{n}": ["x"] for n in range(50)}, "unknown_filter"),
        ({"stream": ["cooking"]}, "unknown_value"),
        ({"province": ["Q" * 10_000]}, "unknown_value"),
        ({"rate_note": ["180"]}, "unknown_filter"),
    ],
)
def test_an_odd_filter_is_refused_with_a_message(filters: dict[str, list[str]], code: str) -> None:
    with pytest.raises(UnusableQuery) as refused:
        found("", filters=filters)
    assert refused.value.code == code
    assert len(refused.value.message("fr")) < 700
    assert "{" not in refused.value.message("en")


@pytest.mark.parametrize(
    ("limit", "shown"),
    [
        (-5, 1),
        (0, 1),
        ("-1", 1),
        (3, 3),
        ("3", 3),
        (10**30, 60),
        ("9" * 500, 60),
        (None, 20),
        ("", 20),
    ],
)
def test_a_limit_is_brought_within_bounds(limit: Any, shown: int) -> None:
    assert len(found("", limit=limit)["results"]) == shown


@pytest.mark.parametrize("limit", ["ten", "1e3", "0x10", "1;2"])
def test_a_limit_that_is_no_number_is_refused(limit: str) -> None:
    with pytest.raises(UnusableQuery, match="limit"):
        found("", limit=limit)


@given(q=st.text(max_size=200), limit=st.one_of(st.none(), st.integers(), st.text(max_size=9)))
@settings(max_examples=200)
def test_whatever_is_asked_there_is_an_answer_or_a_message(q: str, limit: Any) -> None:
    try:
        shown: object = found(q, limit=limit)
    except UnusableQuery as refused:
        shown = refused.message("fr")
    assert json.dumps(shown)


def test_the_worst_query_is_bounded() -> None:
    rows, crowded = crowd()
    assert rows
    worst = " ".join(f"{letter}éàçx{letter}zq" for letter in "abcdefghijklmnop")[:200]
    filters = {"province": ["QC", "remote"], "stream": ["social_finance"]}
    with counted() as run:
        assert run(lambda: crowded.search(worst, filters, day=DAY)).units < MOST_WORK


# ------------------------------------------------------------------------------------ snapshots


@given(st.sets(st.integers(0, 100_000), max_size=60), st.sampled_from([60, 1_000, 100_001]))
def test_a_set_of_coaches_is_packed_and_unpacked_the_same(numbers: set[int], size: int) -> None:
    packed = pack(numbers, size)
    assert json.loads(json.dumps(packed, ensure_ascii=False).encode()) == packed
    assert unpack(packed) == sum(1 << bit_of(number) for number in numbers)


def test_a_cold_start_reads_one_line_and_no_coach() -> None:
    first, *rows = gzip.decompress(serialise(build(sample()))).split(b"\n")
    blank = gzip.compress(b"\n".join([first, *(b"no coach" for _ in rows)]))
    assert Directory.load(blank).count == len(sample())
    with pytest.raises(ValueError, match="Expecting value"):
        Directory.load(blank).search(day=DAY)


def test_another_format_is_not_loaded() -> None:
    snapshot = build(sample()[:2])
    with pytest.raises(ValueError, match="format"):
        Directory.load(serialise(snapshot | {"format": 99}))


def _ada(slug: str, **more: Any) -> Coach:
    given: dict[str, Any] = {
        "slug": slug,
        "first_name": "Ada",
        "last_name": "Roy",
        "province": "QC",
        "serves": ["QC"],
        "modes": ["remote"],
        "languages": ["fr"],
        "streams": ["collective_impact"],
        "bio_fr": "Bonjour.",
        "email": "ada@example.org",
        "availability": "open",
        "status": "published",
        "consent_publication": "2026-01-01",
        "last_verified_at": "2026-01-01",
    }
    return Coach.model_validate(given | more)


def _of(rows: Any) -> Directory:
    return Directory.load(serialise(build(rows)))
