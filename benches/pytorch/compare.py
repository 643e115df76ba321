"""Trains the same network here and in PyTorch, turn by turn, and prints medians and ratios.

    cargo bench --bench lstm --no-run
    python3 -m venv target/bench/venv
    target/bench/venv/bin/pip install torch numpy --index-url https://download.pytorch.org/whl/cpu
    python3 benches/pytorch/compare.py [--rounds 7] [--epochs 2] [--models optimized advanced] [--threads 1 2]

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


def bench():
    """Path of the newest bench binary."""
    found = [p for p in (ROOT / "target/release/deps").glob("lstm-*") if not p.suffix]
    if not found:
        raise SystemExit("no bench binary; run: cargo bench --bench lstm --no-run")
    return max(found, key=lambda path: path.stat().st_mtime)


def run(words, model, threads, epochs, extra):
    """The figures of one process."""
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)} | extra
    call = [*words, model, str(threads), str(epochs)]
    said = json.loads(subprocess.run(call, check=True, stdout=subprocess.PIPE, env=environment).stdout)
    epoch = min(said["cpu"] if threads == 1 else said["wall"])
    figures = {name: statistics.median(said[name]) for name in ("one_ms", "thousand_ms")}
    return figures | {"epoch_s": epoch, "peak_mb": said["peak_mb"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--models", nargs="+", default=["optimized", "advanced"])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--python", default=str(ROOT / "target/bench/venv/bin/python"))
    parser.add_argument("--stubs", help="folder that stubs.py filled")
    options = parser.parse_args()
    extra = {"LD_LIBRARY_PATH": options.stubs} if options.stubs else {}
    sides = {
        "prescale": ([str(bench()), "--round"], {}),
        "PyTorch": ([options.python, str(HERE / "model.py")], extra),
    }
    cases = [(model, threads) for model in options.models for threads in options.threads]
    said = {case: {side: [] for side in sides} for case in cases}
    for number in range(options.rounds):
        for model, threads in cases:
            # Who goes first changes from round to round.
            for side in sorted(sides, reverse=number % 2 == 1):
                words, more = sides[side]
                said[model, threads][side].append(run(words, model, threads, options.epochs, more))
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
