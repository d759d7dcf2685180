# SPDX-License-Identifier: MIT
"""Windows over a series and folders of text files: test/golden/timeseries.json and text_directory.json.

TensorFlow's own shuffling, which nobody can repeat without its random numbers, is switched off; Keras' own stays.
"""

import random
import tempfile
from pathlib import Path
from typing import Any

import tensorflow as tf
from common import keras, np, pack, write

SEED = 53
NAMES = dict(
    sequenceStride="sequence_stride", samplingRate="sampling_rate", batchSize="batch_size", startIndex="start_index",
    endIndex="end_index", labelMode="label_mode", classNames="class_names", maxLength="max_length",
    validationSplit="validation_split", followLinks="follow_links",
)  # fmt: skip
# Classes that begin alike, folders within classes, names that Python and UTF-16 put in different orders, other files.
FILES = {
    "neg/b.txt": "bad", "neg/a.txt": "worse\r\nfilm", "neg/a-b.txt": "", "neg/sub/z.txt": "deep", "neg/sub-1/c.txt": "deeper",
    "neg/notes.md": "no text", "neg/UPPER.TXT": "SHOUT", "pos/\U0001f600.txt": "smile \U0001f600\U0001f600 end", "pos/\uffee.txt": "half",
    "pos/1.txt": "\ufeffgood", "pos/10.txt": "\u00e9t\u00e9", "pos/2.txt": "good good good good", "pos-2/x.txt": "meh",
    ".hidden/h.txt": "never a class", "top.txt": "on top", "pos/.dot.txt": "hidden file",
}  # fmt: skip


def snake(options: dict[str, Any]) -> dict[str, Any]:
    return {NAMES.get(k, k): v for k, v in options.items()}


def windows(rng: random.Random, draw: np.random.Generator) -> dict[str, Any]:
    """One data set of windows, all batches of it."""
    length = rng.randrange(12, 40)
    features = rng.choice([None, None, 1, 3])
    shape = (length,) if features is None else (length, features)
    data = draw.integers(-99, 99, shape).astype("float32")
    options: dict[str, Any] = {"batchSize": rng.choice([None, 1, 4, 7, 128])}
    sequence_length = rng.randrange(1, 6)
    if rng.random() < 0.6:
        options["sequenceStride"] = rng.randrange(1, 5)
    if rng.random() < 0.5:
        options["samplingRate"] = rng.randrange(1, 3)
    if rng.random() < 0.4:
        options["startIndex"] = rng.randrange(0, 3)
    if rng.random() < 0.4:
        options["endIndex"] = length - rng.randrange(1, 3)
    if rng.random() < 0.5:
        options.update(shuffle=True, seed=rng.choice([0, 7, 4294967295 - 1]))
    kind = rng.choice(["none", "numbers", "rows", "short"])
    targets = None
    if kind == "short":
        options.pop("startIndex", None)
    if kind != "none":
        size = length - (3 if kind == "short" else 0)
        targets = draw.integers(-9, 9, (size, 2) if kind == "rows" else (size,)).astype("float32")
    dataset = keras.utils.timeseries_dataset_from_array(data, targets, sequence_length, **snake(options))
    batches = [[pack(part) for part in (batch if targets is not None else [batch])] for batch in dataset.as_numpy_iterator()]
    packed = None if targets is None else pack(targets)
    return dict(data=pack(data), targets=packed, sequenceLength=sequence_length, options=options, batches=batches)


def folder(root: Path, options: dict[str, Any]) -> dict[str, Any]:
    """One reading of the folder: batches, and the names of the classes."""
    made = keras.utils.text_dataset_from_directory(str(root), verbose=False, **snake(options))
    parts = []
    for dataset in made if isinstance(made, list) else [made]:
        batches = []
        for batch in dataset:
            texts, *labels = batch if isinstance(batch, tuple) else (batch,)
            texts = [t.decode() for t in np.atleast_1d(texts.numpy())]
            batches.append({"texts": texts, "labels": pack(labels[0].numpy()) if labels else None})
        parts.append({"batches": batches, "classNames": dataset.class_names})
    return dict(options=options, parts=parts)


def main() -> None:
    rng, draw = random.Random(SEED), np.random.default_rng(SEED)
    tf.data.Dataset.shuffle = lambda self, **_: self
    write("timeseries", SEED, {"cases": [windows(rng, draw) for _ in range(60)]})

    with tempfile.TemporaryDirectory() as name:
        for path, content in FILES.items():
            file = Path(name, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode())
        count = sum(path.lower().endswith(".txt") for path in FILES)
        cases = [
            {"shuffle": False},
            {"shuffle": False, "labels": None},
            {"shuffle": False, "labelMode": None, "batchSize": 3},
            {"shuffle": False, "labelMode": "categorical", "batchSize": 4},
            {"shuffle": False, "classNames": ["pos", "neg"], "labelMode": "binary"},
            {"shuffle": False, "classNames": ["pos-2", "pos"]},
            {"shuffle": False, "labels": list(range(count))},
            {"shuffle": False, "labels": [i % 3 for i in range(count)], "labelMode": "categorical"},
            {"shuffle": False, "labels": [7 * i for i in range(count)]},
            {"shuffle": False, "batchSize": None},
            {"shuffle": False, "batchSize": None, "labelMode": "categorical"},
            {"shuffle": False, "maxLength": 3, "classNames": ["neg", "pos-2"]},
            {"seed": 5},
            {"seed": 4294967295, "labels": None},
            {"seed": 1337, "validationSplit": 0.2, "subset": "training"},
            {"seed": 1337, "validationSplit": 0.2, "subset": "validation"},
            {"seed": 1337, "validationSplit": 0.37, "subset": "both", "batchSize": 2},
            {"shuffle": False, "validationSplit": 0.5, "subset": "both"},
        ]
        write("text_directory", SEED, {"files": FILES, "cases": [folder(Path(name), options) for options in cases]})


main()
