# SPDX-License-Identifier: MIT
"""Every activation over a range: values and derivatives; those that mix the last axis row by row."""

from common import Draw, computed, jax, keras, native, np, numbers, pack, write

SEED = 23
NAMES = [
    "linear", "relu", "tanh", "sigmoid", "elu", "exponential", "hard_sigmoid", "legacy_hard_sigmoid", "softsign",
    "leaky_relu", "relu6", "celu", "selu", "gelu", "silu", "softplus", "squareplus", "soft_shrink", "hard_shrink", "tanh_shrink", "hard_tanh",
    "hard_silu", "log_sigmoid", "mish", "sparse_plus", "sparse_sigmoid",
]  # fmt: skip
CORNERS = [-3, -1, -0.5, 0, 0.5, 1, 3, 6]
ROWS = ["softmax", "log_softmax", "sparsemax"]


def curve(name: str):
    """The function of a name; that of Keras 2, which Keras 3 lacks, as keras/activations.py of Keras 2.2.4 has it."""
    if name == "legacy_hard_sigmoid":
        return lambda x: keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)
    return keras.activations.get(name)


def main() -> None:
    draw = Draw(SEED)
    x = np.concatenate(
        [draw.uniform(-4, 4, 60), draw.uniform(-20, 20, 24), draw.normal(12, scale=1e-3), draw.normal(4, scale=1e-6)]
    )
    x = np.sort(np.append(x, CORNERS)).astype(np.float32)
    cases = []
    for name in NAMES:
        function = curve(name)
        slope = jax.vmap(jax.grad(function))(native(x))
        # The slope at a corner is a convention: the tests tell those apart.
        cases.append({"activation": name, "outputs": computed(function(native(x)))["data"], "slopes": computed(slope)["data"]})
    inputs = [draw.normal(4, 5, scale=2.0), draw.normal(3, 17, scale=5.0), draw.normal(2, 3, 4), draw.normal(2, 3) * 500]
    inputs = [draw.normal(4, 5, scale=2.0), draw.normal(3, 17, scale=5.0), draw.normal(2, 3, 4), draw.normal(2, 3) * 500]
    inputs.append(draw.normal(4, 6, scale=0.2))
    cases_of_rows = []
    for name in ROWS:
        function = keras.activations.get(name)
        for row in inputs:
            r = draw.normal(*row.shape)
            gradient = jax.grad(lambda v: (function(v) * native(r)).sum())(native(row))
            cases_of_rows.append(
                {"activation": name, "inputs": pack(row), "outputs": computed(function(native(row))), "r": pack(r),
                 "gradient": computed(gradient)}
            )  # fmt: skip
    write("activations", SEED, {"inputs": numbers(x), "cases": cases, "rows": cases_of_rows})


main()
