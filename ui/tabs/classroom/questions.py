"""Questions of a class about steps, answered in words and with this model's figures."""

from __future__ import annotations

from ui.tabs.classroom.head import asked
from ui.tabs.classroom.measured import Point, Sheet, alone, floor, gain, painted, seeded

SECOND = "What does the second step buy?"
ONE = "Why not always one step?"
MORE = "Are more steps always better?"


def second_step(found: dict[str, Sheet]) -> str:
    """What one more step gains, in words, and in figures where there are some."""
    answer = (
        "A second look. The first jump has to settle sky, hills and leaves at once, out of nothing "
        "but noise, and draws soft what it is unsure of. The second step adds some fresh noise to "
        "that picture, less than before, and jumps again, from where the large shapes stand."
    )
    own, teacher = alone(found), alone(found, ours=False)
    if {1, 2} <= own.keys():
        one, two = own[1], own[2]
        answer += f" Measured: KID {change(one, two)}, {judged([gain(one, two)])}"
        answer += "".join(
            f"; the diffusion teacher has {theirs.value:.2f} after {n} evaluations"
            for n, theirs in teacher.items()
        )
        true = floor(found)
        answer += f"; true pictures have {true:.2g}" if true else ""
        answer += f" ({seeded([one, two, *teacher.values()])})."
    return asked(SECOND, answer)


def why_not_one(found: dict[str, Sheet]) -> str:
    """The answer in words, with the measured gain of a second step for pictures from nothing."""
    answer = (
        "One is the quickest, and so what can follow a brush. But from pure noise it has all to "
        "guess; where there is time, another may mend what the first got wrong."
    )
    own = alone(found)
    if {1, 2} <= own.keys():
        pair = own[1], own[2]
        answer += f" Pictures from nothing: KID {change(*pair)}, {judged([gain(*pair)])}"
        answer += f" ({seeded(pair)})."
    return asked(ONE, answer)


def more_not_better(found: dict[str, Sheet]) -> str:
    """Whether more steps help a painting too, and why; empty where this was not measured."""
    pairs = {s: (p[1], p[2]) for s, p in painted(found).items() if {1, 2} <= p.keys()}
    if not pairs:
        return ""
    gains = [gain(*pair) for pair in pairs.values()]
    told = ", ".join(f"{change(*pair)} at strength {s:g}" for s, pair in pairs.items())
    seeds = seeded(point for pair in pairs.values() for point in pair)
    figures = f"Paintings finished: KID {told}, {judged(gains)} ({seeds})."
    if min(gains) > 0:
        return asked(MORE, f"{figures} Beyond, each step has less left to mend.")
    why = (
        "A painting says already where sky and land are, so that a second step finds little to "
        "mend. It costs something nevertheless: its noise covers fine detail, which is then "
        "guessed anew, and the model errs a little each time, since it learned to take noise from "
        "true pictures, not from its own."
    )
    return asked(MORE, f"No. {figures} {why}")


def change(one: Point, two: Point) -> str:
    """The effect of a second step, as figures."""
    return f"{one.value:.2f} in one step, {two.value:.2f} in two"


def judged(gains: list[float]) -> str:
    """Several gains summed up in words."""
    if min(gains) > 0:
        return "which is nearer to true pictures"
    if max(gains) < 0:
        return "which is farther from true pictures"
    return "which is no nearer to true pictures that one could be sure of"
