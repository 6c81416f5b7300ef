#!/usr/bin/env python3
"""python-tuf at any time: for each line `TIME FOLDER URL` on its input, refreshes a client that keeps what it knows in
FOLDER/cache as if it were TIME, and says `ok VERSION` with the version of the root that it came to, or what failed."""

import datetime
import os
import sys

from tuf.ngclient import Updater


def refresh(time, folder, url):
    cache, targets = (os.path.join(folder, name) for name in ("cache", "targets"))
    for path in cache, targets:
        os.makedirs(path, exist_ok=True)
    with open(os.path.join(folder, "root.json"), "rb") as file:
        root = file.read()
    updater = Updater(cache, url, targets, f"{url}/targets/", bootstrap=root)
    updater._trusted_set.reference_time = datetime.datetime.fromisoformat(time)
    updater.refresh()
    updater.download_target(updater.get_targetinfo("trusted_root.json"))
    return updater._trusted_set.root.version


for line in sys.stdin:
    try:
        print("ok", refresh(*line.split()), flush=True)
    except Exception as error:
        print(f"{type(error).__name__}: {error}".replace("\n", " "), flush=True)
