"""A subscriber's way on the deployed stack: sign up, confirm, move, leave by one click."""

import json
import re

import pytest

from deployed import Stack, ask, fill, wait_for

SAID = {
    "fr": ("Confirmez votre abonnement", "confirmé", "nouvelle adresse", "changée"),
    "en": ("Confirm your subscription", "You are subscribed", "new address", "changed"),
}


def path(text: str, page: str) -> str:
    found = re.findall(rf"http\S+/newsletter/{page}/[\w.~-]+", text)
    return str(found[-1])


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_subscriber_comes_moves_and_leaves(stack: Stack, lang: str) -> None:
    asked, confirmed, moved, changed = SAID[lang]
    first, second = f"news.{lang}@example.org", f"news2.{lang}@example.org"
    page = stack.page(f"{stack.site}/{lang}/newsletter")
    answers = {"email": first, "language": lang, "consent": True}
    posted = stack.submit(f"{stack.api}/newsletter", fill(page.text, answers))
    assert posted.status == 303, posted.text
    assert stack.page(posted.headers["location"]).status == 200
    link = path(stack.wait_for_mail(first, asked)["text"], "confirm")
    for _ in range(3):
        assert stack.page(link).status == 200, "a scanner looks"
    done = stack.submit(link, [("lang", lang)])
    assert confirmed in done.text

    chosen = path(done.text, "preferences")
    assert stack.submit(chosen, [("action", "move"), ("email", second)]).status == 200
    link = path(stack.wait_for_mail(second, moved)["text"], "confirm")
    done = stack.submit(link, [("lang", lang)])
    assert changed in done.text

    # The link of before the move still leads to the subscription.
    assert stack.submit(chosen, [("action", "leave")]).status == 200
    found = stack.client("dynamodb").scan(TableName="relais-local-subscribers")["Items"]
    rows = [i for i in found if i["kind"]["S"] == "subscriber" and i["lang"]["S"] == lang]
    assert {i["status"]["S"] for i in rows} == {"UNSUBSCRIBED"}, lang
    assert not any("audience" in i for i in found)


@pytest.mark.parametrize(
    ("mailbox", "left"), [("bounce", set()), ("complaint", {"COMPLAINED"})], ids=["bounce", "spam"]
)
def test_what_ses_says_of_a_confirmation_reaches_its_subscriber(
    stack: Stack, mailbox: str, left: set[str]
) -> None:
    address = f"{mailbox}@simulator.amazonses.com"
    body = json.dumps({"email": address, "language": "en", "consent": True}).encode()
    asked = ask("POST", f"{stack.api}/newsletter", body, Content_Type="application/json")
    assert asked.status == 202, asked.text
    dynamo = stack.client("dynamodb")

    def statuses() -> set[str]:
        rows = dynamo.scan(TableName="relais-local-subscribers")["Items"]
        return {i["status"]["S"] for i in rows if i["kind"]["S"] == "subscriber"}

    stack.wait_for_mail(address, "Confirm your subscription")
    wait_for(lambda: statuses() - {"UNSUBSCRIBED"} == left, f"a subscriber after a {mailbox}")


def test_an_address_on_the_account_s_list_gets_its_letter_by_the_second_try(stack: Stack) -> None:
    address = "once.bounced@example.org"
    stack.ses.suppressed[address] = "BOUNCE"
    body = json.dumps({"email": address, "language": "en", "consent": True}).encode()
    asked = ask("POST", f"{stack.api}/newsletter", body, Content_Type="application/json")
    assert asked.status == 202, asked.text
    link = path(stack.wait_for_mail(address, "Confirm your subscription")["text"], "confirm")
    assert address not in stack.ses.suppressed
    done = stack.submit(link, [("lang", "en")])
    assert "You are subscribed" in done.text
    stack.submit(path(done.text, "preferences"), [("action", "leave")])
