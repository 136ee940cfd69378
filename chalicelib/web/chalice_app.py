"""Chalice on one side, the service on the other: requests in, answers out."""

import logging
from collections.abc import Callable
from typing import Any, Final

from chalice.app import Chalice, Request, Response

from chalicelib.core.errors import RelaisError, WrongMethod
from chalicelib.web.request import Answer, Asked
from chalicelib.web.responses import Problems

log = logging.getLogger("relais.web")

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

EVERY_ANSWER: Final = {
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=63072000",
    "Vary": "Accept, Accept-Language, Origin",
}

View = Callable[..., Answer]


class Relais(Chalice):
    """Chalice, with one place where a view's answer or error becomes a response.

    Chalice turns every other exception into its own English 500 before any
    middleware sees it, so each view is wrapped as it is registered.
    """

    def __init__(self, app_name: str, problems: Callable[[], Problems]) -> None:
        super().__init__(app_name)
        self._problems = problems
        # As text, a form with bytes that are not UTF-8 would reach us mended, and wrong.
        self.api.binary_types.append("multipart/form-data")

    def views(self, path: str, **by_method: View) -> None:
        """Registers what an address does, a view a method. GET answers HEAD too; what is
        left says which methods there are. Content types are judged by us, not by Chalice."""
        known = dict(by_method)
        if "GET" in known:
            known["HEAD"] = known["GET"]
        known["OPTIONS"] = lambda asked, **_: Answer(204, "", "text/plain")
        allowed = ", ".join(sorted(known))
        for method in METHODS:
            view = known.get(method) or _not_allowed(method, allowed)
            name = f"{method.lower()}{path.replace('/', '_').replace('{', '').replace('}', '')}"
            register = self.route(path, methods=[method], content_types=[], name=name)
            register(self._wrapped(view, allowed))

    def _wrapped(self, view: View, allowed: str) -> Callable[..., Response]:
        def respond(**arguments: str) -> Response:
            request = self.current_request
            assert request is not None
            asked = asked_of(request)
            try:
                answer = view(asked, **arguments)
            except RelaisError as error:
                answer = self._problems().answer(asked, error)
            except Exception as error:  # noqa: BLE001
                # The last net: a person gets a page in their language, we get the trace.
                log.exception("%s %s", asked.method, request.path)
                answer = self._problems().answer(asked, error)
            return self._response(asked, answer, allowed)

        return respond

    def _response(self, asked: Asked, answer: Answer, allowed: str) -> Response:
        headers: dict[str, str | list[str]] = {
            **EVERY_ANSWER,
            "Content-Type": answer.type,
            **answer.headers,
        }
        origin = asked.headers.get("origin", "")
        if origin and origin in self._problems().settings.allowed_origins:
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Expose-Headers"] = (
                "Location, Retry-After, Idempotent-Replayed, ETag"
            )
            if asked.method == "OPTIONS":
                headers["Access-Control-Allow-Methods"] = allowed
                headers["Access-Control-Allow-Headers"] = (
                    "Content-Type, Idempotency-Key, Accept, If-None-Match"
                )
                headers["Access-Control-Max-Age"] = "3600"
        body = "" if asked.method == "HEAD" else answer.body
        return Response(body=body, status_code=answer.status, headers=headers)


def asked_of(request: Request) -> Asked:
    identity: dict[str, Any] = request.context.get("identity") or {}
    body = request.raw_body
    given = request.query_params
    return Asked(
        method=request.method,
        headers={name.lower(): value for name, value in request.headers.items()},
        query=dict(given or {}),
        body=body if isinstance(body, bytes) else body.encode(),
        address=str(identity.get("sourceIp") or ""),
        several={name: given.getlist(name) for name in given} if given else {},
    )


def _not_allowed(method: str, allowed: str) -> View:
    def refuse(asked: Asked, **_: str) -> Answer:
        raise WrongMethod(method, allowed)

    return refuse
