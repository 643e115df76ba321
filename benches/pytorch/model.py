"""The two presets in PyTorch: trains on the CPU and prints one line of JSON, as `cargo bench --bench lstm -- --round`.

    python model.py MODEL THREADS EPOCHS

The training windows are those of the first 80 % of data/multi_metric_data.csv, as in the Rust side.
"""

import csv
import datetime
import pathlib
import statistics

import torch
from rounds import begin, report
from torch import nn

DATA = pathlib.Path(__file__).parents[2] / "data" / "multi_metric_data.csv"
WINDOWS = {"optimized": 24, "advanced": 36}
BATCH, RATE, CLIP, DROPOUT, HIDDEN, LAYERS = 64, 5e-4, 1.0, 0.2, 128, 3


def table(model):
    """Rows of features: the file's four, and for `advanced` twelve of the clock and of the last 30 minutes."""
    rows, out = [], []
    with DATA.open() as file:
        for line in csv.DictReader(file):
            names = ("cpu_utilization", "network_in", "request_count", "is_sale_active")
            rows.append((datetime.datetime.fromisoformat(line["timestamp"]), [float(line[n]) for n in names]))
    for index, (moment, row) in enumerate(rows):
        if model == "advanced":
            if index < 5:
                continue
            recent = [r for _, r in rows[index - 5 : index + 1]]
            cpu = [r[0] for r in recent]
            hour, day = moment.hour, moment.weekday()
            row = row + [hour, day, float(day >= 5), float(9 <= hour < 18 and day < 5), hour // 6]
            row += [statistics.mean(cpu), statistics.stdev(cpu), min(cpu), max(cpu), cpu[-1] - cpu[-2]]
            row += [statistics.mean(r[i] for r in recent) for i in (1, 2)]
        out.append(row)
    values = torch.tensor(out, dtype=torch.float32)
    values = values[: len(values) * 4 // 5]
    least, most = values.min(0).values, values.max(0).values
    return (values - least) / torch.where(most > least, most - least, torch.ones(()))


class Net(nn.Module):
    """Stacked LSTM layers, attention for `advanced`, a dense head 128-64-1."""

    def __init__(self, model, features):
        super().__init__()
        self.lstm = nn.LSTM(features, HIDDEN, LAYERS, batch_first=True, dropout=DROPOUT)
        self.attention = nn.Linear(HIDDEN, 1) if model == "advanced" else None
        drop = nn.Dropout(DROPOUT)
        self.head = nn.Sequential(
            drop, nn.Linear(HIDDEN, 128), nn.ReLU(), drop, nn.Linear(128, 64), nn.ReLU(), drop, nn.Linear(64, 1)
        )

    def forward(self, windows):
        sequence, _ = self.lstm(windows)
        if self.attention is None:
            return self.head(sequence[:, -1])
        return self.head((sequence * torch.softmax(self.attention(sequence), 1)).sum(1))


def epoch(net, optimiser, windows, targets):
    """One pass over all windows in random order."""
    net.train()
    for chosen in torch.randperm(len(windows)).split(BATCH):
        optimiser.zero_grad()
        loss = nn.functional.mse_loss(net(windows[chosen]), targets[chosen])
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), CLIP)
        optimiser.step()


def main():
    words = begin()
    values, window = table(words[0]), WINDOWS[words[0]]
    windows = values.unfold(0, window, 1)[:-1].transpose(1, 2).contiguous()
    targets = values[window:, :1].contiguous()
    net = Net(words[0], values.shape[1])
    optimiser = torch.optim.Adam(net.parameters(), lr=RATE)
    once = lambda: epoch(net, optimiser, windows, targets)
    report(words, net, once, lambda: net(windows[:1]), lambda: net(windows[:1000]))


if __name__ == "__main__":
    main()
