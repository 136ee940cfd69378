"""Documents beside a form: what is taken for one, and that nothing is lost or left behind."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import files
from chalicelib import content
from chalicelib.core.errors import StoreDown
from chalicelib.core.languages import LANGS
from chalicelib.forms.attachment import plain_name
from chalicelib.forms.attachments.bringing import Brought
from chalicelib.forms.attachments.inspection import KINDS, inspect
from chalicelib.forms.attachments.ports import CLEAN, THREATS
from chalicelib.forms.attachments.wrong_file import WrongFile
from chalicelib.forms.drafts.draft import FormDraft
from chalicelib.forms.problems import InvalidForm
from chalicelib.services import Services
from fakes import MemoryDocuments, MemoryStore, SetClock


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


class Bucketful:
    """A draft whose documents come and go at random, with deaths in between."""

    def __init__(
        self, service: Services, store: MemoryStore, documents: MemoryDocuments, seed: int
    ):
        self.random = Random(seed)
        self.service, self.store, self.bucket = service, store, documents
        self.drafts, self.attachments = service.drafts.drafts, service.drafts.attachments
        self.holder = self.drafts.begin("application", "fr", "203.0.113.7", {}, {})
        self.sent: list[str] = []

    def brought(self) -> Brought:
        field = self.random.choice(["file_other", "file_coach_quote"])
        there = [one for one, key in self.draft.attachments.items() if key == field]
        replaces = self.random.choice(there) if there and self.random.random() < 0.7 else ""
        return Brought(
            field, "a.pdf", self.random.choice([files.pdf(), files.png(), b"x"]), replaces
        )

    @property
    def draft(self) -> FormDraft:
        return self.drafts.get(self.holder)

    def step(self, clock: SetClock) -> None:
        kind = self.random.choice(["add", "add", "offer", "come", "remove", "scan", "wait", "die"])
        try:
            getattr(self, kind)(clock)
        except (InvalidForm, RuntimeError, StoreDown):
            pass
        self.store.before = lambda writes: None

    def add(self, clock: SetClock) -> None:
        self.attachments.add(self.holder, self.brought(), "203.0.113.7")

    def offer(self, clock: SetClock) -> None:
        made = self.attachments.offer(self.holder, self.brought(), "203.0.113.7", lambda one: one)
        if self.random.random() < 0.7:
            self.bucket.put(made.offer.fields["key"], files.docx())
        self.sent.append(made.id)

    def come(self, clock: SetClock) -> None:
        if self.sent:
            self.attachments.came(self.holder, self.random.choice(self.sent))

    def remove(self, clock: SetClock) -> None:
        for one in list(self.draft.attachments)[:1]:
            self.attachments.remove(self.holder, one)

    def scan(self, clock: SetClock) -> None:
        for key in list(self.bucket.bodies):
            self.bucket.results.setdefault(
                key, self.random.choice([CLEAN, CLEAN, THREATS, "FAILED"])
            )
            self.service.drafts.minder.heard(key)

    def wait(self, clock: SetClock) -> None:
        clock.pass_(minutes=self.random.choice([1, 20, 100]))
        self.service.mail.outbox.sweep()

    def die(self, clock: SetClock) -> None:
        """Die at the next write but one, whatever is done then."""
        left = iter([True, self.random.random() < 0.5])

        def broken(writes: object) -> None:
            if not next(left, False):
                raise RuntimeError("died")

        self.store.before = broken
        self.random.choice([self.add, self.remove, self.scan])(clock)


@pytest.mark.parametrize("seed", range(8))
def test_after_any_life_of_documents_no_object_is_without_an_owner_and_none_is_lost(
    service: Services, store: MemoryStore, documents: MemoryDocuments, clock: SetClock, seed: int
) -> None:
    life = Bucketful(service, store, documents, seed)
    for _ in range(40):
        life.step(clock)
        listed = life.draft.attachments
        rows = {row["pk"].partition("#")[2]: row for row in store.kinds("attachment")}
        assert set(listed) <= set(rows), "what the draft lists is there"
        for one in listed:
            assert rows[one]["owner"] == life.draft.key[0]
            assert f"incoming/{one}" in documents.bodies
        for field, most in (("file_other", 3), ("file_coach_quote", 1)):
            count = list(listed.values()).count(field)
            assert count == life.draft.row.get(f"files_{field}", 0) <= most
        assert {key.partition("/")[2] for key in documents.bodies} <= set(rows)
    clock.pass_(hours=3)
    service.mail.outbox.sweep()
    service.drafts.minder.sweep()
    service.mail.outbox.sweep()
    owned = {f"incoming/{one}" for one in life.draft.attachments}
    assert set(documents.bodies) == owned
    assert {row["pk"].partition("#")[2] for row in store.kinds("attachment")} == set(
        life.draft.attachments
    )


def test_what_is_told_of_a_document_that_was_replaced_or_never_was_changes_nothing(
    service: Services, store: MemoryStore, documents: MemoryDocuments, clock: SetClock
) -> None:
    life = Bucketful(service, store, documents, 0)
    first = life.attachments.add(life.holder, Brought("file_coach_quote", "a", files.pdf()), "x")
    again = Brought("file_coach_quote", "b", files.png(), first.id)
    second = life.attachments.add(life.holder, again, "x")
    minder = service.drafts.minder
    documents.results = {first.object_key: CLEAN, second.object_key: CLEAN}
    assert minder.heard(first.object_key) == "deleted"
    assert minder.heard(first.object_key) == "unknown"
    assert [minder.heard(second.object_key) for _ in range(2)] == ["clean", "clean"]
    assert minder.heard("incoming/nobody") == minder.heard("elsewhere") == "unknown"
    assert list(life.draft.attachments) == [second.id]
