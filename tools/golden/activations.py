# SPDX-License-Identifier: MIT
"""Every activation over a range: values and derivatives; softmax row by row."""

from common import Draw, computed, jax, keras, native, np, numbers, pack, write

SEED = 23
NAMES = ["linear", "relu", "tanh", "sigmoid", "elu", "exponential", "hard_sigmoid", "softsign"]


def main() -> None:
    draw = Draw(SEED)
    x = np.concatenate(
        [draw.uniform(-4, 4, 60), draw.uniform(-20, 20, 24), draw.normal(12, scale=1e-3), draw.normal(4, scale=1e-6)]
    )
    x = np.sort(np.append(x, np.float32(0))).astype(np.float32)
    cases = []
    for name in NAMES:
        function = keras.activations.get(name)
        slope = jax.vmap(jax.grad(function))(native(x))
        # The slope at the kink itself is a convention; where x is 0 it is told apart by the tests.
        cases.append({"activation": name, "outputs": computed(function(native(x)))["data"], "slopes": computed(slope)["data"]})
    rows = [draw.normal(4, 5, scale=2.0), draw.normal(3, 17, scale=5.0), draw.normal(2, 3, 4), draw.normal(2, 3) * 500]
    softmax = []
    for row in rows:
        r = draw.normal(*row.shape)
        gradient = jax.grad(lambda v: (keras.activations.softmax(v) * native(r)).sum())(native(row))
        outputs = keras.activations.softmax(native(row))
        softmax.append({"inputs": pack(row), "outputs": computed(outputs), "r": pack(r), "gradient": computed(gradient)})
    write("activations", SEED, {"inputs": numbers(x), "cases": cases, "softmax": softmax})


main()
