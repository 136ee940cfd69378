"""A draft is sent: by the very path of a form that comes in one post, and once."""

from dataclasses import dataclass

from chalicelib.cases.intake.receive import Intake
from chalicelib.cases.intake.submission import IncomingForm, Receipt
from chalicelib.core.errors import Conflict
from chalicelib.core.languages import Lang
from chalicelib.core.links import Links
from chalicelib.core.records import moment
from chalicelib.forms.attachment import attachments_in
from chalicelib.forms.drafts.draft import ROW_ID, FormDraft, Values
from chalicelib.forms.drafts.drafts import Drafts
from chalicelib.forms.drafts.refused import DraftSent, Holder
from chalicelib.forms.drafts.typed import asked, section_of


@dataclass(frozen=True)
class DraftSending:
    intake: Intake
    drafts: Drafts
    links: Links

    def send(self, holder: Holder, lang: Lang, came: IncomingForm) -> Receipt:
        """Send what the draft holds; a second time is answered as the first.

        `came` has what the request says beside the answers. Raises what `Intake.receive` does,
        and DraftChanged when somebody saved meanwhile; then the draft stands as it was.
        """
        try:
            draft = self.drafts.get(holder)
        except DraftSent as sent:
            return self.receipt(sent.draft, lang)
        carried = draft.carried
        arrival = came._replace(
            form=draft.form,
            fields=answers(draft),
            lang=lang,
            asks_dates=True,
            key=f"draft {draft.id}",
            started_at=str(int(moment(draft.made_at).timestamp())),
            invite=carried.get("invite", ""),
            ref=carried.get("ref", ""),
            notice=carried.get("notice", ""),
            consent_shown=carried.get("consent_shown", ""),
            draft=draft,
            documents=attachments_in(self.drafts.store, draft.key[0], draft.attachments),
        )
        try:
            receipt = self.intake.receive(arrival)
        except Conflict:
            # Sent by somebody else in this very moment, or changed: the draft says which.
            return self.send(holder, lang, came)
        self.drafts.forget_rest(draft.id)
        return receipt

    def receipt(self, draft: FormDraft, lang: Lang) -> Receipt:
        """Return the receipt of a draft that was sent."""
        self.drafts.forget_rest(draft.id)
        ref = draft.sent["ref"]
        url = self.links.standing(ref, draft.sent["whose"])
        return Receipt(draft.form, ref, "received", lang, url, replayed=True)


def answers(draft: FormDraft) -> Values:
    """Return what is sent of a draft: what is asked no longer stays behind."""
    found: Values = {}
    for name, saved in draft.sections.items():
        for f in asked(section_of(draft.form, name)["fields"], saved.values):
            if f["key"] in saved.values:
                value = saved.values[f["key"]]
                rows = f["type"] == "rows" and isinstance(value, list)
                found[f["key"]] = [_bare(row) for row in value] if rows else value
    return found


def _bare(row: Values) -> Values:
    return {key: value for key, value in row.items() if key != ROW_ID}
