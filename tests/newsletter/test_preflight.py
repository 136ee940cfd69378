"""What stands between an issue and its readers: each fault is found, placed, and explained."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import issue_factory
from accounts import SetAccount
from chalicelib import content
from chalicelib.newsletter.issues import preflight, theme
from chalicelib.newsletter.issues.findings import Finding, blocking, finding_of, message
from chalicelib.newsletter.issues.preflight import (
    LinkAnswer,
    PreflightContext,
    check,
    finish,
)
from chalicelib.newsletter.issues.source import SOURCE_LIMIT, read_folder
from chalicelib.newsletter.pace import Allowance
from chalicelib.newsletter.sending.pacing import Pace
from checked_issue import CONTEXT, EN, FR, NOW, both, checked
from fakes import MemoryBulkMailer, MemoryStore, SetClock
from issue_factory import IMPRINT


def codes(findings: list[Finding]) -> set[str]:
    return {finding.code for finding in findings if finding.level != "notes"}


def test_a_whole_issue_has_nothing_to_mend(tmp_path: Path) -> None:
    found = checked(tmp_path)
    assert codes(found) == set()
    assert [finding.code for finding in found] == ["audience", "finish"]


@pytest.mark.parametrize(
    ("changed", "code", "file", "line"),
    [
        ({"fr": "Bonjour"}, "no_head", "fr.md", 1),
        ({"fr": FR.replace("preheader: Trois dates à retenir\n", "")}, "head_missing", "fr.md", 1),
        ({"fr": FR.replace("topics:", "colour: red")}, "head_line", "fr.md", 6),
        ({"fr": FR.replace("topics:", "slug: x")}, "head_line", "fr.md", 6),
        ({"fr": FR.replace("topics:", "counterpart: x")}, "counterpart", "fr.md", 6),
        ({"en": EN.replace("2026-03\n", "2026-04\n")}, "head_differs", "en.md", 4),
        (both("2026-03\n", "Été\n"), "slug", "fr.md", 4),
        (both("2026-03-02", "2 mars"), "date", "fr.md", 5),
        (both("topics:", "archive: perhaps"), "archive", "fr.md", 6),
        (both("topics:", "topics: gardening"), "topic", "fr.md", 6),
        ({"fr": FR.split("\n## ")[0]}, "no_body", "fr.md", 8),
        (both("## D", "# D"), "heading", "fr.md", 9),
        (both("## D", "### D"), "heading", "fr.md", 9),
        ({"fr": FR + "\n<b>Gras</b>\n"}, "raw_html", "fr.md", 13),
        ({"fr": FR + "\n<script>alert(1)</script>\n"}, "raw_html", "fr.md", 13),
        ({"fr": FR + "\n[x](javascript:alert(1))\n"}, "bad_link", "fr.md", 13),
        ({"fr": FR + "\n[x](JaVaScript&colon;alert(1))\n"}, "bad_link", "fr.md", 13),
        ({"fr": FR + "\n[x](data:text/html,x)\n"}, "bad_link", "fr.md", 13),
        ({"fr": FR + "\n[x](/forms/eoi)\n"}, "bad_link", "fr.md", 13),
        ({"fr": FR + "\n[x](https://ada@evil.example.org/)\n"}, "bad_link", "fr.md", 13),
        ({"fr": FR + "\n[x](http://[::1)\n"}, "bad_link", "fr.md", 13),
        ({"fr": FR + "\n[](https://www.example.org/p)\n"}, "empty_link", "fr.md", 13),
        ({"fr": FR + "\n[x](http://www.example.org/p)\n"}, "plain_link", "fr.md", 13),
        ({"fr": FR + "\n[x](https://a.org/{{first_name}})\n"}, "field_in_link", "fr.md", 13),
        ({"fr": FR + "\n![](https://www.example.org/i.png)\n"}, "no_alt", "fr.md", 13),
        ({"fr": FR + "\n![Vue](i.png)\n"}, "bad_image", "fr.md", 13),
        ({"fr": FR + "\n![Vue](https://evil.example.net/i.png)\n"}, "foreign_image", "fr.md", 13),
        ({"fr": FR + "\n|a|b|c|d|e|\n|-|-|-|-|-|\n|1|2|3|4|5|\n"}, "big_table", "fr.md", 13),
        ({"fr": FR + "\n|a|b|\n|-|-|\n" + "|1|2|\n" * 900}, "big_table", "fr.md", 13),
        ({"fr": FR + "\n|a||\n|-|-|\n|1|2|\n"}, "table_head", "fr.md", 13),
        ({"fr": FR + "\nA\nB {{shoe_size}}\n"}, "unknown_field", "fr.md", 14),
        ({"fr": FR + "\nBonjour {{first_name}}\n"}, "no_default", "fr.md", 13),
        ({"fr": FR + "\n{{first_name|a}} {{first_name|b}}\n"}, "two_defaults", "fr.md", 13),
        (both("subject: ", "subject: {{first_name}} "), "no_default", "fr.md", 2),
        ({"fr": FR + "\n[x](https://www.example.org/q)\n"}, "link_count", None, None),
        ({"en": EN.replace("org/p", "org/q")}, "link_differs", "fr.md", 11),
        ({"fr": FR.replace("subject: ", "subject: " + "Long " * 20)}, "long_subject", "fr.md", 2),
        ({"fr": FR + "\nL'enjeu\n"}, "straight_apostrophe", "fr.md", 13),
        ({"fr": FR + "\nQuoi ?\n"}, "space_before", "fr.md", 13),
        ({"fr": FR.replace("Le printemps", "L'hiver")}, "straight_apostrophe", "fr.md", 2),
        ({"fr": FR.encode() + b"\n\xff\n"}, "not_utf8", "fr.md", 13),
        ({"fr": FR + "\nA\x00\n"}, "control_character", "fr.md", 13),
        ({"fr": FR + "x" * 1_000_000}, "too_long", "fr.md", None),
    ],
)  # fmt: skip
def test_a_fault_is_found_at_its_line(
    tmp_path: Path, changed: dict[str, Any], code: str, file: str | None, line: int | None
) -> None:
    found = [f for f in checked(tmp_path, **changed) if f.code == code]
    assert (found[0].file, found[0].line) == (file, line)


@pytest.mark.parametrize(
    ("context", "code"),
    [
        (replace(CONTEXT, imprint=replace(IMPRINT, postal_address="")), "no_postal_address"),
        (replace(CONTEXT, imprint=replace(IMPRINT, contact_email="")), "no_contact"),
        (replace(CONTEXT, imprint=replace(IMPRINT, public_url="http://a.org/api")), "no_one_click"),
        (replace(CONTEXT, sender="forms@elsewhere.example.net"), "from_not_aligned"),
        (replace(CONTEXT, account=SetAccount(Allowance(rate=1, daily=200, used=0, sandbox=True))), "sandbox"),
        (replace(CONTEXT, account=SetAccount(Allowance(1, 900, 0, stopped="switched_off"))), "sending_off"),
        (replace(CONTEXT, account=SetAccount(Allowance(rate=1, daily=200, used=1))), "over_quota"),
        (replace(CONTEXT, audience=lambda topics: {"fr": 0, "en": 0}), "nobody"),
        (replace(CONTEXT, tries=lambda urls: {u: LinkAnswer("dead", "404") for u in urls}), "dead_link"),
    ],
)  # fmt: skip
def test_what_is_around_the_issue_blocks_it_too(
    tmp_path: Path, context: PreflightContext, code: str
) -> None:
    assert code in {finding.code for finding in blocking(checked(tmp_path, context=context))}


def test_one_language_is_not_an_issue(tmp_path: Path) -> None:
    checked(tmp_path)
    (tmp_path / "en.md").unlink()
    found = check(*read_folder(tmp_path), CONTEXT)[1]
    assert [(f.code, f.file) for f in blocking(found)] == [("no_file", "en.md")]


def test_no_language_is_not_an_issue(tmp_path: Path) -> None:
    assert len(blocking(check(*read_folder(tmp_path), CONTEXT)[1])) == 2


def test_off_line_the_author_is_told_so(tmp_path: Path) -> None:
    assert codes(checked(tmp_path, context=replace(CONTEXT, tries=None))) == {"links_not_tried"}


def test_a_link_that_refuses_programs_does_not_block(tmp_path: Path) -> None:
    shy = replace(CONTEXT, tries=lambda urls: {url: LinkAnswer("unsure", "403") for url in urls})
    found = checked(tmp_path, context=shy)
    assert not blocking(found)
    assert codes(found) == {"unsure_link"}


def test_declared_counterparts_are_the_same_link(tmp_path: Path) -> None:
    fr = FR.replace("org/p)", "org/fr/p)")
    assert "link_differs" in codes(checked(tmp_path, fr=fr))
    pair = "counterpart: https://www.example.org/fr/p = https://www.example.org/p"
    assert codes(checked(tmp_path, fr=fr.replace("topics:", f"topics:\n{pair}"))) == set()


def test_links_in_another_order_are_the_same(tmp_path: Path) -> None:
    fr = FR + "\n[b](https://b.example.org/) [c](https://c.example.org/)\n"
    en = EN + "\n[c](https://c.example.org/) [b](https://b.example.org/)\n"
    assert codes(checked(tmp_path, fr, en)) == set()


def test_an_issue_over_a_days_quota_leaves_when_that_is_accepted(tmp_path: Path) -> None:
    small = replace(
        CONTEXT, account=SetAccount(Allowance(rate=1, daily=200, used=1)), over_days=True
    )
    found = checked(tmp_path, context=small)
    assert not blocking(found)
    assert codes(found) == {"over_days"}


def test_an_issue_over_100_kb_blocks(tmp_path: Path) -> None:
    heavy = "\n- [x](https://www.example.org/p)" * 900
    found = checked(tmp_path, FR + heavy, EN + heavy)
    assert {(f.code, f.file) for f in blocking(found)} == {
        ("too_big", "fr.md"), ("too_big", "en.md"),
    }  # fmt: skip


def test_a_text_part_by_hand_holds_every_link(tmp_path: Path) -> None:
    (tmp_path / "fr.txt").write_text("Voici : https://www.example.org/p", "utf-8")
    (tmp_path / "en.txt").write_text("Nothing {{shoe_size}}", "utf-8")
    found = blocking(checked(tmp_path))
    assert {(f.code, f.file) for f in found} == {
        ("text_without_link", "en.txt"), ("unknown_field", "en.txt"),
    }  # fmt: skip


def test_an_empty_text_part_blocks(tmp_path: Path) -> None:
    (tmp_path / "fr.txt").write_text(" \n", "utf-8")
    assert "no_text" in codes(checked(tmp_path))


def test_weak_colours_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    colours = content.theme()["light"]
    monkeypatch.setitem(colours, "soft", "#999999")
    assert "contrast" in codes(checked(tmp_path))


def test_the_colours_can_be_read() -> None:
    assert not list(theme.too_weak())
    assert theme.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert theme.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_every_finding_says_what_and_how_in_both_languages(tmp_path: Path) -> None:
    texts = content.preflight()["findings"]
    for code, row in texts.items():
        assert ("mend" in row) == (
            row["level"] != "notes" and code != "links" and code != "over_days"
        )
    found = checked(tmp_path, FR + "\nQuoi ?\n[](x)\n", context=replace(CONTEXT, tries=None))
    for finding in found:
        assert finding_of(finding.kept()) == finding
        for lang in ("fr", "en"):
            text = message(finding, lang)
            assert "{" not in text
            assert text[-1] in ".)"
    told = message(Finding("space_before", "fr.md", 13, {"text": "Quoi ?"}), "en")
    assert told.startswith("fr.md, line 13: an extra space")
    assert message(Finding("nobody"), "fr").startswith("personne")


def test_every_rule_of_typography_has_its_words() -> None:
    from chalicelib.core.typography import RULES

    assert set(RULES) <= set(content.preflight()["findings"])


@pytest.mark.parametrize(
    ("total", "allowance", "seconds"),
    [
        (1120, Allowance(rate=14, daily=50_000, used=0), 100),
        (100, Allowance(rate=10, daily=None, used=0), 12.5),
        (100, Allowance(rate=10, daily=100, used=0), 86_400 + 5 / 8),
        (95 + 95 + 1, Allowance(rate=10, daily=100, used=0), 2 * 86_400 + 1 / 8),
        (10, Allowance(rate=10, daily=100, used=100), 86_400 + 10 / 8),
    ],
)
def test_the_end_is_computed_from_pace_and_quota(
    total: int, allowance: Allowance, seconds: float
) -> None:
    assert (finish(total, allowance, 1000, NOW) - NOW).total_seconds() == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("total", "allowed", "at_most", "seconds"),
    [(10_000, 100, 10, 1_000), (10_000, 100, 1000, 125), (2_000, 1, 1000, 2_500)],
)
def test_the_check_promises_the_finish_that_the_sender_keeps(  # noqa: PLR0913
    store: MemoryStore,
    bulk_mailer: MemoryBulkMailer,
    clock: SetClock,
    total: int,
    allowed: float,
    at_most: int,
    seconds: float,
) -> None:
    bulk_mailer.allowed = Allowance(rate=allowed, daily=None, used=0)
    pace = Pace(store, bulk_mailer, clock, lambda s: clock.pass_(seconds=s), at_most=at_most)
    began, left = clock(), total
    promised = finish(total, bulk_mailer.allowed, at_most, began)
    while left:
        number = min(left, pace.chunk())
        pace.take(number)
        left -= number
    assert (promised - began).total_seconds() == pytest.approx(seconds)
    # The last call is made when its place in the line comes, half a second before its end.
    assert (clock() - began).total_seconds() == pytest.approx(seconds, abs=2)


def test_a_file_at_its_limit_is_read(tmp_path: Path) -> None:
    room = SOURCE_LIMIT - len(FR.encode())
    found = checked(tmp_path, fr=FR + "mot " * (room // 4))
    assert "too_long" not in codes(found)
    assert preflight.MAX_BYTES > SOURCE_LIMIT


def test_the_sample_issue_has_nothing_to_mend_or_to_look_at() -> None:
    made, found = check(*read_folder(issue_factory.SAMPLE), CONTEXT)
    assert codes(found) == set()
    assert all(len(one.rendered.html) < 20_000 for one in made.values())
