"""What a website pastes: complete, in both languages, the same for everybody, and up to date."""

import gzip
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib import content
from chalicelib.core.languages import LANGS, Lang
from chalicelib.core.shown_words import shown_key
from chalicelib.newsletter.subscribers.consent_text import ConsentTexts
from chalicelib.services import Services
from chalicelib.views import kit_parts
from fakes import MemoryStore
from infra import kit
from infra.operator.stage import Operator
from journey import RITA, Journey
from operator_cli import relais
from visitor import Visitor

FILES = dict(kit.files(kit.EXAMPLE, None))
PARTS = [name for name in FILES if name.endswith(".html")]
FORMS = [name for name in kit_parts.PARTS if name != kit_parts.COACHES]
SITE = "https://www.example.org"
LIMIT_BYTES = 8_000
PAGE_LIMIT = 60_000


class Read(HTMLParser):
    """The tags of a part with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def of(self, *names: str) -> list[dict[str, str | None]]:
        return [facts for tag, facts in self.tags if tag in names]


@pytest.mark.parametrize("name", FILES)
def test_the_kit_of_the_repository_is_what_its_sources_make(name: str) -> None:
    there = (kit.KIT / name).read_text("utf-8")
    assert there == FILES[name], "write it again: .venv/bin/python -m infra.kit"


def test_the_folder_holds_the_kit_and_nothing_else() -> None:
    assert {path.name for path in kit.KIT.iterdir()} == set(FILES)


@pytest.mark.parametrize("name", PARTS)
def test_every_control_of_a_part_has_a_label_and_an_id_of_its_own(name: str) -> None:
    read = Read(FILES[name])
    labelled = {facts["for"] for facts in read.of("label") if "for" in facts}
    controls = [f for f in read.of("input", "select", "textarea") if f.get("type") != "hidden"]
    assert controls
    within = re.findall(
        r'<label class="choice"><input [^>]*name="([^"]*)"[^>]*> [^<]+</label>', FILES[name]
    )
    alone = [facts["name"] for facts in controls if facts.get("id") not in labelled]
    assert sorted(map(str, alone)) == sorted(within), "each other one stands in its label"
    ids = Counter(facts["id"] for _, facts in read.tags if "id" in facts)
    assert [each for each, times in ids.items() if times > 1] == []
    described = " ".join(facts.get("aria-describedby") or "" for _, facts in read.tags).split()
    assert set(described) <= set(ids)


@pytest.mark.parametrize("lang", LANGS)
def test_all_parts_may_stand_on_one_page(lang: Lang) -> None:
    html = "".join(FILES[f"{name}.{lang}.html"] for name in kit_parts.PARTS)
    ids = Counter(facts["id"] for _, facts in Read(html).tags if "id" in facts)
    assert [each for each, times in ids.items() if times > 1] == []


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("lang", LANGS)
def test_a_form_has_every_field_that_is_described(name: str, lang: Lang, visitor: Visitor) -> None:
    address = name if name == "newsletter" else f"forms/{name}"
    described = visitor.get(f"/{address}?lang={lang}").json_body
    fields = [f for section in described["sections"] for f in section["fields"]]
    names = {str(f["name"]) for f in Read(visitor.get(f"/kit/{name}?lang={lang}").body.decode()).of(
        "input", "select", "textarea") if "name" in f}  # fmt: skip
    lists = {re.split(r"[\[.]", each)[0] for each in names}
    assert {f["key"] for f in fields if "hidden" not in f} <= lists
    for field in fields:
        for inner in field.get("fields", ()):
            shown = max(field["min"], 1)
            assert f"{field['key']}[{shown - 1}].{inner['key']}" in names
            assert f"{field['key']}[{shown}].{inner['key']}" not in names
    if "notice_hash" in described:
        assert "notice" in names


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_whole_without_a_script_and_says_nothing_of_a_moment(name: str) -> None:
    html = FILES[name]
    read = Read(html)
    (form,) = read.of("form")
    assert str(form["action"]).startswith(kit.EXAMPLE.public_url)
    assert form["method"] == "get" or "novalidate" in form
    assert read.of("button")
    hrefs = [str(facts["href"]) for facts in read.of("a")]
    hosted = str(form["action"]).partition("?")[0]
    assert f"{hosted}?lang={name.split('.')[1]}" in hrefs, "the hosted page"
    assert "started_at" not in html
    assert not read.of("script", "style")
    facts = {name for _, each in read.tags for name in each}
    assert not {name for name in facts if name in ("style", "required") or name.startswith("on")}


@pytest.mark.parametrize("lang", LANGS)
def test_a_part_is_light_with_its_style(lang: Lang) -> None:
    style = len(FILES["relais.css"].encode())
    weights = {name: len(FILES[f"{name}.{lang}.html"].encode()) + style for name in kit_parts.PARTS}
    assert {name: weight for name, weight in weights.items() if weight >= PAGE_LIMIT} == {}
    every_byte = len(FILES["relais.js"].encode())
    assert [name for name, weight in weights.items() if weight + every_byte >= PAGE_LIMIT] == [
        "application"
    ], "all others with the script too"


def test_an_invited_applicant_sends_more_rows_than_a_pasted_form_shows(
    visitor: Visitor, way: Journey
) -> None:
    schools = [f"École {number}" for number in range(15)]
    partner = {"sector": "education", "commitment": "confirmed"}
    way.declare(partners=[{"name": school, **partner} for school in schools])
    way.decide(RITA, decision="approve")
    way.after_undo()
    page = visitor.get(f"/kit/application?lang=fr&invite={way.invite()}").body.decode()
    assert len(page.encode()) < PAGE_LIMIT
    values = {f.get("name"): f.get("value") for f in Read(page).of("input")}
    rows = [n for n in range(25) if values.get(f"partners[{n}].name") in schools]
    assert len(rows) == len(schools)
    for number in rows[2:]:
        name = values[f"partners[{number}].name"]
        assert f"Ligne {number + 1} – {name}" in page
        assert values[f"partners[{number}].sector"] == "education"


@pytest.mark.parametrize("form", ["eoi", "application"])
def test_more_rows_than_a_pasted_form_shows_are_written_on_our_pages_with_all_that_was_typed(
    form: str, visitor: Visitor, store: MemoryStore
) -> None:
    page = Read(visitor.get(f"/kit/{form}?lang=en").body.decode())
    ways = [urlsplit(str(b["formaction"])) for b in page.of("button") if "formaction" in b]
    lists = {parse_qs(way.query)["rows"][0]: way for way in ways if "rows" in way.query}
    sections = {field["key"]: section["id"] for section in content.form(form)["sections"]
                for field in section["fields"] if field["type"] == "rows"}  # fmt: skip
    assert set(lists) == set(sections)
    for rows, section in sections.items():
        path = f"{lists[rows].path.partition('/api')[2]}?{lists[rows].query}"
        typed = [("uninvited", "1"), ("lang", "en"), ("partners[0].name", "École du Parc")]
        begun = visitor.submit(path, typed)
        where = urlsplit(begun.headers["Location"])
        assert (begun.status_code, where.path.rpartition("/")[2]) == (303, section)
        assert where.fragment == f"f-{rows}"
        shown = visitor.page(f"{where.path.partition('/api')[2]}?lang=en").body.decode()
        assert f'value="add:{rows}"' in shown
        assert ("École du Parc" in shown) == (rows == "partners")


def test_the_script_is_small_and_passes_the_strictest_policy() -> None:
    script = FILES["relais.js"]
    assert len(gzip.compress(script.encode(), 9)) < LIMIT_BYTES
    assert not re.search(
        r"\beval\b|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\.style\b"
        r"|cookie\b(?!,)|localStorage|import ",
        script.partition("(() =>")[2],
    )


def test_the_script_speaks_both_languages_of_the_content_and_none_of_its_own() -> None:
    script = FILES["relais.js"]
    for text in content.kit()["script"].values():
        assert all(text[lang] in script for lang in LANGS)
    rest = script.replace(re.findall(r"const WORDS = (.+)", script)[0], "")
    said = [
        text for text in re.findall(r'"([^"\n]*)"', rest) if re.search(r"[a-zé]{2} [a-zé]{2}", text)
    ]
    assert [
        text for text in said if not re.match(r"(hint|error|use|a, |p, |input|radio)", text)
    ] == []


@pytest.mark.parametrize("name", [*kit_parts.PARTS, *kit_parts.FILES])
def test_a_website_reads_each_part_and_keeps_it(name: str, visitor: Visitor) -> None:
    first = visitor.get(f"/kit/{name}?lang=en", Origin=SITE)
    assert first.headers["Access-Control-Allow-Origin"] == SITE
    assert first.headers["Cache-Control"] == "public, max-age=300"
    assert first.headers["Content-Type"] == kit_parts.FILES.get(name, "text/html; charset=utf-8")
    other = visitor.get(f"/kit/{name}?lang=en", Origin="https://elsewhere.example.com")
    assert other.headers["Access-Control-Allow-Origin"] == "*"
    again = visitor.get(f"/kit/{name}?lang=en", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.body) == (304, b"")


def test_what_is_known_of_whom_a_letter_invited_is_theirs_alone(
    visitor: Visitor, way: Journey
) -> None:
    way.declare()
    way.decide(RITA, decision="approve")
    way.after_undo()
    token = way.invite()
    mine = visitor.get(
        f"/kit/application?lang=fr&invite={token}", Origin="https://evil.example.com"
    )
    assert mine.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in mine.headers
    read = Read(mine.body.decode())
    values = {facts.get("name"): facts.get("value") for facts in read.of("input")}
    assert values["invite"] == token
    assert values["applicant_last_name"] == "Tremblay"
    assert "ref" not in values
    wrong = visitor.get("/kit/application?lang=fr&invite=wrong")
    assert wrong.status_code == 409
    assert wrong.json_body["title"] == "Une Déclaration d’intérêt doit venir en premier"


def test_a_part_is_copied_as_text(visitor: Visitor) -> None:
    shown = visitor.get("/kit/eoi?lang=fr")
    copied = visitor.get("/kit/eoi?lang=fr&source=1")
    assert copied.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert copied.body == shown.body


def test_what_is_no_part_is_not_found(visitor: Visitor) -> None:
    for name in ("profile", "..", "relais", "form.html"):
        assert visitor.get(f"/kit/{name}").status_code == 404


def test_the_words_of_a_part_are_kept_before_somebody_agrees_to_them(
    visitor: Visitor, store: MemoryStore
) -> None:
    part = Read(visitor.get("/kit/eoi?lang=fr").body.decode())
    (sent,) = [facts["value"] for facts in part.of("input") if facts.get("name") == "notice"]
    assert store.items[shown_key("notice", str(sent))]["form"] == "eoi"


def test_the_kit_of_a_stage_is_written_in_its_own_words(
    service: Services, store: MemoryStore, tmp_path: Path
) -> None:
    operator = Operator("local", settings=service.settings)
    vars(operator)["services"] = service
    said = relais(operator, "kit", "write", str(tmp_path / "kit"))
    assert said == f"Wrote {len(FILES)} files to {tmp_path / 'kit'}"
    for lang in LANGS:
        part = (tmp_path / "kit" / f"eoi.{lang}.html").read_text("utf-8")
        values = {facts.get("name"): facts.get("value") for facts in Read(part).of("input")}
        assert values["consent_shown"] == ConsentTexts(service.settings, b"p" * 32).shown(lang)
        assert store.items[shown_key("notice", str(values["notice"]))]["lang"] == lang
        assert f'action="{service.settings.public_url}/forms/eoi?lang={lang}"' in part


def test_a_paused_form_says_so_in_its_part(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(content.programme()["intake"], "eoi", "paused")
    from chalicelib.forms import description

    description._described.cache_clear()
    try:
        html = visitor.get("/kit/eoi?lang=fr").body.decode()
        words = visitor.get("/kit/eoi?lang=en&paused=1").json_body["paused"]
        others = [name for name in kit_parts.PARTS if name != "eoi"]
        told = {name: visitor.get(f"/kit/{name}?paused=1").json_body["paused"] for name in others}
    finally:
        monkeypatch.undo()
        description._described.cache_clear()
    assert "n’accepte pas de nouvelles déclarations" in html
    assert "<form" not in html
    assert "/forms/eoi?lang=fr" in html
    assert "not accepting new declarations" in words
    assert set(told.values()) == {""}


def test_the_style_has_the_colours_of_our_pages_and_leaves_each_to_the_website() -> None:
    style = FILES["relais.css"]
    assert "--r-accent:var(--relais-accent,#0b5c4a)" in style
    assert "light-dark(#0b5c4a,#7fd6bd)" in style
    selectors = re.findall(r"(?:^|[}{])([^{}@/]+)\{", style)
    assert [each for each in selectors if "relais-form" not in each] == []


def test_the_types_name_every_form_and_its_fields() -> None:
    types = FILES["relais.d.ts"]
    declared = re.findall(
        r"^export (?!interface \w+ (?:extends \w+ )?\{|type \w+ = ).*", types, re.M
    )
    assert declared == [], "is no TypeScript"
    assert "export type DraftPage = Section | Documents" in types
    assert types.count("Answers\n") == len(FORMS)
    for name in FORMS:
        assert f"  {name}: {name.capitalize()}Answers\n" in types
        for section in content.form(name)["sections"]:
            for field in section["fields"]:
                assert re.search(rf"^  {field['key']}\??: ", types, re.MULTILINE), field["key"]
