"""Links carry one right each, and stop at what they were made for."""

import hashlib
import html
import inspect
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import TimestampSigner, URLSafeSerializer, URLSafeTimedSerializer

from chalicelib.core.errors import BadLink
from chalicelib.core.link_purposes import PURPOSES
from chalicelib.core.links import Links, hash_of, person_key
from chalicelib.core.signing import ADDRESS_TOKEN_LIMIT, TOKEN_LENGTH_LIMIT, SignedTokens
from fakes import SetClock

PERSON = "0123456789abcdef0123456789abcdef"
HASH = hashlib.sha256(b"ada@example.org").hexdigest()[:32]


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def links(clock: SetClock) -> Links:
    return links_with(clock)


def links_with(clock: SetClock) -> Links:
    return Links(["old" * 20], "https://relais.example.org/api", "https://www.example.org", clock)


def token_of(url: str) -> str:
    return url.rpartition("=")[2] if "=" in url else url.rpartition("/")[2]


def test_a_file_link_opens_its_file(links: Links) -> None:
    url = links.file("2026-7K4MQ-X", PERSON)
    assert url.startswith("https://relais.example.org/api/file/")
    assert links.open_file(token_of(url)) == ("2026-7K4MQ-X", PERSON[:8])
    standing = links.standing("DI-2026-7K4MQ-X", PERSON)
    assert links.open_standing(token_of(standing)) == ("DI-2026-7K4MQ-X", PERSON[:8])
    with pytest.raises(BadLink):
        links.open_file(token_of(standing))


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


def test_a_nonce_is_for_its_token_and_for_half_a_day(links: Links, clock: SetClock) -> None:
    nonce = links.nonce("token")
    assert links.check_nonce("token", nonce)
    assert not links.check_nonce("other", nonce)
    clock.pass_(hours=12)
    assert links.check_nonce("token", nonce)
    clock.pass_(seconds=1)
    assert not links.check_nonce("token", nonce)


@pytest.mark.parametrize("nonce", ["", "x", "é", "a.b.c", "x" * 10_000])
def test_a_made_up_nonce_fails(links: Links, nonce: str) -> None:
    assert not links.check_nonce("token", nonce)


def test_a_person_is_a_keyed_hash_of_the_normalised_address() -> None:
    key = person_key("Ada.Tremblay@Example.org ", b"k")
    assert key == person_key("ada.tremblay@example.org", b"k")
    assert key != person_key("ada.tremblay@example.org", b"other")
    assert "ada" not in key


def incompressible(length: int) -> str:
    return "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz", k=length))


def test_a_token_over_the_length_limit_is_refused_unread(links: Links) -> None:
    """Signed by ourselves, so that nothing but its length is wrong with it."""
    token = token_of(links.file(incompressible(TOKEN_LENGTH_LIMIT), PERSON))
    with pytest.raises(BadLink):
        links.open_file(token)
    token = token_of(links.address("x", PERSON, incompressible(2 * ADDRESS_TOKEN_LIMIT)))
    with pytest.raises(BadLink):
        links.open_address(token)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_the_longest_token_we_make_is_within_the_limit(links: Links, purpose: str) -> None:
    limit = ADDRESS_TOKEN_LIMIT if purpose == "address" else TOKEN_LENGTH_LIMIT
    token = token_of(made(links).get(purpose, links.nonce("token")))
    assert len(token) <= limit / 2 or purpose == "address"


MADE_FROM: dict[str, Any] = {
    "application": "2026-4T7KQ-M",
    "case": "2026-7K4MQ-X", "ref": "DI-2026-7K4MQ-X", "person": PERSON, "address": f"{'a' * 64}@{'b' * 180}.example.org",
    "to": PERSON[::-1], "asked": 1_772_460_000, "until": 1_835_535_600,
    "lang": "fr", "slug": "marie-eve-tremblay", "since": 1_772_463_600, "staff": "rita-roy",
    "topics": ["programme", "events", "learning"], "issue": "2026-03",
    "draft": "0123456789abcdef0123456789abcdef", "editor": "0123456789ab",
    "url": "https://relais.example.org/api/newsletter/unsubscribe/TOKEN.signed",
}  # fmt: skip
"""What stands for the parameters of the methods of `Links`; any other one takes its own name."""


def made(links: Links) -> dict[str, str]:
    """Every address that `links` makes, by its method; a new method is met here by itself."""
    found = {}
    for name, method in inspect.getmembers(links, inspect.ismethod):
        parameters = inspect.signature(method).parameters
        if name.startswith(("_", "open_")) or name in OTHERS:
            continue
        result = method(**{each: MADE_FROM.get(each, f"a-{each}") for each in parameters})
        found[name.removeprefix("new_")] = result if isinstance(result, str) else result.url
    return found | {"newsletter": links.newsletter}


OTHERS = {"code", "nonce", "right_code", "check_nonce", "step_code", "right_step_code", "redact"}
"""Methods that make no address."""

WITHOUT_A_RIGHT = {"coaches", "declare", "newsletter"}

SECOND_PLACES = {"unsubscribe_mail", "invite_days"}
"""Other addresses with the right of a purpose."""


def test_every_method_that_makes_an_address_is_looked_at(links: Links) -> None:
    assert set(made(links)) - WITHOUT_A_RIGHT - SECOND_PLACES == set(PURPOSES) - {"nonce"}


@pytest.mark.parametrize("website", ["", "https://www.example.org"])
@pytest.mark.parametrize("text", ["{}", "Voici: {}.", "<{}>", '<a href="{}">{}</a>', "{}?lang=fr"])
def test_no_token_survives_in_what_is_kept(text: str, website: str) -> None:
    links = Links(["k" * 64], "https://relais.example.org/api", website)
    for name, url in made(links).items():
        for written in (url, html.escape(url)):
            whole = text.replace("{}", written)
            kept = Links.redact(whole)
            if name in WITHOUT_A_RIGHT:
                assert kept == whole
            else:
                assert token_of(url.replace("%20", "/")) not in kept
                assert kept != whole
                assert kept.startswith(text.partition("{")[0])


def opener(purpose: str) -> Callable[[Links, str], object]:
    """How the token of a signed purpose is opened: by the method of its name."""
    if purpose == "nonce":
        return lambda links, token: links.check_nonce("token", token) or refuse()
    return lambda links, token: getattr(links, f"open_{purpose}")(token)


OPENED = {name: opener(name) for name, purpose in PURPOSES.items() if purpose.salt}
"""How the token of each signed purpose is opened."""

SPELLINGS = st.one_of(
    st.tuples(st.just("insert"), st.integers(0, 400), st.sampled_from("~.=!_-A a\n\x00é+/%*")),
    st.tuples(st.just("replace"), st.integers(0, 400), st.sampled_from("~.=_-AaZz09+/")),
    st.tuples(st.just("delete"), st.integers(0, 400), st.just("")),
    st.tuples(st.just("append"), st.just(0), st.text("~=.A-_ \ud800", min_size=1, max_size=500)),
)


def refuse() -> bool:
    raise BadLink("nonce")


def respelt(token: str, how: str, place: int, what: str) -> str:
    place %= len(token)
    if how == "append":
        return token + what
    return token[:place] + what + token[place + (how != "insert") :]


@pytest.mark.parametrize("values", [(HASH, "2026-03"), (HASH,), ("a" * 90, "a" * 60)])
def test_a_short_token_is_written_without_trying_to_compress_it(values: tuple[str, ...]) -> None:
    """It is the same token, and a long one is as it was."""
    tokens = SignedTokens(["a" * 64], SetClock())
    token = tokens.sign("unsubscribe", *values)
    assert token.startswith(".") == (values[0] != HASH)
    assert tokens.open("unsubscribe", token) == list(values)
    salt = PURPOSES["unsubscribe"].salt
    signed = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    before = URLSafeSerializer("a" * 64, salt=salt, signer_kwargs=signed).dumps(list(values))
    assert token == before


@given(
    st.sampled_from(sorted(PURPOSES)),
    st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), max_size=3),
    st.lists(st.text("abé\n0", min_size=1, max_size=9), min_size=1, max_size=3, unique=True),
)
def test_a_token_is_the_one_that_itsdangerous_would_sign(
    purpose: str, values: list[str], keys: list[str]
) -> None:
    """With or without a time, whatever the values and keys are; and each opens the other's."""
    clock = SetClock()
    tokens, kind = SignedTokens(keys, clock), PURPOSES[purpose]
    timed = kind.lifetime_seconds is not None

    class Stopped(TimestampSigner):
        def get_timestamp(self) -> int:
            return int(clock().timestamp())

    plain = (URLSafeTimedSerializer if timed else URLSafeSerializer)(
        keys,
        salt=kind.salt,
        signer=Stopped if timed else None,
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )
    token = tokens.sign(purpose, *values)
    assert plain.loads(token) == values
    if len(json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()) < 64:
        # A longer one is compressed by both, a shorter one by neither where that is no gain.
        assert len(token) >= len(plain.dumps(values))
    else:
        assert token == plain.dumps(values)
    assert SignedTokens([keys[-1]], clock).open(purpose, token) == values


@pytest.mark.parametrize("purpose", OPENED)
@given(SPELLINGS)
def test_a_token_opens_in_its_own_spelling_alone(purpose: str, edit: tuple[str, int, str]) -> None:
    links = links_with(SetClock())
    token = token_of(made(links).get(purpose) or links.nonce("token"))
    OPENED[purpose](links, token)
    if (other := respelt(token, *edit)) != token:
        with pytest.raises(BadLink):
            OPENED[purpose](links, other)


@pytest.mark.parametrize("purpose", OPENED)
def test_each_last_character_but_ours_is_refused(links: Links, purpose: str) -> None:
    """The last character of a signature has bits that base64 does not look at."""
    token = token_of(made(links).get(purpose) or links.nonce("token"))
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for last in set(letters) - {token[-1]}:
        with pytest.raises(BadLink):
            OPENED[purpose](links, token[:-1] + last)


def test_what_follows_a_token_of_the_longest_length_is_not_cut_off(links: Links) -> None:
    address = next(
        incompressible(length)
        for length in range(400, 900)
        if len(token_of(links.address("x", PERSON, incompressible(length)))) == ADDRESS_TOKEN_LIMIT
    )
    token = token_of(links.address("x", PERSON, address))
    assert links.open_address(token)[2] == address
    with pytest.raises(BadLink):
        links.open_address(f"{token}~")


@pytest.mark.parametrize("name", PURPOSES)
def test_every_right_has_an_end(name: str) -> None:
    purpose = PURPOSES[name]
    assert bool(purpose.lifetime_seconds) != bool(purpose.ends_with)
    assert purpose.salt or purpose.ends_with, "a stored link ends with its row"


@pytest.mark.parametrize("purpose", [n for n, one in PURPOSES.items() if one.lifetime_seconds])
def test_a_link_with_a_lifetime_opens_to_its_last_second(
    links: Links, clock: SetClock, purpose: str
) -> None:
    token = token_of(made(links).get(purpose) or links.nonce("token"))
    clock.pass_(seconds=PURPOSES[purpose].lifetime_seconds or 0)
    OPENED[purpose](links, token)
    clock.pass_(seconds=1)
    with pytest.raises(BadLink):
        OPENED[purpose](links, token)


def test_a_newsletter_s_links_work_for_sixty_days_and_more(links: Links, clock: SetClock) -> None:
    unsubscribe, preferences = links.unsubscribe(PERSON), links.preferences(PERSON)
    clock.pass_(days=61)
    assert links.open_unsubscribe(token_of(unsubscribe)) == (PERSON, "")
    assert links.open_preferences(token_of(preferences)) == PERSON


def test_codes_are_of_the_newest_key_and_of_any_that_is_not_retired() -> None:
    old, both, new = (
        Links(keys, "https://x.example.org", "") for keys in (["a"], ["a", "b"], ["b"])
    )
    code, digits = old.code("token"), old.step_code("hash", "2026")
    assert both.code("token") == new.code("token") != code
    assert both.step_code("hash", "2026") == new.step_code("hash", "2026") != digits
    assert both.right_code("token", code.lower())
    assert both.right_step_code("hash", "2026", f" {digits[:3]} {digits[3:]} ")
    assert not new.right_code("token", code)
    assert not new.right_step_code("hash", "2026", digits)


def test_keys_may_change_while_the_process_lives() -> None:
    keys = [["a"]]
    links = Links(lambda: keys[0], "https://x.example.org", "")
    old = token_of(links.file("2026-7K4MQ-X", PERSON))
    keys[0] = ["a", "b"]
    new = token_of(links.file("2026-7K4MQ-X", PERSON))
    assert new != old
    assert links.open_file(old)
    keys[0] = ["b"]
    assert links.open_file(new)
    with pytest.raises(BadLink):
        links.open_file(old)
