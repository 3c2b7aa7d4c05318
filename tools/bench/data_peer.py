#!/usr/bin/env python3
"""The published input pipelines in Python, to measure `contrast4j bench data` against: images/s on one core.

cmc       Pillow's RandomResizedCrop(224, (0.2, 1)) and flip of torchvision, scikit-image's rgb2lab, ToTensor, Normalize
moco-v2   two crops: RandomResizedCrop(224, (0.2, 1)), ColorJitter(0.4, 0.4, 0.4, 0.1) with probability 0.8, grayscale
          with 0.2, Gaussian blur (Pillow's, sigma 0.1 to 2) with 0.5, flip, ToTensor, Normalize
two-crops the crops, flips, ToTensor and Normalize of moco-v2 alone

Usage: tools/bench/data_peer.py PIPELINE FOLDER [--seconds 5]. Prints one number. Exit code 2: a package is missing.
"""

import argparse
import pathlib
import random
import sys
import time


def packages():
    """Imports what is needed, or says what is missing."""
    try:
        import torch

        # Wheels of torchvision without native operators cannot register their meta functions; none is used here.
        register = torch.library.register_fake

        def tolerant(name, *args, **kwargs):
            if isinstance(name, str) and name.startswith("torchvision::"):
                return lambda function: function
            return register(name, *args, **kwargs)

        torch.library.register_fake = tolerant
        import numpy
        import skimage.color
        from PIL import Image, ImageFilter
        from torchvision import transforms
    except ImportError as missing:
        print(f"data_peer.py: {missing.name or missing} is missing; install torch, torchvision, pillow, numpy and "
              "scikit-image to measure against Python", file=sys.stderr)
        sys.exit(2)
    return torch, numpy, skimage.color, Image, ImageFilter, transforms


def main():
    options = argparse.ArgumentParser()
    options.add_argument("pipeline", choices=["cmc", "moco-v2", "two-crops"])
    options.add_argument("folder", type=pathlib.Path)
    options.add_argument("--seconds", type=float, default=5)
    args = options.parse_args()
    torch, np, color, Image, ImageFilter, transforms = packages()
    torch.set_num_threads(1)
    endings = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".pgm"}
    files = sorted(file for file in args.folder.glob("**/*") if file.suffix.lower() in endings)
    if not files:
        sys.exit(f"{args.folder} has no pictures")

    class ToLab:
        def __call__(self, picture):
            return color.rgb2lab(np.asarray(picture, np.uint8))

    class Blur:
        def __call__(self, picture):
            return picture.filter(ImageFilter.GaussianBlur(radius=random.uniform(0.1, 2.0)))

    crop = transforms.RandomResizedCrop(224, scale=(0.2, 1.0))
    flip = transforms.RandomHorizontalFlip()
    rgb = [transforms.ToTensor(), transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])]
    if args.pipeline == "cmc":
        mean = [(0 + 100) / 2, (-86.183 + 98.233) / 2, (-107.857 + 94.478) / 2]
        deviation = [(100 - 0) / 2, (86.183 + 98.233) / 2, (107.857 + 94.478) / 2]
        view = transforms.Compose(
            [crop, flip, ToLab(), transforms.ToTensor(), transforms.Normalize(mean, deviation)])

        def views(picture):
            return torch.split(view(picture), [1, 2])
    else:
        jitter = transforms.ColorJitter(0.4, 0.4, 0.4, 0.1)
        middle = [transforms.RandomApply([jitter], p=0.8), transforms.RandomGrayscale(p=0.2),
                  transforms.RandomApply([Blur()], p=0.5)] if args.pipeline == "moco-v2" else []
        view = transforms.Compose([crop, *middle, flip, *rgb])

        def views(picture):
            return view(picture), view(picture)

    def read(path):
        with open(path, "rb") as file:
            return views(Image.open(file).convert("RGB"))

    for path in files[:8]:
        read(path)
    images, start = 0, time.perf_counter()
    while time.perf_counter() - start < args.seconds:
        read(files[images % len(files)])
        images += 1
    print(f"{images / (time.perf_counter() - start):.1f}")


if __name__ == "__main__":
    main()
