#!/usr/bin/env python3
"""Feature extraction in Python, to measure `contrast4j bench embed` against.

Loads model.pth, a ResNet-18, and pictures/ out of a folder that `contrast4j bench embed --keep` made, with the usual tools: a
Dataset on Pillow, a DataLoader with a worker for each core, inference mode. First it prints the largest difference between its
vectors and those in vectors.npy, and ends if they are not the same. Then it takes turns as `bench embed --paced` does: each line
on standard input, 'forward' or 'folder', is answered by milliseconds.

Usage: tools/bench/embed_peer.py FOLDER, or --check. Needs torch, numpy and pillow. Exit code 2: one of them is missing.
"""

import os
import pathlib
import sys
import time

try:
    import numpy as np
    import torch
    from PIL import Image
except ImportError as missing:
    print(f"embed_peer.py: {missing.name} is missing; install it to measure against Python", file=sys.stderr)
    sys.exit(2)

from model_peer import ResNet

BATCH, SIDE = 32, 224
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)


class Pictures(torch.utils.data.Dataset):
    """The middle of each picture, normalised; they have the right size already."""

    def __init__(self, folder):
        self.files = sorted(folder.iterdir())

    def __len__(self):
        return len(self.files)

    def __getitem__(self, index):
        with Image.open(self.files[index]) as picture:
            left, top = (picture.width - SIDE) // 2, (picture.height - SIDE) // 2
            middle = np.array(picture.convert("RGB").crop((left, top, left + SIDE, top + SIDE)))
        return (torch.from_numpy(middle).permute(2, 0, 1).float() / 255 - MEAN) / STD


def weights(network, file):
    """By position: the modules are the same, in the same order, and have other names."""
    theirs = torch.load(file, weights_only=True)
    names = list(network.state_dict())
    assert len(names) == len(theirs), (len(names), len(theirs))
    network.load_state_dict(dict(zip(names, theirs.values())))


def main():
    if sys.argv[1:] == ["--check"]:
        return
    folder = pathlib.Path(sys.argv[1])
    network = ResNet(18, "imagenet")
    weights(network, folder / "model.pth")
    network.eval()
    pictures = Pictures(folder / "pictures")
    loader = torch.utils.data.DataLoader(
        pictures, BATCH, num_workers=os.cpu_count(), persistent_workers=True, prefetch_factor=2)
    batches = list(loader)

    @torch.inference_mode()
    def passes(images):
        return torch.cat([network.features(batch).mean((2, 3)) for batch in images])

    difference = np.abs(passes(batches).numpy() - np.load(folder / "vectors.npy")).max()
    print(f"{difference:.2g}", flush=True)
    if not difference < 1e-3:
        sys.exit("embed_peer.py: these are other vectors")
    for line in sys.stdin:
        start = time.perf_counter()
        passes(batches if line.strip() == "forward" else loader)
        print(f"{(time.perf_counter() - start) * 1000:.3f}", flush=True)


if __name__ == "__main__":
    main()
