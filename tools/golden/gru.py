# SPDX-License-Identifier: MIT
"""GRU that resets after and before the product: outputs, final states and gradients, with masks, directions, initial
states and dropout masks."""

from common import Draw, keras, write
from recurrent import SIZES, VARIANTS, cases

SEED = 32


def main() -> None:
    variants = [{**variant, "reset_after": after} for after in (True, False) for variant in VARIANTS]
    write("gru", SEED, {"cases": cases(Draw(SEED), keras.layers.GRU, SIZES, variants)})


main()
