"""Settings that are missing or wrong stop the start: each in one line that names it."""

import pytest

from chalicelib.core.settings import (
    EDITABLE,
    MAY_BE_EMPTY,
    SettingsError,
    problem_of,
    read,
    with_edits,
)
from environment import ENVIRONMENT


def test_settings_are_read_and_typed() -> None:
    settings = read(
        {**ENVIRONMENT, "ALLOWED_ORIGINS": "https://a.example.org, https://b.example.org/"}
    )
    assert settings.undo_seconds == 600
    assert settings.step_up is False
    assert settings.allowed_origins == ("https://a.example.org", "https://b.example.org")
    assert settings.public_origin == "https://relais.example.org"


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read(ENVIRONMENT).undo_seconds = 1


@pytest.mark.parametrize("name", [n for n in ENVIRONMENT if n.lower() not in MAY_BE_EMPTY])
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is not set$"):
        read({**ENVIRONMENT, name: " "})


@pytest.mark.parametrize("name", sorted(MAY_BE_EMPTY))
def test_some_settings_may_be_empty(name: str) -> None:
    assert getattr(read({**ENVIRONMENT, name.upper(): ""}), name) == ""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("STAGE", "Prod"),
        ("PUBLIC_URL", "relais.example.org"),
        ("PUBLIC_URL", "https://"),
        ("PUBLIC_URL", "https://relais.example.org/api?stage=1"),
        ("WEBSITE_URL", "ftp://x"),
        ("ALLOWED_ORIGINS", "*"),
        ("ALLOWED_ORIGINS", "null"),
        ("ALLOWED_ORIGINS", "https://*.example.org"),
        ("ALLOWED_ORIGINS", "https://www.example.org; script-src *"),
        ("ALLOWED_ORIGINS", "https://www.example.org/fr"),
        ("ALLOWED_ORIGINS", ","),
        ("SENDER", "Innoweave"),
        ("SENDER", "Innoweave <forms@example.org"),
        ("SENDER", "Innoweave <forms@>"),
        ("REPLY_TO", "Innoweave <info@example.org>"),
        ("UNDO_SECONDS", "-1"),
        ("POSTS_PER_HOUR", "many"),
        ("POSTS_PER_HOUR", "1.5"),
        ("ISSUE_RATE", "0"),
        ("ISSUE_QUEUE", "issues"),
        ("MAIL_TOPIC", "mail-events"),
        ("QUORUM_APPLICATION", "0"),
        ("STEP_UP", "yes"),
        ("QUIET_HOURS", "8-20"),
        ("QUIET_HOURS", "always"),
        ("CONTACT_EMAIL", "info@"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_must_be(name: str, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read({**ENVIRONMENT, name: text})
    assert str(caught.value).startswith(f"{name} must ")
    assert str(caught.value).endswith(f", not {text!r}")


def test_every_missing_and_wrong_setting_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        read({**ENVIRONMENT, "SENDER": "", "UNDO_SECONDS": "soon", "QUORUM_APPLICATION": "0"})
    assert str(caught.value).splitlines() == [
        "SENDER is not set",
        "UNDO_SECONDS must be a whole number, not 'soon'",
        "QUORUM_APPLICATION must be 1 or more, not '0'",
    ]


def test_a_sender_may_have_a_name() -> None:
    for text in ("forms@example.org", "Innoweave <forms@example.org>"):
        assert read({**ENVIRONMENT, "SENDER": text}).sender == text


def test_the_bench_of_the_request_path_has_all_settings() -> None:
    from bench import post

    assert read(post.environment()).stage


@pytest.mark.parametrize("name", EDITABLE)
def test_each_setting_that_staff_may_change_is_taken_as_the_stage_would_take_it(name: str) -> None:
    given = read(ENVIRONMENT)
    text = ENVIRONMENT[name.upper()]
    assert problem_of(name, text) == ""
    assert with_edits(given, {name: text}) == given
