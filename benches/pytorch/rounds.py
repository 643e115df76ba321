"""One round of a network in PyTorch: its epochs and inferences are timed, and printed as one line of JSON."""

import json
import pathlib
import sys
import time

import torch


def begin():
    """The words MODEL THREADS EPOCHS of the command line, once PyTorch keeps to so many threads."""
    model, threads, epochs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    torch.manual_seed(0)
    return model, threads, epochs


def timed(count, work):
    """Milliseconds that each of `count` runs took."""
    out = []
    for _ in range(count):
        since = time.perf_counter()
        work()
        out.append((time.perf_counter() - since) * 1e3)
    return out


def report(words, net, epoch, one, thousand):
    """Trains `net` for the epochs of `words`, lets it infer `one` and `thousand`, and prints what each took."""
    model, threads, epochs = words
    wall, cpu = [], []
    for _ in range(epochs):
        since = (time.perf_counter(), time.process_time())
        epoch()
        wall.append(time.perf_counter() - since[0])
        cpu.append(time.process_time() - since[1])
    net.eval()
    with torch.inference_mode():
        one_ms, thousand_ms = timed(50, one), timed(5, thousand)
    status = pathlib.Path("/proc/self/status").read_text().split("VmHWM:")[1]
    said = {"model": model, "threads": threads, "wall": wall, "cpu": cpu, "one_ms": one_ms, "thousand_ms": thousand_ms}
    print(json.dumps(said | {"peak_mb": int(status.split()[0]) / 1024}))
