"""The head of a lesson: one sentence, a formula, and the meaning of its symbols."""

from __future__ import annotations

from html import escape

SYMBOLS = {
    "x": "a picture as a list of numbers, noise and all",
    "z": "pure noise: every number drawn by chance, one by one",
    "t": "the noise level: how much noise is in x; pictures themselves reach from −1 to 1",
    "T": "the highest noise level, 80, at which nothing is left of a picture",
    "ε": "the lowest noise level, 0.002, at which no noise is left to be seen",
    "f(x, t)": "the consistency model: its answer to which picture x comes from, in one evaluation",
    "D(x, t)": "the diffusion teacher: the mean of all pictures that x may come from",
    "x0": "the picture as far as it is known by now",
    "N": "on how many noise levels a student was trained",
    "evaluation": "one run of the network, which is what takes the time",
    "KID": "how far many pictures are from true ones, renders that no model learned from, in what "
    "another network sees in them; 0 is alike",
    "score": "the direction in which x becomes more probable, drawn as an arrow",
}


def head(title: str, sentence: str, formula: str, source: str, *symbols: str) -> str:
    """A lesson's head as HTML. formula: HTML; symbols: of SYMBOLS, in the order they are met."""
    legend = "".join(f"<div><dt>{s}</dt><dd>{escape(SYMBOLS[s])}</dd></div>" for s in symbols)
    return (
        f'<section class="lesson"><h2>{escape(title)}</h2><p>{escape(sentence)}</p>'
        f'<p class="formula"><span>{formula}</span> <cite>{escape(source)}</cite></p>'
        f'<details class="legend" open><summary>What the symbols mean</summary><dl>{legend}</dl>'
        "</details></section>"
    )


def asked(question: str, answer: str) -> str:
    """A question that a class asks, and its answer, as HTML."""
    return f'<p class="asked"><b>{escape(question)}</b> {escape(answer)}</p>'


def titled(title: str, content: str) -> str:
    """Content under a heading, as HTML."""
    return f"<h3>{escape(title)}</h3>{content}"
