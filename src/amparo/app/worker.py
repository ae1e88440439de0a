"""The background worker: `python -m amparo.app.worker`. Clears deleted banks, forgets old events and uploads, seals the
upload log, replays withdrawals, empties the ledger's log of what was withdrawn, keeps the snapshots of the index; in a thread of
its own the desk, which moves rows between intake and ledger; in another the review room, which makes work of
what came in; in a third the questions of other thresholds.
"""

import argparse
import contextlib
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, Gauge, multiprocess, start_http_server

from amparo.app.delivering import deliverer_of
from amparo.app.desk import desk_loop
from amparo.app.lifeline import die_with_parent
from amparo.app.logs import log_to_stderr
from amparo.app.looks import held_media, looking_of
from amparo.app.review import review_loop, reviewing
from amparo.app.rooms import Rooms, minors_of, open_rooms, settings_of
from amparo.app.staff import staff_of
from amparo.app.supposing import supposing_loop
from amparo.app.word import READY, leave, place_of, starting
from amparo.banks.replay import replay
from amparo.errors import AmparoError
from amparo.review.exposure import Exposures
from amparo.review.settings import ReviewSettings

NAME = "worker"
ROUND_S = 2.0
REPLAY_ROUNDS = 30
LOG_BYTES = Gauge("amparo_upload_log_bytes", "Size of the upload log", multiprocess_mode="livemostrecent")


def main() -> None:
    """Work until SIGTERM."""
    parser = argparse.ArgumentParser(prog="amparo.app.worker")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--metrics-port", type=int, required=True)
    parser.add_argument("--watch-fd", type=int)
    wanted = parser.parse_args()
    die_with_parent(wanted.watch_fd)
    log_to_stderr()
    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: done.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with starting(wanted.data, NAME):
        _work(wanted.data, wanted.metrics_port, done)


def _work(data: Path, metrics_port: int, done: threading.Event) -> None:
    rooms = open_rooms(settings_of(data))
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry, path=str(rooms.data / "run" / "metrics"))  # type: ignore[no-untyped-call]
    server, _ = start_http_server(metrics_port, "127.0.0.1", registry)
    loop, review = desk_loop(rooms), review_loop(rooms)
    threads = [
        threading.Thread(target=loop.run, args=(done,), name="desk"),
        threading.Thread(target=review.run, args=(done,), name="review"),
        threading.Thread(target=supposing_loop, args=(rooms, done), name="supposing"),
        threading.Thread(target=deliverer_of(rooms).run, args=(done,), name="deliveries"),
    ]
    for thread in threads:
        thread.start()
    leave(place_of(data, NAME), READY, {})
    rounds = 0
    while not done.wait(ROUND_S):
        rounds += 1
        work_once(rooms, done, replays=rounds % REPLAY_ROUNDS == 0)
    for thread in threads:
        thread.join()
    loop.side.db.close()
    with contextlib.suppress(AmparoError):
        rooms.keeper.keep(is_end=True)
    server.shutdown()
    rooms.close()


def work_once(rooms: Rooms, done: threading.Event, *, replays: bool) -> None:
    """One round of all that is to be done; what fails is told in the log and holds up nothing else. replays: also what is done each minute."""
    looking = looking_of(rooms)
    held = held_media(rooms, looking)
    exposures = Exposures(rooms.db, rooms.clock, rooms.settings.section(ReviewSettings), looking.members)
    steps: list[Callable[[], object]] = [
        lambda: _purge(rooms, done),
        rooms.matcher.forget,
        rooms.uploads.seal,
        rooms.uploads.forget,
        held.forget,
        lambda: LOG_BYTES.set(rooms.uploads.held().size_bytes),
    ]
    if replays:
        steps += [
            lambda: replay(rooms.banks, minors_of(rooms.banks, rooms.settings)),
            rooms.db.empty_log,
            rooms.keeper.keep,
            rooms.matcher.lookup.renew,
            held.sweep,
            exposures.forget,
            staff_of(rooms).forget_old,
            reviewing(rooms).queue.release,
        ]
    for step in steps:
        try:
            step()
        except AmparoError as error:
            structlog.get_logger().error("background work failed", slug=error.slug)


def _purge(rooms: Rooms, done: threading.Event) -> None:
    while rooms.banks.purge() and not done.is_set():
        pass


if __name__ == "__main__":
    main()
