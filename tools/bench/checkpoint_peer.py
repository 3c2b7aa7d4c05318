#!/usr/bin/env python3
"""Python's side of tools/bench/checkpoint.

checkpoint_peer.py make FILE          writes a checkpoint as MoCo v1 saves it: ResNet-50, queue of 65536, SGD's state
checkpoint_peer.py load FILE ROUNDS   prints how many milliseconds torch.load took in each round, and the memory
Exit code 2: torch is missing.
"""

import collections
import gc
import sys
import time

try:
    import torch
except ImportError:
    print("checkpoint_peer.py: torch is missing; install it to measure against Python", file=sys.stderr)
    sys.exit(2)


def resnet50(prefix, state):
    """Names and shapes of torchvision's ResNet-50 with a head of 128."""

    def norm(name, width):
        for part in ("weight", "bias", "running_mean", "running_var"):
            state[f"{prefix}{name}.{part}"] = torch.randn(width)
        state[f"{prefix}{name}.num_batches_tracked"] = torch.tensor(1000)

    def convolution(name, out, into, kernel):
        state[f"{prefix}{name}.weight"] = torch.randn(out, into, kernel, kernel)

    convolution("conv1", 64, 3, 7)
    norm("bn1", 64)
    into = 64
    for stage, blocks in enumerate((3, 4, 6, 3), 1):
        width = 32 << stage
        for block in range(blocks):
            at = f"layer{stage}.{block}."
            for index, (out, before, kernel) in enumerate(
                [(width, into, 1), (width, width, 3), (4 * width, width, 1)], 1
            ):
                convolution(f"{at}conv{index}", out, before, kernel)
                norm(f"{at}bn{index}", out)
            if block == 0:
                convolution(f"{at}downsample.0", 4 * width, into, 1)
                norm(f"{at}downsample.1", 4 * width)
            into = 4 * width
    state[f"{prefix}fc.weight"] = torch.randn(128, 2048)
    state[f"{prefix}fc.bias"] = torch.randn(128)


def make(file):
    torch.manual_seed(1)
    state = collections.OrderedDict()
    state["module.queue"] = torch.randn(128, 65536)
    state["module.queue_ptr"] = torch.zeros(1, dtype=torch.int64)
    resnet50("module.encoder_q.", state)
    resnet50("module.encoder_k.", state)
    trained = [key for key in state if "encoder" in key and "running" not in key and "tracked" not in key]
    velocities = {
        number: {"momentum_buffer": torch.randn_like(state[key])}
        for number, key in enumerate(trained)
        if "encoder_q" in key
    }
    group = {"lr": 0.03, "momentum": 0.9, "dampening": 0, "weight_decay": 1e-4, "nesterov": False}
    group["params"] = list(range(len(trained)))
    optimizer = {"state": velocities, "param_groups": [group]}
    torch.save({"epoch": 200, "arch": "resnet50", "state_dict": state, "optimizer": optimizer}, file)


def memory(field):
    with open("/proc/self/status") as status:
        return next((int(line.split()[1]) * 1024 for line in status if line.startswith(field)), 0)


def load(file, rounds):
    torch.load(file, map_location="cpu", weights_only=True, mmap=True)
    before = memory("VmRSS")
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        kept = torch.load(file, map_location="cpu", weights_only=True)
        times.append(1000 * (time.perf_counter() - start))
        del kept
        gc.collect()
    print(" ".join(f"{elapsed:.1f}" for elapsed in times), memory("VmHWM") - before)


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    load(sys.argv[2], int(sys.argv[3]))
