#!/usr/bin/env python3
"""The quickstart's training step in Python, to measure against: PyTorch, Pillow's crops, scikit-image's Lab.

Written from the formulas of CMC (arXiv:1906.05849), with the usual tools of a Python user: a Dataset, a DataLoader with
worker processes, nn.Module, torch.optim.SGD. Prints images/s, median over groups of ten steps, the first groups left out.

Needs torch, numpy, pillow and scikit-image; nothing in the build needs it. Usage: tools/bench/peer.py [--epochs 6]
"""

import argparse
import math
import pathlib
import random
import statistics
import time

import numpy as np
import torch
from PIL import Image
from skimage import color
from torch import nn

PHOTOS = pathlib.Path(__file__).parents[2] / "src/main/resources/io/contrast4j/data/photos"
MEAN = np.array([50.0, 6.025, -6.6895])
STD = np.array([50.0, 92.208, 101.1675])


class PhotoCrops(torch.utils.data.Dataset):
    """Crops of 96 pixels from the left part of each photograph, as 64-pixel views in Lab."""

    def __init__(self, per_picture, side=96, size=64):
        self.pictures = [Image.open(p).convert("RGB") for p in sorted(PHOTOS.glob("*.jpg"))]
        self.per_picture, self.side, self.size = per_picture, side, size
        places = random.Random(1)
        self.places = []
        for picture in self.pictures:
            width = int(picture.width * 0.6)
            for _ in range(per_picture):
                left, top = places.randint(0, width - side), places.randint(0, picture.height - side)
                self.places.append((left, top, left + side, top + side))

    def __len__(self):
        return len(self.places)

    def __getitem__(self, index):
        crop = self.pictures[index // self.per_picture].crop(self.places[index])
        crop = crop.resize((self.size, self.size), Image.BILINEAR, box=self.box(*crop.size))
        if random.random() < 0.5:
            crop = crop.transpose(Image.FLIP_LEFT_RIGHT)
        lab = (color.rgb2lab(np.asarray(crop)) - MEAN) / STD
        return torch.from_numpy(lab.transpose(2, 0, 1).astype(np.float32)), index

    @staticmethod
    def box(width, height):
        for _ in range(10):
            area = width * height * random.uniform(0.2, 1.0)
            aspect = math.exp(random.uniform(math.log(3 / 4), math.log(4 / 3)))
            w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
            if 0 < w <= width and 0 < h <= height:
                left, top = random.randint(0, width - w), random.randint(0, height - h)
                return left, top, left + w, top + h
        return 0, 0, width, height


class Block(nn.Module):
    def __init__(self, inputs, planes, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = None
        if stride != 1 or inputs != planes:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))

    def forward(self, x):
        out = torch.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return torch.relu(out + (x if self.downsample is None else self.downsample(x)))


class ResNet18(nn.Module):
    def __init__(self, channels, width, dim=128):
        super().__init__()
        base = int(64 * width)
        stages, inputs = [], 64
        for stage in range(4):
            for block in range(2):
                stages.append(Block(inputs, base << stage, 2 if stage and not block else 1))
                inputs = base << stage
        self.stem = nn.Sequential(
            nn.Conv2d(channels, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(True), nn.MaxPool2d(3, 2, 1)
        )
        self.stages = nn.Sequential(*stages)
        self.fc = nn.Linear(inputs, dim)

    def forward(self, x):
        x = self.fc(self.stages(self.stem(x)).mean((2, 3)))
        return x / x.norm(dim=1, keepdim=True)


def nce(scores, n, constant):
    ratios = scores.exp()
    if constant is None:
        constant = ratios.detach().mean() * n
    ratios = ratios / constant
    noise = (scores.shape[1] - 1) / n
    hit = (ratios[:, 0] / (ratios[:, 0] + noise + 1e-7)).log().sum()
    miss = (noise / (ratios[:, 1:] + noise + 1e-7)).log().sum()
    return -(hit + miss) / len(scores), constant


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--epochs", type=int, default=6)
    options.add_argument("--batch-size", type=int, default=32)
    options.add_argument("--per-picture", type=int, default=128)
    options.add_argument("--width", type=float, default=0.25)
    options.add_argument("--negatives", type=int, default=256)
    options.add_argument("--workers", type=int, default=2)
    args = options.parse_args()

    data = PhotoCrops(args.per_picture)
    n = len(data)
    loader = torch.utils.data.DataLoader(
        data, args.batch_size, shuffle=True, num_workers=args.workers, drop_last=True, persistent_workers=True
    )
    encoders = [ResNet18(1, args.width), ResNet18(2, args.width)]
    banks = [(torch.rand(n, 128) * 2 - 1) / math.sqrt(128 / 3) for _ in encoders]
    constants = [None, None]
    parameters = [p for e in encoders for p in e.parameters()]
    optimizer = torch.optim.SGD(parameters, lr=0.03, momentum=0.9, weight_decay=1e-4)

    speeds, images, start = [], 0, time.perf_counter()
    for _ in range(args.epochs):
        for lab, y in loader:
            features = [encoders[0](lab[:, :1]), encoders[1](lab[:, 1:])]
            items = torch.cat([y[:, None], torch.randint(n, (len(y), args.negatives))], 1)
            loss = 0
            for view in (0, 1):
                rows = banks[1 - view].index_select(0, items.view(-1)).view(*items.shape, 128)
                scores = torch.bmm(rows, features[view][:, :, None])[:, :, 0] / 0.07
                part, constants[view] = nce(scores, n, constants[view])
                loss = loss + part
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            with torch.no_grad():
                for bank, feature in zip(banks, features):
                    row = 0.5 * bank[y] + 0.5 * feature
                    bank[y] = row / row.norm(dim=1, keepdim=True)
            loss.item()
            images += len(y)
            if images >= 10 * args.batch_size:
                speeds.append(images / (time.perf_counter() - start))
                images, start = 0, time.perf_counter()
    print(f"torch {torch.__version__}: {statistics.median(speeds[2:]):.1f} images/s, median of {len(speeds[2:])} groups of ten steps")


if __name__ == "__main__":
    main()
