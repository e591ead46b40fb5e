"""Started by torchrun: tiny runs that two processes share, for test_distributed.

python -m torch.distributed.run --nproc-per-node 2 -m tests.train.shared_runs CONFIGS OUT
"""

import pickle
import sys
from pathlib import Path

import torch

from train import distributed, loop
from train.grid import samples


def main(configs: Path, out: Path) -> None:
    torch.set_num_threads(1)
    processes = distributed.join()
    assert processes.size == 2
    for name, config in pickle.loads(configs.read_bytes()).items():
        loop.train(config, out / name, device="cpu", processes=processes)
    run = loop.Run(config, None, torch.device("cpu"), processes)
    made = samples(run.model.eval(), 10, 1, size=3, processes=processes)
    torch.save(made, out / f"samples-{processes.rank}.pt")
    processes.leave()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
