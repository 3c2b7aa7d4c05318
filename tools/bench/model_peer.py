#!/usr/bin/env python3
"""Training steps of a ResNet in Python, to measure `contrast4j bench model` against.

He et al.'s network as torchvision builds it (in-place ReLU), a linear layer to 128, unit rows, torch.optim.SGD with momentum.
The loss is the inner product with fixed noise, as in `bench model`. It takes turns as `bench model --paced` does: each step waits
for a line on standard input and is answered by the milliseconds of forward pass, backward pass and optimizer.

Usage: tools/bench/model_peer.py --depth 18 --stem cifar --side 32 --batch 64 [--dtype bf16] [--memory-format channels-last]
[--optimizer fused]. Needs torch. Exit code 2: it is missing.
"""

import argparse
import contextlib
import sys
import time

try:
    import torch
    from torch import nn
except ImportError as missing:
    print(f"model_peer.py: {missing.name} is missing; install torch to measure against Python", file=sys.stderr)
    sys.exit(2)

BLOCKS = {18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3]}


class Block(nn.Module):
    """Two 3x3 convolutions, or as bottleneck 1x1, 3x3, 1x1, with a shortcut."""

    def __init__(self, inputs, inner, outputs, stride, bottleneck):
        super().__init__()
        kernels = [(1, 1), (3, stride), (1, 1)] if bottleneck else [(3, stride), (3, 1)]
        layers, channels = [], inputs
        for number, (kernel, step) in enumerate(kernels):
            last = number == len(kernels) - 1
            width = outputs if last else inner
            layers += [nn.Conv2d(channels, width, kernel, step, kernel // 2, bias=False), nn.BatchNorm2d(width)]
            layers += [] if last else [nn.ReLU(inplace=True)]
            channels = width
        self.layers = nn.Sequential(*layers)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        y = self.layers(x)
        y += x if self.downsample is None else self.downsample(x)
        return self.relu(y)


class ResNet(nn.Module):
    def __init__(self, depth, stem, dim=128):
        super().__init__()
        bottleneck = depth >= 50
        if stem == "cifar":
            layers = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True)]
        else:
            layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(inplace=True),
                      nn.MaxPool2d(3, 2, 1)]
        channels = 64
        for stage, count in enumerate(BLOCKS[depth]):
            inner = 64 << stage
            outputs = 4 * inner if bottleneck else inner
            for number in range(count):
                stride = 2 if stage and not number else 1
                layers.append(Block(channels, inner, outputs, stride, bottleneck))
                channels = outputs
        self.features = nn.Sequential(*layers)
        self.fc = nn.Linear(channels, dim)

    def forward(self, x):
        return nn.functional.normalize(self.fc(self.features(x).mean((2, 3))), dim=1)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--depth", type=int, default=18, choices=sorted(BLOCKS))
    options.add_argument("--stem", default="imagenet", choices=["imagenet", "cifar"])
    options.add_argument("--side", type=int, default=64)
    options.add_argument("--batch", type=int, default=16)
    options.add_argument("--dtype", default="float32", choices=["float32", "bf16"])
    options.add_argument("--memory-format", default="contiguous", choices=["contiguous", "channels-last"])
    options.add_argument("--optimizer", default="usual", choices=["usual", "fused"])
    args = options.parse_args()
    torch.manual_seed(1)
    network = ResNet(args.depth, args.stem)
    images = torch.randn(args.batch, 3, args.side, args.side)
    weights = torch.randn(args.batch, 128)
    if args.memory_format == "channels-last":
        network = network.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(
        network.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4, fused=args.optimizer == "fused" or None)
    shorter = args.dtype == "bf16"

    for _ in sys.stdin:
        times = [time.perf_counter()]
        with torch.autocast("cpu", torch.bfloat16) if shorter else contextlib.nullcontext():
            loss = (network(images) * weights).sum()
        times.append(time.perf_counter())
        loss.backward()
        times.append(time.perf_counter())
        optimizer.step()
        optimizer.zero_grad()
        times.append(time.perf_counter())
        print(*(f"{(b - a) * 1000:.3f}" for a, b in zip(times, times[1:])), flush=True)


if __name__ == "__main__":
    main()
