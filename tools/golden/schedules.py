# SPDX-License-Identifier: MIT
"""Learning-rate schedules: the rate of many steps, around every corner."""

from typing import Any

from common import np, number, write
from variants import make_schedule, schedule

STEPS = [0, 1, 2, 3, 4, 5, 7, 9, 10, 11, 12, 13, 19, 20, 21, 29, 30, 31, 33, 40, 69, 70, 71, 99, 100, 101, 149, 150,
         151, 1000, 12345, 10**6]  # fmt: skip


def cases() -> list[dict[str, Any]]:
    """Every class with its defaults and with every option."""
    rate = {"initialLearningRate": 0.1}
    return [
        schedule("ExponentialDecay", **rate, decaySteps=10, decayRate=0.9),
        schedule("ExponentialDecay", **rate, decaySteps=10, decayRate=0.5, staircase=True),
        schedule("ExponentialDecay", **rate, decaySteps=2.5, decayRate=1.0001),
        schedule("PiecewiseConstantDecay", boundaries=[10, 20, 100], values=[0.5, 0.25, 0.1, 0.01]),
        schedule("PiecewiseConstantDecay", boundaries=[0], values=[1.0, 0.5]),
        schedule("PolynomialDecay", **rate, decaySteps=100),
        schedule("PolynomialDecay", **rate, decaySteps=30, endLearningRate=0.01, power=2.5),
        schedule("PolynomialDecay", **rate, decaySteps=10, endLearningRate=0.02, power=0.5, cycle=True),
        schedule("InverseTimeDecay", **rate, decaySteps=10, decayRate=0.5),
        schedule("InverseTimeDecay", **rate, decaySteps=10, decayRate=2.0, staircase=True),
        schedule("CosineDecay", **rate, decaySteps=100),
        schedule("CosineDecay", **rate, decaySteps=30, alpha=0.2),
        schedule("CosineDecay", initialLearningRate=0.0, decaySteps=100, warmupTarget=0.3, warmupSteps=10),
        schedule("CosineDecay", **rate, decaySteps=20, warmupTarget=0.05, warmupSteps=0, alpha=0.5),
        schedule("CosineDecay", **rate, decaySteps=20, warmupSteps=10),
        schedule("CosineDecayRestarts", **rate, firstDecaySteps=10),
        schedule("CosineDecayRestarts", **rate, firstDecaySteps=10, tMul=1.0, mMul=0.8, alpha=0.1),
        schedule("CosineDecayRestarts", **rate, firstDecaySteps=7, tMul=1.5, mMul=0.9),
    ]


def main() -> None:
    result = []
    for data in cases():
        made = make_schedule(data)
        result.append({**data, "rates": [number(np.asarray(made(step))) for step in STEPS]})
    write("schedules", None, {"steps": STEPS, "cases": result})


main()
