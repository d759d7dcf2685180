# SPDX-License-Identifier: MIT
"""A fixed pack of the differential test's random graphs, with arrays as it writes them (see tools/differential)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "differential"))

from graph_side import graph_cases  # noqa: E402

from common import write  # noqa: E402

SEED = 500
COUNT = 100
TRAJECTORIES = 30


def main() -> None:
    pack = list(graph_cases(SEED, 0, COUNT, TRAJECTORIES))
    refused = [case for case in pack if "refused" in case]
    if refused:
        raise RuntimeError("\n".join(f"Keras refuses case {case['index']}: {case['refused']}" for case in refused))
    write("differential_graphs", SEED, {"cases": pack})


main()
