"""What docs/architecture.md says of the code: its rooms, and the paths that a newcomer walks."""

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import is_dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import samples
from chalicelib.cases.review.reviews import Reviews
from chalicelib.content import HERE
from chalicelib.forms import parsing
from chalicelib.forms.problems import InvalidForm
from fakes import MemoryMailer
from visitor import Visitor, token

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
ROOMS = {
    name: int(floor)
    for floor, names in re.findall(r"^\| (\d+) \| (.+?) \|", PAGE, re.MULTILINE)
    for name in re.findall(r"`([a-z_]+)(?:/|\.py)`", names)
}
"""Room → floor, as the page says."""

STOPS = {
    "parse": "forms/parsing.py",
    "declaration": "cases/intake/declaration.py",
    "creates": "cases/transition.py",
    "commit": "support/fakes.py",
    "staff_eoi_received": "mail/writers/staff.py",
    "readable": "forms/description.py",
    "compose": "mail/letters.py",
    "send": "support/fakes.py",
}
"""Where an answer is on its way looked for: a function and the end of its file's name."""


class Trip:
    """The files that stand on the stack at each stop, and the calls that climb."""

    def __init__(self) -> None:
        self.files: list[str] = []
        self.climbs: list[tuple[str, str]] = []
        self.stops: set[str] = set()

    def look(self, frame: FrameType) -> None:
        name = frame.f_code.co_name
        if name not in STOPS or not frame.f_code.co_filename.endswith(STOPS[name]):
            return
        stack: list[str] = []
        at: FrameType | None = frame
        while at is not None:
            place = _place(at.f_code.co_filename)
            if place is not None:
                stack.append(place)
            at = at.f_back
        stack.reverse()
        if name == "commit" and "chalicelib/mail/outbox.py" in stack:
            return  # What is written of a letter's own row holds no answer.
        if name == "readable" and "chalicelib/mail/writers/staff.py" not in stack:
            return  # The applicant's own letter shows a copy too.
        self.stops.add(name)
        self.files += [place for place in dict.fromkeys(stack) if place not in self.files]
        self.climbs += [
            (caller, callee)
            for caller, callee in pairwise(stack)
            # A line of the route table is called by Chalice's class: it is the way in.
            if callee != "app.py" and _floor(callee) > _floor(caller)
        ]


def _place(filename: str) -> str | None:
    inside = filename.removeprefix(f"{ROOT}/")
    return inside if inside == "app.py" or inside.startswith("chalicelib/") else None


def _floor(place: str) -> int:
    return (
        max(ROOMS.values()) if place == "app.py" else ROOMS[place.split("/")[1].removesuffix(".py")]
    )


@contextmanager
def trip() -> Iterator[Trip]:
    found = Trip()

    def profile(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            found.look(frame)

    with profiled(profile):
        yield found


@contextmanager
def profiled(look: Callable[[FrameType, str, Any], None]) -> Iterator[None]:
    """Have every call and return looked at."""
    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(before)


def listed(heading: str) -> list[str]:
    """The files that the page lists under a path of a newcomer."""
    part = PAGE.partition(f"**{heading}**")[2].partition("\n\n")[0]
    return re.findall(r"`([\w./*]+\.(?:py|json|txt|html))`", part)


def test_the_rooms_of_the_page_are_the_folders_on_the_floors_of_the_linter() -> None:
    folders = {path.name.removesuffix(".py") for path in (ROOT / "chalicelib").iterdir()}
    assert set(ROOMS) == folders - {"__init__", "__pycache__"}
    layers = re.search(r'type = "layers"\nlayers = \[(.*?)\]', _pyproject(), re.DOTALL)
    assert layers is not None
    floors = [re.findall(r"chalicelib\.(\w+)", line) for line in layers[1].strip().splitlines()]
    heights = [{ROOMS[name] for name in names} for names in floors]
    assert all(len(height) == 1 for height in heights), "what stands side by side is on one floor"
    flat = [height.pop() for height in heights]
    assert flat == sorted(flat, reverse=True)


def test_every_file_that_the_page_names_is_there() -> None:
    names = set(re.findall(r"`([\w/]+\.(?:py|json|txt))`", PAGE))
    assert len(names) > 20
    bases = (ROOT, ROOT / "chalicelib")
    assert [name for name in names if not any((base / name).exists() for base in bases)] == []


def test_no_init_file_says_more_than_a_sentence() -> None:
    for path in (ROOT / "chalicelib").rglob("__init__.py"):
        if path.parent.name in ("content", "chalicelib"):
            continue  # the content's one function a file is its interface
        body = ast.parse(path.read_text("utf-8")).body
        assert len(body) == 1, path
        assert isinstance(body[0], ast.Expr), path


def test_an_answer_goes_from_the_post_to_the_staff_s_mail_in_few_files_and_never_climbs(
    visitor: Visitor, deliver: Callable[[], int], mailer: MemoryMailer
) -> None:
    with trip() as post:
        response = visitor.send("/forms/eoi", samples.eoi(issue_summary="Loyers en hausse " * 8))
    with trip() as letter:
        deliver()
    assert response.status_code == 201
    assert post.stops | letter.stops == set(STOPS), "a stop was renamed"
    assert "Loyers en hausse" in mailer.to("rita.roy@example.org")[0].text
    assert post.climbs == []
    assert letter.climbs == []
    files = list(dict.fromkeys(post.files + letter.files))
    page = listed("`issue_summary`, from the POST to the staff's mail")
    assert {name for name in page if name.endswith(".py")} == set(files)
    assert len(page) <= 14


def holds(value: object, what: str, depth: int = 8) -> bool:
    """Say whether a value is, or has in it, a text with some words."""
    if isinstance(value, str):
        return what in value
    if isinstance(value, bytes):
        return what.encode() in value
    parts: Iterable[object] = ()
    if isinstance(value, dict):
        parts = value.values()
    elif isinstance(value, list | tuple):
        parts = value
    elif is_dataclass(value) and not isinstance(value, type):
        parts = vars(value).values() if hasattr(value, "__dict__") else ()
    return depth > 0 and any(holds(part, what, depth - 1) for part in parts)


def test_the_files_that_have_an_answer_in_their_hands_are_those_of_the_page(
    visitor: Visitor, deliver: Callable[[], int]
) -> None:
    words = "Loyers en hausse"
    found: set[str] = set()

    def look(frame: FrameType, event: str, given: Any) -> None:
        place = _place(frame.f_code.co_filename)
        if place is None or place in found or event not in ("call", "return"):
            return
        if any(holds(value, words) for value in [*frame.f_locals.values(), given]):
            found.add(place)

    with profiled(look):
        visitor.send("/forms/eoi", samples.eoi(issue_summary=f"{words} " * 8))
        deliver()
    follow = listed("`issue_summary`, from the POST to the staff's mail")
    beside = listed("What else is done to `issue_summary`, on the way")
    said = {name for name in (*follow, *beside) if name.endswith(".py")}
    assert said - found == set()
    assert len(follow) + len(beside) == len({*follow, *beside})
    (number,) = re.findall(r"some (\d+) by a count of every variable", PAGE)
    assert abs(int(number) - len(found)) <= 3, f"{len(found)}: {sorted(found - said)}"


def test_the_rule_of_a_team_and_its_message_are_in_the_files_of_the_page() -> None:
    met: list[str] = []

    def look(frame: FrameType, event: str, given: Any) -> None:
        # A problem is made: where the rule of the form is turned into the code of a message.
        if event == "call" and frame.f_locals.get("field") == "team":
            at = frame.f_back
            while at is not None and (place := _place(at.f_code.co_filename)):
                met.append(place)
                at = at.f_back

    codes = set()
    for size in (1, 6):
        team = [{**samples.APPLICATION["team"][0], "email": f"a{n}@b.ca"} for n in range(size)]
        given = samples.application(team=team)
        with profiled(look), pytest.raises(InvalidForm) as refused:
            parsing.parse("application", given, "fr", date(2026, 11, 23))
        codes |= {problem.code for problem in refused.value.problems if problem.field == "team"}
    texts = {path.name: path.read_text("utf-8") for path in HERE.glob("*.json")}
    (form,) = [name for name, text in texts.items() if '"key": "team"' in text]
    assert '"{team_min}"' in texts[form]
    rule = [name for name, text in texts.items() if re.search(r'"team_min": \d', text)]
    words = [name for name, text in texts.items() if all(f'"{code}": {{' in text for code in codes)]
    data = {f"chalicelib/content/{name}" for name in (form, *rule, *words)}
    assert set(listed("The rule “a team of 2 to 5” and its message")) == data
    assert len(data) <= 3
    carried = set(listed("What holds every such rule"))
    assert carried == set(met)
    assert not any('"team"' in (ROOT / name).read_text("utf-8") for name in carried)
    assert len(codes) == 2


def test_who_may_open_a_review_link_is_asked_of_the_files_of_the_page(
    visitor: Visitor, deliver: Callable[[], int], mailer: MemoryMailer
) -> None:
    visitor.send("/forms/eoi", samples.eoi())
    deliver()
    link = token(mailer.to("rita.roy@example.org")[0].text, "review")
    met: set[str] = set()

    def look(frame: FrameType, event: str, given: Any) -> None:
        opening = Reviews.open.__code__
        caller = frame.f_back.f_code if frame.f_back else None
        if event == "call" and opening in (frame.f_code, caller):
            place = _place(frame.f_code.co_filename)
            met.update({place} if place else ())

    with profiled(look):
        assert visitor.page(f"/review/{link}").status_code == 200
    asked, looked_up = listed("Who may open a review link"), listed("What is looked up for that")
    assert {*asked, *looked_up} == met
    assert len(asked) + len(looked_up) == len(met)
    assert len(asked) <= 3


def _pyproject() -> str:
    return (ROOT / "pyproject.toml").read_text("utf-8")


def test_the_page_says_how_much_there_is_in_each_room() -> None:
    part = PAGE.partition("## How much there is")[2].partition("\n## ")[0]
    said = {
        room: int(n.replace(",", ""))
        for room, n in re.findall(r"`(\w+)` (?:beside them has )?(\d[\d,]*)", part)
    }
    assert said.keys() - {"infra"} == {
        name for name in ROOMS if (ROOT / "chalicelib" / name).is_dir()
    }
    for room, number in said.items():
        folder = ROOT / room if room == "infra" else ROOT / "chalicelib" / room
        lines = sum(len(path.read_text("utf-8").splitlines()) for path in folder.rglob("*.py"))
        assert abs(lines - number) <= max(600, number / 5), f"{room}: {lines}"
