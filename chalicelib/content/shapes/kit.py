"""The shape of the words of the website's kit."""

from typing import Annotated

from typing_extensions import TypedDict

from chalicelib.content.shapes.text import Text, keys


class Kit(TypedDict):
    """`script`: what `relais.js` says; `{n}` and `{max}` are numbers that it fills in."""

    script: Annotated[
        dict[str, Text],
        keys(
            "sending attention kept away again not_shown hosted find_file person left over add "
            "remove removed row known restored anew done note receipt score advice next all"
        ),
    ]
