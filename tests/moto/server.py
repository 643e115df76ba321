"""An emulated AWS on loopback for tests/it/aws_moto.rs: moto, with two things it lacks.

* The Rust SDK speaks smithy rpc-v2-cbor to CloudWatch, moto only JSON. `Translator` turns a CBOR request into
  the JSON one that moto knows, and types the answer from botocore's model of the service (a time stamp is
  CBOR tag 1, a double stays a double).
* `Ledger` counts calls by service and operation and tells them at GET /prescale-test/calls, so that a test
  can see that nothing was changed.

usage: server.py PORT
"""

import gzip
import io
import json
import logging
import sys
import threading
from collections import Counter
from datetime import datetime
from urllib.parse import parse_qs

import cbor2
from botocore.loaders import Loader
from botocore.model import ServiceModel
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

CLOUDWATCH = ServiceModel(Loader().load_service_model("cloudwatch", "service-2"), "cloudwatch")
CBOR = "rpc-v2-cbor"


def jsonable(value):
    """`value` as JSON can say it: moments become seconds since the epoch."""
    if isinstance(value, dict):
        return {key: jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(item) for item in value]
    return value.timestamp() if isinstance(value, datetime) else value


def typed(shape, value):
    """`value` of moto's JSON with the types that `shape` gives it; fields without a value are left out."""
    if value is None or shape is None:
        return value
    if shape.type_name == "structure":
        return {k: typed(shape.members.get(k), v) for k, v in value.items() if v is not None}
    if shape.type_name == "list":
        return [typed(shape.member, item) for item in value]
    if shape.type_name == "map":
        return {key: typed(shape.value, item) for key, item in value.items()}
    if shape.type_name == "timestamp":
        if isinstance(value, str):
            value = datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
        return cbor2.CBORTag(1, float(value))
    return float(value) if shape.type_name in ("double", "float") else value


def read_body(environ):
    """The whole request body, uncompressed; the next reader finds it again."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if environ.get("HTTP_CONTENT_ENCODING") == "gzip":
        body = gzip.decompress(body)
        del environ["HTTP_CONTENT_ENCODING"]
    replace_body(environ, body)
    return body


def replace_body(environ, body):
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))


class Translator:
    """WSGI middleware: CBOR outside, moto's JSON inside."""

    def __init__(self, app):
        self.app = app

    def __call__(self, environ, start_response):
        if environ.get("HTTP_SMITHY_PROTOCOL") != CBOR:
            return self.app(environ, start_response)
        _, _, target, _, operation = environ["PATH_INFO"].split("/")
        body = read_body(environ)
        replace_body(environ, json.dumps(jsonable(cbor2.loads(body) if body else {})).encode())
        del environ["HTTP_SMITHY_PROTOCOL"]
        environ.update(
            PATH_INFO="/",
            RAW_URI="/",
            REQUEST_URI="/",
            HTTP_X_AMZ_TARGET=f"{target}.{operation}",
            HTTP_ACCEPT="application/json",
            CONTENT_TYPE="application/x-amz-json-1.0",
        )
        head = {}

        def keep_head(status, headers, _exc_info=None):
            head.update(status=status, headers=headers)

        text = b"".join(self.app(environ, keep_head))
        answer = json.loads(text) if text.strip() else {}
        if head["status"].startswith("2"):
            answer = typed(CLOUDWATCH.operation_model(operation).output_shape, answer)
        data = cbor2.dumps(answer)
        ours = {"content-type": "application/cbor", "content-length": str(len(data)), "smithy-protocol": CBOR}
        others = [(key, value) for key, value in head["headers"] if key.lower() not in ours]
        start_response(head["status"], others + list(ours.items()))
        return [data]


class Ledger:
    """WSGI middleware: counts calls as `service:Operation`."""

    def __init__(self, app):
        self.app = app
        self.calls = Counter()
        self.lock = threading.Lock()

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] == "/prescale-test/calls":
            with self.lock:
                data = json.dumps(self.calls, sort_keys=True).encode()
            start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(data)))])
            return [data]
        name = self.name(environ)
        if name:
            with self.lock:
                self.calls[name] += 1
        return self.app(environ, start_response)

    @staticmethod
    def name(environ):
        if environ.get("HTTP_SMITHY_PROTOCOL") == CBOR:
            return "cloudwatch:" + environ["PATH_INFO"].rsplit("/", 1)[-1]
        if "x-www-form-urlencoded" not in environ.get("CONTENT_TYPE", ""):
            return None
        form = parse_qs(read_body(environ).decode())
        # Credential=KEY/DATE/REGION/SERVICE/aws4_request
        scope = environ.get("HTTP_AUTHORIZATION", "").split("/")
        return f"{scope[3] if len(scope) > 3 else 'unknown'}:{form.get('Action', ['unknown'])[0]}"


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = DomainDispatcherApplication(create_backend_app)
    run_simple("127.0.0.1", int(sys.argv[1]), Ledger(Translator(moto)), threaded=True)
