# SPDX-License-Identifier: MIT
"""IMDB's and Reuters' preparation, padded sequences, numpy's pickles and shuffles: imdb, reuters, pad_sequences.json."""

import base64
import json
import pathlib
import pickle
import random
import tempfile

import keras
import numpy as np
from keras.src.datasets import imdb, reuters

FOLDER = pathlib.Path(__file__).parents[2] / "test" / "golden"
MADE_BY = f"Keras {keras.__version__}, numpy {np.__version__}, KERAS_BACKEND=jax python tools/golden/datasets.py"
NAMES = dict(
    numWords="num_words", skipTop="skip_top", maxlen="maxlen", startChar="start_char",
    oovChar="oov_char", indexFrom="index_from", seed="seed", testSplit="test_split",
)
OPTIONS = [
    {},
    {"numWords": 20},
    {"numWords": 30, "skipTop": 6, "maxlen": 7},
    {"numWords": 25, "oovChar": None, "seed": 7},
    {"startChar": None, "numWords": 25},
    {"startChar": None, "indexFrom": 0, "maxlen": 6, "oovChar": None, "skipTop": 5},
    {"seed": 4294967295, "startChar": 9, "oovChar": 0, "indexFrom": 10},
]


def objects(lists):
    array = np.empty(len(lists), object)
    array[:] = lists
    return array


def ints(rows):
    return [[int(v) for v in row] for row in rows]


def imdb_golden(rng):
    x_train, x_test = (
        [[rng.randrange(1, 40) for _ in range(rng.randrange(1, 8))] for _ in range(n)] for n in (9, 7)
    )
    y_train, y_test = ([rng.randrange(2) for _ in x] for x in (x_train, x_test))
    path = tempfile.mktemp(".npz")
    np.savez(path, x_train=objects(x_train), y_train=np.array(y_train), x_test=objects(x_test), y_test=np.array(y_test))
    imdb.get_file = lambda **_: path
    cases = []
    for options in OPTIONS:
        (a, b), (c, d) = imdb.load_data(**{NAMES[k]: v for k, v in options.items()})
        cases.append(dict(options=options, train=[ints(a), ints([b])[0]], test=[ints(c), ints([d])[0]]))
    return dict(input=dict(xTrain=x_train, yTrain=y_train, xTest=x_test, yTest=y_test), cases=cases)


def reuters_golden(rng):
    """Newswires as numpy writes them; the archive goes along, for it is what Keras read."""
    x = [[rng.randrange(1, 60) for _ in range(rng.randrange(1, 9))] for _ in range(23)]
    path = tempfile.mktemp(".npz")
    np.savez_compressed(path, x=objects(x), y=np.array([rng.randrange(46) for _ in x]))
    reuters.get_file = lambda **_: path
    cases = []
    for options in [*OPTIONS, {"testSplit": 0}, {"testSplit": 1}, {"testSplit": 0.37, "numWords": 30}, {"maxlen": 5, "testSplit": 0.5}]:
        (a, b), (c, d) = reuters.load_data(**{NAMES[k]: v for k, v in options.items()})
        cases.append(dict(options=options, train=[ints(a), ints([b])[0]], test=[ints(c), ints([d])[0]]))
    return dict(npz=base64.b64encode(pathlib.Path(path).read_bytes()).decode(), labels=reuters.get_label_names(), cases=cases)


def pickles():
    array = objects([[1, 300, 70000], [], [-5], list(range(2003))])
    return [
        dict(protocol=p, base64=base64.b64encode(pickle.dumps(array, protocol=p)).decode()) for p in (2, 3, 4, 5)
    ]


def shuffles():
    cases = []
    for seed in (0, 113, 4294967295):
        state = np.random.RandomState(seed)
        ten, many = np.arange(10), np.arange(700)
        state.shuffle(ten)
        state.shuffle(many)
        cases.append(dict(seed=seed, ten=ten.tolist(), last=many[-8:].tolist()))
    return cases


def pad_golden(rng):
    cases = []
    for _ in range(80):
        features = rng.choice([None, None, 2, 3])
        number = lambda: rng.randrange(-100, 100)
        element = lambda: number() if features is None else [number() for _ in range(features)]
        sequences = [[element() for _ in range(rng.randrange(0, 7))] for _ in range(rng.randrange(1, 6))]
        options = dict(
            dtype=rng.choice(["int32", "float32", "float64", "int8", "int16"]),
            padding=rng.choice(["pre", "post"]),
            truncating=rng.choice(["pre", "post"]),
            value=rng.choice([0, -1, 7]),
        )
        if rng.random() < 0.7:
            options["maxlen"] = rng.randrange(1, 8)
        padded = keras.utils.pad_sequences(sequences, **options)
        cases.append(dict(sequences=sequences, options=options, shape=list(padded.shape), data=padded.ravel().tolist()))
    return cases


def write(name, content):
    (FOLDER / name).write_text(json.dumps(dict(provenance=MADE_BY, **content), separators=(",", ":")) + "\n")


rng = random.Random(5)
write("imdb.json", dict(imdb=imdb_golden(rng), pickles=pickles(), shuffles=shuffles()))
write("pad_sequences.json", dict(cases=pad_golden(rng)))
write("reuters.json", reuters_golden(rng))
