"""The directory as visitors meet it: searched, published anew, restored."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from chalice.test import Client

import app as application
from chalicelib.coaches.coach import Coach
from chalicelib.coaches.edition import Edition
from chalicelib.coaches.editions import CURRENT, EditionStore
from chalicelib.core.errors import Conflict, StoreDown
from chalicelib.services import Services
from chalicelib.web.request import Request
from fakes import MemoryStore, SetClock
from sample_coaches import MIREILLE, PRIVATE


@pytest.fixture
def client(service: Services, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr(application, "services", lambda: service)
    monkeypatch.setattr(application, "settings", lambda: service.settings)
    with Client(application.app) as found:
        yield found


def got(client: Client, path: str, *, status: int = 200, **headers: str) -> Any:
    answer = client.http.get(path, headers={"Accept": "application/json", **headers})
    assert answer.status_code == status, answer.body
    return answer


def test_a_visitor_finds_a_coach_by_a_misspelt_name(client: Client, published: Edition) -> None:
    found = got(client, "/coaches?q=trembley&lang=en").json_body
    assert found["total"] >= 1
    assert found["results"][0]["slug"] == MIREILLE
    assert found["results"][0]["matched"][0]["how"] == "one_edit"
    assert found["version"] == published.version
    assert {"stream", "province", "language", "delivery", "availability", "sector"} == set(
        found["facets"]
    )


def test_several_values_of_one_filter_widen_and_several_filters_narrow(
    client: Client, published: Edition
) -> None:
    def total(query: str) -> int:
        return int(got(client, f"/coaches?{query}").json_body["total"])

    one, other = total("sector=housing"), total("sector=health")
    both = total("sector=housing&sector=health")
    assert max(one, other) < both <= one + other
    assert total("sector=housing&sector=health&province=NU") < both


def test_pages_of_results_follow_each_other_without_a_gap(
    client: Client, published: Edition
) -> None:
    seen: list[str] = []
    cursor = ""
    for _ in range(10):
        found = got(client, f"/coaches?limit=11&cursor={cursor}").json_body
        seen += [each["slug"] for each in found["results"]]
        cursor = found["next_cursor"]
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == published.count


def test_an_answer_is_kept_until_the_directory_or_the_day_changes(
    client: Client,
    published: Edition,
    clock: SetClock,
    editions: EditionStore,
    coaches: tuple[Coach, ...],
) -> None:
    answer = got(client, "/coaches?q=housing")
    tag = answer.headers["ETag"]
    assert answer.headers["Cache-Control"].startswith("public, max-age=60")
    again = client.http.get(
        "/coaches?q=housing", headers={"Accept": "application/json", "If-None-Match": tag}
    )
    assert (again.status_code, again.body) == (304, b"")
    assert got(client, "/coaches?q=health").headers["ETag"] != tag
    assert got(client, "/coaches?q=housing&lang=en").headers["ETag"] != tag
    editions.publish(coaches[1:], by="test", why="one less", after=published)
    clock.pass_(seconds=21)
    assert got(client, "/coaches?q=housing", **{"If-None-Match": tag}).headers["ETag"] != tag


def test_no_private_column_leaves(client: Client, published: Edition) -> None:
    everything = json.dumps(got(client, "/coaches?limit=100").json_body)
    everything += json.dumps(got(client, f"/coaches/{MIREILLE}").json_body)
    page = client.http.get(f"/coaches/{MIREILLE}", headers={"Accept": "text/html"}).body.decode()
    for private in (PRIVATE, "514-555-0100", "+15145550100", "rate_note", "last_verified"):
        assert private not in everything
        assert private not in page


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_same_address_is_a_page_for_a_browser(
    client: Client, published: Edition, lang: str
) -> None:
    answer = client.http.get(
        f"/coaches?q=trembley&lang={lang}", headers={"Accept": "text/html,*/*"}
    )
    page = answer.body.decode()
    assert answer.status_code == 200
    assert f'<html lang="{lang}-CA">' in page
    assert "Mireille <mark>Tremblay</mark>-Okafor" in page
    assert "noindex" not in page
    assert answer.headers["X-Robots-Tag"] == "all"
    assert answer.headers["Cache-Control"].startswith("public")
    again = client.http.get(
        f"/coaches?q=trembley&lang={lang}",
        headers={"Accept": "text/html,*/*", "If-None-Match": answer.headers["ETag"]},
    )
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("q=" + "a" * 10_000, "200"),
        ("colour=blue", "colour"),
        ("province=ZZ", "ZZ"),
        ("limit=many", "100"),
        ("cursor=Zm9yZ2Vk", "first page"),
        ("&".join(f"stream=s{n}" for n in range(1000)), "filters"),
    ],
)
def test_what_cannot_be_searched_is_refused_with_words(
    client: Client, published: Edition, query: str, named: str
) -> None:
    problem = got(client, f"/coaches?{query}&lang=en", status=400).json_body
    assert named in problem["detail"]
    page = client.http.get(f"/coaches?{query}&lang=en", headers={"Accept": "text/html"})
    assert page.status_code in (200, 400)
    assert "<h1>Find a coach</h1>" in page.body.decode()


def test_a_link_from_elsewhere_with_marks_of_its_own_still_opens_the_page(
    client: Client, published: Edition
) -> None:
    page = client.http.get("/coaches?utm_source=x&lang=fr", headers={"Accept": "text/html"})
    assert page.status_code == 200


@pytest.mark.parametrize(
    "mark",
    ["utm_source=x", "UTM_Campaign=y", "fbclid=1", "gclid=2", "mc_cid=3", "mc_eid=4", "_ga=5",
     "msclkid=6", "_hsenc=7", "mkt_tok=8", "li_fat_id=9", "ref=a&utm_term=b"],
)  # fmt: skip
def test_marks_of_mailers_and_networks_change_nothing_for_a_script(
    client: Client, published: Edition, mark: str
) -> None:
    plain = client.http.get("/coaches?q=logement&province=QC")
    marked = client.http.get(f"/coaches?{mark}&q=logement&province=QC")
    assert (marked.status_code, marked.json_body) == (200, plain.json_body)
    assert marked.headers["ETag"] == plain.headers["ETag"]
    assert client.http.get(f"/coaches?{mark}&colour=blue").status_code == 400


def test_the_second_page_after_a_publish_is_the_first_of_the_same_search(
    client: Client,
    published: Edition,
    editions: EditionStore,
    coaches: tuple[Coach, ...],
    clock: SetClock,
) -> None:
    first = client.http.get("/coaches?province=QC&limit=3").json_body
    editions.publish(coaches[1:], by="test", why="second", after=published)
    clock.pass_(minutes=1)
    html = {"Accept": "text/html"}
    address = f"/coaches?province=QC&limit=3&lang=en&cursor={first['next_cursor']}"
    page = client.http.get(address, headers=html)
    assert "The directory has changed since." in page.body.decode()
    assert page.status_code == 200
    assert "Remove the filter" in page.body.decode()


def test_a_page_without_a_word_links_to_what_that_word_finds(
    client: Client, published: Edition
) -> None:
    html = {"Accept": "text/html"}
    page = client.http.get("/coaches?q=Bélanger,+Iqaluit&lang=en", headers=html).body.decode()
    assert "Left out: “Iqaluit”." in page or "Left out: “Bélanger”." in page
    assert "lang=en&amp;q=Iqaluit" in page or "lang=en&amp;q=B%C3%A9langer" in page


def test_nobody_found_names_the_filter_to_drop_with_a_link(
    client: Client, published: Edition
) -> None:
    page = client.http.get(
        "/coaches?q=tremblay&language=iu&lang=en", headers={"Accept": "text/html"}
    ).body.decode()
    assert "No result for this search." in page
    assert 'href="https://relais.example.org/api/coaches?lang=en&amp;q=tremblay"' in page


def test_a_coach_who_is_not_there_is_not_found(client: Client, published: Edition) -> None:
    got(client, "/coaches/nobody", status=404)
    got(client, "/coaches/" + "x" * 5000, status=404)


def test_before_the_first_edition_nobody_is_found(client: Client) -> None:
    assert got(client, "/coaches").json_body["total"] == 0


def test_a_running_container_notices_a_new_edition_within_a_minute_and_reads_little(
    client: Client,
    published: Edition,
    clock: SetClock,
    editions: EditionStore,
    store: MemoryStore,
    coaches: tuple[Coach, ...],
) -> None:
    got(client, "/coaches")
    before = store.reads
    for _ in range(50):
        got(client, "/coaches?q=housing")
    assert store.reads == before
    editions.publish(coaches[:3], by="test", why="three", after=published)
    clock.pass_(seconds=59)
    assert got(client, "/coaches").json_body["total"] == 3
    reads = store.reads
    clock.pass_(seconds=59)
    got(client, "/coaches")
    assert store.reads - reads == 2, "whether there is a new edition, or an edit of a text"


def test_while_the_store_is_away_the_directory_at_hand_is_served_on(
    client: Client, published: Edition, clock: SetClock, store: MemoryStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def away(*_: object) -> None:
        raise StoreDown("away")

    with monkeypatch.context() as patched:
        patched.setattr(store, "get", away)
        assert got(client, "/coaches", status=503).headers["Retry-After"] == "30"
    assert got(client, "/coaches").json_body["total"] == published.count
    clock.pass_(minutes=5)
    with monkeypatch.context() as patched:
        patched.setattr(store, "get", away)
        assert got(client, "/coaches").json_body["total"] == published.count


def test_only_one_of_two_publishers_wins(
    editions: EditionStore, published: Edition, coaches: tuple[Coach, ...]
) -> None:
    won = editions.publish(coaches[:5], by="one", why="", after=published)
    with pytest.raises(Conflict):
        editions.publish(coaches[:6], by="two", why="", after=published)
    with pytest.raises(Conflict):
        editions.publish(coaches[:7], by="three", why="", after=None)
    assert editions.current() == won


def test_a_publisher_who_dies_at_any_write_leaves_the_directory_as_it_was(
    editions: EditionStore,
    published: Edition,
    coaches: tuple[Coach, ...],
    store: MemoryStore,
    client: Client,
    clock: SetClock,
) -> None:
    class Died(BaseException): ...

    for last in range(10):
        left = [last]

        def die(writes: object, left: list[int] = left) -> None:
            if left[0] == 0:
                raise Died
            left[0] -= 1

        store.before = die
        try:
            done = editions.publish(coaches[:9], by="test", why="", after=published)
        except Died:
            store.before = lambda writes: None
            current = editions.current()
            assert current is not None
            clock.pass_(seconds=30)
            total = got(client, "/coaches").json_body["total"]
            if current.id == published.id:
                assert total == published.count
                assert editions.catalogue(current) == list(coaches)
                continue
            assert total == 9
            return
        store.before = lambda writes: None
        assert editions.current() == done
        return
    pytest.fail("it never got through")


def test_an_earlier_edition_is_restored_as_it_was(
    editions: EditionStore, published: Edition, coaches: tuple[Coach, ...], clock: SetClock
) -> None:
    clock.pass_(minutes=1)
    editions.publish(coaches[:5], by="test", why="", after=published)
    earlier = editions.restorable()[-1]
    assert earlier.id == published.id
    clock.pass_(minutes=1)
    restored = editions.restore(earlier, by="test")
    assert restored.version == published.version
    assert editions.catalogue(restored) == list(coaches)
    assert [e.coaches for e in editions.restorable()] == [60, 5, 60]


def test_ten_editions_are_kept_and_the_parts_of_others_expire(
    editions: EditionStore, published: Edition, coaches: tuple[Coach, ...], clock: SetClock,
    store: MemoryStore,
) -> None:  # fmt: skip
    edition = published
    for count in range(1, 14):
        clock.pass_(minutes=1)
        edition = editions.publish(coaches[:count], by="test", why="", after=edition)
    assert len(editions.restorable()) == 10
    parts = store.kinds("edition_part")
    live = {p["sk"][:4] for p in parts if "expires" not in p and p["pk"].endswith(edition.id)}
    assert live == {"SNAP", "BOOK"}
    first = [p for p in parts if p["pk"].endswith(published.id)]
    assert first
    assert all("expires" in p for p in first)


def test_a_coach_who_withdraws_is_taken_out_of_earlier_editions_too(
    editions: EditionStore, published: Edition, coaches: tuple[Coach, ...], clock: SetClock
) -> None:
    others = [coach for coach in coaches if coach.slug != MIREILLE]
    clock.pass_(minutes=1)
    editions.publish(others, by="test", why="", after=published)
    assert editions.forget(MIREILLE) == 1
    assert editions.forget(MIREILLE) == 0
    (earlier,) = [e for e in editions.restorable() if e.id == published.id]
    assert editions.catalogue(earlier) == others
    assert (earlier.count, earlier.coaches) == (published.count, published.coaches)


def test_a_directory_of_many_parts_is_put_together_again(
    editions: EditionStore, coaches: tuple[Coach, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.coaches.catalogue.PART_SIZE_BYTES", 1000)
    edition = editions.publish(coaches, by="test", why="", after=None)
    assert edition.snapshot_parts > 9
    assert editions.catalogue(edition) == list(coaches)


def test_the_pointer_is_one_row(store: MemoryStore, published: Edition) -> None:
    assert store.items[CURRENT]["id"] == published.id


def test_two_hundred_at_a_time_get_whole_answers_while_editions_change(
    service: Services,
    published: Edition,
    clock: SetClock,
    editions: EditionStore,
    coaches: tuple[Coach, ...],
) -> None:
    request = Request("GET", {}, {"limit": "100"}, b"", "192.0.2.1", {"limit": ["100"]})
    finder, sizes = service.views.coaches, {published.version: 60}
    stop = threading.Event()

    def look(_: int) -> list[tuple[str, int, int]]:
        seen: list[tuple[str, int, int]] = []
        while not stop.is_set() and len(seen) < 5:
            found = json.loads(finder.search(request).body)
            seen.append((found["version"], found["total"], len(found["results"])))
        return seen

    with ThreadPoolExecutor(200) as pool:
        looking = [pool.submit(look, number) for number in range(200)]
        edition = published
        for count in (30, 45, 10):
            edition = editions.publish(coaches[:count], by="test", why="", after=edition)
            sizes[edition.version] = count
            clock.pass_(seconds=21)
        stop.set()
        answers = [answer for each in looking for answer in each.result()]
    assert len(answers) >= 200
    for version, total, shown in answers:
        assert total == shown == sizes[version]
