"""PyTorch's side of PythonInteroperabilityTest.

peer.py write FOLDER           writes checkpoints in both containers, and what is in them as FILE.json
peer.py read FILE [KEYWORD...] loads FILE (mmap, namespace: as torch.load is to do it) and prints what is in it as JSON
Exit code 2: a package is missing.
"""

import argparse
import collections
import hashlib
import json
import pathlib
import struct
import sys

try:
    import numpy
    import torch
except ImportError as missing:
    print(f"{missing.name} is missing", file=sys.stderr)
    sys.exit(2)


def text(value):
    if isinstance(value, numpy.ndarray):
        value = torch.from_numpy(numpy.array(value))
    if isinstance(value, torch.Tensor):
        raw = value.detach().cpu().contiguous().reshape(-1).view(torch.uint8) if value.numel() else torch.empty(0)
        sha = hashlib.sha256(raw.numpy().tobytes()).hexdigest()
        return f"{str(value.dtype).removeprefix('torch.')} {list(value.shape)} {sha}"
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, (int, numpy.integer)):
        return f"int {int(value)}"
    if isinstance(value, (float, numpy.floating)):
        return "float " + struct.pack(">d", float(value)).hex()
    if isinstance(value, str):
        return "str " + value
    return type(value).__name__


def leaves(value, path="", found=None):
    found = {} if found is None else found
    items = None
    if isinstance(value, argparse.Namespace):
        items = vars(value).items()
    elif isinstance(value, dict) and value:
        items = value.items()
    elif isinstance(value, (list, tuple)) and value:
        items = enumerate(value)
    if items is None:
        found[path] = text(value)
    else:
        for key, item in items:
            leaves(item, f"{path}.{key}" if path else str(key), found)
    return found


def network():
    torch.manual_seed(1)
    net = torch.nn.Sequential(
        collections.OrderedDict(
            conv1=torch.nn.Conv2d(3, 8, 3, bias=False),
            bn1=torch.nn.BatchNorm2d(8),
            pool=torch.nn.AdaptiveAvgPool2d(1),
            flat=torch.nn.Flatten(),
            fc=torch.nn.Linear(8, 5),
        )
    )
    optimizer = torch.optim.SGD(net.parameters(), lr=0.03, momentum=0.9, weight_decay=1e-4)
    for _ in range(2):
        optimizer.zero_grad()
        net(torch.randn(4, 3, 9, 9)).square().mean().backward()
        optimizer.step()
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [1, 2])
    return net, optimizer, schedule


def trees():
    net, optimizer, schedule = network()
    base = torch.arange(48, dtype=torch.float32)
    yield "training", {
        "opt": argparse.Namespace(lr=numpy.float64(0.03), name="é漢字", steps=[1, 2], big=1 << 70, none=None),
        "model": net.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scheduler": schedule.state_dict(),
        "epoch": 3,
    }
    yield "bare", net.state_dict()
    yield "views", {
        "base": base,
        "offset": base[5:17],
        "strided": base[1::3],
        "transposed": base.view(6, 8).t(),
        "expanded": base[7:8].expand(3, 4),
        "permuted": base.view(2, 4, 6).permute(2, 0, 1),
        "channels_last": torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last),
        "scalar": torch.tensor(2.5),
        "empty": torch.empty(3, 0, 2),
        "parameter": torch.nn.Parameter(torch.randn(2, 2)),
    }
    names = "float64 float32 float16 bfloat16 uint8 int8 int16 int32 int64 bool complex64 complex128"
    newer = "uint16 uint32 uint64 float8_e4m3fn float8_e5m2"
    some = torch.tensor([0.0, 1.0, 2.0, 100.0, 0.5, 3.0]).view(2, 3)
    yield "types", {name: some.to(getattr(torch, name)) for name in names.split()}
    yield "newer", {name: some.to(getattr(torch, name)) for name in newer.split() if hasattr(torch, name)}


def write(folder):
    for name, tree in trees():
        for kind, zipped in (("zip", True), ("legacy", False)):
            if name == "newer" and not zipped:
                continue
            file = folder / f"{name}.{kind}.pth"
            torch.save(tree, file, _use_new_zipfile_serialization=zipped)
            (folder / (file.name + ".json")).write_text(json.dumps(leaves(tree)))


def read(file, keywords):
    if file.endswith(".safetensors"):
        try:
            from safetensors.torch import load_file
        except ImportError:
            print("safetensors is missing", file=sys.stderr)
            sys.exit(2)
        return load_file(file)
    if file.endswith(".pkl"):
        import pickle

        with open(file, "rb") as opened:
            return pickle.load(opened)
    return torch.load(file, map_location="cpu", mmap="mmap" in keywords, weights_only="namespace" not in keywords)


if sys.argv[1] == "write":
    write(pathlib.Path(sys.argv[2]))
else:
    json.dump(leaves(read(sys.argv[2], sys.argv[3:])), sys.stdout)
