"""`python -m bench NAME`: runs one benchmark of the table below; without a name it lists them. Measures nothing itself."""

import sys

from bench import flood, index, upload
from bench import hash as hash_bench

TABLE = {
    "flood": (flood.main, "A thousand clients at once: time to an answer or to 503 with Retry-After"),
    "hash": (hash_bench.main, "PDQ kernels against pdqhash over 1 to 12 megapixels"),
    "index": (index.main, "Hamming scan: kernels, threads, adding, saving, loading at a million codes"),
    "upload": (upload.main, "1-megapixel JPEGs by POST /v1/match to a running service, 100,000 hashes banked"),
}


def main(arguments: list[str]) -> int:
    """Exit status: 0, or 2 when there is no such benchmark."""
    if not arguments:
        for name, (_, says) in TABLE.items():
            print(f"{name:10} {says}")
        return 0
    if len(arguments) != 1 or arguments[0] not in TABLE:
        print("there is no such benchmark; without a name they are listed", file=sys.stderr)
        return 2
    TABLE[arguments[0]][0]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
