#!/usr/bin/env python3
"""sigstore-python and the `trusted_root.json`s in a FOLDER: for each, says `NAME ok`, or what it can't read of it."""

import pathlib
import sys
import warnings

from sigstore._internal.trust import Key
from sigstore.models import TrustedRoot

warnings.simplefilter("ignore")


def read(path):
    trust = TrustedRoot.from_file(str(path))
    trust.get_fulcio_certs()
    trust.get_timestamp_authorities()
    # A keyring leaves out what it can't read.
    for log in trust._inner.tlogs + trust._inner.ctlogs:
        Key(log.public_key)


for path in pathlib.Path(sys.argv[1]).iterdir():
    try:
        read(path)
        print(path.name, "ok")
    except Exception as error:
        print(path.name, f"{type(error).__name__}: {error}".replace("\n", " "))
