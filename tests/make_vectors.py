"""Write the kinds' vectors anew: `python tests/make_vectors.py`. PDQ's and vPDQ's come from the pdqhash package, the rest from the standards.

Not a test; tests/contract/test_kinds.py checks that writing gives the files that are there.
"""

import json
from pathlib import Path

import numpy as np
import pdqhash

import amparo.hashing.kinds
from amparo.hashing.patterns import draw

FOLDER = Path(amparo.hashing.kinds.__file__).parent
START_PIXELS = 300 * 513
SIZES = [
    (64, 64), (65, 64), (64, 63), (1, 1), (5, 5), (4, 200), (200, 4), (5, 200), (127, 129), (128, 128), (129, 257),
    (300, 513), (512, 512), (1024, 768), (1921, 1081), (300, 2000),
]  # fmt: skip
RFC_1321 = {  # appendix A.5
    "": "d41d8cd98f00b204e9800998ecf8427e",
    "a": "0cc175b9c0f1b6a831c399e269772661",
    "abc": "900150983cd24fb0d6963f7d28e17f72",
    "message digest": "f96b697d7cb7938d525a2f31aaf161d0",
    "abcdefghijklmnopqrstuvwxyz": "c3fcd3d76192e4007dfb496cca67e13b",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789": "d174ab98d277d9f5a5611c2c9f419d9f",
    "1234567890" * 8: "57edf4a22be3c955ac49da2e2107b67a",
}
FIPS_180 = {  # the examples that come with FIPS 180-4, and the empty message of its test suite
    "": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "abc": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq": (
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu": (
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
}
MILLION_A = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"


def reference(pixels):
    """Value and quality of uint8[H, W, 3] or [H, W] by pdqhash, which knows only RGB: grey goes in three times."""
    rgb = np.stack([pixels] * 3, axis=-1) if pixels.ndim == 2 else np.ascontiguousarray(pixels)
    bits, quality = pdqhash.compute(rgb)
    return np.packbits(bits.astype(np.uint8)).tobytes(), int(quality)


def pdq_vectors():
    cases = []
    for pattern in ("weave", "slope"):
        for grey in (False, True):
            for seed, (width, height) in enumerate(SIZES):
                picture = {"pattern": pattern, "seed": seed, "width": width, "height": height, "grey": grey}
                value, quality = reference(draw(**picture))
                at_start = width * height <= START_PIXELS
                cases.append({"picture": picture, "value": value.hex(), "quality": quality, "at_start": at_start})
    return {"source": f"pdqhash {pdqhash.__version__} on pictures of amparo.hashing.patterns", "cases": cases}


VIDEOS = ((0,), (0, 1000, 2040), (0, 999, 1001, 60_000, 3_599_960), (0, 1000))
"""Times of the frames of each, in milliseconds."""


def vpdq_vectors():
    cases = []
    for seed, times in enumerate(VIDEOS):
        frames, told = [], []
        for number, ms in enumerate(times):
            width, height = ((96, 64), (64, 96))[number % 2 if seed == 3 else 0]
            pattern = "slope" if number == 2 else "weave"
            picture = {"pattern": pattern, "seed": seed + number, "width": width, "height": height, "grey": True}
            value, quality = reference(draw(**picture))
            frames.append({"ms": ms, "picture": picture})
            told.append(f"{value.hex()},{quality},{ms // 1000}.{ms % 1000:03d}")
        best = max(int(one.split(",")[1]) for one in told)
        cases.append({"frames": frames, "value": json.dumps(told), "quality": best, "at_start": True})
    source = f"pdqhash {pdqhash.__version__} on frames of amparo.hashing.patterns; text as vpdq_util.py of threatexchange reads it"
    return {"source": source, "cases": cases}


def text_vectors(source, known):
    return {"source": source, "cases": [{"text": t, "value": v, "at_start": True} for t, v in known.items()]}


def vectors():
    """What each file should hold, by kind."""
    sha256 = text_vectors("FIPS 180-4, examples of NIST", FIPS_180)
    sha256["cases"].append({"text": "a", "times": 1_000_000, "value": MILLION_A, "at_start": False})
    made = {
        "pdq": pdq_vectors(),
        "vpdq": vpdq_vectors(),
        "md5": text_vectors("RFC 1321, appendix A.5", RFC_1321),
        "sha256": sha256,
    }
    for told in made.values():
        told["at_start"] = sum(case["at_start"] for case in told["cases"])
    return made


def as_text(told):
    """One case a line, so that a change shows as a line."""
    cases = ",\n".join("  " + json.dumps(case) for case in told["cases"])
    head = f'{{\n "source": {json.dumps(told["source"])},\n "at_start": {told["at_start"]},\n'
    return head + f' "cases": [\n{cases}\n ]\n}}\n'


if __name__ == "__main__":
    for name, told in vectors().items():
        (FOLDER / f"{name}.vectors.json").write_text(as_text(told), "ascii")
        print(name, len(told["cases"]), "cases")
