"""A stand-in for Google Cloud Storage, for tests on loopback.

Google's XML API is S3 with other names for some headers, and with generations: a number that each write gives an
object, and that a later write can insist on ("x-goog-if-generation-match", 0 for "there is none"). This program puts
exactly that in front of moto, an S3 in memory. It is our own reading of Google's documentation, so what passes here is
not yet proven on Google. It has no JSON API, no resumable uploads, no metadata updates, and one bearer token.

    python gcs_shim.py PORT TOKEN

Run in the Python environment of moto. Buckets are made by PUT /<bucket>.
"""

import io
import sys
import threading
import time
import urllib.parse

from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, run_simple

# Moto looks at the form of a signature and not at its value.
AS_MOTO_WANTS_IT = (
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=00"
)
IF_GENERATION = "HTTP_X_GOOG_IF_GENERATION_MATCH"
COPY_SOURCE = "HTTP_X_GOOG_COPY_SOURCE"
STORAGE_CLASS = "HTTP_X_GOOG_STORAGE_CLASS"


class Shim:
    """A WSGI application around that of moto."""

    def __init__(self, moto, token):
        self.moto = moto
        self.token = token
        # Held over the whole of a write: a condition is looked at and acted on as one step.
        self.writing = threading.Lock()
        # Key, with its bucket, to the generation of what is there.
        self.generations = {}
        self.newest = 0

    def __call__(self, environ, start_response):
        if environ.get("HTTP_AUTHORIZATION") != f"Bearer {self.token}":
            return refuse(start_response, "401 Unauthorized", "AuthenticationRequired", "Wrong bearer token.")
        environ["HTTP_AUTHORIZATION"] = AS_MOTO_WANTS_IT
        condition = environ.pop(IF_GENERATION, None)
        for ours, theirs in ((COPY_SOURCE, "HTTP_X_AMZ_COPY_SOURCE"), (STORAGE_CLASS, "HTTP_X_AMZ_STORAGE_CLASS")):
            if ours in environ:
                environ[theirs] = environ.pop(ours)
        key = key_of(environ)
        method = environ["REQUEST_METHOD"]
        query = urllib.parse.parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        is_write = (method == "PUT" and "partNumber" not in query) or (method == "POST" and "uploadId" in query)
        is_delete = method == "DELETE" and "uploadId" not in query
        if "/" not in key or not (is_write or is_delete):
            return self.moto(environ, self.with_generation(key, start_response, False))
        # Read before the lock is taken: a slow client stops nobody.
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length))
        with self.writing:
            if condition is not None and condition != self.generations.get(key, "0"):
                return refuse(start_response, "412 Precondition Failed", "PreconditionFailed", "Another generation.")
            if is_delete:
                if key not in self.generations:
                    return self.refuse_delete(environ, start_response)
                del self.generations[key]
            return list(self.moto(environ, self.with_generation(key, start_response, is_write)))

    def refuse_delete(self, environ, start_response):
        """Moto says when there is no such bucket; but not when there was nothing to delete, as Google does."""
        told = []
        body = list(self.moto(environ, lambda status, headers, exc_info=None: told.append((status, headers))))
        status, headers = told[-1]
        if status[0] == "2":
            return refuse(start_response, "404 Not Found", "NoSuchKey", "The key does not exist.")
        start_response(status, headers)
        return body

    def with_generation(self, key, start_response, is_write):
        """Adds the generation to a good answer; a write makes a new one."""

        def start(status, headers, exc_info=None):
            if is_write and status.startswith("200"):
                self.newest = max(self.newest + 1, time.time_ns() // 1000)
                self.generations[key] = str(self.newest)
            if status[0] in "23" and key in self.generations:
                headers = [*headers, ("x-goog-generation", self.generations[key])]
            return start_response(status, headers, exc_info)

        return start


def key_of(environ):
    """Bucket and key as they were asked for: the path that WSGI hands over has lost the difference of %2F and /."""
    asked = environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ["PATH_INFO"]
    return urllib.parse.unquote(asked.split("?", 1)[0]).lstrip("/")


def refuse(start_response, status, code, message):
    body = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    body = body.encode()
    start_response(status, [("Content-Type", "application/xml; charset=UTF-8"), ("Content-Length", str(len(body)))])
    return [body]


class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_):
        """Nothing: only failures are worth a line, and they have their own."""


if __name__ == "__main__":
    moto = DomainDispatcherApplication(create_backend_app)
    run_simple("127.0.0.1", int(sys.argv[1]), Shim(moto, sys.argv[2]), threaded=True, request_handler=Handler)
