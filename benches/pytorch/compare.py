"""Trains the same network here and in PyTorch, turn by turn, and prints medians and ratios.

    cargo bench --bench lstm --bench prior --no-run
    python3 -m venv target/bench/venv
    target/bench/venv/bin/pip install torch numpy --index-url https://download.pytorch.org/whl/cpu
    python3 benches/pytorch/compare.py [--rounds 7] [--epochs 2] [--models optimized advanced prior] [--threads 1 2]

`optimized` and `advanced` are the recurrent networks (bench `lstm`, model.py). `prior` is the net of the prior (bench `prior`,
prior.py): an epoch is 50 steps, a window the seven times ahead of a group; it is trained by one thread.

A round runs both, one directly after the other, each in a process of its own. With one thread the ratio is of processor
seconds an epoch, which other programs on the machine disturb least; with more it is of seconds by the clock. A process's
figure is that of its fastest epoch, and of its median inference. Where only the CUDA wheel of PyTorch can be
had, see stubs.py and --stubs.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
MEASURES = [("epoch_s", "an epoch, s"), ("one_ms", "1 window, ms"), ("thousand_ms", "1,000 windows, ms")]


def bench(name):
    """Path of the newest binary of a bench."""
    found = [p for p in (ROOT / "target/release/deps").glob(f"{name}-*") if not p.suffix]
    if not found:
        raise SystemExit(f"no bench binary; run: cargo bench --bench {name} --no-run")
    return str(max(found, key=lambda path: path.stat().st_mtime))


def words(side, model, python):
    """What runs a model on a side."""
    if side == "prescale":
        return [bench("prior" if model == "prior" else "lstm"), "--round"]
    return [python, str(HERE / ("prior.py" if model == "prior" else "model.py"))]


def run(call, model, threads, epochs, extra):
    """The figures of one process."""
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)} | extra
    call = [*call, model, str(threads), str(epochs)]
    said = json.loads(subprocess.run(call, check=True, stdout=subprocess.PIPE, env=environment).stdout)
    epoch = min(said["cpu"] if threads == 1 else said["wall"])
    figures = {name: statistics.median(said[name]) for name in ("one_ms", "thousand_ms")}
    return figures | {"epoch_s": epoch, "peak_mb": said["peak_mb"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--models", nargs="+", default=["optimized", "advanced", "prior"])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--python", default=str(ROOT / "target/bench/venv/bin/python"))
    parser.add_argument("--stubs", help="folder that stubs.py filled")
    options = parser.parse_args()
    extra = {"LD_LIBRARY_PATH": options.stubs} if options.stubs else {}
    sides = {"prescale": {}, "PyTorch": extra}
    cases = [(model, threads) for model in options.models for threads in options.threads]
    cases = [(model, threads) for model, threads in cases if model != "prior" or threads == 1]
    said = {case: {side: [] for side in sides} for case in cases}
    for number in range(options.rounds):
        for model, threads in cases:
            # Who goes first changes from round to round.
            for side in sorted(sides, reverse=number % 2 == 1):
                call = words(side, model, options.python)
                said[model, threads][side].append(run(call, model, threads, options.epochs, sides[side]))
    print("| model | threads | measure | prescale | PyTorch | ratio, median | ratio, each round |")
    print("|---|---|---|---|---|---|---|")
    for (model, threads), both in said.items():
        for key, name in [*MEASURES, ("peak_mb", "peak memory, MB")]:
            ours, theirs = ([figures[key] for figures in both[side]] for side in ("prescale", "PyTorch"))
            ratios = [a / b for a, b in zip(ours, theirs)]
            each = " ".join(f"{ratio:.2f}" for ratio in sorted(ratios))
            medians = " | ".join(f"{statistics.median(values):.4g}" for values in (ours, theirs, ratios))
            print(f"| {model} | {threads} | {name} | {medians} | {each} |")


if __name__ == "__main__":
    main()
