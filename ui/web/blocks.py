"""Gradio's Blocks, strict: every value is checked, and every error is answered in one sentence."""

from __future__ import annotations

import traceback
from typing import Any

import gradio as gr

from cm_core.errors import OneStrokeError
from ui.service.inputs import accepted
from ui.service.pictures import refusal

FAULT = "Something went wrong on the server: nothing of yours is lost, try once more."
TOO_FEW = "This call needs {0} values, not {1}: reload the page, or see its API."


class Page(gr.Blocks):
    """Blocks whose events get checked values and answer every error in one sentence."""

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> list[Any]:
        """The components' view of an event's values, each of which is checked first."""
        blocks = block_fn.inputs
        if len(inputs) < len(blocks):
            raise refusal(TOO_FEW.format(len(blocks), len(inputs)))
        checked = []
        for block, value in zip(blocks, inputs, strict=False):
            now = state[block._id] if state and not block.stateful and block._id in state else block
            first = getattr(block, "value", None)
            checked.append(None if block.stateful else accepted(now, value, first))
        return await super().preprocess_data(block_fn, checked, state, explicit_call)

    async def process_api(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """One event, or one step of it. Raises gr.Error, whose message is one sentence."""
        try:
            return await super().process_api(*args, **kwargs)
        except gr.Error:
            raise
        except Exception as error:
            for one in (error, error.__cause__):  # Gradio wraps what a component raises
                if isinstance(one, OneStrokeError):
                    raise refusal(str(one)) from None
            traceback.print_exc()  # a fault in this program: in full, for the server's log
            raise refusal(FAULT) from None
