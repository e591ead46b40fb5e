"""Queues of events: one kind of event shares a limit, and no kind waits for another."""

AT_WORK = 16  # threads that work for visitors; each keeps some memory for good
# Several edits run at once: each evaluation takes its own turn (ui/service/turns.py), so that other
# edits' evaluations come between those of a long edit.
EDITS = {"concurrency_id": "edits", "concurrency_limit": 4}
LOADS = {"concurrency_id": "loads", "concurrency_limit": 1}  # of models on the disk
DOWNLOADS = {"concurrency_id": "downloads", "concurrency_limit": 1}
EXPORTS = {"concurrency_id": "exports", "concurrency_limit": 2}
