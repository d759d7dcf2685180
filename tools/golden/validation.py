# SPDX-License-Identifier: MIT
"""Histories of fits with a validation: under class and sample weights, of some steps, of some epochs."""

from typing import Any

from common import Draw, keras, native, numbers, pack, write
from models import layers

SEED = 71
ROWS, COLUMNS, EPOCHS = 12, 3, 4


def case(name: str, loss: str, draw: Draw, held_apart: bool = False, weighted: bool = False, **options: Any) -> dict:
    """A fit of some epochs; `held_apart` has the validation in arrays of its own."""
    is_dice = loss == "Dice"
    x, y = draw.normal(ROWS, COLUMNS), draw.integers(0, 2, ROWS, 1).astype("float32")
    held = (draw.normal(7, COLUMNS), draw.integers(0, 2, 7, 1).astype("float32")) if held_apart else None
    weight = draw.uniform(0, 2, ROWS) if weighted else None
    model = keras.Sequential([keras.Input((COLUMNS,)), layers.Dense(1, activation="sigmoid")])
    weights = [draw.normal(*w.shape) for w in model.weights]
    model.set_weights([native(w) for w in weights])
    model.compile(
        optimizer=keras.optimizers.SGD(0.5), loss=getattr(keras.losses, loss)(reduction="sum" if is_dice else "mean"),
        metrics=[] if is_dice else ["mae"], weighted_metrics=[] if is_dice else ["accuracy", "mse"],
    )  # fmt: skip
    classes = options.pop("class_weight", None)
    history = model.fit(
        native(x), native(y), batch_size=4, epochs=EPOCHS, shuffle=False, verbose=0, class_weight=classes,
        sample_weight=None if weight is None else native(weight),
        validation_data=None if held is None else tuple(native(a) for a in held), **options,
    ).history  # fmt: skip
    return {
        "name": name, "loss": loss, "x": pack(x), "y": pack(y), "held": held and [pack(a) for a in held],
        "sampleWeight": None if weight is None else pack(weight), "weights": [pack(w) for w in weights],
        "classWeight": classes and {str(key): value for key, value in classes.items()}, "options": options,
        "history": {key: numbers(values) for key, values in history.items()},
    }  # fmt: skip


def main() -> None:
    draw = Draw(SEED)
    bce = "BinaryCrossentropy"
    classes = {0: 0.5, 1: 10.0}
    write("validation", SEED, {"cases": [
        case("class weights and a split", bce, draw, class_weight=classes, validation_split=0.25),
        case("class weights and a split, under a loss of the whole batch", "Dice", draw, class_weight=classes, validation_split=0.25),
        case("class weights and arrays", bce, draw, held_apart=True, class_weight=classes),
        case("sample weights and a split", bce, draw, weighted=True, validation_split=0.5),
        case("a split of some steps", bce, draw, validation_split=0.5, validation_batch_size=2, validation_steps=1),
        case("arrays of some steps", bce, draw, held_apart=True, validation_batch_size=2, validation_steps=3),
        case("a split of as many steps as it has", bce, draw, validation_split=0.5, validation_batch_size=2, validation_steps=3),
        case("arrays of some steps each second epoch", bce, draw, held_apart=True, validation_batch_size=3, validation_steps=2, validation_freq=2),
        case("epochs of some steps go on in the data, their validations do not", bce, draw, held_apart=True, steps_per_epoch=2, validation_batch_size=2, validation_steps=2),
    ]})  # fmt: skip


main()
