"""The net of the prior in PyTorch: trains on the CPU and prints one line of JSON, as `cargo bench --bench prior -- --round`.

    python prior.py prior THREADS EPOCHS

Net, loss, optimiser and batch are those of `prescale pretrain`; rows are random numbers of the same shape, made once. An epoch is
STEPS steps.
"""

import torch
from rounds import begin, report
from torch import nn

INPUTS, ANCHORS, HIDDEN, BLOCKS, BATCH, STEPS = 196, 14, 128, 2, 1_024, 50
LEVELS, MEDIAN = [0.10, 0.25, 0.50, 0.75, 0.80, 0.90, 0.95, 0.975, 0.99], 2
RATE, CLIP, SPAN, MOST, FARTHEST, NEVER = 2e-3, 1.0, 250, 50.0, 6.0, -1e4
GROUPS, LEADS = 1_000, 7


class Block(nn.Module):
    """Adds to the state what two layers make of it."""

    def __init__(self):
        super().__init__()
        self.norm, self.first, self.second = nn.LayerNorm(HIDDEN), nn.Linear(HIDDEN, HIDDEN), nn.Linear(HIDDEN, HIDDEN)

    def forward(self, state):
        return state + self.second(nn.functional.silu(self.first(self.norm(state))))


class Net(nn.Module):
    """Quantiles of rows in units."""

    def __init__(self):
        super().__init__()
        self.entry, self.blocks = nn.Linear(INPUTS, HIDDEN), nn.Sequential(*(Block() for _ in range(BLOCKS)))
        outputs = ANCHORS + len(LEVELS)
        self.norm, self.head = nn.LayerNorm(HIDDEN), nn.Linear(HIDDEN, outputs)
        self.direct = nn.Linear(INPUTS, outputs, bias=False)
        ladder = [
            [-float(level <= gap) if gap < MEDIAN else float(level > gap) for level in range(len(LEVELS))]
            for gap in range(len(LEVELS) - 1)
        ]
        self.register_buffer("ladder", torch.tensor(ladder))
        self.register_buffer("mean", torch.full([INPUTS], 0.1))
        self.register_buffer("deviation", torch.full([INPUTS], 1.1))

    def forward(self, inputs, anchors, mask):
        inputs = ((inputs - self.mean) / self.deviation).clamp(-FARTHEST, FARTHEST)
        out = self.head(self.norm(self.blocks(self.entry(inputs)))) + self.direct(inputs)
        scores, correction, gaps = out.split([ANCHORS, 1, len(LEVELS) - 1], dim=1)
        median = (torch.softmax(scores + mask, 1) * anchors).sum(1, keepdim=True) + correction
        return median + nn.functional.softplus(gaps) @ self.ladder


def rows(count):
    """Inputs, anchors, which of them there are, unit, reference, and what came."""
    mask = torch.where(torch.rand(count, ANCHORS) < 0.3, NEVER, 0.0)
    scale = torch.rand(count, 1) + 0.5, 3 * torch.rand(count, 1)
    return torch.randn(count, INPUTS), torch.randn(count, ANCHORS), mask, *scale, 9 * torch.rand(count, 1)


LEVEL = torch.tensor([LEVELS])
WEIGHT = torch.tensor([[2.0 if level == MEDIAN else 1.0 for level in range(len(LEVELS))]])


def step(net, parameters, optimiser, means, batch, number):
    """One step of training."""
    inputs, anchors, mask, unit, reference, actual = batch
    optimiser.zero_grad()
    roots = net(inputs, anchors, mask) * unit + reference
    errors = actual - roots.clamp_min(0.0).square()
    losses = (errors * LEVEL + torch.relu(-errors)).clamp_max(MOST)
    (losses * WEIGHT).mean().backward()
    nn.utils.clip_grad_norm_(parameters, CLIP)
    optimiser.step()
    with torch.no_grad():
        torch._foreach_lerp_(means, parameters, 1 / min(SPAN, 1 + number / 4))


def main():
    words = begin()
    net, batch = Net(), rows(BATCH)
    parameters = list(net.parameters())
    means = [parameter.detach().clone() for parameter in parameters]
    optimiser = torch.optim.Adam(parameters, lr=RATE, fused=True)

    def epoch():
        for number in range(STEPS):
            step(net, parameters, optimiser, means, batch, number)

    few, many = rows(LEADS)[:3], rows(LEADS * GROUPS)[:3]
    report(words, net, epoch, lambda: net(*few), lambda: net(*many))


if __name__ == "__main__":
    main()
