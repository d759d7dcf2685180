# SPDX-License-Identifier: MIT
"""Embedding: rows of the table, and the gradient of sum(output * r), in which repeated tokens add up."""

from common import Draw, computed, jax, keras, native, pack, state_of, write

SEED = 22
# (V, D, N, T)
SIZES = [(11, 5, 3, 4), (7, 1, 2, 9), (50, 8, 4, 6), (23, 33, 5, 3)]


def main() -> None:
    draw = Draw(SEED)
    cases = []
    for v, d, n, t in SIZES:
        tokens = draw.integers(0, v, n, t)
        tokens[0, 0], tokens[-1, -1] = 0, v - 1
        tokens[0, 1] = tokens[1, 1]
        table = draw.normal(v, d, scale=0.5)
        r = draw.normal(n, t, d)
        layer = keras.layers.Embedding(v, d)
        layer.build()

        def run(value, layer=layer, tokens=tokens):
            return layer.stateless_call([value], state_of(layer), tokens)[0]

        gradient = jax.grad(lambda value: (run(value) * native(r)).sum())(native(table))
        cases.append(
            {
                "inputDim": v, "outputDim": d, "inputs": pack(tokens), "weights": [pack(table)],
                "outputs": computed(run(native(table))), "r": pack(r), "gradients": {"weights": [computed(gradient)]},
            }  # fmt: skip
        )
    write("embedding", SEED, {"cases": cases})


main()
