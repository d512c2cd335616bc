"""Requests that grantor signs by OAuth 1.0a: oauthlib and Authlib verify them as servers, and
requests-oauthlib signs the same ones identically."""

import base64
import http.server
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import types
import urllib.parse

import requests
from authlib.oauth1 import ResourceProtector
from authlib.oauth1.rfc5849.errors import OAuth1Error
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from oauthlib.oauth1 import RequestValidator, SignatureOnlyEndpoint
from requests_oauthlib import OAuth1

from peer import step



class RSAAlgorithm:
    """RSA as oauthlib has it from PyJWT, which another package hides here."""

    def __init__(self, hash_algorithm):
        self.hash_alg = hash_algorithm

    def prepare_key(self, text):
        if "PRIVATE" in text:
            return serialization.load_pem_private_key(text.encode(), None)
        return serialization.load_pem_public_key(text.encode())

    def sign(self, message, key):
        return key.sign(message, padding.PKCS1v15(), self.hash_alg())

    def verify(self, message, key, signature):
        try:
            key.verify(signature, message, padding.PKCS1v15(), self.hash_alg())
        except InvalidSignature:
            return False
        return True


sys.modules["jwt"] = jwt = types.ModuleType("jwt")
sys.modules["jwt.algorithms"] = jwt.algorithms = types.ModuleType("jwt.algorithms")
jwt.algorithms.hashes, jwt.algorithms.RSAAlgorithm = hashes, RSAAlgorithm

CLIENT_ID, CLIENT_SECRET = "clientclientclientclient", "s3cret & %more"
TOKEN, TOKEN_SECRET = "tokentokentokentokentoken", "its secret/+="
FORM = "application/x-www-form-urlencoded"

key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE = key.private_bytes(
    serialization.Encoding.PEM,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
).decode()
PUBLIC = key.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
).decode()


class Validator(RequestValidator):
    """Its rules for the lengths and characters of nonces and identifiers are oauthlib's own."""

    enforce_ssl = False
    dummy_client = "dummydummydummydummydummy"
    dummy_access_token = "dummydummydummydummydummy"

    def validate_client_key(self, client_key, request):
        return client_key == CLIENT_ID

    def validate_access_token(self, client_key, token, request):
        return token == TOKEN

    def validate_timestamp_and_nonce(self, client_key, timestamp, nonce, request, **tokens):
        new = (timestamp, nonce) not in seen
        seen.add((timestamp, nonce))
        return new

    def get_client_secret(self, client_key, request):
        return CLIENT_SECRET

    def get_access_token_secret(self, client_key, token, request):
        return TOKEN_SECRET

    def get_rsa_key(self, client_key, request):
        return PUBLIC


class Client:
    client_id = CLIENT_ID

    def get_client_secret(self):
        return CLIENT_SECRET

    def get_rsa_public_key(self):
        return PUBLIC


class Token:
    def get_oauth_token(self):
        return TOKEN

    def get_oauth_token_secret(self):
        return TOKEN_SECRET


class Protector(ResourceProtector):
    SUPPORTED_SIGNATURE_METHODS = ["HMAC-SHA1", "RSA-SHA1", "PLAINTEXT"]

    def get_client_by_id(self, client_id):
        return Client() if client_id == CLIENT_ID else None

    def get_token_credential(self, request):
        return Token() if request.token == TOKEN else None

    def exists_nonce(self, nonce, request):
        return False


seen, arrived = set(), []
oauthlib_server = SignatureOnlyEndpoint(Validator())
authlib_server = Protector()


class Handler(http.server.BaseHTTPRequestHandler):
    """Verifies each request, and remembers what arrived."""

    def answer(self):
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        headers = {name.title(): value for name, value in self.headers.items()}
        url = f"http://{headers['Host']}{self.path}"
        is_form = headers.get("Content-Type", "").startswith(FORM)
        form = body.decode() if is_form else None
        arrived.append((self.command, url, headers, body))
        valid, _ = oauthlib_server.validate_request(url, self.command, form, headers)
        if not valid:
            return self.end(401)
        sent = f"{url} {headers} {form}"
        if any(method in sent for method in Protector.SUPPORTED_SIGNATURE_METHODS):
            try:
                authlib_server.validate_request(self.command, url, form, headers)
            except OAuth1Error as error:
                print(error)
                return self.end(403)
        return self.end(200)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def end(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6


def serve(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


PORT = serve(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler))
PORT_6 = serve(Server(("::1", 0), Handler))


def send(calls):
    """Has grantor sign and send these; what arrived, once all were verified."""
    arrived.clear()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "key.pem")
        with open(path, "w", encoding="ascii") as file:
            file.write(PRIVATE)
        environment = {
            "CLIENT_ID": CLIENT_ID,
            "CLIENT_SECRET": CLIENT_SECRET,
            "TOKEN": TOKEN,
            "TOKEN_SECRET": TOKEN_SECRET,
            "RSA_KEY": path,
        }
        done = subprocess.run(
            [os.environ["OAUTH1"]],
            env={**os.environ, **environment},
            input="".join(json.dumps(call) + "\n" for call in calls),
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    statuses = done.stdout.split()
    assert statuses == ["200"] * len(calls), list(zip(statuses, calls))
    return list(arrived)


def call(method="GET", path="/", body=b"", content_type="", **more):
    return {
        "method": method,
        "url": more.get("url", f"http://127.0.0.1:{PORT}{path}"),
        "body": base64.b64encode(body).decode(),
        "content_type": content_type,
        "signature_method": more.get("signature_method", "HMAC-SHA1"),
        "placement": more.get("placement", "header"),
    }


def parameters(request):
    """The parameters of a signature, wherever they are."""
    method, url, headers, body = request
    header = headers.get("Authorization", "").removeprefix("OAuth ")
    pairs = [pair.strip().split("=", 1) for pair in header.split(",") if "=" in pair]
    found = {name: urllib.parse.unquote(value.strip('"')) for name, value in pairs}
    found.update(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
    if headers.get("Content-Type", "").startswith(FORM):
        found.update(urllib.parse.parse_qsl(body.decode()))
    return {name: value for name, value in found.items() if name.startswith("oauth_")}


def without_protocol(text):
    kept = [pair for pair in text.split("&") if not pair.startswith("oauth_")]
    return "&".join(kept)


def signed_by_requests_oauthlib(request, placement):
    method, url, headers, body = request
    ours = parameters(request)
    parts = urllib.parse.urlsplit(url)
    url = urllib.parse.urlunsplit(parts._replace(query=without_protocol(parts.query)))
    content_type = headers.get("Content-Type")
    if content_type and content_type.startswith(FORM):
        body = without_protocol(body.decode())
    signer = OAuth1(
        CLIENT_ID,
        CLIENT_SECRET,
        TOKEN,
        TOKEN_SECRET,
        signature_method=ours["oauth_signature_method"],
        signature_type={"header": "auth_header"}.get(placement, placement),
        rsa_key=PRIVATE,
        force_include_body="oauth_body_hash" in ours,
    )
    signer.client.nonce = ours["oauth_nonce"]
    signer.client.timestamp = ours["oauth_timestamp"]
    prepared = requests.Request(
        method, url, data=body or None, headers={"Content-Type": content_type} if content_type else {}
    )
    prepared = prepared.prepare()
    signer(prepared)
    theirs = {name.title(): value for name, value in prepared.headers.items()}
    theirs = {
        name: value.decode() if isinstance(value, bytes) else value for name, value in theirs.items()
    }
    raw = prepared.body or b""
    raw = raw.encode() if isinstance(raw, str) else raw
    return parameters((method, prepared.url, theirs, raw))


def same(calls):
    """grantor's signatures are verified, and requests-oauthlib's are the same."""
    for wanted, request in zip(calls, send(calls), strict=True):
        ours = parameters(request)
        theirs = signed_by_requests_oauthlib(request, wanted["placement"])
        assert ours == theirs, (wanted, ours, theirs)


METHODS = [
    "HMAC-SHA1",
    "HMAC-SHA256",
    "HMAC-SHA512",
    "RSA-SHA1",
    "RSA-SHA256",
    "RSA-SHA512",
    "PLAINTEXT",
]

with step("each signature method"):
    same([call(signature_method=method, path="/a?b=c") for method in METHODS])

with step("each method of HTTP"):
    same([call(method, "/x") for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]])

with step("each placement"):
    same([call("POST", "/x?a=1", b"b=2", FORM, placement=it) for it in ["header", "query", "body"]])
    same([call("GET", "/x?a=1", placement="query")])

with step("forms"):
    forms = [b"a=b", b"a=1&a=2&a=1", b"a=%20+x%2B&%E5%95%A6=%C3%A9&e=", b"z=1&a=2"]
    same([call("POST", "/x", form, FORM) for form in forms])
    same([call("PUT", "/x", b"a=b", FORM + "; charset=utf-8")])

with step("bodies that are no forms"):
    json_body = '{"a": "\u5566"}'.encode()
    bodies = [(json_body, "application/json"), (bytes(range(256)), "application/octet-stream")]
    for body, content_type in bodies:
        (request,) = send([call("POST", "/x", body, content_type)])
        assert request[3] == body

with step("the hash of a text"):
    same([call("POST", "/x", b"some text", "text/plain")])

with step("unicode and escapes in paths and queries"):
    paths = ["/%E5%95%A6?q=%E5%95%A6", "/a%20b/~x?q=a+b&r=%2B", "/x?a=http%3A%2F%2Fx%2Fy%3Fz%3D1"]
    same([call("GET", path) for path in paths])

with step("repeated and empty parameters"):
    same([call("GET", path) for path in ["/?a=2&a=1&b=&a=2", "/?b=1&a=%20&a=!"]])

with step("a port, and IPv6"):
    same([call(url=f"http://[::1]:{PORT_6}/x?a=b"), call(url=f"http://localhost:{PORT}/x?a=b")])

with step("what was changed on the way is refused"):
    (request,) = send([call("GET", "/x?a=1")])
    method, url, headers, _ = request
    seen.clear()
    valid, _ = oauthlib_server.validate_request(url.replace("a=1", "a=2"), method, None, headers)
    assert not valid
    seen.clear()
    valid, _ = oauthlib_server.validate_request(url, method, None, headers)
    assert valid
    valid, _ = oauthlib_server.validate_request(url, method, None, headers)
    assert not valid, "a nonce is good once"
