"""A setting that is missing or wrong stops the start with one line that names it."""

import pytest

from chalicelib.core.settings import MAY_BE_EMPTY, SettingsError, read
from environment import ENVIRONMENT


def test_settings_are_read_and_typed() -> None:
    settings = read(
        {**ENVIRONMENT, "ALLOWED_ORIGINS": "https://a.example.org, https://b.example.org/"}
    )
    assert settings.undo_seconds == 600
    assert settings.allowed_origins == ("https://a.example.org", "https://b.example.org")
    assert settings.public_origin == "https://relais.example.org"


@pytest.mark.parametrize("name", [n for n in ENVIRONMENT if n.lower() not in MAY_BE_EMPTY])
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is not set$"):
        read({**ENVIRONMENT, name: " "})


@pytest.mark.parametrize("name", sorted(MAY_BE_EMPTY))
def test_some_settings_may_be_empty(name: str) -> None:
    assert getattr(read({**ENVIRONMENT, name.upper(): ""}), name) == ""


@pytest.mark.parametrize(
    ("name", "text"),
    [("PUBLIC_URL", "relais.example.org"), ("WEBSITE_URL", "ftp://x"), ("UNDO_SECONDS", "-1"),
     ("POSTS_PER_HOUR", "many")],
)  # fmt: skip
def test_a_wrong_setting_is_named_with_what_it_must_be(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} must .*{text}"):
        read({**ENVIRONMENT, name: text})


def test_the_bench_of_the_request_path_has_all_settings() -> None:
    from bench import post

    assert read(post.environment()).log_level == "ERROR"
