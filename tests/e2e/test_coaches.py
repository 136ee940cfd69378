"""The directory on the deployed stack: found, written to, and published while many look."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

from deployed import Response, Stack, ask, wait_for
from infra.local_aws.stack import SAMPLE
from infra.operator.directory import DirectoryPublisher
from infra.operator.stage import Operator

CROWD = int(os.environ.get("RELAIS_CROWD", "6"))
"""Visitors at once. Each is a process of the emulator of its own, 50 MB and a second of a
processor to start: 200 want 12 GB."""


def directory(stack: Stack) -> DirectoryPublisher:
    return DirectoryPublisher(Operator("local", stack.emulator.url).services.coaches.editions)


def test_a_visitor_finds_a_coach_writes_and_the_coach_gets_the_mail(stack: Stack) -> None:
    found = ask("GET", f"{stack.api}/coaches?q=trembley&lang=en")
    assert found.json["total"] >= 1
    slug = found.json["results"][0]["slug"]
    assert slug == "mireille-tremblay-okafor"
    tag = found.headers["etag"]
    again = ask("GET", f"{stack.api}/coaches?q=trembley&lang=en", None, If_None_Match=tag)
    assert again.status == 304
    page = stack.page(f"{stack.api}/coaches?q=trembley&province=QC&province=ON&lang=fr")
    assert "<mark>Tremblay</mark>" in page.text
    contact = f"{stack.api}/coaches/{slug}/contact"
    assert "Mireille" in stack.page(contact).text
    said = [("name", "Zoé Roy"), ("email", "zoe@example.org"), ("message", "Bonjour!")]
    assert stack.submit(contact, said).status == 303
    mail = stack.wait_for_mail(f"{slug}@example.org")
    assert mail["headers"]["Reply-To"] == "zoe@example.org"


def test_the_website_shows_everybody_while_relais_is_away(stack: Stack) -> None:
    page = stack.page(f"{stack.site}/fr/coaches").text
    assert page.count("/coaches/") == 60


def test_every_answer_is_wholly_of_one_edition_while_another_is_published(
    stack: Stack, tmp_path: Path
) -> None:
    operator = directory(stack)
    lines = SAMPLE.joinpath("coaches.csv").read_text("utf-8").splitlines()
    fewer = tmp_path / "fewer.csv"
    fewer.write_text("\n".join(lines[:31]), "utf-8")
    url = f"{stack.api}/coaches?limit=100&lang=en"
    before = ask("GET", url).json
    assert before["total"] == 60
    stop = Event()
    here: set[int] = set()

    def look(number: int) -> list[Told]:
        seen: list[Told] = []
        is_last = False
        # Everybody looks once more when the new edition is there.
        while not (seen and is_last):
            is_last = stop.is_set()
            answer = ask("GET", url)
            if answer.status in (429, 503):
                # Many cold processes on few cores: who is not let in asks again, as told.
                assert "retry-after" in answer.headers
            else:
                seen.append(_told(answer))
                here.add(number)
            stop.wait(1)
        return seen

    with ThreadPoolExecutor(CROWD) as pool:
        looking = [pool.submit(look, number) for number in range(CROWD)]
        try:
            wait_for(lambda: len(here) == CROWD, "the crowd", seconds=200)
            operator.import_(fewer, "en", dry=False, by="test")
            newer = wait_for(
                lambda: (told := _told(ask("GET", url)))[0] == 200 and told[2] == 30 and told,
                "the new edition",
                seconds=120,
            )
        finally:
            stop.set()
        seen = [told for each in looking for told in each.result()]
    older = _told_of(before)
    assert set(seen) <= {older, newer}
    assert seen.count(older) >= CROWD
    assert newer in seen
    operator.restore(str(operator.editions()[1]["id"]))


Told = tuple[int, str, int, int, int]
"""Status, version, total, results on the page, and the sum of all counts."""


def _told(answer: Response) -> Told:
    return _told_of(answer.json, answer.status)


def _told_of(found: dict[str, Any], status: int = 200) -> Told:
    if status != 200:
        return status, str(found), 0, 0, 0
    return status, found["version"], found["total"], len(found["results"]), _counted(found)


def _counted(found: dict[str, Any]) -> int:
    return sum(each["count"] for values in found["facets"].values() for each in values)
