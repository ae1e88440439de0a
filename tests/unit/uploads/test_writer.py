"""The writing thread: all that is put is written once, in order, in groups; whoever flushes waits for it; too much is refused."""

import threading

from amparo.uploads.writer import Writer


def test_all_that_is_put_is_written_in_order_and_in_groups() -> None:
    groups: list[list[int]] = []
    writer: Writer[int] = Writer(groups.append, 10_000)
    writer.flush()  # nothing was put: nothing to wait for
    assert all(writer.put(number) for number in range(5_000))
    writer.flush()
    assert [number for group in groups for number in group] == list(range(5_000))
    assert len(groups) < 5_000


def test_threads_may_put_and_flush_at_once() -> None:
    written: list[int] = []
    writer: Writer[int] = Writer(written.extend, 10_000)

    def put(first: int) -> None:
        for number in range(first, first + 100):
            writer.put(number)
            if number % 10 == 0:
                writer.flush()
                assert number in written

    threads = [threading.Thread(target=put, args=(100 * n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.flush()
    assert sorted(written) == list(range(800))


def test_more_than_may_wait_is_refused_and_the_rest_written() -> None:
    free, written = threading.Event(), []

    def slow(group: list[int]) -> None:
        free.wait(60)
        written.extend(group)

    writer: Writer[int] = Writer(slow, 10)
    taken = [number for number in range(100) if writer.put(number)]
    free.set()
    writer.flush()
    assert written == taken
    assert 10 <= len(taken) < 100
