#!/usr/bin/env python3
"""Training steps of MoCo v2, CMC and SelfCon in Python, to measure `contrast4j bench step --paced` against.

Written from the papers' formulas (arXiv:1911.05722 and 2003.04297, 1906.05849, 2106.15499) with the usual tools of a Python user:
nn.Module, autocast in bfloat16 with channels-last, torch.optim.SGD (fused on a GPU), index_select and bmm for memory banks. A step
begins with a batch in pinned memory and ends when the GPU is done. It takes turns: each step waits for a line on standard input
and is answered by its milliseconds.

Usage: steps_peer.py moco-v2|cmc|selfcon [--device cuda] [--depth 50] [--side 224] [--batch 256] [--negatives 16384]
[--rows 1281168] [--dtype bf16|float32] [--cudnn-benchmark]. Needs torch. Exit code 2: it is missing.
"""

import argparse
import contextlib
import copy
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "bench"))

try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError as missing:
    print(f"steps_peer.py: {missing.name} is missing; install torch to measure against Python", file=sys.stderr)
    sys.exit(2)

from model_peer import BLOCKS, Block  # noqa: E402

DIM = 128


def stages(depth, width, first, inputs):
    """Stages of a ResNet from a given one on, and the channels that come out."""
    layers = []
    for stage in range(first, 4):
        inner = int(64 * width) << stage
        outputs = 4 * inner if depth >= 50 else inner
        blocks = []
        for number in range(BLOCKS[depth][stage]):
            blocks.append(Block(inputs, inner, outputs, 2 if stage and not number else 1, depth >= 50))
            inputs = outputs
        layers.append(nn.Sequential(*blocks))
    return layers, inputs


def stem(channels):
    return nn.Sequential(nn.Conv2d(channels, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(True), nn.MaxPool2d(3, 2, 1))


def mlp(features):
    return nn.Sequential(nn.Linear(features, features), nn.ReLU(True), nn.Linear(features, DIM))


class Encoder(nn.Module):
    """A ResNet with a head; unit rows."""

    def __init__(self, depth, channels=3, width=1.0, head=nn.Linear):
        super().__init__()
        self.stem = stem(channels)
        layers, features = stages(depth, width, 0, 64)
        self.stages = nn.Sequential(*layers)
        self.head = mlp(features) if head is mlp else nn.Linear(features, DIM)

    def forward(self, x):
        return unit(self.head(self.stages(self.stem(x)).mean((2, 3))))


class WithExit(nn.Module):
    """A ResNet with an exit after its second stage: a copy of the stages that remain."""

    def __init__(self, depth):
        super().__init__()
        self.stem = stem(3)
        layers, features = stages(depth, 1.0, 0, 64)
        self.first, self.rest = nn.Sequential(*layers[:2]), nn.Sequential(*layers[2:])
        self.exit = nn.Sequential(*stages(depth, 1.0, 2, features // 4)[0])
        self.heads = nn.ModuleList([mlp(features), mlp(features)])

    def forward(self, x):
        x = self.first(self.stem(x))
        return [unit(head(way(x).mean((2, 3)))) for head, way in zip(self.heads, (self.exit, self.rest))]


def unit(x):
    return F.normalize(x.float(), dim=1)


class Step:
    """What the methods share: networks, optimizer, autocast, a batch in pinned memory."""

    def __init__(self, args, networks, shapes):
        self.args = args
        self.device = torch.device(args.device)
        self.networks = nn.ModuleList(networks).to(self.device, memory_format=torch.channels_last).train()
        fused = self.device.type == "cuda" or None
        self.optimizer = torch.optim.SGD(
            self.networks.parameters(), lr=0.03, momentum=0.9, weight_decay=1e-4, fused=fused)
        self.batch = [self.pinned(torch.randn(args.batch, *shape).contiguous(memory_format=torch.channels_last))
                      for shape in shapes]
        self.labels = self.pinned(torch.randint(0, 7, (args.batch,)))

    def pinned(self, x):
        return x.pin_memory() if self.device.type == "cuda" else x

    def autocast(self):
        shorter = self.args.dtype == "bf16"
        return torch.autocast(self.device.type, torch.bfloat16) if shorter else contextlib.nullcontext()

    def run(self):
        views = [view.to(self.device, non_blocking=True) for view in self.batch]
        self.optimizer.zero_grad()
        loss = self.loss(views)
        loss.backward()
        self.optimizer.step()
        self.commit()
        if self.device.type == "cuda":
            torch.cuda.synchronize()


class MoCo(Step):
    temperature, momentum, rows = 0.2, 0.999, 65536

    def __init__(self, args):
        query = Encoder(args.depth, head=mlp)
        super().__init__(args, [query], [(3, args.side, args.side)] * 2)
        self.query = self.networks[0]
        self.key = copy.deepcopy(self.query).requires_grad_(False)
        self.queue = unit(torch.randn(self.rows, DIM, device=self.device))
        self.at = 0

    def loss(self, views):
        with self.autocast():
            q = self.query(views[0])
        with torch.no_grad():
            torch._foreach_mul_(list(self.key.parameters()), self.momentum)
            torch._foreach_add_(list(self.key.parameters()), [p.detach() for p in self.query.parameters()],
                                alpha=1 - self.momentum)
            with self.autocast():
                self.k = self.key(views[1])
        scores = torch.cat([(q * self.k).sum(1, keepdim=True), q @ self.queue.t()], 1) / self.temperature
        return F.cross_entropy(scores, torch.zeros(len(q), dtype=torch.long, device=self.device))

    def commit(self):
        n = len(self.k)
        self.queue[self.at:self.at + n] = self.k[:self.rows - self.at]
        self.at = (self.at + n) % self.rows


class Cmc(Step):
    temperature, momentum = 0.07, 0.5

    def __init__(self, args):
        encoders = [Encoder(args.depth, channels, 0.5) for channels in (1, 2)]
        super().__init__(args, encoders, [(channels, args.side, args.side) for channels in (1, 2)])
        bound = (DIM / 3) ** -0.5
        self.banks = [torch.rand(args.rows, DIM, device=self.device) * 2 * bound - bound for _ in range(2)]
        self.constants = [None, None]
        self.numbers = torch.randperm(args.rows)[:args.batch]

    def loss(self, views):
        with self.autocast():
            self.features = [encoder(view) for encoder, view in zip(self.networks, views)]
        self.index = self.numbers.to(self.device, non_blocking=True)
        n, k = len(self.index), self.args.negatives
        picked = torch.randint(0, self.args.rows, (n, k + 1), device=self.device)
        picked[:, 0] = self.index
        total = 0
        for pair, (anchor, bank) in enumerate(((self.features[0], self.banks[1]), (self.features[1], self.banks[0]))):
            rows = bank.index_select(0, picked.view(-1)).view(n, k + 1, DIM)
            total = total + self.nce(torch.bmm(rows, anchor.unsqueeze(2)).squeeze(2), pair)
        return total

    def nce(self, scores, pair):
        ratios = (scores / self.temperature).exp()
        if self.constants[pair] is None:
            self.constants[pair] = ratios.detach().mean() * self.args.rows
        ratios = ratios / self.constants[pair]
        noise = (scores.shape[1] - 1) / self.args.rows
        hit = (ratios[:, 0] / (ratios[:, 0] + noise + 1e-7)).log().sum()
        miss = (noise / (ratios[:, 1:] + noise + 1e-7)).log().sum()
        return -(hit + miss) / len(scores)

    @torch.no_grad()
    def commit(self):
        for bank, feature in zip(self.banks, self.features):
            old = bank.index_select(0, self.index)
            bank.index_copy_(0, self.index, unit(old * self.momentum + feature * (1 - self.momentum)))


class SelfCon(Step):
    temperature, base = 0.1, 0.07

    def __init__(self, args):
        super().__init__(args, [WithExit(args.depth)], [(3, args.side, args.side)])

    def loss(self, views):
        with self.autocast():
            rows = torch.cat(self.networks[0](views[0]))
        labels = self.labels.to(self.device, non_blocking=True).repeat(2)
        scores = rows @ rows.t() / self.temperature
        others = ~torch.eye(len(rows), dtype=torch.bool, device=self.device)
        same = (labels[:, None] == labels[None, :]) & others
        likely = scores - scores.masked_fill(~others, float("-inf")).logsumexp(1, keepdim=True)
        return -(self.temperature / self.base) * ((likely * same).sum(1) / same.sum(1)).mean()

    def commit(self):
        pass


STEPS = {"moco-v2": MoCo, "cmc": Cmc, "selfcon": SelfCon}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("method", choices=sorted(STEPS))
    options.add_argument("--device", default="cuda")
    options.add_argument("--depth", type=int, default=50, choices=sorted(BLOCKS))
    options.add_argument("--side", type=int, default=224)
    options.add_argument("--batch", type=int, default=256)
    options.add_argument("--negatives", type=int, default=16384)
    options.add_argument("--rows", type=int, default=7 * 183024)
    options.add_argument("--dtype", default="bf16", choices=["float32", "bf16"])
    options.add_argument("--cudnn-benchmark", action="store_true")
    args = options.parse_args()
    torch.backends.cudnn.benchmark = args.cudnn_benchmark
    torch.manual_seed(1)
    step = STEPS[args.method](args)
    numbers = sum(p.numel() for p in step.networks.parameters())
    print(f"{args.method}: {numbers * 4 / 2**20:.1f} MiB of trained parameters", file=sys.stderr)
    for _ in sys.stdin:
        if step.device.type == "cuda":
            torch.cuda.synchronize()
        start = time.perf_counter()
        step.run()
        print(f"{(time.perf_counter() - start) * 1000:.3f}", flush=True)


if __name__ == "__main__":
    main()
