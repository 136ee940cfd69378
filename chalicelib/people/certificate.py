"""What an erasure took away, what stays and why: for the person, in their language."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from chalicelib import content
from chalicelib.core.languages import LANGS, Lang
from chalicelib.people import retention

if TYPE_CHECKING:
    from chalicelib.content.shapes.people import RetentionRow

ELSEWHERE: Final = (
    "function_logs",
    "table_backups",
    "stream",
    "queues",
    "suppression",
    "mailboxes",
)
"""What an erasure does not reach, by the names of the table of retention."""


@dataclass(frozen=True)
class Certificate:
    """`went` and `stays` are numbers by the lines of the table of retention, `why` the reasons by
    the same lines, `files` the reasons by the references of files."""

    at: str
    addresses: tuple[str, ...]
    went: Mapping[str, int]
    stays: Mapping[str, int]
    why: Mapping[str, str]
    files: Mapping[str, str]
    reason: str = ""

    def as_json(self) -> dict[str, object]:
        """Return the certificate with its texts in both languages beside the numbers."""
        texts = {lang: self.text(lang) for lang in LANGS}
        return {**asdict(self), "elsewhere": list(ELSEWHERE), "texts": texts}

    def text(self, lang: Lang) -> str:
        """Return the certificate to be printed."""
        words = {name: text[lang] for name, text in content.rights()["certificate"].items()}
        reasons = content.rights()["stays"]
        lines = [words["title"], "=" * len(words["title"]), ""]
        lines += [words["of"].format(addresses=", ".join(self.addresses))]
        lines += [words["at"].format(at=self.at[:16].replace("T", " "))]
        lines += [words["reason"].format(reason=self.reason)] if self.reason else []
        lines += self._part(words["went"], [f"{n} × {_what(k, lang)}" for k, n in self.went.items()],
                            words["nothing"])  # fmt: skip
        stays = [
            f"{n} × {_what(line, lang)} ({reasons[self.why[line]][lang]})"
            for line, n in self.stays.items()
        ]
        lines += self._part(words["stays"], stays, words["nothing"])
        files = [f"{ref}: {reasons[why][lang]}" for ref, why in self.files.items()]
        lines += self._part(words["files"], files, words["nothing"])
        lines += self._part(words["elsewhere"], [_elsewhere(name, lang) for name in ELSEWHERE], "")
        return "\n".join(lines) + "\n"

    @staticmethod
    def _part(head: str, lines: list[str], nothing: str) -> list[str]:
        return ["", head, "-" * len(head), *(f"- {line}" for line in lines or [nothing])]


def _what(name: str, lang: Lang) -> str:
    rows: dict[str, RetentionRow] = {row["name"]: row for row in content.retention()["rows"]}
    return rows[name]["what"][lang]


def _elsewhere(name: str, lang: Lang) -> str:
    """Say what is kept elsewhere, and for how long."""
    row = next(one for one in content.retention()["elsewhere"] if one["name"] == name)
    length = retention.period_text(row.get("period"), lang)
    return ", ".join(filter(None, (row["what"][lang], length, row["since"][lang])))
