# SPDX-License-Identifier: MIT
"""LSTM: outputs, final states and gradients, with masks, directions, initial states and dropout masks."""

from common import Draw, keras, write
from recurrent import SIZES, VARIANTS, cases

SEED = 31


def main() -> None:
    write("lstm", SEED, {"cases": cases(Draw(SEED), keras.layers.LSTM, SIZES, VARIANTS)})


main()
