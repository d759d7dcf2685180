# SPDX-License-Identifier: MIT
"""Callbacks driven by hand: what they decide, which files they write, and the text of those files.

Where a watched value is NaN, Keras is given the worst number instead, an infinity: a NaN that comes first would win for ever
there.
"""

import base64
import contextlib
import io
import os
import re
import tempfile
import warnings
from pathlib import Path
from typing import Any

from common import json_number, keras, np, number, set_precision, worst, write
from keras.src.trainers.compile_utils import CompileMetrics


class Optimizer:
    """What the callbacks ask of an optimizer; the rate in double precision, as Python's floats are."""

    def __init__(self, learning_rate: float) -> None:
        self.learning_rate = learning_rate


class StandIn:
    """What the callbacks ask of a model; it notes what is saved."""

    def __init__(self, learning_rate: float = 0.1) -> None:
        self.stop_training = False
        self.optimizer = Optimizer(learning_rate)
        self.saved: list[str] = []
        metrics = CompileMetrics(["accuracy"], None)
        metrics.build(np.zeros((2, 1)), np.zeros((2, 1)))
        self.metrics = [metrics]

    def save(self, path: str, overwrite: bool = True) -> None:
        self.saved.append(path)

    save_weights = save


def snake(options: dict[str, Any]) -> dict[str, Any]:
    return {re.sub(r"([A-Z])", lambda m: "_" + m[1].lower(), key): value for key, value in options.items()}


def logs_of(row: dict[str, float]) -> dict[str, float]:
    return {key: float(value) for key, value in row.items()}


def reduce_lr(name: str, values: list[float | None], learning_rate: float = 0.1, **options: Any) -> dict[str, Any]:
    """The learning rate after each epoch."""
    callback = keras.callbacks.ReduceLROnPlateau(**snake(options))
    model = StandIn(learning_rate)
    callback.set_model(model)
    monitor = options.get("monitor", "val_loss")
    rates = []
    callback.on_train_begin({})
    for epoch, value in enumerate(values):
        logs = {"other": 1.0} if value is None else {monitor: worst(value, options)}
        callback.on_epoch_end(epoch, logs)
        rates.append(number(model.optimizer.learning_rate))
        if number(logs["learning_rate"]) not in (rates[-1], *(rates[-2:-1] or [learning_rate])):
            raise ValueError("the rate that is logged is that of the epoch")
    written = [None if value is None else json_number(value) for value in values]
    return {"name": name, "learningRate": learning_rate, "values": written, "options": options, "rates": rates}


def checkpoint(name: str, epochs: list[dict[str, float]], steps: int = 0, **options: Any) -> dict[str, Any]:
    """The files in the order in which they were saved; `steps` batches before the end of each epoch."""
    end = ".weights.h5" if options.get("saveWeightsOnly") else ".keras"
    template = options.pop("template", "{epoch:02d}")
    callback = keras.callbacks.ModelCheckpoint(template + end, **snake(options))
    model = StandIn()
    callback.set_model(model)
    callback.on_train_begin({})
    for epoch, row in enumerate(epochs):
        callback.on_epoch_begin(epoch, {})
        for batch in range(steps):
            callback.on_train_batch_end(batch, {"loss": 1.0 / (1 + batch)})
        callback.on_epoch_end(epoch, {key: worst(value, options) for key, value in row.items()})
    saved = [path.removesuffix(end) for path in model.saved]
    written = [{key: json_number(value) for key, value in row.items()} for row in epochs]
    return {"name": name, "template": template, "steps": steps, "epochs": written, "options": options, "saved": saved}


def watched(*values: float) -> list[dict[str, float]]:
    """Epochs whose validation gave these losses."""
    return [{"loss": 1.0, "val_loss": value} for value in values]


def csv(name: str, fits: list[list[dict[str, float]]], before: str | None = None, **options: Any) -> dict[str, Any]:
    """The text of the file after some calls of fit."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "log.csv")
        if before is not None:
            Path(path).write_bytes(before.encode())
        for rows in fits:
            callback = keras.callbacks.CSVLogger(path, **options)
            callback.set_model(StandIn())
            callback.on_train_begin({})
            for epoch, row in enumerate(rows):
                callback.on_epoch_end(epoch, logs_of(row))
            callback.on_train_end({})
        text = Path(path).read_bytes().decode()
    return {"name": name, "before": before, "fits": fits, "options": options, "text": text}


def scheduler(name: str, kind: str, epochs: int) -> dict[str, Any]:
    """The rates that a schedule sets, and those that are logged."""
    schedules = {
        "halve": lambda epoch, rate: rate / 2,
        "steps": lambda epoch, rate: 0.1 if epoch < 2 else 0.01,
        "decay": lambda epoch, rate: rate * 0.9**epoch,
    }
    callback = keras.callbacks.LearningRateScheduler(schedules[kind])
    model = StandIn()
    callback.set_model(model)
    rates, logged = [], []
    for epoch in range(epochs):
        logs = {"loss": 1.0}
        callback.on_epoch_begin(epoch, {})
        rates.append(number(model.optimizer.learning_rate))
        callback.on_epoch_end(epoch, logs)
        logged.append(number(logs["learning_rate"]))
    return {"name": name, "kind": kind, "rates": rates, "logged": logged}


def terminate(name: str, losses: list[str], raise_error: bool = False) -> dict[str, Any]:
    """The batch after which training ends (-1: never), and what is printed."""
    callback = keras.callbacks.TerminateOnNaN(raise_error=raise_error)
    model = StandIn()
    callback.set_model(model)
    stopped, error, out = -1, False, io.StringIO()
    with contextlib.redirect_stdout(out):
        for batch, loss in enumerate(losses):
            try:
                callback.on_train_batch_end(batch, {"loss": float(loss)})
            except RuntimeError:
                error = True
            if model.stop_training or error:
                stopped = batch
                break
    printed = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue()).strip()
    return {"name": name, "losses": losses, "raiseError": raise_error, "stopped": stopped, "error": error, "printed": printed}


def events() -> dict[str, Any]:
    """A file of TensorFlow's own writer; the clock is stopped and the name of the writing program left out."""
    import tensorflow as tf
    from tensorflow.core.framework import summary_pb2
    from tensorflow.core.util import event_pb2

    # What tensorboard.summary.v2.scalar passes on; the package itself is not needed for it.
    scalars = summary_pb2.SummaryMetadata(plugin_data={"plugin_name": "scalars"}, data_class=summary_pb2.DATA_CLASS_SCALAR)
    numbers = [("epoch_loss", 0.75, 0), ("epoch_loss", -1.5e-3, 1), ("evaluation_loss_vs_iterations", 2.0, 300), ("big", 3e38, 2**40)]
    with tempfile.TemporaryDirectory() as folder:
        writer = tf.summary.create_file_writer(folder)
        with writer.as_default():
            for tag, value, step in numbers:
                tf.summary.write(tag, tf.constant(value, tf.float32), step=step, metadata=scalars)
        writer.close()
        (file,) = Path(folder).iterdir()
        records = [event_pb2.Event.FromString(r.numpy()) for r in tf.data.TFRecordDataset(str(file))]
        out = os.path.join(folder, "out")
        with tf.io.TFRecordWriter(out) as again:
            for record in records:
                record.wall_time = 1234567890.125
                record.ClearField("source_metadata")
                again.write(record.SerializeToString(deterministic=True))
        content = base64.b64encode(Path(out).read_bytes()).decode()
    return {"tensorflow": tf.__version__, "wallTime": 1234567890.125, "numbers": numbers, "file": content}


def tensors() -> dict[str, Any]:
    """A file of Python's safetensors."""
    import safetensors
    from safetensors.numpy import save

    arrays = {
        "dense_1/kernel": np.array([[1.5, -2.25, 3.0], [np.nan, np.inf, -0.0]], np.float32),
        "a": np.array([0.1, 1e-300]),
        "é": np.array([7, -8], np.int32),
        "bytes": np.arange(5, dtype=np.uint8),
        "dense_1/bias": np.zeros(0, np.float32),
    }
    content = base64.b64encode(save(arrays, {"note": "héllo"})).decode()
    raw = {k: base64.b64encode(v.tobytes()).decode() for k, v in arrays.items()}
    shapes = {k: list(v.shape) for k, v in arrays.items()}
    return {"safetensors": safetensors.__version__, "file": content, "arrays": raw, "shapes": shapes}


def main() -> None:
    set_precision("float32")
    warnings.simplefilter("ignore")
    flat, nan = [1.0] * 8, float("nan")
    val = [{"loss": 0.9, "val_loss": 0.8}, {"loss": 0.7, "val_loss": 0.85}, {"loss": 0.6, "val_loss": 0.7}]
    acc = [{"accuracy": 0.5, "loss": 0.75}, {"accuracy": 0.625, "loss": 0.5}]
    write("callbacks", None, {
        "reduceLrOnPlateau": [
            reduce_lr("patience 1", flat, patience=1),
            reduce_lr("patience 0 lowers at each bad epoch", [1.0, 0.9, 1.0, 1.0], patience=0),
            reduce_lr("patience 2, another factor", flat, patience=2, factor=0.5),
            reduce_lr("an improvement begins the wait anew", [1.0, 1.0, 0.5, 0.5, 0.5, 0.5], patience=2),
            reduce_lr("smaller changes count as none", [1.0, 0.99, 0.98, 0.97, 0.5], patience=2, minDelta=0.1),
            reduce_lr("the default smallest change", [1.0, 0.99995, 0.9999, 0.9998], patience=1),
            reduce_lr("cooldown", [1.0] * 10, patience=1, cooldown=2),
            reduce_lr("cooldown with improvements in it", [1.0, 1.0, 0.9, 0.9, 0.9, 0.9, 0.9], patience=1, cooldown=3),
            reduce_lr("not below the smallest rate", flat, patience=1, minLr=0.02),
            reduce_lr("a rate that is at its smallest", flat, learning_rate=0.02, patience=1, minLr=0.02),
            reduce_lr("a factor of 0", flat, patience=3, factor=0.0, minLr=0.001),
            reduce_lr("accuracy rises, by auto", [0.5, 0.6, 0.6, 0.6, 0.55], monitor="val_accuracy", patience=2),
            reduce_lr("mode max", [0.5, 0.4, 0.6, 0.6], monitor="loss", mode="max", patience=1),
            reduce_lr("missing values are passed over", [1.0, None, 1.0, None, 1.0], patience=2),
            reduce_lr("NaN first", [nan, 0.9, 0.5, 0.2, 0.1], patience=2),
            reduce_lr("NaN first, where more is better", [nan, 0.2, 0.5, 0.6], monitor="val_accuracy", patience=1),
            reduce_lr("NaN alone", [nan] * 5, patience=2),
            reduce_lr("NaN between", [0.9, nan, 0.8, nan, nan], patience=2),
        ],
        "modelCheckpoint": [
            checkpoint("each epoch", val),
            checkpoint("the best alone", val, saveBestOnly=True),
            checkpoint("the best by another value", val, saveBestOnly=True, monitor="loss"),
            checkpoint("the best where higher is better", val, saveBestOnly=True, mode="max"),
            checkpoint("the best accuracy, by auto", acc, saveBestOnly=True, monitor="accuracy"),
            checkpoint("a value to be beaten first", val, saveBestOnly=True, initialValueThreshold=0.75),
            checkpoint("a value that is missing", acc, saveBestOnly=True),
            checkpoint("NaN first, the best alone", watched(nan, 0.9, 0.5, nan, 0.7, 0.2), saveBestOnly=True),
            checkpoint("NaN alone, the best alone", watched(nan, nan), saveBestOnly=True),
            checkpoint("NaN first, and a value to be beaten", watched(nan, 0.9, 0.5), saveBestOnly=True, initialValueThreshold=0.8),
            checkpoint("NaN first, where more is better", watched(nan, 0.2, 0.5, 0.4), saveBestOnly=True, mode="max"),
            checkpoint("weights alone", val, saveWeightsOnly=True),
            checkpoint("values in the name", val, template="m-{epoch}-{val_loss:.3f}-{loss:.1e}"),
            checkpoint("one name for all", val, template="best", saveBestOnly=True),
            checkpoint("each 2 batches of 3", val, steps=3, saveFreq=2, template="{epoch:03d}-{batch:02d}-{loss:.2f}"),
            checkpoint("each 4 batches of 3", val, steps=3, saveFreq=4, template="{epoch}-{batch}"),
            checkpoint("each batch", val, steps=2, saveFreq=1, template="{epoch}-{batch}"),
        ],
        "csvLogger": [
            csv("loss and accuracy", [acc]),
            csv("validation", [val]),
            csv("validation from the second epoch on", [[{"loss": 0.5}, {"loss": 0.25, "val_loss": 0.75}]]),
            csv("a key that comes late is left out", [[{"loss": 0.5}, {"loss": 0.25, "accuracy": 0.75}]]),
            csv("a value that is gone", [[{"loss": 0.5, "val_loss": 1.5}, {"loss": 0.25}]]),
            csv("a tabulator", [acc], separator="\t"),
            csv("two trainings, the second replaces the first", [acc, val]),
            csv("two trainings, one after another", [acc, acc], append=True),
            csv("a file that is there", [acc], before="mine\n", append=True),
            csv("an empty file that is there", [acc], before="", append=True),
            csv("a file that gives way", [acc], before="mine\n"),
            csv("no epoch", [[]], before="mine\n"),
        ],
        "learningRateScheduler": [scheduler("halves", "halve", 4), scheduler("steps", "steps", 4), scheduler("decays", "decay", 5)],
        "terminateOnNaN": [
            terminate("never", ["1", "2", "0"]),
            terminate("NaN", ["1", "nan", "1"]),
            terminate("infinity", ["1", "2", "inf"]),
            terminate("negative infinity", ["-inf"]),
            terminate("an error", ["1", "nan"], raise_error=True),
        ],
        "events": events(),
        "safetensors": tensors(),
    })  # fmt: skip


main()
