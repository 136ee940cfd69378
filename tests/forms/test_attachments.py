"""Documents beside a form: what is taken for one, and that nothing is lost or left behind."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import files
from chalicelib import content
from chalicelib.core.languages import LANGS
from chalicelib.forms.attachment import plain_name
from chalicelib.forms.attachments.inspection import KINDS, inspect
from chalicelib.forms.attachments.wrong_file import WrongFile


@pytest.mark.parametrize("name", files.WHOLE)
def test_a_whole_document_of_our_kinds_is_taken_for_what_it_is(name: str) -> None:
    assert inspect(files.WHOLE[name]) == name.split()[0]


@pytest.mark.parametrize("name", files.WRONG)
def test_what_is_no_whole_document_by_itself_is_refused_in_words(name: str) -> None:
    body, code = files.WRONG[name]
    with pytest.raises(WrongFile) as caught:
        inspect(body)
    assert caught.value.code == code
    assert all(content.messages()[code][lang] for lang in LANGS)


def test_every_kind_has_a_sample_that_is_taken() -> None:
    assert {name.split()[0] for name in files.WHOLE} == set(KINDS)


@settings(max_examples=60)
@given(st.data())
def test_a_document_that_was_cut_or_spoilt_is_taken_or_refused_and_never_breaks(
    data: st.DataObject,
) -> None:
    body = bytearray(files.WHOLE[data.draw(st.sampled_from(sorted(files.WHOLE)))][:4000])
    for at in data.draw(st.lists(st.integers(0, len(body) - 1), max_size=6)):
        body[at] = data.draw(st.integers(0, 255))
    cut = bytes(body[: data.draw(st.integers(0, len(body)))])
    try:
        assert inspect(cut) in KINDS
    except WrongFile:
        pass


@pytest.mark.parametrize("kind", ["png", "heic", "docx", "odt"])
def test_whatever_hangs_on_a_document_it_is_not_taken(kind: str) -> None:
    whole = files.WHOLE[kind]
    for other in (
        b"MZ" + bytes(50),
        b"<html>",
        b"#!/bin/sh\n",
        files.pdf(),
        files.zipped(("a", "b")),
    ):
        for both in (whole + other, other + whole):
            with pytest.raises(WrongFile):
                inspect(both)


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("Entente signée.pdf", "Entente signée.pdf"),
        ("C:\\Users\\ada\\budget.pdf", "budget.pdf"),
        ("../../etc/passwd", "passwd"),
        ("fdp.\u202eexe", "fdp.exe"),
        ('a"; filename="b.exe', "a-- filename=-b.exe"),
        ("\r\nSet-Cookie: x", "Set-Cookie- x"),
        ("", "document"),
        ("...", "document"),
        ("é" * 300 + ".pdf", "é" * 94 + ".pdf"),
    ],
)
def test_a_name_keeps_what_people_read_and_nothing_that_misleads(given_: str, kept: str) -> None:
    assert plain_name(given_) == kept
