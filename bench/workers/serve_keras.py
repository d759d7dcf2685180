# SPDX-License-Identifier: MIT
"""
The same model as a service is written around Keras: FastAPI on uvicorn, a call of the model for each request.
`python serve_keras.py FILE.keras`; answers its address, and ends with its standard input.
"""

import json
import os
import socket
import sys
import threading

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import fastapi  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402
import uvicorn  # noqa: E402

model = keras.saving.load_model(sys.argv[1], compile=False)
app = fastapi.FastAPI()


@app.post("/models/m/predict")
async def predict(request: fastapi.Request) -> dict:
    # On the event loop: a thread of a pool for each request is slower here.
    inputs = np.asarray(json.loads(await request.body())["inputs"], np.int32)
    return {"outputs": model.predict_on_batch(inputs).tolist()}


listener = socket.create_server(("127.0.0.1", 0))
server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
print(json.dumps({"address": f"http://127.0.0.1:{listener.getsockname()[1]}"}), flush=True)
server.run(sockets=[listener])
