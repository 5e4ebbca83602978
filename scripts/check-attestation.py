#!/usr/bin/env python3
"""Checks a signed attestation with an implementation that is not the gate's own.

  python3 -m venv V && V/bin/pip install -r scripts/requirements.txt
  V/bin/python scripts/check-attestation.py RUN_FOLDER PUBLIC_KEY.pem

Prints the statement's subjects when the envelope holds and the digests are those of the files.
"""

import hashlib
import json
import pathlib
import sys

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

folder, key_file = map(pathlib.Path, sys.argv[1:])
key = SSlibKey.from_crypto(load_pem_public_key(key_file.read_bytes()))
document = json.loads((folder / "attestation.json").read_text())
# The key is found by the id that the envelope names.
key.keyid = document["signatures"][0]["keyid"]
envelope = Envelope.from_dict(document)
envelope.verify([key], 1)
statement = json.loads(envelope.payload)
assert statement["_type"] == "https://in-toto.io/Statement/v1"
for subject in statement["subject"]:
    found = hashlib.sha256((folder / subject["name"]).read_bytes()).hexdigest()
    assert found == subject["digest"]["sha256"], subject["name"]
    print(subject["name"], found)
