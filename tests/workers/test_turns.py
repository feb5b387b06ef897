"""Clients take turns, and none piles up."""

from collections.abc import Callable

import pytest

from app.workers.job import Job
from app.workers.turns import RECENT_SECONDS, Busy, Entry, ShareTaken, Stopped, Turns


def job(client: str, placed: bool = False) -> Job:
    return Job(max, (1, 2), 1.0, client, placed)


def turns(most: int = 100, share: int = 10, at_once: int = 10) -> Turns:
    return Turns(most, share, at_once)


def next_of(turns: Turns) -> Entry | None:
    return turns.take(0)


def order(turns: Turns) -> str:
    return "".join(entry.job.client for entry in iter(lambda: next_of(turns), None))


def test_clients_are_taken_in_turn_and_each_ones_jobs_in_order() -> None:
    queue = turns()
    futures = [queue.put(job(client)) for client in "aaabbc"]
    taken = list(iter(lambda: next_of(queue), None))
    assert [entry.job.client for entry in taken] == list("abcaba")
    assert [entry.future for entry in taken if entry.job.client == "a"] == futures[:3]


def test_who_comes_late_waits_for_one_job_of_each_other_client() -> None:
    queue = turns()
    for client in "aaaa":
        queue.put(job(client))
    assert next_of(queue)
    queue.put(job("b"))
    assert order(queue) == "abaa"


def test_one_client_never_has_all_workers() -> None:
    queue = turns(at_once=1)
    for client in "aab":
        queue.put(job(client))
    first = next_of(queue)
    assert first
    assert order(queue) == "b"
    first.future.set_result(None)
    assert order(queue) == "a"


def test_a_client_has_fewer_workers_while_another_is_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("app.workers.turns.monotonic", lambda: now)
    queue = turns(at_once=2)
    queue.put(job("b")).cancel()
    for client in "aaa":
        queue.put(job(client))
    first = next_of(queue)
    assert first
    assert next_of(queue) is None
    now += RECENT_SECONDS + 1
    assert order(queue) == "a"
    queue.put(job("b"))
    first.future.set_result(None)
    assert order(queue) == "b"


def test_a_client_has_a_share_and_all_have_a_bound() -> None:
    queue = turns(most=5, share=2)
    for client in "aabb":
        queue.put(job(client))
    with pytest.raises(ShareTaken, match=r"^2 questions of your address"):
        queue.put(job("a"))
    queue.put(job("c"))
    with pytest.raises(Busy, match="busy with other computations") as full:
        queue.put(job("d"))
    assert not isinstance(full.value, ShareTaken)
    queue.put(job("a", placed=True))
    assert queue.outstanding == 6


def test_the_server_itself_has_no_share() -> None:
    queue = turns(most=5, share=2)
    for _ in range(5):
        queue.put(job(""))
    with pytest.raises(Busy):
        queue.put(job(""))


ENDS: dict[str, Callable[[Turns, Entry], object]] = {
    "answered": lambda queue, entry: entry.future.set_result(1),
    "failed": lambda queue, entry: entry.future.set_exception(ValueError()),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_job_that_is_done_makes_room_and_leaves_nothing(end: str) -> None:
    queue = turns(share=1)
    for client in map(str, range(20)):
        queue.put(job(client))
        entry = next_of(queue)
        assert entry
        with pytest.raises(ShareTaken):
            queue.put(job(client))
        ENDS[end](queue, entry)
        queue.put(job(client)).cancel()
    assert (len(queue.queues), len(queue.present), len(queue.running)) == (0, 0, 0)


def test_a_cancelled_job_is_not_taken() -> None:
    queue = turns()
    first, second, third = (queue.put(job("a")) for _ in range(3))
    assert first.cancel()
    assert third.cancel()
    entry = next_of(queue)
    assert entry
    assert entry.future is second
    assert next_of(queue) is None
    assert queue.outstanding == 1


def test_what_has_waited_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.workers.turns.monotonic", lambda: 100.0)
    queue = turns()
    early, late, other = (queue.put(job(client)) for client in "aab")
    for entry, since in zip([*queue.queues["a"], *queue.queues["b"]], (40, 41, 39), strict=True):
        entry.since = since
    queue.expire(60)
    assert isinstance(early.exception(0), Busy)
    assert isinstance(other.exception(0), Busy)
    assert order(queue) == "a"
    assert not late.done()


def test_while_nothing_can_be_answered_all_are_refused() -> None:
    queue = turns()
    waiting = [queue.put(job(client)) for client in "aab"]
    queue.refuse(lambda: ValueError("no workers"))
    assert [str(future.exception(0)) for future in waiting] == ["no workers"] * 3
    with pytest.raises(ValueError, match="no workers"):
        queue.put(job("c"))
    queue.welcome()
    queue.put(job("c"))
    assert order(queue) == "c"


def test_a_closed_queue_is_emptied_and_stays_closed() -> None:
    queue = turns()
    queue.put(job("a"))
    queue.close()
    queue.welcome()
    with pytest.raises(Stopped):
        queue.put(job("a"))
    taken = queue.take(3600)
    assert taken
    assert queue.take(3600) is None
