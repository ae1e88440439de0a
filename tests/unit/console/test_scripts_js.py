"""The console's scripts by themselves: which presses count, and how long a decision can still be taken back. In node, without a browser."""

import json
import subprocess

import pytest

from tests.node import PROGRAM
from tests.tidy.tree import ROOT

STATIC = ROOT / "src" / "amparo" / "console" / "static"


def run(script: str, page: str = "undefined"):
    """What ``script`` gives. page: the expression of a document, where it needs one."""
    code = f"""
      globalThis.document = {page};
      const load = (name) => import({json.dumps(STATIC.as_uri())} + "/" + name);
      console.log(JSON.stringify((await (async () => {{ {script} }})()) ?? null));
    """
    command = [str(PROGRAM), "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON", "--input-type=module", "-e", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("sending", "since", "quiet"),
    [(0, 10_000, False), (0, 300, False), (0, 299, True), (1, 10_000, True), (2, 0, True)],
)
def test_nothing_counts_while_an_answer_comes_and_in_the_first_moment_after(sending, since, quiet):
    assert run(f"const {{ isQuiet }} = await load('keys.js'); return isQuiet({sending}, {since});") is quiet


BUTTON = "{ dataset: { key: 'c' }, disabled: false, checkVisibility: () => true, click() { globalThis.clicks += 1; } }"
PAGE = f"""{{
  querySelectorAll: (css) => css === '[data-key]' ? [{BUTTON}] : [],
  querySelector: () => null,
}}"""


@pytest.mark.parametrize(
    ("event", "clicks"),
    [
        ("{}", 1),
        ("{ key: 'C' }", 0),
        ("{ isComposing: true }", 0),
        ("{ keyCode: 229 }", 0),
        ("{ repeat: true }", 0),
        ("{ ctrlKey: true }", 0),
        ("{ metaKey: true }", 0),
        ("{ altKey: true }", 0),
        ("{ target: { closest: () => ({}) } }", 0),
        ("{ key: 'x' }", 0),
    ],
)
def test_a_key_presses_what_it_stands_on_and_nothing_while_text_is_made(event, clicks):
    script = f"""
      globalThis.clicks = 0;
      globalThis.addEventListener = () => {{}};
      const {{ pressed }} = await load('keys.js');
      pressed({{ key: 'c', keyCode: 67, target: {{ closest: () => null }}, preventDefault() {{}}, ...{event} }});
      return globalThis.clicks;
    """
    assert run(f"globalThis.document = {PAGE}; {script}") == clicks


@pytest.mark.parametrize(
    ("ms", "told"),
    [(600_000, "10:00"), (599_001, "10:00"), (65_000, "1:05"), (1, "0:01"), (0, None), (-5, None)],
)
def test_the_time_left_is_told_in_minutes_and_seconds_and_not_past_its_end(ms, told):
    assert run(f"const {{ left }} = await load('undo.js'); return left({ms}, 0);") == told
