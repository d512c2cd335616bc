"""grantor as a client that presents a certificate (RFC 8705): the library's example."""

import hashlib
import json
import os
import ssl
import subprocess

from base64 import urlsafe_b64encode

from peer import ISSUER, SERVICE, SIGNER_ID, step

FOLDER = os.environ["CERTIFICATES"]


def run(client_id, certificate):
    """What the example learns of its token, as JSON; or what it says before it fails."""
    done = subprocess.run(
        [os.environ["MTLS"]],
        env={
            **os.environ,
            "CLIENT_ID": client_id,
            "AUTHORITY": f"{FOLDER}/authority.pem",
            "CERTIFICATE": f"{FOLDER}/{certificate}.pem",
            "CERTIFICATE_KEY": f"{FOLDER}/{certificate}.key",
        },
        capture_output=True,
        text=True,
        timeout=30,
    )
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr


def thumbprint(certificate):
    with open(f"{FOLDER}/{certificate}.pem", encoding="ascii") as file:
        der = ssl.PEM_cert_to_DER_cert(file.read())
    return urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()


for name, client_id, certificate in (
    ("tls_client_auth", SERVICE[0], "client"),
    ("self_signed_tls_client_auth", SIGNER_ID, "stranger"),
):
    with step(f"{name}: client credentials, introspection and revocation over the certificate"):
        known = run(client_id, certificate)
        assert known["active"] and known["client_id"] == client_id, known
        assert known["cnf"] == {"x5t#S256": thumbprint(certificate)}, known
        assert known["after_revocation"] is False, known

    with step(f"{name}: another certificate is refused"):
        said = run(client_id, "other-client")
        assert isinstance(said, str) and "invalid_client" in said, said
