"""The page under load: painters who paint live, and mixed requests, over its real protocol.

python -m benchmarks.load --painters 20 --seconds 60
    serves the page in a process of its own and lets painters paint: whether every last frame
    arrives, how long after pen up, and what memory it takes.
python -m benchmarks.load --mixed --minutes 60
    the same memory over an hour of everything else: uploads, edits, exports, visitors who leave.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import time

from benchmarks.painters import painters
from benchmarks.served import client, memory, serving
from benchmarks.visitors import Mixed

TARGET_P95, TARGET_MEMORY = 2.0, 1.5  # seconds, GB


async def watched(process: int, every: float, seen: list[tuple[float, float]]) -> None:
    """Print a process's memory again and again, and note (minutes, GB)."""
    start = time.monotonic()
    while True:
        seen.append(((time.monotonic() - start) / 60, memory(process)))
        print("  {:5.1f} min: {:.3f} GB".format(*seen[-1]), flush=True)
        await asyncio.sleep(every)


def growth(seen: list[tuple[float, float]]) -> float:
    """GB an hour by which memory grew, once the first third of the time was over."""
    warm = [(minutes, size) for minutes, size in seen if minutes >= seen[-1][0] / 3]
    return 60 * statistics.linear_regression(*zip(*warm, strict=True)).slope


async def run(url: str, process: int, asked: argparse.Namespace) -> bool:
    """The load that was asked for, printed; whether the targets were met."""
    before = memory(process)
    print(f"memory at the start: {before:.2f} GB", flush=True)
    seconds = 60 * asked.minutes if asked.mixed else asked.seconds
    seen: list[tuple[float, float]] = []
    watch = asyncio.create_task(watched(process, max(5, seconds / 60), seen))
    if asked.mixed:
        async with client(2 * asked.visitors) as web:
            mixed, until = Mixed(url, web), time.monotonic() + seconds
            await asyncio.gather(*(mixed.go_on(until) for _ in range(asked.visitors)))
        print(f"{mixed.done} requests of {asked.visitors} visitors; failed: {len(mixed.failed)}")
        print(*sorted(set(mixed.failed))[:10], sep="\n")
        met = not mixed.failed
    else:
        report = await painters(url, asked.painters, seconds)
        print(f"{asked.painters} painters, {seconds:.0f} s: {report}")
        print(*sorted(set(report.lost))[:10], sep="\n")
        met = bool(report.waited) and not report.lost and report.p95 < TARGET_P95
    watch.cancel()
    after = memory(process)
    print(f"memory at the end: {after:.2f} GB, growing by {growth(seen):.2f} GB an hour")
    return met and after < TARGET_MEMORY


def main() -> int:
    """0 where every last frame arrived, soon enough, in little enough memory."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--painters", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--mixed", action="store_true", help="mixed requests instead of painters")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--visitors", type=int, default=4, help="of mixed requests, at once")
    asked = parser.parse_args()
    with serving() as (url, process):
        return 0 if asyncio.run(run(url, process, asked)) else 1


if __name__ == "__main__":
    sys.exit(main())
