"""The C kernels. Optional: without a compiler the exact numpy code serves, slower (`amparo doctor` says which)."""

from setuptools import Extension, setup

LIMITED = [("Py_LIMITED_API", "0x030B0000")]
# No fused multiply-add: a hash must not depend on the machine that made it.
FLAGS = ["-O3", "-ffp-contract=off", "-fvisibility=hidden"]


def kernel(name: str, source: str, *headers: str) -> Extension:
    return Extension(
        name,
        [source],
        depends=["src/amparo/_variants.h", *headers],
        define_macros=LIMITED,
        py_limited_api=True,
        extra_compile_args=FLAGS,
        optional=True,
    )


setup(
    ext_modules=[
        kernel(
            "amparo.hashing._pdq",
            "src/amparo/hashing/_pdq.c",
            "src/amparo/hashing/_pdq_body.h",
            "src/amparo/hashing/_pdq_bits.h",
            "src/amparo/hashing/_pdq_samples.h",
        ),
        kernel(
            "amparo.hashing._windows",
            "src/amparo/hashing/_windows.c",
            "src/amparo/hashing/_windows_plane.h",
            "src/amparo/hashing/_windows_find.h",
            "src/amparo/hashing/_windows_rims.h",
        ),
        kernel(
            "amparo.index._hamming",
            "src/amparo/index/_hamming.c",
            "src/amparo/index/_hamming_body.h",
            "src/amparo/index/_hamming_order.h",
            "src/amparo/index/_hamming_python.h",
            "src/amparo/index/_hamming_scan_body.h",
        ),
        kernel("amparo.index._stream", "src/amparo/index/_stream.c", "src/amparo/index/_stream_x86.h"),
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
