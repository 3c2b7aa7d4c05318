"""PyTorch's side of PythonOptimizerTest.

optim.py step FILE RESULT   reads a case, trains it with torch.optim and writes what came of it:
    middle   parameters after half of the steps
    state    state_dict() then
    fresh    parameters after all steps
    resumed  parameters after all steps, the second half begun with the state of the case
optim.py scale FLAG...      prints the scale of torch.amp.GradScaler after each step, a flag being good or bad
Exit code 2: torch is missing.
"""

import sys

try:
    import torch
except ImportError as missing:
    print(f"{missing.name} is missing", file=sys.stderr)
    sys.exit(2)


def train(case, parameters, gradients, state=None):
    groups, first = [], 0
    for size, options in zip(case["sizes"], case["options"]):
        members = [parameters[i] for i in case["order"][first : first + size]]
        groups.append({"params": members, **options})
        first += size
    optimizer = getattr(torch.optim, case["optimizer"])(groups, lr=1.0)
    if state is not None:
        optimizer.load_state_dict(state)
    for step in gradients:
        optimizer.zero_grad()
        for parameter, gradient in zip(parameters, step):
            parameter.grad = gradient.clone()
        if case["clip"] > 0:
            torch.nn.utils.clip_grad_norm_(parameters, case["clip"])
        optimizer.step()
    return optimizer


def copies(tensors):
    return [torch.nn.Parameter(tensor.detach().clone()) for tensor in tensors]


if sys.argv[1] == "step":
    case = torch.load(sys.argv[2], weights_only=True)
    gradients = case["gradients"]
    half = len(gradients) // 2
    result = {}
    own = copies(case["parameters"])
    optimizer = train(case, own, gradients[:half])
    result["middle"] = [p.detach().clone() for p in own]
    result["state"] = optimizer.state_dict()
    fresh = copies(case["parameters"])
    train(case, fresh, gradients)
    result["fresh"] = [p.detach() for p in fresh]
    resumed = copies(case["middle"])
    train(case, resumed, gradients[half:], case["state"])
    result["resumed"] = [p.detach() for p in resumed]
    torch.save(result, sys.argv[3])
else:
    parameter = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([parameter], lr=0.0)
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0, growth_interval=3)
    for flag in sys.argv[2:]:
        optimizer.zero_grad()
        scaler.scale(parameter.sum() * (1.0 if flag == "good" else float("inf"))).backward()
        scaler.step(optimizer)
        scaler.update()
        print(scaler.get_scale())
