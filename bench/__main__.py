"""`python -m bench NAME [WORDS]`: runs one benchmark of the table below; without a name it lists them. Measures nothing itself."""

import sys

from bench import flood, index, portal, quality, queue, rescan, serve, upload, views
from bench import hash as hash_bench

TABLE = {
    "flood": (flood.main, "A thousand clients at once: time to an answer or to 503 with Retry-After"),
    "hash": (hash_bench.main, "PDQ kernels against pdqhash over 1 to 12 megapixels"),
    "index": (index.main, "the Hamming index against faiss, threatexchange, usearch and numpy; --help tells more"),
    "portal": (
        portal.main,
        "hashing in three browsers: a 12-MP photo at a quarter of a core, memory of 48 MP over decoding",
    ),
    "quality": (quality.main, "PDQ by quality: copies found and unrelated pairs that meet; the floor stands on it"),
    "queue": (queue.main, "the queue with 100,000 open works: next card, pages, decisions; SQLite and PostgreSQL"),
    "rescan": (
        rescan.main,
        "Stored codes a second for few new ones: our kernels, numpy, faiss; whole units; when an index pays",
    ),
    "serve": (serve.main, "uploads, lookups, batches; how soon a change counts in every worker; --help tells more"),
    "upload": (upload.main, "1-megapixel JPEGs by POST /v1/match to a running service, 100,000 hashes banked"),
    "views": (views.main, "altered copies found by family, beside plain PDQ and its eight turns; CPU; false matches"),
}
TAKE_WORDS = frozenset({"index", "queue", "serve"})


def main(arguments: list[str]) -> int:
    """Exit status: 0, or 2 when there is no such benchmark."""
    if not arguments:
        for name, (_, says) in TABLE.items():
            print(f"{name:10} {says}")
        return 0
    name, *words = arguments
    if name not in TABLE or (words and name not in TAKE_WORDS):
        print("there is no such benchmark; without a name they are listed", file=sys.stderr)
        return 2
    if name in TAKE_WORDS:
        TABLE[name][0](words)
    else:
        TABLE[name][0]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
