"""Two machines deliver the same actions, and one of them is killed again and again: nothing is lost, and nothing overtakes another on its item."""

import random
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import pytest

from amparo.access.service import Access
from amparo.app.clock import SystemClock
from amparo.banks.listing import tell_policy
from amparo.review.actions import Actions
from amparo.review.model import Wanted
from tests.fault.delivering import webhooks_over
from tests.ledgers import LEDGERS
from tests.receiving import receiver_thread

pytestmark = pytest.mark.enable_socket
ITEMS, EACH = 30, 4
LIMIT_S = 90.0


def test_what_a_killed_machine_had_taken_the_other_delivers(tmp_path: Path) -> None:
    draw, url = random.Random(7), LEDGERS.url(tmp_path)
    with receiver_thread(lambda _message: 500 if draw.random() < 0.03 else 200) as receiver:
        webhooks = webhooks_over(url, receiver.port)
        db, clock = webhooks.db, SystemClock()
        client = Access(db, clock, tell_policy).new_client("site").id
        webhooks.new(client, receiver.url)
        actions = Actions(db, clock)
        command = [sys.executable, "-m", "tests.fault.delivering", url, str(receiver.port)]
        machines = [subprocess.Popen(command) for _ in range(2)]
        try:
            for number in range(ITEMS * EACH):
                with db.write() as connection:
                    action = ("hide", "restore")[number // ITEMS % 2]
                    actions.order(connection, Wanted(client, f"i{number % ITEMS}", action, "decision", "staff:1"))
            kills, until = 0, time.monotonic() + LIMIT_S
            while len({one.id for one in list(receiver.taken)}) < ITEMS * EACH:
                assert time.monotonic() < until, f"{len(receiver.taken)} came after {kills} kills"
                if kills < 3 and len(receiver.came) > kills * ITEMS:
                    machines[0].kill()
                    machines[0].wait()
                    machines[0] = subprocess.Popen(command)
                    kills += 1
                time.sleep(0.01)
        finally:
            for one in machines:
                one.kill()
                one.wait()
            actions.close()
            db.close()
        assert kills == 3
        print(f"{ITEMS * EACH} actions, {kills} kills, {len(receiver.came)} messages")
        by_item, keys = defaultdict(list), defaultdict(set)
        for one in receiver.came:
            by_item[one.data["item_id"]].append(one.data["action_id"])
            keys[one.data["action_id"]].add(one.id)
        assert all(numbers == sorted(numbers) for numbers in by_item.values()), "an action overtook another on its item"
        assert {len(found) for found in keys.values()} == {1}
        assert len(keys) == ITEMS * EACH
