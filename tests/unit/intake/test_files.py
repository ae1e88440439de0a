"""What hashes a file may have, and how it is shown again."""

import pytest

from amparo.errors import BadInput, LimitReached
from amparo.intake.files import check_totals, shorts_of, with_part
from amparo.intake.model import FileIn, FrameIn, MD5In, PDQIn, SHA256In, VPDQIn

MD5, SHA256, PDQ = MD5In("0123456789abcdef" * 2), SHA256In("89abcdef" * 8), PDQIn("fedcba98" * 8, 70)
FRAMES = [FrameIn("00112233" * 8, 60, 0), FrameIn("f" * 64, 60, 1_000)]


@pytest.mark.parametrize(
    ("medium", "signals"),
    [
        ("picture", [VPDQIn(FRAMES)]),
        ("video", [PDQ]),
        ("picture", [PDQ, PDQ]),
        ("video", [MD5, VPDQIn(FRAMES[:1]), VPDQIn(FRAMES[1:])]),
        ("video", [VPDQIn(FRAMES[::-1])]),
        ("video", [VPDQIn([FRAMES[0], FRAMES[0]])]),
    ],
)
def test_hashes_that_do_not_fit_together_are_refused(medium, signals):
    with pytest.raises(BadInput) as caught:
        with_part(None, FileIn(1, medium, signals))
    assert caught.value.slug == "bad_signals"


def test_a_file_is_known_again_by_eight_digits_of_each():
    assert shorts_of(FileIn(1, "picture", [MD5, SHA256, PDQ])) == (
        '[["md5","01234567"],["sha256","89abcdef"],["pdq","fedcba98"]]'
    )
    assert shorts_of(FileIn(1, "video", [VPDQIn(FRAMES)])) == '[["vpdq","00112233"]]'


@pytest.mark.parametrize(
    ("files", "codes", "slug"), [(201, 1, "too_many_files"), (1, 20_001, "too_many_codes"), (200, 20_000, "")]
)
def test_a_case_has_bounds(files, codes, slug):
    if not slug:
        check_totals(files, codes)
        return
    with pytest.raises(LimitReached) as caught:
        check_totals(files, codes)
    assert caught.value.slug == slug
