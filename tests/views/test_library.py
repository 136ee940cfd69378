"""Twenty people who share one network, at a library, do all that they came for within an hour."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

import samples
from chalicelib.coaches.edition import Edition
from chalicelib.core.rate_limit import ROUTES
from chalicelib.views.desk.rights import RIGHTS
from journey import Journey
from sample_coaches import MIREILLE

PEOPLE = 20
FORMS = ("eoi", "application", "assessment")


@pytest.fixture
def library(way: Journey, published: Edition) -> Journey:
    """With the numbers that are deployed."""
    stage = json.loads(Path("infra/stages/prod.json").read_text("utf-8"))
    way.settings(POSTS_PER_HOUR=stage["PostsPerHour"], SIGNUPS_PER_HOUR=stage["SignupsPerHour"])
    return way


def test_twenty_people_of_one_library_post_to_every_public_address(library: Journey) -> None:
    visitor, posted = library.visitor, set[str]()

    def post(
        route: str, path: str, fields: Mapping[str, object], wanted: int, **headers: str
    ) -> None:
        posted.add(route)
        told = visitor.send(path, fields, **headers)
        assert told.status_code == wanted, (path, told.status_code, told.body)

    for number in range(PEOPLE):
        email = f"person{number}@example.org"
        given = {
            "eoi": samples.eoi(contact_email=email),
            "application": samples.application(applicant_email=email),
            "assessment": samples.assessment(send_to_email=email),
        }
        for form in FORMS:
            # Two mistakes each, before it is right.
            for _ in range(2):
                post("/forms/{form}", f"/forms/{form}", {}, 422)
            post("/forms/{form}", f"/forms/{form}", given[form], 201)
        sign_up = {"email": email, "language": "fr", "consent": True}
        message = {"name": f"Zoé {'ABCDEFGHIJKLMNOPQRST'[number]}", "email": email,
                   "message": f"Bonjour, une question de la personne {number}."}  # fmt: skip
        contact = "/coaches/{slug}/contact"
        post("/newsletter", "/newsletter", {"email": "x"}, 422)
        post("/newsletter", "/newsletter", sign_up, 202)
        post("/draft", "/draft", {"form": "eoi"}, 201)
        post("/file", "/file", {"email": "x"}, 422)
        post("/file", "/file", {"email": email, "lang": "fr"}, 202)
        post(contact, f"/coaches/{MIREILLE}/contact", {}, 422)
        post(contact, f"/coaches/{MIREILLE}/contact", message, 201)
        post("/desk", "/desk", {"email": "x"}, 422, Sec_Fetch_Site="same-origin")
        post("/desk", "/desk", {"email": email}, 303, Sec_Fetch_Site="same-origin")
        # A link that a mail program cut off, opened again and again.
        for _ in range(3):
            assert visitor.get("/file/cut-o").status_code == 404
        library.clock.pass_(minutes=2)
    signed_in = {path for (_, path), right in RIGHTS.items() if not right.anybody}
    assert posted == {route for route in ROUTES if "{token}" not in route} - signed_in
