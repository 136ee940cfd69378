"""Links carry one right each, and stop at what they were made for."""

import pytest
import time_machine

from chalicelib.core.errors import BadLink
from chalicelib.core.links import Links, hash_of, person_key

PERSON = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def links() -> Links:
    return Links(["old" * 20], "https://relais.example.org/api", "https://www.example.org")


def token_of(url: str) -> str:
    return url.rpartition("=")[2] if "=" in url else url.rpartition("/")[2]


def test_a_file_link_opens_its_file(links: Links) -> None:
    url = links.file("2026-7K4MQ-X", PERSON)
    assert url.startswith("https://relais.example.org/api/file/")
    assert links.open_file(token_of(url)) == ("2026-7K4MQ-X", PERSON[:8], True)
    standing = links.standing("2026-7K4MQ-X", PERSON)
    assert links.open_file(token_of(standing)) == ("2026-7K4MQ-X", PERSON[:8], False)


def test_an_invitation_leads_to_the_website_when_there_is_one(links: Links) -> None:
    url = links.invite("2026-7K4MQ-X", PERSON, "fr")
    assert url.startswith("https://www.example.org/fr/application?invite=")
    assert links.open_invite(token_of(url)) == ("2026-7K4MQ-X", PERSON[:8])


def test_without_a_website_an_invitation_leads_to_our_own_form() -> None:
    links = Links(["k" * 64], "https://relais.example.org/api", "")
    url = links.invite("2026-7K4MQ-X", PERSON, "en")
    assert url.startswith("https://relais.example.org/api/forms/application?lang=en&invite=")


def test_a_link_for_one_purpose_does_not_serve_another(links: Links) -> None:
    with pytest.raises(BadLink):
        links.open_invite(token_of(links.file("2026-7K4MQ-X", PERSON)))
    with pytest.raises(BadLink):
        links.open_file(token_of(links.invite("2026-7K4MQ-X", PERSON, "fr")))


@pytest.mark.parametrize("token", ["", "x", "a.b", "é", "x" * 100_000, "a.b.c.d", "\x00"])
def test_what_is_not_ours_is_a_bad_link(links: Links, token: str) -> None:
    with pytest.raises(BadLink):
        links.open_file(token)


def test_a_changed_link_is_a_bad_link(links: Links) -> None:
    token = token_of(links.file("2026-7K4MQ-X", PERSON))
    for position in range(0, len(token), 3):
        changed = (
            token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
        )
        with pytest.raises(BadLink):
            links.open_file(changed)


def test_old_links_work_after_a_rotation_and_new_ones_use_the_new_key() -> None:
    before = Links(["old" * 20], "https://x.example.org", "")
    both = Links(["old" * 20, "new" * 20], "https://x.example.org", "")
    after = Links(["new" * 20], "https://x.example.org", "")
    old = token_of(before.file("2026-7K4MQ-X", PERSON))
    new = token_of(both.file("2026-7K4MQ-X", PERSON))
    assert both.open_file(old) == both.open_file(new)
    assert after.open_file(new)
    with pytest.raises(BadLink):
        after.open_file(old)


def test_a_review_token_is_stored_as_a_hash(links: Links) -> None:
    url, token_hash, code = links.new_review()
    token = token_of(url)
    assert len(token) >= 43
    assert token_hash == hash_of(token)
    assert token not in token_hash
    assert code == links.code(token)
    assert len(code) == 4
    assert links.new_review()[0] != url


def test_a_nonce_is_for_its_token_and_for_a_quarter_of_an_hour(links: Links) -> None:
    with time_machine.travel("2026-03-02T15:00:00Z", tick=False) as now:
        nonce = links.nonce("token")
        assert links.check_nonce("token", nonce)
        assert not links.check_nonce("other", nonce)
        now.shift(15 * 60)
        assert links.check_nonce("token", nonce)
        now.shift(1)
        assert not links.check_nonce("token", nonce)


@pytest.mark.parametrize("nonce", ["", "x", "é", "a.b.c", "x" * 10_000])
def test_a_made_up_nonce_fails(links: Links, nonce: str) -> None:
    assert not links.check_nonce("token", nonce)


def test_a_person_is_a_keyed_hash_of_the_normalised_address() -> None:
    key = person_key("Ada.Tremblay@Example.org ", b"k")
    assert key == person_key("ada.tremblay@example.org", b"k")
    assert key != person_key("ada.tremblay@example.org", b"other")
    assert "ada" not in key
