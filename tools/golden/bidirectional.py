# SPDX-License-Identifier: MIT
"""Bidirectional over every recurrent layer: each merge mode, sequences or the last output, masks, initial states."""

from itertools import product
from typing import Any

from common import Draw, keras, write
from recurrent import MASKS, SIZES, mask, measure, weights

SEED = 33
CELLS = ("SimpleRNN", "LSTM", "GRU")
MERGES = ("concat", "sum", "mul", "ave", None)


def main() -> None:
    draw = Draw(SEED)
    cases: list[dict[str, Any]] = []
    for i, (merge, sequences, cell) in enumerate(product(MERGES, (True, False), CELLS)):
        n, t, c, h = SIZES[i % len(SIZES)]
        form = (None, *MASKS)[i % 6]
        backwards = i % 7 == 3
        make = getattr(keras.layers, cell)
        options = {"reset_after": i % 4 < 2} if cell == "GRU" else {}
        first, second = (
            make(h, return_sequences=sequences, return_state=True, go_backwards=back, **options)
            for back in (backwards, not backwards)
        )
        layer = keras.layers.Bidirectional(first, merge_mode=merge, backward_layer=second if backwards else None)
        layer.build((n, t, c))
        count = 4 if cell == "LSTM" else 2
        states = [draw.normal(n, h, scale=0.5) for _ in range(count)] if i % 3 == 1 or i % 5 == 0 else None
        steps_mask = None if form is None else mask(draw, form, n, t)
        measured = measure(draw, layer, [], weights(draw, layer), draw.normal(n, t, c), steps_mask, states, [])
        cases.append(
            {
                "cell": cell, "n": n, "t": t, "c": c, "units": h, "mergeMode": merge, "returnSequences": sequences,
                "goBackwards": backwards, "resetAfter": options.get("reset_after", True), **measured,
            }  # fmt: skip
        )
    write("bidirectional", SEED, {"cases": cases})


main()
