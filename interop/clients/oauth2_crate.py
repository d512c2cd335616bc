"""The user of a client that is written with the Rust crate oauth2: opens what it names, and goes on."""

import os
import subprocess
import sys

import requests

from browser import approve_device, authorize
from peer import REDIRECT_URI

SESSION = requests.Session()
environment = {name: value for name, value in os.environ.items() if value}
client = subprocess.Popen(
    [os.environ["OAUTH2_CRATE"]],
    env=environment,
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
    text=True,
)
for line in client.stdout:
    word, _, rest = line.strip().partition(" ")
    if word == "open":
        answer = authorize(rest, REDIRECT_URI, session=SESSION)
    elif word == "device":
        approve_device(rest, SESSION)
        answer = "approved"
    else:
        print(line, end="", flush=True)
        continue
    client.stdin.write(answer + "\n")
    client.stdin.flush()
sys.exit(client.wait(30))
