"""Reads a JSON list of URLs from standard input, and writes how Python's clients read each of them:
scheme, host, port and path, or null."""

import json
import sys
from urllib.parse import urlsplit


def read(text):
    try:
        url = urlsplit(text)
        port = {"http": 80, "https": 443}.get(url.scheme)
        if port is None or not url.hostname:
            return None
        if url.port is not None:
            port = url.port
        # As the socket looks the host up; nobody listens at 0.
        url.hostname.encode("idna")
    except ValueError:
        return None
    return [url.scheme, url.hostname, str(port), url.path or "/"] if port else None


json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
