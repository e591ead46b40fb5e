"""Whether anybody still waits for what is being computed."""

from __future__ import annotations

from gradio.context import LocalContext

from ui.service.pictures import refusal

LEFT = "Nobody waits for this any more."


def gone() -> bool:
    """Whether whoever asked for the event that this thread works on has left or stopped it."""
    page, event = LocalContext.blocks.get(None), LocalContext.event_id.get(None)
    if page is None or event is None:
        return False
    job = page._queue.event_ids_to_events.get(event)
    return job is None or not job.alive  # stopped, or nobody reads its answers


def stay() -> None:
    """Go on only while somebody waits; else raises gr.Error, which ends the event."""
    if gone():
        raise refusal(LEFT)
