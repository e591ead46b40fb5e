"""Who waits for whom."""

from collections import defaultdict

from ui.page import build_page
from ui.service.slots import DOWNLOADS, EDITS, EXPORTS, LOADS


def test_a_download_an_export_and_an_edit_do_not_wait_for_each_other(engine):
    named, limits = defaultdict(set), {}
    for event in build_page(engine).fns.values():
        named[event.concurrency_id].add(event.name)
        limits[event.concurrency_id] = event.concurrency_limit
    kinds = {"download": DOWNLOADS, "choose": LOADS, "save": EXPORTS, "generate": EDITS}
    assert len({place["concurrency_id"] for place in kinds.values()}) == len(kinds)
    for event, place in kinds.items():
        assert event in named[place["concurrency_id"]]
        assert limits[place["concurrency_id"]] == place["concurrency_limit"]
    assert EDITS["concurrency_limit"] > 1
