# SPDX-License-Identifier: MIT
"""Optimizers: ten steps of random gradients on two random weights, every weight after every step."""

from common import Draw, keras, native, np, numbers, pack, write
from variants import MORE, VARIANTS, make

SEED = 26
STEPS = 10


def main() -> None:
    draw = Draw(SEED)
    weights = [draw.normal(3, 7, scale=0.5), draw.normal(5)]
    # Sizes of very different order, and an element whose gradient is zero at first, as an unseen embedding row has it.
    scales = [1.0, 0.1, 3.0, 1e-3, 0.5, 1e-5, 1.0, 0.2, 10.0, 0.01]
    gradients = [[draw.normal(*w.shape, scale=s) for w in weights] for s in scales]
    for step in range(4):
        gradients[step][0][1] = 0
    cases = []
    for name, kind, options in VARIANTS + MORE:
        variables = [keras.Variable(native(w), name=f"w{i}") for i, w in enumerate(weights)]
        optimizer = make(kind, options)
        optimizer.build(variables)
        after = []
        for step in range(STEPS):
            optimizer.apply([native(g) for g in gradients[step]], variables)
            after.append([numbers(np.asarray(v.value)) for v in variables])
        cases.append({"name": name, "optimizer": kind, "options": options, "after": after})
    write(
        "optimizers",
        SEED,
        {
            "weights": [pack(w) for w in weights],
            "gradients": [[numbers(g) for g in step] for step in gradients],
            "cases": cases,
        },
    )


main()
