"""Chalice on one side, the views on the other: its requests in, its responses out."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

from chalice import app as chalice

from chalicelib.core import log_lines
from chalicelib.core.errors import RelaisError, WrongMethod
from chalicelib.core.rate_limit import FailureName
from chalicelib.web.request import Request
from chalicelib.web.responses import HTML, Response

log = logging.getLogger("relais.web.chalice_app")

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

EVERY_RESPONSE: Final = {
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=63072000",
    "Vary": "Accept, Accept-Language, Origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Nearly every response may hold a link that is a right: whoever means it to be kept says so.
    "Cache-Control": "no-store",
}
"""Headers that each response carries, whatever the view and whatever went wrong; a view may
set its own `Cache-Control`. The gateway's own errors carry them too: infra/resources.json."""

REFUSED_FROM: Final = 400
"""The first status of a post that did nothing."""

BROKEN_FROM: Final = 500
"""The first status of a fault of ours."""

FAILURES: Final = (404, 410)
"""The statuses of a link that opens nothing: one that is over, and one that never was one of ours,
which nothing tells apart where links are stored."""

REFUSALS: Final = (400, 413, 415, 422)
"""The statuses of a post that was refused for what was in it, after it was read."""

View = Callable[..., Response]

Problem = Callable[[Request, str, Exception], Response]
"""Answers an error that was met at an address: that of its route, or where nothing stands."""

Event = TypeVar("Event")
Answer = TypeVar("Answer")


class Relais(chalice.Chalice):
    """Chalice, with one place where a view's response or error becomes Chalice's response.

    Chalice turns every other exception into its own English 500 before any
    middleware sees it, so each view is wrapped as it is registered.
    """

    def __init__(
        self,
        app_name: str,
        problem: Problem,
        allowed_origins: Callable[[], Sequence[str]],
        count_failure: Callable[[str, FailureName], None],
        prepare: Callable[[Request, str], None] = lambda request, path: None,
    ) -> None:
        """`problem` answers an error that was met at an address; `prepare` is called with each
        request and its route, before its view; `count_failure` is called with the visitor's IP
        address when a link opened nothing, or a post was refused for what was in it; it raises
        TooMany."""
        super().__init__(app_name, configure_logs=False)
        log_lines.install(self.log)
        self._problem = problem
        self._allowed_origins = allowed_origins
        self._count_failure = count_failure
        self._prepare = prepare
        self._shows: dict[View, View] = {}
        """What the address of a view that takes posts shows, where it shows anything."""
        # As text, a form with bytes that are not UTF-8 would reach us mended, and wrong.
        self.api.binary_types.append("multipart/form-data")

    def views(self, path: str, **by_method: View) -> None:
        """Register the views of one address, one a method.

        GET answers HEAD too; a method without a view is told which methods there are.
        Content types are judged by the views, not by Chalice.
        """
        views = dict(by_method)
        if "GET" in views:
            views["HEAD"] = views["GET"]
            if "POST" in views:
                self._shows[views["POST"]] = views["GET"]
        views["OPTIONS"] = lambda request, **_: Response(204, "", "text/plain")
        allowed = ", ".join(sorted(views))
        for method in METHODS:
            view = views.get(method) or _not_allowed(method, allowed)
            self._register(path, method, self._wrapped(view, allowed))

    def nowhere(self, path: str, view: View) -> None:
        """Register one view for whatever method comes to an address that nothing stands at."""
        for method in METHODS:
            self._register(path, method, self._wrapped(view, ", ".join(METHODS)))

    def _register(self, path: str, method: str, view: Callable[..., chalice.Response]) -> None:
        name = method.lower() + re.sub(r"[{}+]", "", path).replace("/", "_")
        self.route(path, methods=[method], content_types=[], name=name)(view)

    def _wrapped(self, view: View, allowed: str) -> Callable[..., chalice.Response]:
        def respond(**arguments: str) -> chalice.Response:
            current = self.current_request
            assert current is not None
            invocation = getattr(self.lambda_context, "aws_request_id", "")
            log_lines.begin_invocation(str(invocation))
            with log_lines.event("request", current.context.get("requestId")):
                return _logged(current, answered(current, arguments))

        def answered(current: chalice.Request, arguments: Mapping[str, str]) -> chalice.Response:
            request = request_of(current)
            try:
                self._prepare(request, current.path or "")
                response = self._viewed(request, view, arguments)
            except RelaisError as error:
                response = self._problem(request, place_of(current), error)
            except Exception as error:  # noqa: BLE001
                # The last net: a person gets a page in their language, we get the trace.
                log.exception("%s %s", request.method, current.path)
                response = self._problem(request, place_of(current), error)
            if response.status in FAILURES and "{token}" in (current.path or ""):
                response = self._counted(current, request, response, "failures")
            elif request.method == "POST" and response.status in REFUSALS:
                response = self._counted(current, request, response, "refused_posts")
            if request.wants_page:
                response = self._with_switch(request, self._with_typed_text(request, response))
            return self._finished(request, response, allowed)

        return respond

    def _viewed(self, request: Request, view: View, arguments: Mapping[str, str]) -> Response:
        """Return what a view answers; where a post only switches the language, what its address
        shows in that one, with what was typed."""
        shows = self._shows.get(view)
        if shows is None or not request.switches:
            return view(request, **arguments)
        from chalicelib.web import switching  # scripts switch nothing

        return switching.shown_again(request, lambda opened: shows(opened, **arguments))

    def _with_switch(self, request: Request, response: Response) -> Response:
        """Return a page that can be switched to the other language."""
        if response.content_type != HTML:
            return response
        from chalicelib.web import switching  # scripts switch nothing

        return switching.with_switch(request, response)

    def _with_typed_text(self, request: Request, response: Response) -> Response:
        """Keep what was typed on the page of a refusal; a script has its own copy."""
        if response.status < REFUSED_FROM:
            return response
        from chalicelib.web import kept_text  # what is taken does without

        try:
            return kept_text.with_typed_text(request, response)
        except Exception:
            # Whatever it says, the refusal itself is to be read.
            log.exception("typed text of %s", request.method)
            return response

    def _counted(
        self, current: chalice.Request, request: Request, response: Response, name: FailureName
    ) -> Response:
        """Count what was tried in vain; beyond the limit, do not even say why it was."""
        try:
            self._count_failure(request.address, name)
        except RelaisError as error:
            return self._problem(request, place_of(current), error)
        return response

    def _finished(self, request: Request, response: Response, allowed: str) -> chalice.Response:
        """Add the headers of every response, and those of CORS for an allowed origin."""
        headers: dict[str, str | list[str]] = {
            **EVERY_RESPONSE,
            "Content-Type": response.content_type,
            **response.headers,
        }
        origin = request.headers.get("origin", "")
        if origin and origin in self._allowed_origins():
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = (
                "Location, Retry-After, Idempotent-Replayed, ETag"
            )
            if request.method == "OPTIONS":
                headers["Access-Control-Allow-Methods"] = allowed
                headers["Access-Control-Allow-Headers"] = (
                    "Content-Type, Idempotency-Key, Accept, If-None-Match"
                )
                headers["Access-Control-Max-Age"] = "3600"
        body = "" if request.method == "HEAD" else response.body
        return chalice.Response(body=body, status_code=response.status, headers=headers)


def request_of(current: chalice.Request) -> Request:
    """Return what API Gateway brought, as our own request."""
    identity: Mapping[str, object] = current.context.get("identity") or {}
    body = current.raw_body
    given = current.query_params
    return Request(
        method=current.method,
        headers={name.lower(): value for name, value in current.headers.items()},
        query=dict(given or {}),
        body=body if isinstance(body, bytes) else body.encode(),
        address=str(identity.get("sourceIp") or ""),
        several={name: given.getlist(name) for name in given} if given else {},
    )


def place_of(current: chalice.Request) -> str:
    """Return the address of a request's route; the one that was asked for where there is none."""
    there = (current.uri_params or {}).get("proxy")
    return (current.path or "") if there is None else f"/{there}"


class FunctionFailed(Exception):
    """A function failed with an error of this type; the log has its line."""


def guarded(event: Event, get_response: Callable[[Event], Answer]) -> Answer:
    """Answer an event of Lambda, and log what fails in it as everything else is logged."""
    log_lines.begin_invocation(getattr(getattr(event, "context", None), "aws_request_id", ""))
    try:
        return get_response(event)
    except Exception as error:
        # Lambda would log the error itself, with whatever its message repeats of a person.
        log.exception("the function failed")
        raise FunctionFailed(type(error).__name__) from None


def _logged(current: chalice.Request, response: chalice.Response) -> chalice.Response:
    """Note what was asked, by the address of the route alone, which has no token and no name in
    it, and what came of it."""
    method, status = current.method, response.status_code
    log_lines.note(method=method, route=current.path or "", status=status)
    if log_lines.is_cold():
        log_lines.note(cold=True)
        log_lines.count("cold-starts")
    if method == "POST" and REFUSED_FROM <= status < BROKEN_FROM:
        log_lines.count("refusals")
    return response


def _not_allowed(method: str, allowed: str) -> View:
    def refuse(request: Request, **_: str) -> Response:
        raise WrongMethod(method, allowed)

    return refuse
