"""What a flood of posts costs, and whom it keeps out: `make flood`, or with other numbers
`python -m bench.flood [POSTS] [NETWORKS]`."""

import io
import logging
import sys
from contextlib import redirect_stdout
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))


def main(posts: int = 10_000, networks: int = 1_000) -> None:
    from flood import Flood

    logging.disable(logging.CRITICAL)
    with redirect_stdout(io.StringIO()):  # the metrics of every sweep
        flooded = Flood(posts, networks).run()
    print("\n".join(flooded.lines()))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
