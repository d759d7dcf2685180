# SPDX-License-Identifier: MIT
"""Dense on rank 2 and rank 3: outputs, and the gradients of sum(output * r) with a random r."""

from typing import Any

from common import Draw, computed, jax, keras, native, pack, state_of, write

SEED = 21
ACTIVATIONS = [
    "linear", "relu", "tanh", "sigmoid", "softmax", "elu", "exponential", "hard_sigmoid", "softsign",
]  # fmt: skip
SHAPES = [((4, 6), 5), ((2, 3, 6), 4), ((5, 33), 1), ((3, 9), 17), ((2, 4, 7), 35)]


def case(draw: Draw, shape: tuple[int, ...], units: int, activation: str, use_bias: bool) -> dict[str, Any]:
    """One layer with its output and gradients."""
    x = draw.normal(*shape)
    weights = [draw.normal(shape[-1], units, scale=1.5 / shape[-1] ** 0.5)]
    if use_bias:
        weights.append(draw.normal(units, scale=0.5))
    r = draw.normal(*shape[:-1], units)
    layer = keras.layers.Dense(units, activation=activation, use_bias=use_bias)
    layer.build(shape)

    def run(values, inputs):
        return layer.stateless_call(values, state_of(layer), inputs)[0]

    args = ([native(w) for w in weights], native(x))
    gradients = jax.grad(lambda *a: (run(*a) * native(r)).sum(), argnums=(0, 1))(*args)
    return {
        "units": units, "activation": activation, "useBias": use_bias, "inputs": pack(x),
        "weights": [pack(w) for w in weights], "outputs": computed(run(*args)), "r": pack(r),
        "gradients": {"weights": [computed(g) for g in gradients[0]], "inputs": computed(gradients[1])},
    }  # fmt: skip


def main() -> None:
    draw = Draw(SEED)
    cases = []
    for i, activation in enumerate(ACTIVATIONS):
        for j, (shape, units) in enumerate(SHAPES):
            if activation == "softmax" and units == 1:
                continue  # Keras warns: it is the constant 1.
            cases.append(case(draw, shape, units, activation, (i + j) % 3 != 0))
    write("dense", SEED, {"cases": cases})


main()
