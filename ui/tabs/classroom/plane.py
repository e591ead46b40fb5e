"""Lesson 4: two clusters in the plane as SVG: paths, score and consistency map, known exactly.

Left, points at a noise level t, coloured by the cluster that their path ends in, with the score.
Right, where f sends them, and where a student of N levels would.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import gradio as gr
import torch
from torch import Tensor

from cm_core.exact import TWO, Mixture, optimal_gain, walked_gain
from cm_core.schedule import SIGMA_MAX, karras_sigmas
from cm_core.solvers import SOLVERS
from ui.components.tab_router import Settings
from ui.tabs.classroom.head import head

MIXTURE = Mixture(TWO)
POINTS = 60
SIDE = 360  # of a panel, in units of the drawing
ARROWS = 11  # of the score, a side
WINDOW = 1.7  # of the data's panel, from its middle to its edge
THIN = 4  # one in so many levels of a path is drawn
GAINS = (2, 3, 4, 6, 9, 13, 18, 26, 40, 60, 90, 150)
NOISE = "Noise, from none of it to nothing else"
WORDS = (  # of noise levels up to so much; a cluster is 0.2 wide, and 1 from the middle
    (0.02, "no noise to be seen, these are the data"),
    (0.2, "less noise than a cluster is wide: each point is near its place"),
    (0.6, "more noise than a cluster is wide: the clusters are blurred, and still two"),
    (1.5, "about as much noise as the clusters lie from the middle: they grow into one"),
    (8.0, "more noise than data: one cloud, and only its middle remembers that it was two"),
    (SIGMA_MAX, "noise and hardly anything else: where a point came from is all but lost"),
)
SOLVER_NAMES = {"euler": "Euler: what CD-Euler learns", "heun": "Heun: what CD-Heun learns"}
TIP = (  # of an arrow
    '<defs><marker id="tip" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="6" markerHeight="6" '
    'orient="auto"><path class="tip" d="M0 0L6 3L0 6z"/></marker></defs>'
)

HEAD = head(
    "The plane",
    "Pictures of two numbers, in two clusters, for which every path is known exactly: f sends each "
    "point to the end of its path, a student of N levels to where its solver's N − 1 steps end.",
    "dx/dt = (x − D(x, t)) / t, where (D(x, t) − x) / t² is the score",
    "Karras et al. 2022, eq. 3 and 4; Song et al. 2023, eq. 7 and 10",
    *("x", "t", "D(x, t)", "score", "f(x, t)", "N"),
)
COST = (
    "**What N levels cost.** For Gaussian data a linear student f(x, T) = a x is known in closed "
    "form. The table has a over the true one: 1 is right. CT, which needs no teacher, learns there "
    "what CD-Euler does; of two clusters it learns something else, since its pairs are of one "
    "picture each, where CD's are of the mean that D answers."
)


@dataclass(frozen=True)
class Flight:
    """The exact paths of some points: t (L,), places (L, POINTS, 2), the noisiest level first."""

    t: Tensor
    places: Tensor

    def at(self, t: float) -> int:
        """The level nearest to t."""
        return int((self.t.log() - math.log(t)).abs().argmin())


@cache
def flight() -> Flight:
    """The paths of sixty points of noise, the same every time."""
    noise = torch.randn(POINTS, 2, generator=torch.Generator().manual_seed(4)).double()
    t, points = MIXTURE.path(SIGMA_MAX * noise[..., None, None], SIGMA_MAX)
    return Flight(t[:, 0], points.flatten(2))


def ends(n: int, solver: str) -> Tensor:
    """Where a perfect student of n levels sends the same points: the solver's own n - 1 steps.

    (POINTS, 2). Distillation on n levels has this optimum, since its teacher walks without chance.
    """
    x = flight().places[0][..., None, None]
    for t, below in pairwise(karras_sigmas(n)):
        x = SOLVERS[solver](MIXTURE.denoiser, x, t.expand(len(x)), below.expand(len(x)))
    return x.flatten(1)


def error(n: int, solver: str) -> float:
    """The mean distance of a student's ends from the true ends."""
    return float((ends(n, solver) - flight().places[-1]).norm(dim=1).mean())


class Panel:
    """A square view of the plane. window: from its middle to its edge."""

    def __init__(self, window: float):
        self.window = window

    def __call__(self, point: Tensor) -> tuple[float, float]:
        """Where a point lies in the drawing."""
        x, y = (float(v) / self.window for v in point)
        return SIDE * (1 + x) / 2, SIDE * (1 - y) / 2

    def line(self, points: Tensor, kind: str) -> str:
        path = " ".join("{:.1f},{:.1f}".format(*self(point)) for point in points)
        return f'<polyline class="{kind}" points="{path}"/>'

    def arrow(self, start: Tensor, tip: Tensor, kind: str) -> str:
        (x1, y1), (x2, y2) = self(start), self(tip)
        return (
            f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            'marker-end="url(#tip)"/>'
        )

    def dot(self, point: Tensor, kind: str, radius: float = 3.5) -> str:
        x, y = self(point)
        return f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>'

    def framed(self, title: str, drawn: list[str]) -> str:
        """The drawing, clipped to the panel."""
        return (
            f'<svg viewBox="0 0 {SIDE} {SIDE}" role="img" aria-label="{title}">'
            f'<rect class="frame" width="{SIDE}" height="{SIDE}"/>{"".join(drawn)}'
            f'<text x="10" y="22">{title}</text></svg>'
        )


def score_field(panel: Panel, t: float) -> str:
    """Arrows along the score at noise t, as long as its square root, at most their spacing."""
    side = torch.linspace(-1, 1, ARROWS + 2, dtype=torch.float64)[1:-1] * panel.window
    places = torch.cartesian_prod(side, side)
    score = MIXTURE.score(places[..., None, None], t).flatten(1)
    longest = score.norm(dim=1).max().clamp(min=1e-12)
    reach = 1.6 * panel.window / ARROWS * (score.norm(dim=1, keepdim=True) / longest).sqrt()
    tips = places + reach * torch.nn.functional.normalize(score, dim=1)
    arrows = (panel.arrow(*pair, "score") for pair in zip(places, tips, strict=True))
    return TIP + "".join(arrows)


def drawing(t: float, n: int, solver: str) -> str:
    """Both panels as SVG at a noise level t, beside a student of n levels."""
    known = flight()
    level, last = known.at(t), known.places[-1]
    here, students = known.places[level], ends(n, solver)
    sides = ["left" if x < 0 else "right" for x in last[:, 0]]
    # The points' own window narrows with the noise, down to the data's.
    noisy, data = Panel(max(WINDOW, 2.6 * math.hypot(1.0, t))), Panel(WINDOW)
    left = [score_field(noisy, float(known.t[level]))]
    left += [
        noisy.line(known.places[level::THIN, i], f"path {side}") for i, side in enumerate(sides)
    ]
    left += [noisy.dot(here[i], side) for i, side in enumerate(sides)]
    right = [data.line(torch.stack(pair), "miss") for pair in zip(last, students, strict=True)]
    right += [data.dot(last[i], side) for i, side in enumerate(sides)]
    right += [data.dot(student, "student", 2.5) for student in students]
    return (
        '<figure class="plane">'
        + noisy.framed(f"x at t = {known.t[level]:.3g}", left)
        + data.framed(f"f(x, t), and a student of {n} levels", right)
        + "</figure>"
    )


def gains() -> str:
    """A table of what a linear student of Gaussian data learns: simulated and in closed form."""
    rows = "".join(
        f"<tr><td>{n}</td>"
        + "".join(
            f"<td>{walked_gain(n, solver):.5f}</td><td>{optimal_gain(n, solver):.5f}</td>"
            for solver in SOLVERS
        )
        + "</tr>"
        for n in GAINS
    )
    return (
        '<table class="gains"><thead><tr><th rowspan="2">N</th>'
        '<th colspan="2">CT and CD-Euler</th><th colspan="2">CD-Heun</th></tr>'
        "<tr><th>walked</th><th>closed form</th><th>walked</th><th>closed form</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )


def build() -> Settings:
    """Lay out the lesson and connect it; its settings."""
    gr.HTML(HEAD)
    with gr.Row():
        how = {"buttons": [], "precision": 3}
        t = gr.Slider(-2.7, 1.9, 0.3, step=0.01, label=NOISE, elem_id="plane-t", **how)
        n = gr.Slider(2, 60, 6, step=1, precision=0, label="N, levels", elem_id="plane-n")
    solver = gr.Radio(
        [(title, name) for name, title in SOLVER_NAMES.items()],
        value="euler",
        label="The student's solver",
        elem_id="plane-solver",
    )
    plane = gr.HTML(shown(0.3, 6, "euler"), elem_id="plane")
    with gr.Accordion("What N levels cost, in closed form", open=False):
        gr.Markdown(COST)
        gr.HTML(gains())
    gr.on(
        [t.input, n.input, solver.input],
        shown,
        [t, n, solver],
        plane,
        trigger_mode="always_last",
        show_progress="hidden",
        queue=False,
        api_visibility="private",
    )
    return {"t": t, "n": n, "solver": solver}


def shown(log_t: float, n: int, solver: str) -> str:
    """A noise level in words, the drawing at this level, and the student's error."""
    known = flight()
    t = float(known.t[known.at(10**log_t)])
    said = f'<p class="said"><b>t = {t:.3g}</b>: {in_words(t)}.</p>'
    off = f"<p>On average the student of {n} levels is {error(n, solver):.3f} off.</p>"
    return said + drawing(t, int(n), solver) + off


def in_words(t: float) -> str:
    """A noise level in words, compared with the size of the clusters."""
    return next(words for up_to, words in WORDS if t <= up_to)
