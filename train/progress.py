"""How far a run has come, which the schedules of objectives follow."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Progress:
    """Images seen, of the images of the whole run, and how many of them make a batch."""

    images: int
    length: int
    batch: int

    @property
    def fraction(self) -> float:
        """Fraction of the run that is done."""
        return self.images / self.length

    @property
    def step(self) -> int:
        """Optimiser steps that are done, the papers' k."""
        return self.images // self.batch

    @property
    def steps(self) -> int:
        """Optimiser steps of the whole run, the papers' K."""
        return max(1, self.length // self.batch)

    def a_step_before(self) -> "Progress":
        """How far it had come before the last step."""
        return replace(self, images=self.images - self.batch)
