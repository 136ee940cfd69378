"""The audience is frozen: all who want it, once each, whoever dies or changes meanwhile."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from random import Random

import pytest

import sent_issue
from chalicelib.core.languages import LANGS
from chalicelib.core.links import person_key
from chalicelib.core.ports import Item, Write
from chalicelib.core.records import stamp
from chalicelib.newsletter.issue_counts import by_topic, counted, figures
from chalicelib.newsletter.issues.issue import Issue, issue_of
from chalicelib.newsletter.sending.audience import Audience, reader_counts
from chalicelib.newsletter.sending.recipients import recipients
from chalicelib.newsletter.subscribers.subscriber import Subscriber, bucket_of, changed, write
from fakes import MemoryStore, SetClock

KEY = b"p" * 32


class Died(BaseException):
    """The process is gone."""


def freeze(store: MemoryStore, clock: SetClock, issue: Issue) -> str:
    return Audience(store, clock).freeze(issue, clock() + timedelta(minutes=4))


def frozen(store: MemoryStore) -> list[str]:
    return sorted(one.person for one in recipients(store, sent_issue.ISSUE))


@pytest.fixture
def readers(store: MemoryStore) -> list[Subscriber]:
    found = [
        sent_issue.reader(KEY, f"reader{n}@example.org", "fr" if n % 2 else "en")
        for n in range(1300)
    ]
    sent_issue.enrol(store, *found)
    return found


def test_all_who_want_it_are_in_it_once(
    store: MemoryStore, clock: SetClock, readers: list[Subscriber]
) -> None:
    issue = sent_issue.scheduled(store, clock())
    assert freeze(store, clock, issue) == "frozen"
    assert frozen(store) == sorted(r.person for r in readers)
    counts = counted(store, sent_issue.ISSUE)
    assert (counts["fr"]["queued"], counts["en"]["queued"]) == (650, 650)
    assert freeze(store, clock, issue) == "frozen"
    assert len(frozen(store)) == 1300


def test_shards_hold_five_hundred_and_batches_fifty_of_one_language(
    store: MemoryStore, clock: SetClock, readers: list[Subscriber]
) -> None:
    freeze(store, clock, sent_issue.scheduled(store, clock()))
    shards = store.rows("ISSUE#" + sent_issue.ISSUE, "SHARD#")
    assert sum(row["people"] for row in shards) == 1300
    assert max(row["people"] for row in shards) == 500
    assert len(shards) < 10
    batches = store.kinds("batch")
    assert max(len(row["states"]) for row in batches) == 50
    assert sum(len(row["states"]) for row in batches) == 1300


@pytest.mark.parametrize("of_issue", [[], ["t0"], ["t1", "t3"], [f"t{n}" for n in range(8)]])
def test_whatever_topics_readers_follow_each_is_counted_under_those_of_the_issue(
    store: MemoryStore, clock: SetClock, of_issue: list[str]
) -> None:
    luck, topics = Random(len(of_issue)), [f"t{n}" for n in range(8)]
    followed = {
        f"r{n}@example.org": luck.sample(topics, luck.randint(1, len(topics))) for n in range(400)
    }
    sent_issue.enrol(
        store,
        *(sent_issue.reader(KEY, to, luck.choice(LANGS), topics=t) for to, t in followed.items()),
    )

    def few(writes: Sequence[Write]) -> None:
        assert len(writes) <= 100, "more than a transaction takes"

    store.before = few
    issue = sent_issue.scheduled(store, clock(), topics=of_issue)
    assert freeze(store, clock, issue) == "frozen"
    wanted = set(of_issue or topics)
    meant = {to for to, t in followed.items() if wanted & set(t)}
    assert frozen(store) == sorted(person_key(to, KEY) for to in meant)
    found = by_topic(figures(store, sent_issue.ISSUE))
    assert {topic: sum(n["queued"] for n in langs.values()) for topic, langs in found.items()} == {
        topic: sum(topic in followed[to] for to in meant) for topic in sorted(wanted)
    }
    for row in store.kinds("batch"):
        assert set(row["topics"]) <= wanted
        assert row["topics"]


@pytest.mark.parametrize("deaths", [1, 2, 3, 5, 8])
def test_a_freeze_that_dies_is_continued_and_never_doubled(
    store: MemoryStore, clock: SetClock, readers: list[Subscriber], deaths: int
) -> None:
    issue = sent_issue.scheduled(store, clock())
    commits = [0]

    def dies(writes: Sequence[Write]) -> None:
        commits[0] += 1
        if commits[0] % deaths == 0 and commits[0] < 40:
            raise Died

    store.before = dies
    for _ in range(60):
        try:
            if freeze(store, clock, issue) == "frozen":
                break
        except Died:
            clock.pass_(minutes=3)
    store.before = lambda writes: None
    assert frozen(store) == sorted(r.person for r in readers)
    assert sum(c["queued"] for c in counted(store, sent_issue.ISSUE).values()) == 1300


def test_two_at_once_freeze_nobody_twice(
    store: MemoryStore, clock: SetClock, readers: list[Subscriber]
) -> None:
    issue = sent_issue.scheduled(store, clock())
    inside = [False]

    def another(writes: Sequence[Write]) -> None:
        if not inside[0] and len(writes) > 3:
            inside[0] = True
            clock.pass_(minutes=3)
            assert freeze(store, clock, issue) == "frozen"

    store.before = another
    assert freeze(store, clock, issue) == "frozen"
    assert frozen(store) == sorted(r.person for r in readers)


def test_who_changes_language_in_between_gets_one_issue(
    store: MemoryStore, clock: SetClock, readers: list[Subscriber]
) -> None:
    issue = sent_issue.scheduled(store, clock())

    def all_change(writes: Sequence[Write]) -> None:
        if len(writes) > 3:
            store.before = lambda writes: None
            for reader in readers:
                other = "en" if reader.lang == "fr" else "fr"
                after = changed(reader, "2026-03-02T15:00:00.000Z", lang=other)
                store.commit([write(reader, after)])
            raise Died

    store.before = all_change
    with pytest.raises(Died):
        freeze(store, clock, issue)
    clock.pass_(minutes=3)
    assert freeze(store, clock, issue) == "frozen"
    assert frozen(store) == sorted(r.person for r in readers)


def test_time_that_is_over_leaves_the_rest_to_the_next(
    store: MemoryStore, clock: SetClock, readers: list[Subscriber]
) -> None:
    issue = sent_issue.scheduled(store, clock())
    store.before = lambda writes: clock.pass_(seconds=20)
    outcomes: list[str] = []
    while not outcomes or outcomes[-1] != "frozen":
        outcomes.append(Audience(store, clock).freeze(issue, clock() + timedelta(seconds=60)))
    assert "later" in outcomes
    assert frozen(store) == sorted(r.person for r in readers)


def test_only_those_who_want_it_are_in_it(store: MemoryStore, clock: SetClock) -> None:
    wants = sent_issue.reader(KEY, "wants@example.org", topics=["news", "grants"])
    sent_issue.enrol(
        store,
        wants,
        sent_issue.reader(KEY, "other@example.org", topics=["news"]),
        sent_issue.reader(KEY, "english@example.org", "en", topics=["grants"]),
        sent_issue.reader(
            KEY, "later@example.org", topics=["grants"], paused_until="2026-05-01T00:00:00.000Z"
        ),
        sent_issue.reader(KEY, "gone@example.org", topics=["grants"], status="UNSUBSCRIBED"),
    )
    issue = sent_issue.scheduled(store, clock(), topics=["grants"], segment={"langs": ["fr"]})
    freeze(store, clock, issue)
    assert frozen(store) == [wants.person]


def test_who_gets_an_issue_is_counted_by_the_rule_that_freezes_it(
    store: MemoryStore, clock: SetClock
) -> None:
    at = clock()
    still, over, paused = (
        sent_issue.reader(KEY, f"{name}@example.org", topics=["grants"], **values)
        for name, values in (
            ("still", {"expires_at": stamp(at + timedelta(minutes=1))}),
            ("over", {"expires_at": stamp(at - timedelta(minutes=1))}),
            ("paused", {"paused_until": stamp(at + timedelta(days=1))}),
        )
    )
    other = sent_issue.reader(KEY, "other@example.org", topics=["news"])
    sent_issue.enrol(store, still, over, paused, other)
    assert reader_counts(store, ["grants"], at) == {"fr": 1, "en": 0}
    freeze(store, clock, sent_issue.scheduled(store, at, topics=["grants"]))
    assert frozen(store) == [still.person]


def test_an_issue_for_nobody_is_frozen_too(store: MemoryStore, clock: SetClock) -> None:
    assert freeze(store, clock, sent_issue.scheduled(store, clock())) == "frozen"
    assert frozen(store) == []
    assert issue_of(store, sent_issue.ISSUE) is not None


def test_who_changes_to_the_language_that_was_read_first_is_in_it_too(
    store: MemoryStore, clock: SetClock, readers: list[Subscriber], monkeypatch: pytest.MonkeyPatch
) -> None:
    issue = sent_issue.scheduled(store, clock())
    target = next(r for r in readers if r.lang == "en")
    read = store.audience

    def audience(key: str) -> Iterator[Item]:
        now = store.get(*target.key)
        assert now is not None
        if key == f"en#{bucket_of(target.person)}" and now["lang"] == "en":
            after = changed(target, "2026-03-02T15:00:00.000Z", lang="fr")
            store.commit([write(target, after)])
        return read(key)

    monkeypatch.setattr(store, "audience", audience)
    assert freeze(store, clock, issue) == "frozen"
    assert frozen(store) == sorted(r.person for r in readers)
