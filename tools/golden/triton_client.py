# SPDX-License-Identifier: MIT
"""Requests as Triton's public client writes them: test/golden/server/triton_client.json.

The client is the sources of tritonclient, taken as they are; `rapidjson` and `geventhttpclient`, of which only the name is
needed to make a body, are stood in for.

    python tools/golden/triton_client.py --client FOLDER --commit SHA   # of triton-inference-server/client
"""
import argparse
import base64
import json
import pathlib
import sys
import types

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]


def load_client(folder):
    """The client's class of HTTP requests, without a connection."""
    sys.path.insert(0, str(folder / "src/python/library"))
    sys.modules["rapidjson"] = json
    for name in ("gevent", "gevent.pool", "gevent.ssl", "geventhttpclient", "geventhttpclient.url"):
        module = types.ModuleType(name)
        module.HTTPClient = module.URL = module.Pool = object
        sys.modules[name] = module
    import tritonclient.http as client

    return client


def request(client, inputs, outputs=None, **options):
    """A body with its header, as base64."""
    tensors = []
    for name, array, datatype, binary in inputs:
        tensor = client.InferInput(name, list(array.shape), datatype)
        tensor.set_data_from_numpy(array, binary_data=binary)
        tensors.append(tensor)
    body, size = client.InferenceServerClient.generate_request_body(tensors, outputs=outputs, **options)
    return {"body": base64.b64encode(body).decode(), "headerLength": size}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--client", type=pathlib.Path, required=True)
    parser.add_argument("--commit", required=True)
    given = parser.parse_args()
    client = load_client(given.client)
    ids = numpy.array([[1, 2, 3], [4, 5, 6]])
    texts = numpy.array([["The cat!"], ["a dog, \u00fc\u2603"]], dtype=object)
    wanted = client.InferRequestedOutput
    cases = {
        "int32 in bytes": request(client, [("ids", ids.astype(numpy.int32), "INT32", True)], request_id="7"),
        "int64 in bytes": request(client, [("ids", ids.astype(numpy.int64), "INT64", True)]),
        "int32 in JSON": request(
            client, [("ids", ids.astype(numpy.int32), "INT32", False)], [wanted("score", binary_data=False)]
        ),
        "output in bytes": request(
            client, [("ids", ids.astype(numpy.int32), "INT32", False)], [wanted("score", binary_data=True)]
        ),
        "texts in bytes": request(client, [("ids", texts, "BYTES", True)]),
        "texts in JSON": request(client, [("ids", texts, "BYTES", False)], [wanted("score", binary_data=False)]),
        "parameters": request(
            client, [("ids", ids.astype(numpy.int32), "INT32", True)], priority=1, timeout=1000, parameters={"who": "me"}
        ),
        "a sequence": request(
            client, [("ids", ids.astype(numpy.int32), "INT32", True)], sequence_id=3, sequence_start=True
        ),
    }
    provenance = {"client": "tritonclient", "commit": given.commit, "command": "tools/golden/triton_client.py"}
    target = ROOT / "test/golden/server/triton_client.json"
    target.parent.mkdir(exist_ok=True)
    golden = {"provenance": provenance, "ids": ids.tolist(), "texts": texts.tolist(), "requests": cases}
    target.write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
