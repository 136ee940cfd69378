"""What visitors type, and what the search makes of it: most words, other names, slips, quotes."""

from collections import Counter
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.typed import Answer, answers, sample, sample_directory, typed_queries
from chalicelib import content
from chalicelib.coaches.directory.folding import fold_to_words
from chalicelib.coaches.directory.search_page import SearchPage
from chalicelib.coaches.directory.slips import sound_of

DAY = "2026-03-01"


def found(q: str, **more: Any) -> SearchPage:
    return sample_directory().search(q, more.pop("filters", None), day=DAY, **more)


def slugs(q: str) -> list[str]:
    return [result["slug"] for result in found(q, limit=100)["results"]]


@cache
def answered() -> list[Answer]:
    return answers(typed_queries(), sample_directory())


# ------------------------------------------------------------------------------- the whole corpus


def test_of_what_visitors_type_nine_in_ten_are_right_first_or_rightly_nobody() -> None:
    counts = Counter(answer.outcome for answer in answered())
    assert counts.total() >= 200
    assert counts["right"] / counts.total() >= 0.9
    assert counts["missed"] / counts.total() < 0.05


def test_nobody_is_shown_for_something_else_without_a_word_of_it() -> None:
    assert [answer for answer in answered() if answer.outcome == "nonsense"] == []


def test_each_kind_of_query_is_mostly_right() -> None:
    for kind in {typed.kind for typed in typed_queries()}:
        of_kind = [answer.outcome for answer in answered() if answer.typed.kind == kind]
        assert of_kind.count("right") / len(of_kind) >= 0.85, kind


# --------------------------------------------------------------------------------- most of the words


def test_a_whole_question_finds_by_the_words_that_tell() -> None:
    for q in (
        "je cherche un coach pour mon organisme à Gatineau",
        "how do I find a coach in Gatineau",
        "Gatineau",
    ):
        assert set(slugs(q)[:2]) == {"abdoulaye-sarr-gendron", "philippe-nadon-eze"}
        assert "left_out" not in found(q)


places = st.sampled_from(sorted({str(coach.city) for coach in sample() if coach.city}))
names = st.sampled_from(sorted(coach.last_name for coach in sample()))
odd = st.sampled_from(["xyzzy", "qwrtz", "vbnmk", "zzxxq", "jjkkw"])


@given(place=places, name=names, more=odd, lang=st.sampled_from(["fr", "en"]))
@settings(max_examples=40, deadline=None)
def test_words_that_nobody_has_are_left_out_and_named(
    place: str, name: str, more: str, lang: Any
) -> None:
    page = found(f"{place} {more} coach", lang=lang)
    assert page["total"] > 0
    assert page["left_out"]["words"] == [more]
    assert more in page["left_out"]["message"]
    both = found(f"{name} {more}", lang=lang)
    assert name in both["results"][0]["name"]


@given(word=st.sampled_from(content.synonyms()["everyone"]), more=odd)
@settings(max_examples=30, deadline=None)
def test_a_word_that_fits_everybody_finds_everybody_alone_and_keeps_nobody_beside_another(
    word: str, more: str
) -> None:
    assert found(word)["total"] == len(sample())
    assert found(f"{word} {more}")["total"] == 0


def test_the_words_left_out_lead_to_what_they_find_alone() -> None:
    page = found("Bélanger, Iqaluit")
    alone = page["left_out"]["alone"]
    assert page["total"] > 0
    assert alone
    for each in alone:
        assert found(each["q"])["total"] == each["count"] > 0


@given(st.lists(st.sampled_from(["Bélanger", "Iqaluit", "St-Onge", "logement", "«petite enfance»",
                                 "conseil d’administration", "Nunavut", "wolof"]),
                min_size=2, max_size=4, unique=True),
       st.sampled_from([", ", " ", " ; ", " / "]))  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_each_suggestion_gives_what_it_says_however_the_words_were_parted(
    words: list[str], between: str
) -> None:
    filters = {"province": ["YT"], "language": ["iu"]}
    page = found(between.join(words), filters=filters)
    for each in page["help"]["suggestions"] if "help" in page else ():
        rest = {name: v for name, v in filters.items() if name != each.get("filter")}
        rest = {} if each["drop"] == "filters" else rest
        q = each.get("q", between.join(words))
        assert found(q, filters=rest)["total"] == each["count"], each


# ------------------------------------------------------------------------------- slips, and marks


@pytest.mark.parametrize("q", ["sport", "subvention", "subventions", "grants", "golf", "tapis"])
def test_a_short_word_is_not_taken_for_another_that_looks_like_it(q: str) -> None:
    assert found(q)["total"] == 0


@given(st.sampled_from([c.last_name for c in sample()]), st.integers(1, 6), st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_page_that_rests_on_another_spelling_asks_what_was_meant(
    name: str, at: int, lost: bool
) -> None:
    word = max(fold_to_words(name).split(), key=len)
    typed = word[:at] + word[at + 1 :] if lost else word[:at] + "q" + word[at:]
    page = found(typed)
    hows = {why["how"] for each in page["results"] for why in each["matched"]}
    assert bool(page.get("did_you_mean")) == bool(hows and hows <= {"one_edit", "near"})


def test_what_was_meant_is_named_as_it_is_written() -> None:
    (guess,) = found("Tramblé")["did_you_mean"]
    assert guess["taken_for"] == ["Tremblay"]
    assert guess["message"].startswith("«\u00a0Tramblé\u00a0» ne se trouve pas")
    assert "did_you_mean" not in found("Tremblay")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("tremblay", "trembley"), ("belanger", "belangé"), ("gauthier", "gautier"),
        ("levesque", "leveque"), ("thibodeau", "tibodo"), ("ouellet", "wellet"),
        ("theriault", "terrio"), ("bouchard", "boushar"), ("philippe", "filipe"),
        ("kowalchuk", "kovalchuk"), ("dubois", "duboi"), ("cote", "cotte"),
    ],
)  # fmt: skip
def test_names_that_are_said_alike_sound_alike(one: str, other: str) -> None:
    assert sound_of(one) == sound_of(fold_to_words(other).strip())


# ---------------------------------------------------------------------------------- quotes and minus


@given(without=st.sampled_from(["Toronto", "Montréal", "jeunes", "Iqaluit", "Bélanger"]),
       mark=st.sampled_from(["-", "−", "–", "NOT "]),
       q=st.sampled_from(["housing", "logement", "coach", "impact collectif", ""]))  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_a_word_behind_a_minus_is_in_nobody_found(without: str, mark: str, q: str) -> None:
    kept, gone = set(slugs(f"{q} {mark}{without}")), set(slugs(without))
    assert kept == set(slugs(q)) - gone or not kept & {
        coach.slug for coach in sample() if coach.city == without
    }
    assert kept <= set(slugs(q))


def test_what_is_in_quotes_stands_so_in_a_text() -> None:
    assert slugs('"food bank"') == ["dmytro-kowalchuk-lund"]
    assert slugs('"bank food"') == []
    assert slugs("«\u00a0banque alimentaire\u00a0»") == ["dmytro-kowalchuk-lund"]
    assert set(slugs('"impact collectif"')) <= set(slugs('"collective impact"'))
    assert set(slugs('"coeur a l\'oeuvre"')) == {"genevieve-anne-st-onge"}
    assert slugs('"fo.d b(nk"') == []


def test_either_of_two_words_is_enough_with_or_between() -> None:
    both = set(slugs("wolof OR somali"))
    assert both == set(slugs("wolof")) | set(slugs("somali"))
    assert both == set(slugs("wolof OU somali"))


# ----------------------------------------------------------------------------------- names as data


@pytest.mark.parametrize("entry", content.terms(), ids=lambda entry: entry["names"][0])
def test_whoever_has_chosen_what_a_name_means_is_found_by_it(entry: Any) -> None:
    name, values = next(iter(entry["means"].items()))
    wanted = {
        result["slug"]
        for value in values[: 1 if entry.get("every") else None]
        for result in found("", filters={name: [value]}, limit=100)["results"]
    }
    for spelled in entry["names"][:3] if wanted and not entry.get("every") else ():
        assert wanted <= set(slugs(spelled)), spelled


def test_whoever_lives_in_a_region_comes_before_those_who_serve_it() -> None:
    for region in content.places()["regions"]:
        there = {c.slug for c in sample() if c.city in region["cities"]}
        page = slugs(region["names"][0])
        assert page, region["names"][0]
        assert not there or page[0] in there, region["names"][0]


def test_a_place_without_coaches_finds_those_who_serve_its_province() -> None:
    for q, code in (("Gaspésie", "QC"), ("Brampton", "ON"), ("Red Deer", "AB")):
        served = found("", filters={"province": [code]}, limit=100)["results"]
        assert set(slugs(q)) == {result["slug"] for result in served}


# -------------------------------------------------------------------------- explanations that hold


@given(st.lists(st.sampled_from([
           "N.-B.", "T.-N.-L.", "o brien", "C.-B.", "Î.-P.-É.", "d amours", "st onge", "logement",
           "jeune", "Outaouais", "bilingue", "tremblé", "homless", "évaluateur", "en personne",
           "Kahnawake", "a", "n b", "food security", '"table de quartier"', "Mi’gmaq",
       ]), min_size=1, max_size=3))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_each_explanation_names_what_the_coach_has_and_each_mark_is_of_it(words: list[str]) -> None:
    for lang in ("fr", "en"):
        page = found(" ".join(words), lang=lang, limit=100)
        for result in page["results"]:
            _holds(result)


def _holds(result: Any) -> None:
    known = [fold_to_words(why["found"]).strip() for why in result["matched"]]
    assert all(known), result["matched"]
    for why in result["matched"]:
        if why["field"] in ("name", "organization", "city"):
            assert why["found"].split()[0] in result[why["field"]], why
    for field, marks in result["highlights"].items():
        assert marks, field
        for begin, end in marks:
            shown = fold_to_words(result[field][begin:end]).strip()
            assert shown
            assert any(shown in text or text in shown for text in known), (shown, known)


def test_an_abbreviated_province_is_explained_by_its_name() -> None:
    for q, label in (("N.-B.", "Nouveau-Brunswick"), ("T.-N.-L.", "Terre-Neuve-et-Labrador")):
        for result in found(q, limit=100)["results"]:
            assert [why["found"] for why in result["matched"]] == [label], result["matched"]


# ------------------------------------------------------------------------------- places left out

PLACES = [name for region in content.places()["regions"] for name in region["names"]]
LEFT_OUT = [
    "not in {}",
    "housing outside {}",
    "coach hors de {}",
    "pas à {}",
    "sauf {}",
    "except {}",
]


@given(place=st.sampled_from(PLACES), words=st.sampled_from(LEFT_OUT))
@settings(max_examples=120)
def test_words_before_a_place_leave_out_whoever_lives_there(place: str, words: str) -> None:
    first = found(f'"{place}"' if place.lower() == "pas" else place)["results"][:1]
    if first and "city" in {why["field"] for why in first[0]["matched"]}:
        living = [one["slug"] for one in found(place)["results"] if one["city"] == first[0]["city"]]
        shown = slugs(words.format(place))
        assert first[0]["slug"] in living
        assert first[0]["slug"] not in shown, (words, place)


def test_such_words_before_anything_else_leave_nobody_out() -> None:
    assert set(slugs("pas seulement jeunes")) == set(slugs("jeunes"))
    assert slugs("the pas manitoba")[0] in slugs("Manitoba")


@pytest.mark.parametrize("name", ["Terre-Neuve", "Newfoundland", "Yukon", "Ontario", "Manitoba"])
def test_of_those_who_chose_a_province_whoever_lives_there_comes_first(name: str) -> None:
    chosen = [
        one["province"]
        for one in found(name, limit=100)["results"]
        if any(why["how"] == "exact" for why in one["matched"])
    ]
    home = chosen[0]
    assert chosen[: chosen.count(home)] == [home] * chosen.count(home)


@pytest.mark.parametrize("q", ["strategic plan", "impact collectif", "mac askill"])
def test_words_of_a_phrase_that_stand_apart_are_explained(q: str) -> None:
    for one in found(q, limit=100)["results"]:
        assert one["matched"], one["slug"]
        assert "Ontario" not in {why["found"] for why in one["matched"]}
