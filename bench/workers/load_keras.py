# SPDX-License-Identifier: MIT
"""One loading of a `.keras` by Keras: `python load_keras.py FILE`."""

import json
import os
import sys
import time

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import h5py  # noqa: E402, F401
import keras  # noqa: E402

begin = time.perf_counter()
keras.saving.load_model(sys.argv[1])
print(json.dumps({"loadMs": (time.perf_counter() - begin) * 1000}))
