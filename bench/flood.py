"""What a flood of posts costs, and whom it keeps out: `make flood`, or with other numbers
`python -m bench.flood [POSTS] [NETWORKS]`. Before them, `--stack` floods a stack of its own on
this machine, with the limits of production: some twenty minutes, by the clock."""

import io
import logging
import os
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))


def main(posts: int = 10_000, networks: int = 1_000) -> None:
    from flood import Flood

    logging.disable(logging.CRITICAL)
    with redirect_stdout(io.StringIO()):  # the metrics of every sweep
        flooded = Flood(posts, networks).run()
    print("\n".join(flooded.lines()))


def on_stack(posts: int = 10_000, networks: int = 1_000) -> None:
    from deployed import Stack
    from flood_stack import StackFlood
    from infra.run_file import use_root_key

    use_root_key(os.environ)
    os.environ["LIMITS"] = "prod"
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder))
        try:
            print("\n".join(StackFlood(stack, posts, networks, print).run()))
        finally:
            stack.stop()


if __name__ == "__main__":
    given = sys.argv[1:]
    if given[:1] == ["--stack"]:
        on_stack(*map(int, given[1:]))
    else:
        main(*map(int, given))
