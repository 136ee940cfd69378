"""The lint of the words: habits that a reader stumbles over, and how each is mended."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple


class Habit(NamedTuple):
    """`found` is searched in every text of a language; `but` takes out what is right all the
    same."""

    name: str
    lang: str
    found: re.Pattern[str]
    mend: str
    but: re.Pattern[str] | None = None


def _habit(name: str, lang: str, found: str, mend: str, but: str | None = None) -> Habit:
    flags = re.IGNORECASE
    return Habit(
        name, lang, re.compile(found, flags), mend, re.compile(but, flags) if but else None
    )


S: Final = "[ \u00a0]"
WE: Final = r"êtes|serez|êtes déjà|avez été|étiez|soyez|est|sera|sont|seront|en êtes|en est"
ALONE: Final = (
    "invité|avisé|récusé|averti|prévenu|informé|abonné|désabonné|inscrit|autorisé|prié|nommé"
    "|connecté|assuré|engagé"
)
A_NUMBER: Final = (
    "count|max|min|number|size|left|limit|most|rows|columns|fr|en|total|minutes|days|months|percent"
    "|amount|version|bounced|complained|sent|daily|used|extensions_max|reopen_days|reply_days"
    "|extension_days|review_link_days|team_min|team_max|expenses|covered|difference|product"
    r"|[a-z_]*_minutes(?:_min|_max)?|reply_target_business_days|application_link_valid_days"
    r"|votes\.needed|figures\(\)[\w.]*|found|ground|rows_most|format|retention|form_plural|form_name"
)
NOT_A_NAME: Final = (
    rf"(?:{A_NUMBER}|\w*_?ref|case\.app_ref or case\.ref|case\.ref|\w+\.ref|at|date|when"
    r"|[\w.]+ \| (?:long_date|on_date|moment|number)|issue|number|file\.days|days)"
)

HABITS: Final = (
    _habit(
        "letter for an e-mail", "en", r"\bletters?\b", "Write “e-mail”: a letter is on paper.",
        r"letters RR|lower-case letters|one letter|capital letters",
    ),
    _habit(
        "lettre pour un courriel", "fr", r"\blettres?\b", "Écrivez « courriel » : une lettre est sur papier.",
        r"lettres RR|une lettre\.|(?:en|toutes) lettres",
    ),
    _habit(
        "infolettre for one issue", "fr",
        rf"\binfolettres\b|\b(?:une|aucune|autre|cette|chaque){S}infolettre\b|\binfolettre{S}(?:\{{|…)",
        "Écrivez « numéro » : l’infolettre est la publication.",
    ),
    *(
        _habit(
            "an address typed", lang, r"\b[\w.+-]+@[\w-]+\.[\w.]+|\bhttps?(?:/|:/?\w)",
            "Write {contact_email}, which the setting fills in; an address on the Web, whole.",
            r"@(?:[\w-]+\.)*example\.(?:org|com|ca)",
        )
        for lang in ("en", "fr")
    ),
    _habit(
        "since n days", "en",
        r"\bsince (?:\d+|…|\{+[^}]*\}+) (?:business )?(?:days?|weeks?|months?|years?|hours?|minutes?)\b",
        "Write “for” before a length of time, “since” before a date.",
    ),
    _habit(
        "depuis moins de", "fr", rf"\bdepuis{S}moins{S}de{S}(?:\d|…|\{{)",
        "Écrivez « au cours des … derniers mois ».",
    ),
    _habit(
        "masculine alone", "fr",
        rf"\b(?:vous|elle ou il|la personne){S}(?:vous{S})?(?:ne{S})?(?:{WE}){S}(?:pas{S}|déjà{S})?(?:{ALONE})s?\b"
        rf"|\ben{S}est{S}(?:{ALONE})\b|\bserez{S}(?:{ALONE})s?\b|\bêtes{S}(?:{ALONE})s?\b",
        "Tournez la phrase (« Nous vous invitons », « vous recevrez »), ou écrivez les deux genres.",
        rf"(?:{ALONE})(?:e{S}ou{S}|s?{S}ou{S})(?:{ALONE})|(?:{ALONE})e?{S}ou{S}(?:{ALONE})",
    ),
    _habit(
        "masculine noun alone", "fr",
        r"(?:\b(?:le|les|un|des|du|au|aux|ce|ces|tous les)[ \u00a0]|\bl’|\bd’)"
        r"(?:exploitant|demandeur|visiteur|lecteur|utilisateur|administrateur|directeur|donateur"
        r"|coordonnateur|expéditeur|auteur|candidat|citoyen|travailleur|participant)s?\b",
        "Écrivez « la personne qui … », ou les deux genres.",
        r"(?:trice|euse|ante|ateurs? ou|autrice|citoyennes et|ou l’auteure?)",
    ),
    _habit(
        "elision before a name", "fr",
        rf"\b(?:de|que|le|la|ne|se|si|je|lorsque|puisque|jusque){S}(?:\{{\{{|\{{(?!\{{))"
        rf"(?! ?{NOT_A_NAME} ?\}})",
        "Mettez le nom entre parenthèses ou après un nom commun : on ne sait pas s’il commence par "
        "une voyelle.",
    ),
    _habit(
        "mail", "en", r"(?<![-\w@./“])(?:e?mails?|junk mail)\b(?!to)", "Write “e-mail” or “e-mails”.",
        r"https, mailto|mailto",
    ),
    _habit(
        "mail, mèl", "fr", r"(?<![-\w@./])(?:e-?mails?|mails?|mèls?)\b(?!to)", "Écrivez « courriel ».",
        r"mailto",
    ),
    _habit(
        "présenter une demande", "fr",
        r"\bprésent(?:er|é|ée|és|ées|ez|e|ent|era|erez|iez)\b[^.!?]{0,40}\b(?:demande|déclaration|dossier)"
        r"|\b(?:dossier|demande|déclaration)[^.!?]{0,12}\bprésentée?s?\b"
        r"|\bqui (?:a|l’a) présentée?\b",
        "Écrivez « soumettre » : c’est le mot du site.",
        r"présenter votre démarche",
    ),
    _habit("adresse de courriel", "fr", rf"\badresses?{S}de{S}courriel\b", "Écrivez « adresse courriel »."),
    _habit("boîte de courriel", "fr", rf"\bboîtes?{S}de{S}courriel\b", "Écrivez « boîte de réception »."),
    _habit(
        "a count before a plural", "fr",
        rf"(?:\{{(?:fr|en|days|minutes)\}}|\{{\{{ ?[\w.]*(?:days|count|median|most)[\w.]* ?\}}\}}){S}(?:liens|jours|personnes|minutes)\b",
        "Écrivez « nombre de … : », ou choisissez le mot selon le nombre.",
    ),
    _habit(
        "a count before a plural", "en",
        r"(?:\{(?:fr|en|days)\}|\{\{ ?[\w.]*(?:days|count|median|most)[\w.]* ?\}\}) (?:links|days|people)\b",
        "Write “number of …:”, or choose the word by the number.",
        r"figures\(\)",
    ),
    _habit("choisissez le bouton", "fr", rf"\bchoisissez{S}le{S}bouton\b", "Écrivez « Appuyez sur le bouton »."),
    _habit("select the button", "en", r"\bselect the button\b", "Write “Press the button”."),
    _habit("ne sert plus", "fr", rf"\bne{S}ser(?:t|vent){S}plus\b", "Écrivez « ne fonctionne plus »."),
)  # fmt: skip


def habits(text: str, lang: str, raw: str = "") -> Iterator[Habit]:
    """Yield each habit that a text in one language has; `raw` has the names of what is filled in,
    which some habits are about."""
    for habit in HABITS:
        if habit.lang == lang:
            read = raw if raw and "{" in habit.found.pattern else text
            left = habit.but.sub(" ", read) if habit.but else read
            if habit.found.search(left):
                yield habit
