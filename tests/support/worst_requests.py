"""The worst that anybody may send: bodies of each kind and size, for every public route."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final
from urllib.parse import quote_plus, urlencode, urlsplit

import issue_factory
from chalicelib import content
from chalicelib.cases.roles import ROLES
from chalicelib.coaches.directory import sheets
from chalicelib.core.links import person_key
from chalicelib.forms.cells import read_cells
from chalicelib.newsletter.issues.both_texts import NAMES
from gallery import COACHES, Walk
from staff_browser import StaffBrowser, form_of, link_of
from visitor import token

JSON: Final = "application/json"
FORM: Final = "application/x-www-form-urlencoded"
PARTS: Final = "multipart/form-data; boundary=edge"

BROWSER: Final = {"accept": "text/html"}
CONTROL: Final = ("lang", "redirect", "website", "started_at", "invite", "ref")

Fields = Sequence[str]
Body = tuple[str, bytes]
"""A content type, and a body of it."""


@dataclass(frozen=True)
class Place:
    """Where a route can be met: an address, the fields that its POST reads, and what must stand
    in the same body for those to be read."""

    path: str
    fields: Fields = ()
    rows: str = "partners"
    also: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sent:
    """A request, but for where it goes."""

    body: Body = ("application/json", b"")
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Sequence[tuple[str, str]] = ()


def _json(place: Place, name: str, value: str) -> Body:
    """A JSON body with one more member, whose value is written already."""
    start = "".join(f"{json.dumps(k)}:{json.dumps(v)}," for k, v in place.also.items())
    return JSON, f"{{{start}{json.dumps(name)}:{value}}}".encode()


def _form(place: Place, pairs: Iterable[tuple[str, str]]) -> Body:
    # A surrogate cannot be sent so; everything else can.
    return FORM, urlencode([*place.also.items(), *pairs]).encode()


def _text_kind(unit: str) -> "tuple[Callable[[Place, int], Body], Callable[[Place, int], Body]]":
    """A text of one unit over and over: all of it in each field's turn, or in one field."""
    sent = len(quote_plus(unit))
    plain = len(unit.encode())

    def every(place: Place, size: int) -> Body:
        each = size // max(1, len(place.fields)) // sent
        return _form(place, ((name, unit * each) for name in place.fields))

    def one(place: Place, size: int) -> Body:
        text = unit * (size // plain)
        start = "".join(f"{json.dumps(k)}:{json.dumps(v)}," for k, v in place.also.items())
        name = _longest(place)
        quoted = json.dumps(text, ensure_ascii=False)
        return JSON, f"{{{start}{json.dumps(name)}:{quoted}}}".encode()[: size + 4000]

    return every, one


def _longest(place: Place) -> str:
    """The field that may hold the longest text, as far as names tell."""
    for name in ("issue_summary", "summary", "message", "answer", "bio_fr", "remarks", "email"):
        if name in place.fields:
            return name
    return place.fields[0] if place.fields else "message"


TEXTS: Final[Mapping[str, str]] = {
    "marks": "\u0301\u0316",
    "marks to the limit": "a" + "\u0301\u0316" * 14 + "\u0301",
    "accents": "e\u0301",
    "double marks": "\u0344",
    "excluded compositions": "\U0001d160",
    "hangul": "\u1112\u1161\u11ab",
    "ligatures": "\ufdfa",
    "halfwidth marks": "\uff9e",
    "controls": "\u0085\u202a",
    "line ends": "\r\n",
    "spaces": " ",
    "tabs": "\t ",
    "words": "a ",
    "long word": "a",
    "long accented word": "é",
    "quotes": '"',
    "markup": "<&'",
    "commas": ",",
    "digits": "9",
    "amounts": "1 ",
    "addresses": "a@",
    "dots": "a.",
    "domains": "https://a.",
    "idna": "é.",
    "hyphens": "a-",
    "brackets": "[url",
    "braces": "{{a|",
    "percents": "%25",
    "dashes": "\r\n--edge",
    "emoji": "\U0001f469\u200d",
}
"""The unit that a text repeats, by kind."""


def _deep(opening: str, closing: str) -> Callable[[Place, int], Body]:
    def made(place: Place, size: int) -> Body:
        count = size // len(opening + closing)
        return _json(place, _longest(place), opening * count + "1" + closing * count)

    return made


def _list_of(item: str) -> Callable[[Place, int], Body]:
    def made(place: Place, size: int) -> Body:
        count = size // (len(item) + 1)
        return _json(place, place.rows, f"[{','.join([item] * count)}]")

    return made


def _value(value: Callable[[int], str]) -> Callable[[Place, int], Body]:
    return lambda place, size: _json(place, _longest(place), value(size))


def _names(name: Callable[[int, Place], str], value: str = "x") -> Callable[[Place, int], Body]:
    def made(place: Place, size: int) -> Body:
        pairs: list[tuple[str, str]] = []
        length = 0
        while length < size - 60:
            pair = (name(len(pairs), place), value)
            length += len(quote_plus(pair[0])) + len(value) + 2
            pairs.append(pair)
        return _form(place, pairs)

    return made


def _raw(content_type: str, unit: bytes, end: bytes = b"") -> Callable[[Place, int], Body]:
    return lambda place, size: (content_type, unit * ((size - len(end)) // len(unit)) + end)


def _members(place: Place, size: int) -> Body:
    count = size // 12
    return JSON, json.dumps({f"{n:06d}": 1 for n in range(count)}, separators=(",", ":")).encode()


def _parts(place: Place, size: int) -> Body:
    unit = b'--edge\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n'
    return PARTS, unit * (size // len(unit)) + b"--edge--\r\n"


def _one_part(place: Place, size: int) -> Body:
    name = _longest(place).encode()
    head = b'--edge\r\nContent-Disposition: form-data; name="' + name + b'"\r\n\r\n'
    return PARTS, head + b"\r\n--edg" * (size // 7) + b"\r\n--edge--\r\n"


def _part_of_marks(place: Place, size: int) -> Body:
    name = _longest(place).encode()
    head = b'--edge\r\nContent-Disposition: form-data; name="' + name + b'"\r\n\r\n'
    return PARTS, head + "\u0301\u0316".encode() * (size // 4) + b"\r\n--edge--\r\n"


def _part_header(place: Place, size: int) -> Body:
    head = b'--edge\r\nContent-Disposition: form-data; name="a"' + b'; a="\\"' * (size // 7)
    return PARTS, head + b"\r\n\r\nx\r\n--edge--\r\n"


SHAPES: Final[Mapping[str, Callable[[Place, int], Body]]] = {
    "deep lists": _deep("[", "]"),
    "deep objects": _deep('{"a":', "}"),
    "open lists": lambda place, size: (JSON, b'{"a":' + b"[" * size),
    "many members": _members,
    "many rows": _list_of("{}"),
    "many rows of nothing": _list_of("null"),
    "many numbers": _list_of("1"),
    "many strings": _list_of('"x"'),
    "long rows": _list_of('{"name":"' + "\u0301" * 200 + '"}'),
    "rows of unknown fields": _list_of('{"a":1,"b":2,"c":3}'),
    "huge whole number": _value(lambda size: "9" * size),
    "huge number in a text": _value(lambda size: f'"{"9" * size}"'),
    "huge fraction": _value(lambda size: f"0.{'1' * size}"),
    "huge exponent": _value(lambda size: "1e400"),
    "not a number": _value(lambda size: "NaN"),
    "escaped text": _value(lambda size: f'"{(chr(92) + "u0041") * (size // 6)}"'),
    "escaped marks": _value(lambda size: f'"{(chr(92) + "u0301") * (size // 6)}"'),
    "surrogates": _value(lambda size: f'"{(chr(92) + "ud800") * (size // 6)}"'),
    "escapes in names": lambda place, size: (
        JSON, ('{' + ",".join(f'"\\u0041{n}":1' for n in range(size // 16)) + "}").encode(),
    ),
    "many fields": _names(lambda n, place: f"a{n}"),
    "one field many times": _names(lambda n, place: _longest(place)),
    "fields without a value": _raw(FORM, b"a&"),
    "only ampersands": _raw(FORM, b"&"),
    "only semicolons": _raw(FORM, b";"),
    "only percents": _raw(FORM, b"%"),
    "percents in a field": _raw(FORM, b"%41", b"=1"),
    "broken percents": _raw(FORM, b"%zz"),
    "plus signs": _raw(FORM, b"+"),
    "nested names": _names(lambda n, place: f"a[{n}].b[{n}].c"),
    "row names": _names(lambda n, place: f"{place.rows}[{n % 10000}].name"),
    "rows by hyphens": _names(lambda n, place: f"{place.rows}-{n % 10000}-name"),
    "far row names": _names(lambda n, place: f"{place.rows}[{9999 - n % 10000}].name"),
    "huge row numbers": _names(lambda n, place: f"{place.rows}[{'9' * 200}].name"),
    "fields of one row": _names(lambda n, place: f"{place.rows}[0].f{n}"),
    "one long name": lambda place, size: _form(place, [("a" * size, "1")]),
    "one long row name": lambda place, size: _form(place, [("a[" * (size // 6), "1")]),
    "one name of hyphens": lambda place, size: _form(place, [("1-" * (size // 2), "1")]),
    "one name of digits": lambda place, size: _form(place, [("a-" + "1" * size, "1")]),
    "many parts": _parts,
    "a part of near boundaries": _one_part,
    "a part of marks": _part_of_marks,
    "a long part header": _part_header,
    "a broken multipart": _raw(PARTS, b"\r\n--edge\r\n"),
    "no text at all": _raw(JSON, b"\xff"),
}  # fmt: skip


def kinds() -> dict[str, Callable[[Place, int], Body]]:
    """Return every kind of body by its name: what makes it for a place, in a size in bytes."""
    found = dict(SHAPES)
    for name, unit in TEXTS.items():
        every, one = _text_kind(unit)
        found[f"{name} in every field"] = every
        found[f"{name} in one field"] = one
    return found


HEADER_BYTES: Final = 8000
"""API Gateway takes 10,240 bytes of headers in all, and as much of an address."""


def headers() -> dict[str, dict[str, str]]:
    """Return the worst headers by kind."""
    units = {
        "tags": ("accept-language", "fr;q=0.1,"),
        "weights": ("accept-language", "fr;q=" + "9" * 100 + ","),
        "one long tag": ("accept-language", "f"),
        "cookies": ("cookie", "a=b;"),
        "etags": ("if-none-match", '"a",'),
        "key": ("idempotency-key", "é"),
        "type": ("content-type", 'multipart/form-data; boundary="\\"'),
        "parameters": ("content-type", "multipart/form-data; a=b"),
        "accept": ("accept", "text/html,"),
        "origin": ("origin", "https://a."),
        "agent": ("user-agent", "\u0301"),
        "referer": ("referer", "https://a.b/?"),
    }
    return {
        f"header of {name}": {header: unit * (HEADER_BYTES // len(unit.encode()))}
        for name, (header, unit) in units.items()
    }


def queries() -> dict[str, list[tuple[str, str]]]:
    """Return the worst queries by kind, which an address of API Gateway can hold."""
    marks = "\u0301\u0316" * 650
    return {
        "query of marks": [("q", marks)],
        "query of words": [("q", "a " * 2000)],
        "query of many parameters": [(f"a{n}", "1") for n in range(900)],
        "query of one parameter many times": [("province", "QC")] * 600,
        "query of numbers": [("limit", "9" * 4000), ("after", "9" * 4000)],
        "query of a cursor": [("after", "A" * 8000)],
        "query of a language": [("lang", "f" * 4000), ("decision", marks), ("year", "9" * 3000)],
        "query of an invitation": [("invite", "a." * 3000), ("ref", "É" * 600)],
    }


class World:
    """The service in memory with one of everything, and where each public route is met."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self.places: dict[str, list[Place]] = dict(self._places())
        self._rows = dict(walk.store.items)

    def restore(self) -> None:
        """Undo what a request stored."""
        self._walk.store.items.clear()
        self._walk.store.items.update(self._rows)

    def _places(self) -> Iterator[tuple[str, list[Place]]]:
        yield from self._forms()
        yield from self._cases()
        yield from self._coaches()
        yield from self._subscriptions()
        yield from self._issues()
        yield from self._desk()
        for path in ("/", "/openapi", "/openapi.json", "/status", "/health", "/newsletter/archive"):
            yield path, [Place(path)]
        yield "/openapi/{group}", [Place("/openapi/forms")]
        yield "/{proxy+}", [Place("/nowhere")]
        yield "/kit/{name}", [Place("/kit/eoi"), Place("/kit/relais.js")]
        for feed in ("fr.xml", "en.xml", "fr.json", "en.json"):
            yield f"/newsletter/feed.{feed}", [Place(f"/newsletter/feed.{feed}")]

    def _forms(self) -> Iterator[tuple[str, list[Place]]]:
        rows = {"eoi": "partners", "application": "team", "assessment": "choices"}
        yield (
            "/forms/{form}",
            [
                Place(f"/forms/{form}", (*_fields(form), *CONTROL), name)
                for form, name in rows.items()
            ],
        )
        begun = self._walk.visitor.send("/draft", {"form": "eoi"}).json_body["links"]["draft"]
        draft = f"/draft/{begun.rpartition('/')[2]}"
        yield "/draft", [Place("/draft", ("form", "lang", "invite", "ref"))]
        yield "/draft/{token}", [Place(draft, ("do", "lang"))]
        names = (*_fields("eoi"), "do", "version", "seen", "shown", "row", "same")
        yield (
            "/draft/{token}/{page}",
            [
                Place(f"{draft}/collective", names, "partners"),
                Place(f"{draft}/check", CONTROL),
                Place(f"{draft}/colleagues", ("email", "name", "remove")),
            ],
        )
        yield "/file", [Place("/file", ("email", "lang"))]
        yield "/newsletter", [Place("/newsletter", (*_fields("newsletter"), *CONTROL), "topics")]

    def _desk(self) -> Iterator[tuple[str, list[Place]]]:
        browser, email = StaffBrowser(self._walk.visitor), str(self._walk.staff["email"])
        self._walk.store.items["STAFF", str(self._walk.staff["sk"])]["roles"] = list(ROLES)
        browser.sign_in(email, self._walk.mailer, self._walk.deliver)
        ours = {"sec-fetch-site": "same-origin"}
        signed_in = {**ours, "cookie": "; ".join(f"{k}={v}" for k, v in browser.cookies.items())}

        def signed(path: str, fields: Fields = (), **also: str) -> Place:
            return Place(path, fields, "a", {"nonce": browser.token(path), **also}, signed_in)

        browser.ask(email)
        self._walk.deliver()
        link = link_of(self._walk.mailer.to(email)[-1].text)
        opened = {"nonce": form_of(browser.get(link))}
        ref = self._walk.case(self._walk.declare("desk@example.org")).ref
        yield "/desk/files", [Place("/desk/files", headers=signed_in)]
        yield (
            "/desk/files/{ref}",
            [signed(f"/desk/files/{ref}", ("message", "note"), decision="ask", confirm="on")],
        )
        given = {"decision": "ask", "preview": "1", "file": ref}
        yield "/desk/files/{ref}/print", [Place(f"/desk/files/{ref}/print", headers=signed_in)]
        yield "/desk/many", [signed("/desk/many", ("message", "file"), **given)]
        yield "/desk/many/{job}", [Place("/desk/many/x", headers=signed_in)]
        yield "/desk/programme", [Place("/desk/programme", ("name", "email"), headers=signed_in)]
        yield "/desk/programme/{staff}", [Place("/desk/programme/x", headers=signed_in)]
        absence = "/desk/programme/{staff}/absence"
        yield absence, [Place("/desk/programme/x/absence", ("until",), headers=signed_in)]
        slug, columns = "mireille-tremblay-okafor", ("first_name", "bio_fr", "seen", "serves")
        own = f"/desk/coach/{slug}"
        yield "/desk/coaches", [Place("/desk/coaches", headers=signed_in)]
        yield "/desk/coach", [signed("/desk/coach", columns, act="save")]
        yield "/desk/coach/{slug}", [signed(own, columns, act="save")]
        for name in ("import", "sheet", "editions", "messages"):
            yield f"/desk/coaches/{name}", [Place(f"/desk/coaches/{name}", headers=signed_in)]
        yield "/desk/figures", [Place("/desk/figures", headers=signed_in)]
        yield "/desk/jobs", [Place("/desk/jobs", headers=signed_in)]
        yield "/desk/log", [Place("/desk/log", headers=signed_in)]
        yield from _edits(signed)
        self._walk.service.issues.editing.begin("2026-09", str(self._walk.staff["sk"]))
        yield from _news(signed)
        yield "/desk/export", [signed("/desk/export", ("column", "filters"), format="csv")]
        yield "/desk/exports/{job}", [Place("/desk/exports/x", headers=signed_in)]
        yield "/desk/exports/{job}/file", [Place("/desk/exports/x/file", headers=signed_in)]
        yield "/desk", [Place("/desk", ("email", "code", "next", "lang"), headers=ours)]
        yield "/desk/sign-in/{token}", [Place(link, ("confirm", "lang"), "a", opened, ours)]
        yield (
            "/desk/account",
            [signed("/desk/account", ("code", "next", "lang"), act="confirm")],
        )

    def _cases(self) -> Iterator[tuple[str, list[Place]]]:
        walk = self._walk
        walk.declare("dora@example.org")
        walk.decide("ask", message="Combien de jeunes?")
        walk.after_undo()
        own = walk.own("dora@example.org")
        walk.declare("ada@example.org", org_legal_name="Maison Ada")
        review = walk.review()
        walk.declare("ada@example.org", org_legal_name="Maison Ada", org_city="Laval")
        second = f"/declaration/{token(walk.mailer.to('ada@example.org')[-1].text, 'declaration')}"
        yield (
            "/declaration/{token}",
            [Place(second, ("choice", "lang"), also={"nonce": self._nonce(second)})],
        )
        reply = {"action": "reply", "revised": "1", "answer": "Douze.", "nonce": self._nonce(own)}
        yield (
            "/file/{token}",
            [
                Place(own, ("message", "lang", *_fields("eoi")), "partners", reply),
                Place(own, ("answer", "message", "address"), also={"action": "correct"}),
            ],
        )
        fields = ("message", "question", "reasons", "code", "until", "address", "step_code",
                  "target_ref", "condition_1", "due_1")  # fmt: skip
        yield (
            "/review/{token}",
            [
                Place(review, fields, "reasons", {"decision": name, "nonce": self._nonce(review)})
                for name in ("ask", "decline", "approve")
            ],
        )

    def _coaches(self) -> Iterator[tuple[str, list[Place]]]:
        walk = self._walk
        coaches = sheets.parse(read_cells("coaches.csv", COACHES.read_bytes())).coaches
        walk.service.coaches.editions.publish(coaches, by="test", why="sample", after=None)
        coach = coaches[0]
        person = person_key(coach.email, walk.keys.people)
        own = _path(walk.service.links.coach(coach.slug, person))
        for _ in islice(walk._proposal(coach, own, "return"), 2):
            pass
        proposal = walk._linked("proposal", str(walk.staff["email"]))
        yield "/coaches", [Place("/coaches")]
        yield "/coaches/{slug}", [Place(f"/coaches/{coach.slug}")]
        contact = f"/coaches/{coach.slug}/contact"
        yield "/coaches/{slug}/contact", [Place(contact, (*_fields("message"), *CONTROL))]
        returned = {"decision": "return", "nonce": self._nonce(proposal)}
        yield "/proposal/{token}", [Place(proposal, ("remarks", "confirm"), also=returned)]
        change = {"action": "change", "nonce": self._nonce(own)}
        yield "/coach/{token}", [Place(own, _fields("profile"), "languages", change)]

    def _subscriptions(self) -> Iterator[tuple[str, list[Place]]]:
        walk = self._walk
        links = walk.service.links
        confirm = walk._signed_up("zoe@example.org")
        walk.answer(confirm, {})
        again = walk._signed_up("eve@example.org")
        person = person_key("zoe@example.org", walk.keys.people)
        yield "/newsletter/confirm/{token}", [Place(again, ("email", "lang"))]
        leave = _path(links.unsubscribe(person))
        yield "/newsletter/unsubscribe/{token}", [Place(leave, ("reason", "page", "lang"))]
        choose = _path(links.preferences(person))
        yield (
            "/newsletter/preferences/{token}",
            [
                Place(choose, ("email", "topics", "language"), "topics", {"action": action})
                for action in ("choose", "move")
            ],
        )

    def _issues(self) -> Iterator[tuple[str, list[Place]]]:
        walk = self._walk
        issue_factory.asked(walk.service)
        walk.deliver()
        text = walk.mailer.to(str(walk.staff["email"]))[-1].text
        review = "/newsletter/review/" + token(text, "review")
        sent_back = {"decision": "send_back", "nonce": self._nonce(review)}
        yield "/newsletter/review/{token}", [Place(review, ("remarks", "code"), also=sent_back)]
        yield "/newsletter/review/{token}/{lang}", [Place(f"{review}/fr")]
        progress = _path(walk.service.links.progress("2026-03", str(walk.staff["sk"])))
        pause = {"act": "pause", "nonce": self._nonce(progress)}
        yield "/newsletter/progress/{token}", [Place(progress, ("act", "confirm"), also=pause)]
        yield "/newsletter/archive/{slug}", [Place("/newsletter/archive/2026-03")]
        image = "/newsletter/images/{issue}/{file}"
        yield image, [Place(f"/newsletter/images/2026-03/a.{'0' * 32}.png")]

    def _nonce(self, path: str) -> str:
        return self._walk.service.links.nonce(path.rpartition("/")[2])


def _path(url: str) -> str:
    return urlsplit(url).path.removeprefix("/api")


def _fields(form: str) -> tuple[str, ...]:
    return tuple(f["key"] for section in content.form(form)["sections"] for f in section["fields"])


def event(route: str, method: str, place: Place, request: Sent) -> dict[str, object]:
    """Return what API Gateway hands to the function for a request to a place of a route."""
    names, values = route.split("/"), place.path.split("/")
    given = {
        name[1:-1]: value for name, value in zip(names, values, strict=True) if name[:1] == "{"
    }
    query: dict[str, list[str]] = {}
    for name, value in request.query:
        query.setdefault(name, []).append(value)
    return {
        "resource": route,
        "headers": {
            "accept": "*/*",
            "content-type": request.body[0],
            **place.headers,
            **request.headers,
        },
        "multiValueHeaders": {},
        "multiValueQueryStringParameters": query or None,
        "pathParameters": given,
        "stageVariables": None,
        "isBase64Encoded": True,
        "body": b64encode(request.body[1]).decode(),
        "requestContext": {
            "httpMethod": method,
            "resourcePath": route,
            "identity": {"sourceIp": "192.0.2.1"},
        },
    }


def sent_to(place: Place, method: str, size: int) -> Iterator[tuple[str, Sent]]:
    """Yield every kind of request to a place by its name: for a script and, where that makes
    another answer, for a browser."""
    if method == "POST":
        for name, make in kinds().items():
            body = make(place, size)
            yield f"{name}, script", Sent(body)
            yield f"{name}, page", Sent(body, BROWSER)
    for name, given in headers().items():
        yield name, Sent(headers={**BROWSER, **given})
    for name, query in queries().items():
        yield name, Sent(headers=BROWSER, query=tuple(query))


def _news(signed: Callable[..., Place]) -> Iterator[tuple[str, list[Place]]]:
    """The pages on which the newsletter is written, and its subscribers are kept."""
    page, lists = "/desk/newsletter/2026-09", "/desk/subscribers"
    given = {"seen": ".", "part": "mail", "of": "fr", "do": "check"}
    route = "/desk/newsletter/{issue}"
    yield "/desk/newsletter", [signed("/desk/newsletter", ("slug",), **given)]
    yield route, [signed(page, ("to", "events"), **given, act="test")]
    # The texts of a preview are compiled, at most 60 kB each, for staff alone: patterns that look for
    # what is no link have many parts, whose squares counted here are no time that they take.
    for name, fields in (("text", NAMES), ("preview", ("part", "of"))):
        yield f"{route}/{name}", [signed(f"{page}/{name}", fields, **given)]
    words = ("words_fr", "words_en", "decorates", "file")
    yield f"{route}/images", [signed(f"{page}/images", words, **given, act="add")]
    yield f"{route}/send", [signed(f"{page}/send", ("day", "hour"), **given, act="schedule")]
    yield f"{route}/missed", [signed(f"{page}/missed")]
    yield lists, [signed(lists, ("email",), **given, act="find")]
    for name in ("import", "export"):
        yield f"{lists}/{name}", [signed(f"{lists}/{name}", **given)]
    job = f"{lists}/lists/{{job}}"
    for ending in ("", "/file"):
        yield f"{job}{ending}", [signed(f"{lists}/lists/x{ending}", **given)]


def _edits(signed: Callable[..., Place]) -> Iterator[tuple[str, list[Place]]]:
    """The pages on which texts and rules are edited."""
    question = "sections.organization.fields.org_legal_name.label"
    given = {"text": question, "why": "clearer", "seen": "0", "act": "preview"}
    pause = {"status": "paused", "why": "full", "seen": "0", "act": "preview"}
    texts, rule = ("text.fr", "text.en", "why", "text"), ("words.fr", "words.en", "reopens")
    yield "/desk/rules", [signed("/desk/rules")]
    yield "/desk/rules/{part}", [signed("/desk/rules/intake-eoi", rule, **pause)]
    yield "/desk/texts", [signed("/desk/texts")]
    yield "/desk/texts/{part}", [signed("/desk/texts/form-eoi", texts, **given)]
