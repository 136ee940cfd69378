"""The programme's own pages: who is on the roster, and the settings in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from chalicelib import content
from chalicelib.cases.roles import ROLES
from chalicelib.cases.roster_rows import seen_text
from chalicelib.cases.staff import Roster, Staff
from chalicelib.core import eastern_time
from chalicelib.core.errors import NotFound
from chalicelib.core.languages import Lang, lang_or
from chalicelib.core.typed_dates import NotADate, read_day
from chalicelib.desk.roster import DeskRoster, Fault, Wrong
from chalicelib.views.desk.entry import Entry
from chalicelib.views.desk.visit import Visit
from chalicelib.web.request import is_ticked, text_field
from chalicelib.web.responses import Response

SHOWN_SETTINGS: Final = (
    "stage", "public_url", "website_url", "sender", "reply_to", "undo_seconds",
    "quorum_application", "step_up", "quiet_hours", "desk_idle_minutes", "desk_session_hours",
    "posts_per_hour", "staff_letters_per_hour", "organization_name", "contact_email",
    "privacy_contact",
)  # fmt: skip
"""Settings that are no secret, and that somebody may want to know at the desk."""

_FIELDS: Final[Mapping[Fault, str]] = {
    "name": "name", "email": "email", "taken": "email", "roles": "roles", "last": "roles",
    "self": "deputy", "day": "until", "meanwhile": "roles",
}  # fmt: skip
"""The field that a fault is beside."""


@dataclass(frozen=True)
class ProgrammeViews:
    entry: Entry
    roster: Roster
    kept: DeskRoster

    def show(self, visit: Visit) -> Response:
        return self._page(visit, {})

    def add(self, visit: Visit) -> Response:
        """Add somebody to the roster."""
        fields = visit.request.fields()
        name, email = text_field(fields, "name"), text_field(fields, "email")
        lang = lang_or(text_field(fields, "their_lang"), "fr")
        try:
            added = self.kept.add(visit.signed_in.staff, name, email, lang)
        except Wrong as wrong:
            return self._page(visit, fields, wrong.why)
        return self._done(added, "added")

    def member(self, visit: Visit, staff: str) -> Response:
        return self._member_page(visit, self._member(staff), {})

    def change(self, visit: Visit, staff: str) -> Response:
        """Change what the roster says of somebody."""
        fields, member = visit.request.fields(), self._member(staff)
        act = text_field(fields, "act")
        if act == "removed" and not is_ticked(fields, "confirm"):
            return self._member_page(visit, member, fields, unsure=True)
        try:
            done = self._change(visit.signed_in.staff, member, act, fields)
        except Wrong as wrong:
            return self._member_page(visit, self._member(staff), fields, wrong.why)
        if not done:
            raise NotFound(act)
        if act == "removed":
            return self.entry.go(f"{self.entry.address('programme')}?done={act}")
        return self._done(staff, act)

    def absence(self, visit: Visit, staff: str) -> Response:
        """Begin or end an absence of somebody."""
        fields, by, member = visit.request.fields(), visit.signed_in.staff, self._member(staff)
        act = text_field(fields, "act")
        try:
            if act == "back":
                self.kept.end_absence(by, member)
            else:
                until = day_of(text_field(fields, "until"), visit.reads_dates_in)
                self.kept.set_away(by, member, until, _seen(fields))
        except Wrong as wrong:
            return self._member_page(visit, self._member(staff), fields, wrong.why)
        return self._done(staff, "back" if act == "back" else "away")

    def _change(self, by: Staff, member: Staff, act: str, fields: Mapping[str, object]) -> bool:
        """Make a change of somebody, and say whether there is such a one. Raises Wrong."""
        seen, other = _seen(fields), text_field(fields, "other")
        match act:
            case "roles":
                chosen = [one for one in ROLES if is_ticked(fields, one)]
                self.kept.set_roles(by, member, chosen, seen)
            case "deputy":
                self.kept.set_deputy(by, member, other, seen)
            case "manager":
                self.kept.set_manager(by, member, other, seen)
            case "admin":
                self.kept.set_admin(by, member, admin=is_ticked(fields, "admin"), seen=seen)
            case "reachable":
                self.kept.set_reachable(by, member)
            case "removed":
                self.kept.remove(by, member)
            case _:
                return False
        return True

    def _done(self, staff: str, what: str) -> Response:
        return self.entry.go(f"{self.entry.address('programme', staff)}?done={what}")

    def _member(self, staff: str) -> Staff:
        found = self.roster.get(staff)
        if found is None:
            raise NotFound(staff)
        return found

    def _page(
        self, visit: Visit, entered: Mapping[str, object], why: Fault | None = None
    ) -> Response:
        everybody, lang, labels = self.roster.all(), visit.lang, content.desk()["settings"]
        settings, own = self.entry.settings.model_dump(), self.entry.address("programme")
        facts: dict[str, object] = {
            "action": own,
            "log": self.entry.address("log"),
            "rules": self.entry.address("rules"),
            "people": [self._line(one, lang) for one in everybody if one.active],
            "gone": [one.name for one in everybody if not one.active],
            "settings": [
                (labels[name][lang], _shown(settings[name], lang)) for name in SHOWN_SETTINGS
            ],
            "entered": entered,
            **self._fault_text(visit, why),
        }
        return self.entry.page(visit, "programme", facts, address=own, status=422 if why else 200)

    def _member_page(
        self,
        visit: Visit,
        member: Staff,
        entered: Mapping[str, object],
        why: Fault | None = None,
        *,
        unsure: bool = False,
    ) -> Response:
        address, names = self.entry.address("programme", member.id), content.desk()["roles"]
        facts: dict[str, object] = {
            "member": self._line(member, visit.lang),
            "others": self._stand_ins(member),
            "roles": [(one, names[one][visit.lang], one in member.roles) for one in ROLES],
            "seen": {
                "roles": seen_text(member.given_roles),
                "deputy": seen_text(member.deputy),
                "manager": seen_text(member.manager),
                "admin": seen_text(member.admin),
                "away": seen_text(member.away_until),
            },
            "is_self": member.id == visit.signed_in.staff.id,
            "back": self.entry.address("programme"),
            "action": address,
            "unsure": unsure,
            "entered": entered,
            **self._fault_text(visit, why),
        }
        status = 409 if why == "meanwhile" else 422 if why or unsure else 200
        return self.entry.page(visit, "member", facts, address=address, status=status)

    def _stand_ins(self, member: Staff) -> list[Staff]:
        """Return who may replace somebody, or see to them: whoever sees files, as e-mails of files
        go to nobody else; and who does so now."""
        known = (member.deputy, member.manager)
        others = (one for one in self.roster.active() if one.id != member.id)
        return [one for one in others if one.sees_files or one.id in known]

    def _fault_text(self, visit: Visit, why: Fault | None) -> dict[str, object]:
        """Return what is said on top: that something was done, or what is wrong, and where; and
        whether its reader may change the roster."""
        texts, done = content.desk(), visit.request.query.get("done", "")
        known = texts["log"].get(f"roster_{done}")
        return {
            "done": known[visit.lang] if known and why is None else "",
            "wrong": texts["roster"][why][visit.lang] if why else "",
            "wrong_field": _FIELDS[why] if why else "",
            "changes": "administrator" in visit.signed_in.staff.roles,
        }

    def _line(self, one: Staff, lang: Lang) -> Mapping[str, object]:
        today, names = str(eastern_time.today(self.entry.now())), content.desk()["roles"]
        others = {other.id: other.name for other in self.roster.all()}
        away = one.away_until if one.away(today) else None
        return {
            "id": one.id,
            "name": one.name,
            "email": one.email,
            "reads": {"fr": "Français", "en": "English"}[one.reads],
            "roles": "; ".join(names[role][lang] for role in ROLES if role in one.roles),
            "away_until": date.fromisoformat(away) if away else None,
            "deputy": one.deputy or "",
            "deputy_name": others.get(one.deputy or "", ""),
            "manager": one.manager or "",
            "manager_name": others.get(one.manager or "", ""),
            "admin": one.admin,
            "reachable": one.reachable,
            "url": self.entry.address("programme", one.id),
        }


def _seen(fields: Mapping[str, object]) -> str | None:
    """Return what a form showed of what it changes; None for one that does not say."""
    return text_field(fields, "seen") if "seen" in fields else None


def day_of(text: str, lang: Lang | None) -> date | None:
    """Return the day that somebody typed; None for what is none."""
    try:
        return read_day(text, lang)
    except NotADate:
        return None


def _shown(value: object, lang: Lang) -> str:
    """Return a setting as people read it; a dash for one that is empty."""
    if isinstance(value, bool):
        return {True: {"fr": "oui", "en": "yes"}, False: {"fr": "non", "en": "no"}}[value][lang]
    return str(value) or "–"
