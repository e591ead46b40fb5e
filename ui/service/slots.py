"""Who waits for whom: events of one kind share places, those of different kinds do not."""

AT_WORK = 16  # threads that work for visitors, whatever at: each holds some memory for good
# Many edits run at once, because each evaluation takes its own turn (ui/service/turns.py): a long
# edit lets the others' evaluations in between its own.
EDITS = {"concurrency_id": "edits", "concurrency_limit": 4}
LOADS = {"concurrency_id": "loads", "concurrency_limit": 1}  # of models that lie here
DOWNLOADS = {"concurrency_id": "downloads", "concurrency_limit": 1}
EXPORTS = {"concurrency_id": "exports", "concurrency_limit": 2}
