# SPDX-License-Identifier: MIT
"""A fixed pack of the differential test's random cases, with arrays as it writes them (see tools/differential)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "differential"))

from keras_side import cases  # noqa: E402

from common import write  # noqa: E402

SEED = 300
COUNT = 300


def main() -> None:
    pack = list(cases(SEED, 0, COUNT))
    refused = [case for case in pack if "refused" in case]
    if refused:
        raise RuntimeError("\n".join(f"Keras refuses case {case['index']}: {case['refused']}" for case in refused))
    write("differential", SEED, {"cases": pack})


main()
