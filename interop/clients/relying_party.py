"""The example `relying_party` of grantor-client, which speaks for itself: a line for each step."""

import os
import subprocess
import sys

sys.exit(subprocess.run([os.environ["RELYING_PARTY"]], timeout=110).returncode)
