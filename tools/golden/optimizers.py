# SPDX-License-Identifier: MIT
"""Optimizers: ten steps of random gradients on two random weights, each alone; every weight after every step.

With moving averages, those at the end too.
"""

from common import Draw, keras, native, np, numbers, pack, write
from variants import MORE, RULES, RULES_ALL, SURROUNDED, VARIANTS, make

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
    for name, kind, options in VARIANTS + MORE + RULES + RULES_ALL + SURROUNDED:
        after = [[] for _ in range(STEPS)]
        averages = []
        for i, weight in enumerate(weights):
            variable = keras.Variable(native(weight), name=f"w{i}")
            optimizer = make(kind, options)
            optimizer.build([variable])
            for step in range(STEPS):
                # The gradient of a scaled loss.
                scaled = native(gradients[step][i]) * options.get("lossScaleFactor", 1.0)
                optimizer.apply([scaled], [variable])
                after[step].append(numbers(np.asarray(variable.value)))
            if options.get("useEma"):
                averages.append(numbers(np.asarray(optimizer._model_variables_moving_average[0].value)))
        case = {"name": name, "optimizer": kind, "options": options, "after": after}
        cases.append(case | ({"averages": averages} if averages else {}))
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
