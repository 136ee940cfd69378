"""What every Store must do, run on each of them."""

import threading
from collections.abc import Callable

import pytest

from chalicelib.core.errors import Conflict
from chalicelib.core.ports import Change, Check, Delete, Item, Put, Store, Stretch, Where
from chalicelib.newsletter.sending.ports import SubscriberStore


def row(pk: str = "A", sk: str = "1", **values: object) -> Item:
    return {"pk": pk, "sk": sk, **values}


class StoreContract:
    @pytest.fixture
    def store(self) -> Store:
        raise NotImplementedError

    def test_a_row_comes_back_as_it_was_put(self, store: Store) -> None:
        item = row(
            text="« É »", number=3, yes=True, no=False, raw=b"\x00\x01",
            listed=["a", {"b": 1.5}], mapped={"c": None}, empty="",
        )  # fmt: skip
        store.commit([Put({**item, "nothing": None})])
        assert store.get("A", "1") == item

    def test_a_row_that_is_not_there_is_none(self, store: Store) -> None:
        assert store.get("A", "9") is None

    def test_rows_of_both_tables_come_at_once_without_those_that_are_gone(
        self, store: Store
    ) -> None:
        here, person = row(text="here"), row("PERSON#1", "PROFILE")
        store.commit([Put(here), Put(row(sk="2")), Put(person)])
        keys = [("A", "1"), ("A", "9"), ("PERSON#1", "PROFILE"), ("A", "1")]
        assert store.batch_get(keys) == {
            ("A", "1"): here, ("PERSON#1", "PROFILE"): person
        }  # fmt: skip
        assert store.batch_get([]) == {}

    def test_a_listing_has_what_fits_in_order_from_where_it_is_asked(self, store: Store) -> None:
        names = ("ada", "zoe", "ada", "kim", "ada")
        rows = [row("L", f"{n}", name=name, day=f"{9 - n}") for n, name in enumerate(names)]
        store.commit([Put(each) for each in rows])
        ada = [Where("name", ("ada", "nobody"))]
        assert store.listing("L", Stretch(), (), 9) == (rows, True, "")
        assert store.listing("L", Stretch(), ada, 2) == ([rows[0], rows[2]], False, "")
        assert store.listing("L", Stretch(after="0"), ada, 2) == ([rows[2], rows[4]], True, "")
        back = Stretch(after="4", backward=True)
        assert store.listing("L", back, ada, 2) == ([rows[2], rows[0]], True, "")
        assert store.listing("L", Stretch("1", "3"), (), 9).rows == rows[1:4]
        assert store.listing("L", Stretch(), [Where("day", ("6",), "up_to")], 9).rows == rows[3:]
        assert (
            store.listing("L", Stretch(), [Where("name", ("a", "d"), "has")], 9).rows[1] == rows[2]
        )
        assert store.counted("L", Stretch(), ada) == (3, True)
        assert store.counted("L", Stretch(), [Where("missing", ("1",))]) == (0, True)

    @pytest.mark.parametrize("where", [(), [Where("name", ("ada",))]])
    def test_a_listing_goes_on_from_outside_of_its_part_too(
        self, store: Store, where: list[Where]
    ) -> None:
        rows = [row("L", f"{n}", name="ada") for n in range(5)]
        store.commit([Put(each) for each in rows])
        for after in ("~~~~", "é", "٣", "4", "3"):
            assert store.listing("L", Stretch("1", "3", after), where, 9) == ([], True, "")
            assert store.counted("L", Stretch("1", "3", after), where) == (0, True)
        for after in ("!", "0", "1"):
            part = Stretch("1", "3", after, backward=True)
            assert store.listing("L", part, where, 9) == ([], True, "")
        for after, backward in (("!", False), ("0", False), ("4", True), ("é", True)):
            part = Stretch("1", "3", after, backward)
            assert sorted(one["sk"] for one in store.listing("L", part, where, 9).rows) == [*"123"]

    def test_a_put_never_replaces(self, store: Store) -> None:
        store.commit([Put(row(text="first"))])
        with pytest.raises(Conflict) as met:
            store.commit([Put(row(text="second"))])
        assert met.value.found == {("A", "1"): row(text="first")}
        assert store.get("A", "1") == row(text="first")

    def test_a_put_replaces_a_row_that_expired(self, store: Store) -> None:
        store.commit([Put(row(text="first", expires=100))])
        with pytest.raises(Conflict):
            store.commit([Put(row(text="second", expires=300), unless_after=100)])
        store.commit([Put(row(text="second", expires=300), unless_after=101)])
        assert store.get("A", "1") == row(text="second", expires=300)

    def test_a_condition_on_another_row_holds_for_the_whole_transaction(self, store: Store) -> None:
        """With what stood there instead, also where that is nothing."""
        store.commit([Put(row(number=3))])
        store.commit([Check(("A", "1"), expect={"number": 3}), Put(row(sk="2"))])
        store.commit([Check(("A", "9"), absent=("number",)), Put(row(sk="3"))])
        for check, met in (
            (Check(("A", "1"), expect={"number": 2}), row(number=3)),
            (Check(("A", "1"), absent=("number",)), row(number=3)),
            (Check(("A", "9"), expect={"number": 1}), {}),
        ):
            with pytest.raises(Conflict) as caught:
                store.commit([Put(row(sk="4")), check])
            assert caught.value.met(check.key) == met
        assert store.get("A", "4") is None
        assert store.get("A", "9") is None

    def test_a_transaction_is_all_or_nothing(self, store: Store) -> None:
        store.commit([Put(row(text="here"))])
        with pytest.raises(Conflict) as met:
            store.commit([Put(row(sk="2")), Put(row()), Put(row(sk="3"))])
        assert met.value.found == {("A", "1"): row(text="here")}
        assert store.get("A", "2") is None
        assert store.get("A", "3") is None

    def test_two_steps_of_a_transaction_count_in_one_row(self, store: Store) -> None:
        key = ("C", "1")
        store.commit([Put(row(text="other")), Change(key, set={"kind": "n"}, add={"a": 1, "b": 1}),
                      Change(key, set={"kind": "n"}, add={"a": 2, "b": -1})])  # fmt: skip
        found = store.get(*key)
        assert found is not None
        assert (found["a"], found.get("b", 0), found["kind"]) == (3, 0, "n")

    def test_readers_beside_writers_see_whole_rows(self, store: Store) -> None:
        """Two threads write while two read: what is met is always a row as it was put."""
        rows = 12
        faults: list[object] = []

        def noted(work: Callable[[int], None]) -> Callable[[], None]:
            def run() -> None:
                try:
                    for turn in range(rows):
                        work(turn)
                except Exception as error:  # a thread's error reaches the test by this list alone
                    faults.append(error)

            return run

        def write(thread: str) -> Callable[[int], None]:
            return lambda turn: store.commit([Put(row(sk=f"{thread}{turn:02d}", text="whole"))])

        def read(turn: int) -> None:
            faults.extend(item for item in store.rows("A") if item["text"] != "whole")

        work = [write("a"), write("b"), read, read]
        threads = [threading.Thread(target=noted(each)) for each in work]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert faults == []
        assert len(store.rows("A")) == 2 * rows

    def test_a_change_touches_what_it_names_and_nothing_else(self, store: Store) -> None:
        store.commit([Put(row(state="old", keep="kept", drop="gone", facts={"a": 1}))])
        change = Change(
            ("A", "1"), expect={"state": "old"}, set={"state": "new"}, remove=("drop",),
            add={"count": 2},
        )  # fmt: skip
        store.commit([change])
        assert store.get("A", "1") == row(state="new", keep="kept", facts={"a": 1}, count=2)

    def test_a_change_expects(self, store: Store) -> None:
        store.commit([Put(row(state="old"))])
        for wrong in (
            Change(("A", "1"), expect={"state": "other"}, set={"x": 1}),
            Change(("A", "1"), absent=("state",), set={"x": 1}),
            Change(("A", "2"), expect={"state": "old"}, set={"x": 1}),
        ):
            with pytest.raises(Conflict):
                store.commit([wrong])
        assert store.get("A", "1") == row(state="old")
        assert store.get("A", "2") is None

    def test_a_counter_stops_at_its_limit(self, store: Store) -> None:
        change = Change(("A", "1"), add={"posts": 1}, at_most={"posts": 2}, set={"expires": 5})
        store.commit([change])
        store.commit([change])
        with pytest.raises(Conflict):
            store.commit([change])
        assert store.get("A", "1") == row(posts=2, expires=5)

    def test_a_row_that_is_over_is_not_changed(self, store: Store) -> None:
        store.commit([Put(row(expires=300))])
        store.commit([Change(("A", "1"), set={"x": 1}, unless_over=299)])
        for key, now in ((("A", "1"), 300), (("A", "2"), 1)):
            with pytest.raises(Conflict):
                store.commit([Change(key, set={"x": 2}, unless_over=now)])
        assert store.get("A", "1") == row(expires=300, x=1)

    def test_rows_of_one_key_come_in_order(self, store: Store) -> None:
        store.commit([Put(row(sk=sk)) for sk in ("EVENT#2", "EVENT#1", "LETTER#1")])
        assert [r["sk"] for r in store.rows("A", "EVENT#")] == ["EVENT#1", "EVENT#2"]
        assert len(store.rows("A")) == 3
        assert store.rows("B") == []

    def test_more_rows_than_a_page_holds_all_come(self, store: Store) -> None:
        for number in range(30):
            store.commit([Put(row(sk=f"{number:02d}", text="x" * 60_000))])
        assert len(store.rows("A")) == 30

    def test_due_finds_what_waited_long_enough(self, store: Store) -> None:
        store.commit(
            [
                Put(row(sk="1", due_shard="0", due_at="2026-01-02")),
                Put(row(sk="2", due_shard="0", due_at="2026-01-01")),
                Put(row(sk="3", due_shard="1", due_at="2026-01-01")),
                Put(row(sk="4", due_shard="1", due_at="2026-01-03")),
                Put(row(sk="5")),
            ]
        )
        assert list(store.due("2026-01-02")) == [("A", "2"), ("A", "1"), ("A", "3")]

    def test_a_delete_takes_a_row_that_is_as_expected(self, store: Store) -> None:
        store.commit([Put(row(state="old")), Put(row(sk="2"))])
        with pytest.raises(Conflict) as met:
            store.commit([Delete(("A", "1"), expect={"state": "new"}), Delete(("A", "2"))])
        assert met.value.found == {("A", "1"): row(state="old")}
        assert len(store.rows("A")) == 2
        store.commit([Delete(("A", "1"), expect={"state": "old"})])
        store.commit([Delete(("A", "1"))])
        assert store.rows("A") == [row(sk="2")]

    def test_rows_of_both_tables_are_written_in_one_transaction(self, store: Store) -> None:
        person, issue = row("PERSON#1", "PROFILE", state="old"), row("ISSUE#1", "ISSUE")
        store.commit([Put(row()), Put(person), Put(issue)])
        with pytest.raises(Conflict):
            store.commit(
                [
                    Put(row(sk="2")),
                    Change(("PERSON#1", "PROFILE"), expect={"state": "new"}, set={"x": 1}),
                ]
            )
        assert store.rows("A") == [row()]
        assert store.get("PERSON#1", "PROFILE") == person
        assert store.rows("ISSUE#1") == [issue]

    def test_due_finds_what_waits_in_both_tables(self, store: Store) -> None:
        waiting = {"due_shard": "0", "due_at": "2026-01-01"}
        store.commit([Put(row(**waiting)), Put(row("PERSON#1", "PROFILE", **waiting))])
        assert sorted(store.due("2026-01-01")) == [("A", "1"), ("PERSON#1", "PROFILE")]

    def test_the_latest_rows_come_first_and_no_more_than_asked(self, store: Store) -> None:
        store.commit([Put(row(sk=sk)) for sk in ("1", "3", "2")])
        assert [r["sk"] for r in store.latest("A", 2)] == ["3", "2"]
        assert store.latest("B", 2) == []

    def test_cases_of_a_person_come_newest_first(self, store: Store) -> None:
        store.commit(
            [
                Put(row("CASE#2026-1", "CASE", person="p")),
                Put(row("CASE#2026-2", "CASE", person="p")),
                Put(row("CASE#2026-3", "CASE", person="q")),
                Put(row("CASE#2026-4", "CASE", person="p")),
                Put(row("DRAFT#d1", "ANSWERS", person="p")),
            ]
        )
        assert store.of_person("p", 2, "DRAFT") == ["d1"]
        assert store.of_person("p", 2) == ["2026-4", "2026-2"]
        assert store.of_person("r", 2) == []


class ListsContract:
    """What sending asks of a store beside that."""

    @pytest.fixture
    def lists(self) -> SubscriberStore:
        raise NotImplementedError

    def test_an_audience_comes_in_order_and_alone(self, lists: SubscriberStore) -> None:
        for number, key in enumerate(("fr#00", "fr#01", "fr#00", None)):
            person = {
                "audience": key, "lang": "fr", "topics": ["news"], "status": "ACTIVE",
                "email": "a@example.org", "paused_until": "2026-03-03T", "expires_at": "2026-03-04T",
            }  # fmt: skip
            lists.commit([Put(row(f"PERSON#{9 - number}", "PROFILE", **person))])
        assert [r["pk"] for r in lists.audience("fr#00")] == ["PERSON#7", "PERSON#9"]
        found = next(lists.audience("fr#00"))
        assert found["topics"] == ["news"]
        # All that says whether they get an issue.
        asked = ("status", "email", "paused_until", "expires_at")
        assert [found[name] for name in asked] == [person[name] for name in asked]
        assert list(lists.audience("en#00")) == []

    def test_issues_are_found_by_their_state_in_the_table_of_the_newsletter(
        self, lists: SubscriberStore
    ) -> None:
        for number, day in ((1, "02"), (2, "01")):
            facts = {"state_key": "ISSUE#DRAFT", "updated_at": f"2026-03-{day}T00:00:00.000Z"}
            lists.commit([Put(row(f"ISSUE#{number}", "ISSUE", **facts))])
            lists.commit([Put(row(f"CASE#{number}", "CASE", **facts))])
        assert [one["pk"] for one in lists.in_state("ISSUE#DRAFT")] == ["ISSUE#2", "ISSUE#1"]
        assert list(lists.in_state("ISSUE#SENT")) == []

    def test_all_subscribers_come_once_a_part_at_a_time(self, lists: SubscriberStore) -> None:
        for number in range(7):
            lists.commit([Put(row(f"PERSON#{number}", "PROFILE", kind="subscriber"))])
            lists.commit([Put(row(f"PERSON#{number}", "CONSENT#1", kind="consent"))])
        found, after, parts = [], "", 0
        while after or not parts:
            rows, after = lists.subscribers(after)
            found += [one["pk"] for one in rows]
            parts += 1
        assert sorted(found) == [f"PERSON#{number}" for number in range(7)]

    def test_fifty_profiles_come_at_once_without_those_that_are_gone(
        self, lists: SubscriberStore
    ) -> None:
        for number in range(50):
            lists.commit([Put(row(f"PERSON#{number:02d}", "PROFILE", email=f"{number}@x.org"))])
        found = lists.profiles([f"{number:02d}" for number in range(1, 51)])
        assert set(found) == {f"{number:02d}" for number in range(1, 50)}
        assert found["07"]["email"] == "7@x.org"
        assert lists.profiles([]) == {}

    def test_what_is_gathered_twice_is_there_once(self, lists: SubscriberStore) -> None:
        key = ("ISSUESHARD#1#0", "SEEN#00")
        assert lists.gather(key, {"sent": {1, 2}}, {})["sent"] == {1, 2}
        found = lists.gather(key, {"sent": {2, 3}, "soft": {9}}, {"why_9": {"text": "full"}})
        assert found == lists.get(*key)
        assert (found["sent"], found["soft"]) == ({1, 2, 3}, {9})
        assert found["why_9"] == {"text": "full"}

    def test_a_step_is_taken_from_a_number_on(self, lists: SubscriberStore) -> None:
        key = ("ISSUEPACE", "PACE")
        with pytest.raises(Conflict) as met:
            lists.step(key, {"free_at": 5}, ("free_at", 100))
        assert met.value.found == {key: {}}
        lists.commit([Change(key, set={"free_at": 100, "slow": 7})])
        assert lists.step(key, {"free_at": 5}, ("free_at", 100))["free_at"] == 105
        with pytest.raises(Conflict) as met:
            lists.step(key, {"free_at": 5}, ("free_at", 106))
        assert met.value.found[key]["slow"] == 7
