"""What went wrong, for a script (RFC 9457) or for a person, in their language."""

import logging
from collections.abc import Mapping
from typing import Final, NamedTuple, TypedDict

from chalicelib import content
from chalicelib.core import errors, formatting, log_lines
from chalicelib.core.languages import Lang, other_language
from chalicelib.forms.problems import InvalidForm, Problem
from chalicelib.web.pages import Pages
from chalicelib.web.request import BODY_LIMIT, Request
from chalicelib.web.responses import PRIVATE, Response, json_response

log = logging.getLogger("relais.web.problems")

CODES: Final[dict[type, str]] = {
    errors.Malformed: "malformed",
    errors.NotFound: "not_here",
    errors.BadLink: "bad_link",
    errors.DraftOver: "draft_over",
    errors.DraftLate: "draft_late",
    errors.DraftLinkReplaced: "draft_link_replaced",
    errors.FileErased: "file_erased",
    errors.BadQuery: "bad_query",
    errors.WrongMethod: "method",
    errors.IntakePaused: "intake_paused",
    errors.NotInvited: "not_invited",
    errors.InviteOver: "invite_over",
    errors.AlreadyApplied: "already_applied",
    errors.TooLarge: "too_large",
    errors.SectionTooLarge: "section_too_large",
    errors.WrongType: "wrong_type",
    InvalidForm: "invalid",
    errors.DraftChanged: "draft_changed",
    errors.DraftBusy: "draft_busy",
    errors.EditedByOther: "edited_meanwhile",
    errors.KeyReused: "key_reused",
    errors.TooMany: "too_many",
    errors.Refused: "refused",
    errors.Conflict: "refused",
    errors.StoreDown: "store_down",
}
"""Every error that can reach a visitor; the texts are in content/problems.json."""

BROKEN: Final = "broken"
"""The code of whatever nobody foresaw."""

RETRY_SECONDS: Final = 30
"""What `Retry-After` says while the store is out of reach."""


class FieldError(TypedDict):
    """What is wrong with a field, in words; `field` is "" for the whole form."""

    field: str
    code: str
    message: str


class ProblemText(NamedTuple):
    """A problem in one language; `errors` name the fields that it is about, if any."""

    code: str
    status: int
    title: str
    detail: str
    headers: Mapping[str, str]
    errors: list[FieldError]

    @property
    def banner(self) -> tuple[str, str] | None:
        """Title and detail, for a page whose fields do not say what is wrong."""
        return None if self.errors else (self.title, self.detail)


class Problems:
    """Answers what went wrong: to a script as `application/problem+json`, to a person as a page."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def text(self, error: Exception, lang: Lang, *, form: str = "eoi") -> ProblemText:
        code = code_of(type(error))
        if isinstance(error, errors.StoreDown):
            log.error("store out of reach: %s", error)
        log_lines.note(code=code)
        text = content.problems()[code]
        detail = text["detail"][lang].format_map(_facts(error, lang, form))
        if isinstance(error, errors.IntakePaused):
            from chalicelib.forms.paused import paused_text  # what is taken does without

            detail = paused_text(form, lang)
        return ProblemText(
            code,
            text["status"],
            text["title"][lang],
            detail,
            _headers(error),
            field_errors(error, lang),
        )

    def respond(
        self, request: Request, error: Exception, lang: Lang | None = None, *, form: str = "eoi"
    ) -> Response:
        lang = lang or request.lang
        text = self.text(error, lang, form=form)
        if request.wants_page:
            begin = isinstance(error, errors.DraftOver) and self._pages.address("forms", error.form)
            facts = {**text._asdict(), "begin": begin}
            # Nothing was typed on a page that is only opened; others keep what was.
            switch_url = "" if request.method == "POST" else request.again_in(other_language(lang))
            return self._pages.respond(
                "problem",
                lang,
                facts,
                switch_url=switch_url,
                status=text.status,
                headers=text.headers,
            )
        return self.document(text, lang)

    def document(
        self, text: ProblemText, lang: Lang, members: Mapping[str, object] | None = None
    ) -> Response:
        """Return a problem as scripts read it, with `members` of its own."""
        body: dict[str, object] = {
            "type": self._pages.address("problems", text.code),
            "title": text.title,
            "status": text.status,
            "detail": text.detail,
            **({"errors": text.errors} if text.errors else {}),
            **(members or {}),
        }
        headers = {**PRIVATE, "Content-Language": f"{lang}-CA", **text.headers}
        return json_response(
            body, headers, status=text.status, content_type="application/problem+json"
        )


def code_of(kind: type[Exception]) -> str:
    """Return the code that a visitor is answered for this kind of error."""
    return next((CODES[each] for each in kind.__mro__ if each in CODES), BROKEN)


def field_errors(error: Exception, lang: Lang) -> list[FieldError]:
    """Return what is wrong with each field; nothing for an error that is not about fields."""
    if not isinstance(error, InvalidForm):
        return []
    return [in_words(problem, lang) for problem in error.problems]


def in_words(problem: Problem, lang: Lang) -> FieldError:
    return FieldError(field=problem.field, code=problem.code, message=problem.message(lang))


def _facts(error: Exception, lang: Lang, form: str) -> dict[str, object]:
    plurals = content.review()["form_plural"]
    facts: dict[str, object] = {
        "form_plural": plurals[form][lang],
        "limit": _kilobytes(BODY_LIMIT // 1024, lang),
        "format": str(error) or "UTF-8",
        "method": str(error),
    }
    if isinstance(error, errors.SectionTooLarge):
        facts["limit"] = _kilobytes(error.limit // 1000, lang)
        facts["size"] = _kilobytes(-(-error.size // 1000), lang)
    if isinstance(error, errors.DraftLate):
        facts["ended"] = formatting.long_date(error.until, lang)
    if isinstance(error, errors.AlreadyApplied):
        facts["ref"] = error.ref
    if isinstance(error, errors.BadQuery):
        facts["message"] = error.message(lang)
    if isinstance(error, errors.TooMany):
        facts["minutes"] = -(-error.seconds // 60)
    return facts


def _kilobytes(count: int, lang: Lang) -> str:
    return f"{count}\u00a0{'kB' if lang == 'en' else 'ko'}"


def _headers(error: Exception) -> dict[str, str]:
    if isinstance(error, errors.TooMany):
        return {"Retry-After": str(error.seconds)}
    if isinstance(error, errors.StoreDown):
        return {"Retry-After": str(RETRY_SECONDS)}
    if isinstance(error, errors.WrongMethod):
        return {"Allow": error.allowed}
    return {}
