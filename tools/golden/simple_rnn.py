# SPDX-License-Identifier: MIT
"""SimpleRNN: last output, full sequence, and the gradients of sum(output * r) with a random r."""

from itertools import product
from typing import Any

from common import Draw, computed, jax, keras, native, pack, state_of, write

SEED = 20
# (N, T, C, H): units, input, batch and time all differ; units around each vector width.
SIZES = [(2, 3, 5, 1), (5, 4, 2, 3), (3, 7, 4, 8), (2, 6, 5, 17), (3, 5, 6, 32), (4, 3, 2, 33)]
ACTIVATIONS = ["tanh", "relu", "sigmoid", "linear"]


def case(draw: Draw, size: tuple[int, int, int, int], activation: str, use_bias: bool, given: bool) -> dict[str, Any]:
    """One layer with its outputs and gradients; `given` says whether an initial state is."""
    n, t, c, h = size
    x = draw.normal(n, t, c)
    weights = [draw.normal(c, h, scale=0.7 / c**0.5), draw.normal(h, h, scale=0.6 / h**0.5)]
    if use_bias:
        weights.append(draw.normal(h, scale=0.3))
    h0 = draw.normal(n, h, scale=0.5) if given else None
    r = {"sequence": draw.normal(n, t, h), "last": draw.normal(n, h)}
    result: dict[str, Any] = {
        "n": n, "t": t, "c": c, "units": h, "activation": activation, "useBias": use_bias,
        "inputs": pack(x), "initialState": None if h0 is None else pack(h0), "weights": [pack(w) for w in weights],
        "outputs": {}, "r": {k: pack(v) for k, v in r.items()}, "gradients": {},
    }  # fmt: skip
    for mode in ("sequence", "last"):
        layer = keras.layers.SimpleRNN(
            h, activation=activation, use_bias=use_bias, return_sequences=mode == "sequence"
        )
        layer.build(x.shape)

        def run(values, inputs, state):
            extra = {} if state is None else {"initial_state": state}
            return layer.stateless_call(values, state_of(layer), inputs, **extra)[0]

        def weighted(values, inputs, state):
            return (run(values, inputs, state) * native(r[mode])).sum()

        args = ([native(w) for w in weights], native(x), None if h0 is None else native(h0))
        result["outputs"][mode] = computed(run(*args))
        gradients = jax.grad(weighted, argnums=(0, 1, 2) if given else (0, 1))(*args)
        result["gradients"][mode] = {
            "weights": [computed(g) for g in gradients[0]],
            "inputs": computed(gradients[1]),
            "initialState": computed(gradients[2]) if given else None,
        }
    return result


def main() -> None:
    draw = Draw(SEED)
    cases = []
    for i, (size, activation) in enumerate(product(SIZES, ACTIVATIONS)):
        # Bias and initial state: every combination on the small layers, taken in turn on the large ones.
        combinations = list(product((True, False), (True, False)))
        for use_bias, given in combinations if size[3] <= 3 else [combinations[(i + i // 4) % 4]]:
            cases.append(case(draw, size, activation, use_bias, given))
    write("simple_rnn", SEED, {"cases": cases})


main()
