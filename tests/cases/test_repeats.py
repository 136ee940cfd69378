"""A repeat of a form is answered as the first time; of a file that has ended it is a new form."""

from typing import Any

import pytest

import samples
from chalicelib.cases.case import Case
from chalicelib.cases.deadlines.agenda import Agenda, held_forms
from chalicelib.cases.effects import Decider
from chalicelib.core import eastern_time
from journey import RITA, Journey

KEYS = pytest.mark.parametrize("key", ["", "a key"], ids=["content", "key"])


def posted(way: Journey, form: str, key: str, **changes: Any) -> tuple[Case, bool]:
    """Return the case of a post, and whether it was told to be a repeat."""
    given = samples.eoi(**changes) if form == "eoi" else samples.application(**changes)
    told = way.visitor.send(f"/forms/{form}", given, **({"Idempotency_Key": key} if key else {}))
    assert told.status_code == 201, told.body
    way.deliver()
    return way.case(told.json_body["ref"]), "Idempotent-Replayed" in told.headers


@KEYS
def test_the_same_declaration_after_a_withdrawal_is_a_new_file(way: Journey, key: str) -> None:
    first, _ = posted(way, "eoi", key)
    assert posted(way, "eoi", key) == (way.again(first), True)
    for _ in range(3):
        way.do(way.own(), "?do=withdraw", action="withdraw")
        assert way.again(first).state == "WITHDRAWN"
        second, repeated = posted(way, "eoi", key)
        assert (second.state, repeated) == ("EOI_PENDING", False)
        assert second.id != first.id
        assert posted(way, "eoi", key) == (way.again(second), True), "and that one is repeated"
        first = second


@KEYS
@pytest.mark.parametrize("form", ["eoi", "application"])
def test_the_same_form_after_a_decline_is_a_new_file(way: Journey, form: str, key: str) -> None:
    first, _ = posted(way, form, key)
    way.decide(RITA, decision="decline", reason="eligibility")
    assert posted(way, form, key)[1], "while the decision can be undone, nothing has ended"
    way.after_undo()
    second, repeated = posted(way, form, key)
    assert not repeated
    assert second.id != first.id
    assert way.again(first).state.endswith("_DECLINED")


def test_an_application_by_an_invitation_that_was_used_is_never_told_as_received(
    way: Journey,
) -> None:
    way.declare()
    way.decide(RITA, decision="approve")
    way.after_undo()
    invite = way.invite()
    first, _ = posted(way, "application", "", invite=invite)
    assert posted(way, "application", "", invite=invite) == (way.again(first), True)
    way.do(way.own(), "?do=withdraw", action="withdraw")
    assert way.again(first).state == "WITHDRAWN"
    again = way.visitor.send("/forms/application", samples.application(invite=invite))
    assert again.status_code == 409


def test_what_is_held_is_in_the_morning_letter_of_any_year_until_it_is_released(
    way: Journey,
) -> None:
    way.service.cases.digest.ensure_scheduled()
    forms = [posted(way, "application", "", fid_city=f"Ville {n}")[0] for n in range(11)]
    held = forms[-1]
    way.clock.pass_(days=1)
    way.deliver()
    (mail,) = [mail for mail in way.mailer.to(RITA) if "à décider" in mail.subject]
    assert held.current_ref in mail.text
    assert held.current_ref in mail.html
    way.clock.pass_(days=400)
    today = eastern_time.today(way.clock())
    days = Agenda(way.service.store, way.service.cases.roster).of(today).values()
    assert [day.held for day in days] == [[held.id]] * len(days)
    way.service.cases.decisions.release(way.again(held), Decider("operator", "operator"))
    assert held_forms(way.service.store) == []
