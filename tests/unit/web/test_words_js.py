"""Scripts say what the page carries, with values in place; times are written in the reader's own zone. In node, without a browser."""

import json
import subprocess

import pytest

from tests.node import PROGRAM
from tests.tidy.tree import ROOT

STATIC = ROOT / "src" / "amparo" / "web" / "static"


def run(language: str, carried: dict | None, script: str, times: list[str] | None = None, zone: str = "UTC"):
    """What ``script`` gives, in a page that carries these sentences and times."""
    element = "null" if carried is None else json.dumps({"textContent": json.dumps(carried)})
    shown = [{"dateTime": time, "textContent": "?", "title": "UTC"} for time in times or []]
    code = f"""
      globalThis.document = {{
        documentElement: {{ lang: {json.dumps(language)} }}, getElementById: () => ({element}),
        times: {json.dumps(shown)}.map((time) => ({{ ...time, hasAttribute: (name) => name in time }})),
        querySelectorAll() {{ return this.times; }},
      }};
      globalThis.addEventListener = () => {{}};
      const load = (name) => import({json.dumps(STATIC.as_uri())} + "/" + name);
      console.log(JSON.stringify(await (async () => {{ {script} }})()));
    """
    command = [str(PROGRAM), "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", "--input-type=module", "-e", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, env={"TZ": zone})
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def say(language: str, carried: dict, key: str, values: dict) -> str:
    call = f"const {{ say }} = await load('words.js'); return say({json.dumps(key)}, {json.dumps(values)});"
    return run(language, carried, call)


def test_values_are_put_in_place_as_text():
    carried = {"held": "%(done)s of %(all)s, %(done)s"}
    assert say("en", carried, "held", {"done": "<b>$&</b>", "all": 12}) == "<b>$&</b> of 12, <b>$&</b>"
    assert say("en", carried, "held", {"done": 1}) == "1 of %(all)s, 1"


@pytest.mark.parametrize(
    ("language", "n", "told"), [("en", 1, "One"), ("en", 2, "2"), ("en", 0, "0"), ("ko", 1, "1"), ("ar-XB", 3, "3")]
)
def test_a_number_chooses_the_form(language, n, told):
    forms = {"one": "One", "other": "%(n)s"} if language == "en" else {"other": "%(n)s"}
    assert say(language, {"files": forms}, "files", {"n": n}) == told


def test_a_key_the_page_does_not_carry_is_an_error():
    for carried in ({}, None):
        with pytest.raises(RuntimeError, match="no sentence gone"):
            run("en", carried, "const { say } = await load('words.js'); return say('gone');")


def test_times_are_written_in_her_zone_and_what_is_no_time_stays():
    times = ["2026-11-27T22:05:00Z", "2026-11-27", "soon T"]
    script = "await load('times.js'); return document.times.map((time) => time.textContent);"
    exact = script.replace("textContent", "title")
    assert run("en", None, exact, times, "Asia/Seoul") == ["28 November 2026 at 07:05:00 GMT+9", "UTC", "UTC"]
    told = run("ko", None, script, times, "Asia/Seoul")
    assert "28일" in told[0]
    assert "7:05" in told[0].replace("07:05", "7:05")
    assert told[1:] == ["?", "?"]
    assert run("en", None, script, times, "Asia/Seoul")[0] == "28 November 2026 at 07:05"
    for language in ("zh-Hans", "zh-Hant"):
        assert run(language, None, script, times, "Asia/Taipei")[0].startswith("2026年11月28日")
