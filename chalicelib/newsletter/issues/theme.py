"""The colours of an issue, the style of each element, and whether they can be read."""

from collections.abc import Iterator
from typing import Final

from chalicelib import content

MIN_CONTRAST_RATIO: Final = 4.5
"""The contrast of text that WCAG 2.2 AA asks for."""

_FONT: Final = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif"
_BREAK: Final = "overflow-wrap:anywhere;word-break:break-word"
_CELL: Final = (
    "padding:6px 10px 6px 0;text-align:left;vertical-align:top;border-bottom:1px solid {hair};"
    + _BREAK
)

_STYLES: Final = {
    "body": "margin:0;padding:0;background:{wash};color:{ink};font-size:16px;line-height:1.6;"
    + _FONT,
    "all": "max-width:600px;margin:0 auto;padding:16px",
    "main": "padding:28px 24px;background:{paper};color:{ink};border-radius:8px",
    "header": "margin:0;padding:0 8px 12px;color:{soft};font-size:14px",
    "footer": "padding:16px 8px 0;color:{soft};font-size:14px",
    "small": "margin:0 0 12px",
    "hidden": "display:none;max-height:0;overflow:hidden;mso-hide:all",
    "h1": "margin:0 0 16px;font-size:26px;line-height:1.25;" + _BREAK,
    "h2": "margin:32px 0 8px;font-size:20px;line-height:1.3;" + _BREAK,
    "h3": "margin:24px 0 8px;font-size:17px;line-height:1.35;" + _BREAK,
    "h4": "margin:24px 0 8px;font-size:16px;line-height:1.4;" + _BREAK,
    "p": "margin:0 0 16px;" + _BREAK,
    "ul": "margin:0 0 16px;padding:0 0 0 24px",
    "ol": "margin:0 0 16px;padding:0 0 0 24px",
    "li": "margin:0 0 8px",
    "blockquote": "margin:0 0 16px;padding:4px 0 4px 16px;border-left:4px solid {line}",
    "pre": "margin:0 0 16px;white-space:pre-wrap;font-size:14px;" + _BREAK,
    "hr": "margin:28px 0;border:0;border-top:1px solid {hair}",
    "a": "color:{link};text-decoration:underline;" + _BREAK,
    "img": "display:block;max-width:100%;height:auto;border:0",
    "table": "width:100%;margin:0 0 16px;border-collapse:collapse;font-size:15px",
    "th": _CELL,
    "td": _CELL,
}


def style(name: str) -> str:
    """Return what stands in the element's `style`; an empty text for one that needs none."""
    return _STYLES.get(name, "").format(**content.theme()["light"])


def dark() -> str:
    """Return the rules for a dark screen: programs that know them overrule what stands inline."""
    colours = content.theme()["dark"]
    return (
        "body{{background:{wash}!important;color:{ink}!important}}"
        "main{{background:{paper}!important;color:{ink}!important}}"
        "a{{color:{link}!important}}header,footer{{color:{soft}!important}}"
        "th,td,hr{{border-color:{hair}!important}}blockquote{{border-color:{line}!important}}"
    ).format(**colours)


def outlook_dark() -> str:
    """Return the same for Outlook, which turns colours itself and marks what it turned."""
    colours = content.theme()["dark"]
    return (
        "[data-ogsb] main{{background:{paper}!important}}"
        "[data-ogsc] main{{color:{ink}!important}}[data-ogsc] a{{color:{link}!important}}"
        "[data-ogsc] header,[data-ogsc] footer{{color:{soft}!important}}"
    ).format(**colours)


def too_weak() -> Iterator[dict[str, str]]:
    """Yield the pairs of colours that too many people could not read: `text`, `ground`, and the
    contrast that was `found`."""
    theme = content.theme()
    for mode, palette in (("light", theme["light"]), ("dark", theme["dark"])):
        colours = {name: str(colour) for name, colour in palette.items()}
        for text, ground in theme["text_on"]:
            found = contrast(colours[text], colours[ground])
            if found < MIN_CONTRAST_RATIO:
                yield {"text": f"{text} ({mode})", "ground": ground, "found": f"{found:.1f}"}


def contrast(one: str, other: str) -> float:
    """Return the ratio of WCAG, 1 to 21, of two colours as `#rrggbb`."""
    dark_one, light_one = sorted((_luminance(one), _luminance(other)))
    return (light_one + 0.05) / (dark_one + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)
