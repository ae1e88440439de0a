"""Shares pieces of work out to the workers of a Dask scheduler, and takes what comes back. Knows nothing of the work.

Not a cluster engine: Dask is (https://distributed.dask.org), an extra of this package. What goes out is the work's name,
a text a piece and one byte string for all; what comes back is bytes. A piece whose worker dies is given out again. Dask
itself speaks pickle: a scheduler, and whoever reaches it, can run code here and on its workers. TLS is set by Dask's own
configuration, with an address of tls://.
"""

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from amparo.errors import Misconfigured, Unavailable

CONNECT_S = 10
STALL_S = 10
TRIES_MAX = 4
WINDOW_PER_THREAD = 4
WINDOW_MIN = 16

Work = Callable[[str, bytes], bytes]


@contextlib.contextmanager
def cluster(address: str) -> Iterator[Any]:
    """A client of the scheduler at ``address``, with a worker at least. Raises: Misconfigured (no_dask), Unavailable
    (no_scheduler, no_dask_workers).
    """
    engine = _engine()
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # its troubles are told in our words
    try:
        client = engine.Client(address, timeout=CONNECT_S)
    except (OSError, ValueError, TimeoutError) as error:
        raise _no_scheduler() from error
    try:
        try:
            client.wait_for_workers(1, timeout=CONNECT_S)  # they may have been started a moment ago
        except TimeoutError as error:
            raise _no_workers() from error
        yield client
    finally:
        client.close(timeout=CONNECT_S)


def shared_out(client: Any, work: Work, pieces: Sequence[str], common: bytes) -> Iterator[tuple[int, bytes]]:
    """``work(piece, common)`` for each piece, on the cluster: (number of the piece, answer), in the order they are done.

    client: of `cluster`. work: a function of a module that the workers have too. A few pieces a thread are out at a time.
    Raises: Unavailable (no_scheduler, no_dask_workers, dask_failed).
    """
    out: dict[Any, int] = {}
    left = [(number, 1) for number in reversed(range(len(pieces)))]
    tries: dict[int, int] = {}
    try:
        window = max(WINDOW_MIN, WINDOW_PER_THREAD * _threads(client))
        given = _given(client, common)
        while left or out:
            while left and len(out) < window:
                number, tries[number] = left.pop()
                out[client.submit(work, pieces[number], given, pure=False)] = number
            for future in _done(client, list(out)):
                number = out.pop(future)
                if future.status == "finished":
                    yield number, future.result()
                    continue
                if tries[number] == TRIES_MAX:
                    raise _failed()
                left.append((number, tries[number] + 1))
                given = _given(client, common)  # what was given out may have died with its worker
    except (OSError, RuntimeError, TimeoutError) as error:
        raise _no_scheduler() from error


def _engine() -> Any:
    try:
        import distributed  # noqa: PLC0415  # an extra that may be missing, and a second to import for one command
    except ImportError:
        raise Misconfigured(
            "no_dask", "Dask is not installed here", "Install amparo[dask], here and on every worker."
        ) from None
    return distributed


def _given(client: Any, common: bytes) -> Any:
    _threads(client)
    return client.scatter(common, broadcast=True, hash=False)


def _done(client: Any, futures: list[Any]) -> list[Any]:
    """Those of ``futures`` that wait no more; none after STALL_S, as long as there are workers."""
    try:
        _engine().wait(futures, timeout=STALL_S, return_when="FIRST_COMPLETED")
    except TimeoutError:
        _threads(client)
    return [one for one in futures if one.status != "pending"]


def _threads(client: Any) -> int:
    workers = client.scheduler_info(n_workers=-1)["workers"]
    if not workers:
        raise _no_workers()
    return sum(int(worker["nthreads"]) for worker in workers.values())


def _no_scheduler() -> Unavailable:
    hint = "Give tcp://HOST:PORT or tls://HOST:PORT of it."
    return Unavailable("no_scheduler", "no Dask scheduler answers at that address", hint)


def _no_workers() -> Unavailable:
    return Unavailable("no_dask_workers", "the Dask scheduler has no workers", "Start `dask worker` on some machines.")


def _failed() -> Unavailable:
    return Unavailable(
        "dask_failed",
        f"the cluster failed {TRIES_MAX} times at one piece of work",
        "Is the same Amparo installed on every worker? Look at the workers' logs.",
    )
