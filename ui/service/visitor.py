"""Whether the visitor still waits for the running computation."""

from __future__ import annotations

from gradio.context import LocalContext

from ui.service.pictures import refusal

LEFT = "Nobody waits for this any more."


def gone() -> bool:
    """Whether the visitor behind this thread's event has left the page or stopped the event."""
    page, event = LocalContext.blocks.get(None), LocalContext.event_id.get(None)
    if page is None or event is None:
        return False
    job = page._queue.event_ids_to_events.get(event)
    return job is None or not job.alive  # stopped, or its answers are not read any more


def stay() -> None:
    """Raises gr.Error, which ends the event, once the visitor does not wait any more."""
    if gone():
        raise refusal(LEFT)
