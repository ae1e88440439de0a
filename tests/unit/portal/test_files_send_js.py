"""Hashes leave in parts that POST /files takes and the intake puts together again; a bad line is tried again, a refusal is told by slug."""

import json
import subprocess
from typing import Any

import msgspec
import pytest

from amparo.intake.files import with_part
from amparo.intake.model import FileIn
from amparo.portal import parts
from amparo.portal.said import SAID
from tests.node import PROGRAM
from tests.tidy.tree import ROOT

SCRIPT = (ROOT / "src/amparo/portal/static/files-send.js").as_uri()
FORM = "0f" * 16
PART_BYTES = 256 * 1024


def sent(files: list[dict[str, Any]], answers: list[Any], work: str = "") -> tuple[str, list[str]]:
    """What ``send`` gives, and the bodies that left, where the portal answers so in turn: a status and slug, or null for a lost line."""
    code = f"""
      import {{ readFileSync }} from 'node:fs';
      const bodies = [], answers = {json.dumps(answers)};
      globalThis.fetch = async (where, {{ method, body, headers }}) => {{
        if (where !== '/files' || method !== 'POST' || headers['Content-Type'] !== 'application/json') throw new Error('elsewhere');
        bodies.push(body);
        const answer = answers.length ? answers.shift() : [200, ''];
        if (answer === null) throw new TypeError('lost');
        return {{ ok: answer[0] === 200, status: answer[0], json: async () => ({{ slug: answer[1] }}) }};
      }};
      const wait = globalThis.setTimeout;
      globalThis.setTimeout = (done) => wait(done, 0);
      const {{ send }} = await import({json.dumps(SCRIPT)});
      console.log(JSON.stringify([await send(JSON.parse(readFileSync(0, "utf-8")), {json.dumps(FORM)}, {json.dumps(work)}), bodies]));
    """
    command = [str(PROGRAM), "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", "--input-type=module", "-e", code]
    done = subprocess.run(command, input=json.dumps(files), capture_output=True, text=True, timeout=60, check=True)
    slug, bodies = json.loads(done.stdout)
    return slug, bodies


def picture(number: int) -> dict[str, Any]:
    return {
        "number": number,
        "medium": "picture",
        "signals": [
            {"kind": "md5", "value": f"{number:032x}"},
            {"kind": "sha256", "value": f"{number:064x}"},
            {"kind": "pdq", "value": f"{number:064x}", "quality": 90},
        ],
    }


def video(number: int, frames: int) -> dict[str, Any]:
    found = [{"value": f"{number:02x}{at:062x}", "quality": 60, "at_ms": 1_000 * at} for at in range(frames)]
    return {
        "number": number,
        "medium": "video",
        "signals": [{"kind": "md5", "value": f"{number:032x}"}, {"kind": "vpdq", "frames": found}],
    }


def joined(bodies: list[str]) -> dict[int, FileIn]:
    """What the intake holds after them."""
    held: dict[int, FileIn] = {}
    for body in bodies:
        assert len(body.encode()) <= PART_BYTES
        part = parts.read(body.encode(), "application/json")
        assert part.form == FORM
        for file in part.files:
            held[file.number] = with_part(held.get(file.number), file)
    return held


@pytest.mark.parametrize(
    "files",
    [
        [picture(1)],
        [picture(number) for number in range(1, 201)],
        [video(1, 7_200)],
        [picture(1), video(2, 1_501), picture(3), video(4, 7_199), video(5, 1)],
    ],
    ids=["one", "200 pictures", "a film of two hours", "all sorts"],
)
def test_all_of_it_arrives_in_parts_that_are_taken(files: list[dict[str, Any]]) -> None:
    slug, bodies = sent(files, [])
    assert slug == ""
    asked = {file["number"]: msgspec.convert(file, FileIn) for file in files}
    found = joined(bodies)
    assert found == asked


def test_a_part_sent_twice_over_a_bad_line_changes_nothing() -> None:
    slug, bodies = sent([video(1, 3_000)], [None, [200, ""], [503, "busy"], [200, ""]])
    assert slug == ""
    assert bodies[0] == bodies[1]
    assert len(set(bodies)) < len(bodies)
    assert joined(bodies) == {1: msgspec.convert(video(1, 3_000), FileIn)}


@pytest.mark.parametrize(
    ("answers", "told", "tries"),
    [
        ([None] * 3, "lost", 3),
        ([[503, "busy"]] * 3, "not_taken", 3),
        ([[409, "expired"]], "expired", 1),
        ([[409, "already_sent"]], "already_sent", 1),
        ([[409, "file_differs"]], "file_differs", 1),
        ([[429, "too_often"]], "too_often", 1),
        ([[429, "too_many_files"]], "too_many_files", 1),
        ([[429, "too_many_codes"]], "too_many_codes", 1),
        ([[422, "no_hashes"]], "not_taken", 1),
        ([[403, "foreign_form"]], "not_taken", 1),
    ],
)
def test_what_is_not_taken_has_a_sentence_on_the_page(answers: list[Any], told: str, tries: int) -> None:
    slug, bodies = sent([picture(1)], answers)
    assert (slug, len(bodies)) == (told, tries)
    assert told in SAID["files"]


def test_a_proof_of_work_goes_with_the_first_part_alone():
    proof = "q" * 36 + ".0000002a"
    slug, bodies = sent([video(1, 4_000)], [], proof)
    assert slug == ""
    assert len(bodies) > 1
    assert [json.loads(body).get("work") for body in bodies] == [proof] + [None] * (len(bodies) - 1)
    assert joined(bodies)
