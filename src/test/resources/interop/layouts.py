"""Loads checkpoints as their programs do, and prints what they would need of them.

Arguments: files that begin with "plain:" are loaded with weights_only=True and mapped, those with "script:" as scripts do.
"""
import sys

try:
    import torch
except ImportError as absent:
    print(absent, file=sys.stderr)
    sys.exit(2)


def trained(name):
    last = name.rsplit(".", 1)[-1]
    return last in ("weight", "bias")


for argument in sys.argv[1:]:
    kind, file = argument.split(":", 1)
    tree = torch.load(file, weights_only=True, mmap=True) if kind == "plain" else torch.load(file, weights_only=False)
    print("file", " ".join(tree))
    state = tree.get("model", tree.get("state_dict"))
    optimizer = tree["optimizer"] if "optimizer" in tree else tree["optimizer_states"][0]
    names = [name for name in state if trained(name)]
    if "optimizer_states" in tree:
        names = [name for name in names if name.startswith("model.")]
    sgd = torch.optim.SGD([torch.nn.Parameter(state[name]) for name in names], lr=1.0, momentum=0.5)
    sgd.load_state_dict(optimizer)
    velocities = 0
    for name, parameter in zip(names, sgd.param_groups[0]["params"]):
        velocity = sgd.state[parameter].get("momentum_buffer")
        if velocity is not None:
            assert velocity.shape == parameter.shape, name
            velocities += 1
    print("parameters", len(names), "velocities", velocities, "momentum", sgd.param_groups[0]["momentum"])
