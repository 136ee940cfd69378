"""Which view answers at each address of the desk: the table that `app.py` registers."""

from collections.abc import Mapping
from typing import Final

ROUTES: Final[Mapping[str, Mapping[str, str]]] = {
    "/desk": {"GET": "home", "POST": "sign_in"},
    "/desk/sign-in/{token}": {"GET": "link", "POST": "use_link"},
    "/desk/account": {"GET": "account", "POST": "change_account"},
    "/desk/files": {"GET": "files"},
    "/desk/files/{ref}": {"GET": "file", "POST": "decide"},
    "/desk/files/{ref}/print": {"GET": "printed"},
    "/desk/programme": {"GET": "programme", "POST": "add_member"},
    "/desk/programme/{staff}": {"GET": "member", "POST": "change_member"},
    "/desk/programme/{staff}/absence": {"POST": "absence"},
    "/desk/log": {"GET": "log"},
    "/desk/figures": {"GET": "figures"},
    "/desk/rules": {"GET": "edits.rules"},
    "/desk/rules/{part}": {"GET": "edits.rule", "POST": "edits.change_rule"},
    "/desk/texts": {"GET": "edits.texts"},
    "/desk/texts/{part}": {"GET": "edits.text", "POST": "edits.change_text"},
    "/desk/many": {"GET": "many", "POST": "decide_many"},
    "/desk/many/{job}": {"GET": "many_results"},
    "/desk/jobs": {"GET": "all_jobs"},
    "/desk/export": {"GET": "export", "POST": "begin_export"},
    "/desk/exports/{job}": {"GET": "exported"},
    "/desk/exports/{job}/file": {"GET": "fetch_export"},
    "/desk/newsletter": {"GET": "news.show", "POST": "news.begin"},
    "/desk/newsletter/{issue}": {"GET": "news.issue", "POST": "news.act"},
    "/desk/newsletter/{issue}/text": {"GET": "news.text", "POST": "news.save"},
    "/desk/newsletter/{issue}/preview": {"GET": "news.preview", "POST": "news.preview"},
    "/desk/newsletter/{issue}/images": {"GET": "news.images", "POST": "news.change_images"},
    "/desk/newsletter/{issue}/send": {"GET": "news.sending", "POST": "news.send"},
    "/desk/newsletter/{issue}/missed": {"GET": "news.missed"},
    "/desk/subscribers": {"GET": "news.subscribers", "POST": "news.ask_subscribers"},
    "/desk/subscribers/import": {"GET": "news.show_import", "POST": "news.try_list"},
    "/desk/subscribers/export": {"GET": "news.show_export", "POST": "news.export"},
    "/desk/subscribers/lists/{job}": {"GET": "news.list_job", "POST": "news.import_list"},
    "/desk/subscribers/lists/{job}/file": {"GET": "news.fetch"},
    "/desk/coaches": {"GET": "coaches.table"},
    "/desk/coach": {"GET": "coaches.new", "POST": "coaches.add"},
    "/desk/coach/{slug}": {"GET": "coaches.coach", "POST": "coaches.change"},
    "/desk/coaches/import": {"GET": "coaches.sheet", "POST": "coaches.bring"},
    "/desk/coaches/sheet": {"GET": "coaches.fetch"},
    "/desk/coaches/editions": {"GET": "coaches.editions", "POST": "coaches.restore"},
    "/desk/coaches/messages": {"GET": "coaches.messages", "POST": "coaches.judge"},
}
"""By path and method, the name of a method of `wiring.desk_views.DeskViews`, or of one of its
parts."""

TYPED_AT: Final[Mapping[str, str]] = {
    "/desk/programme/{staff}/absence": "/desk/programme/{staff}",
}
"""The page with the form that is sent to an address, where that is another one: what was typed is
offered there again."""

SENT_WITH: Final[Mapping[str, str]] = {
    "/desk/newsletter/{issue}/preview": "/desk/newsletter/{issue}/text",
}
"""The address whose form another button of it sends elsewhere: the token is of the form."""


def is_at_desk(path: str) -> bool:
    """Say whether an address is one of the desk, or would be if it were there."""
    return path == "/desk" or path.startswith("/desk/")
