"""Writes gradients.safetensors: what PyTorch's autograd says of every operator that the graph differentiates.

A row is `<case>/input/<name>`, `<case>/seed` (the gradient of the result), `<case>/output` and, for each input
that is differentiated, `<case>/gradient/<name>`. The graphs of the same names are built in
test/core/graph/gradient-cases.ts and test/core/vera/adapted-linear.test.ts.

Computed in float64 and rounded to float32 once. Inputs are multiples of 2^-10, so that the tests can move them
by a power of two without rounding. Run: `pip install torch numpy safetensors && python make_gradients.py`.
Made with torch 2.15.0 on a CPU.
"""

from pathlib import Path

import torch
from safetensors.torch import save_file

torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(20231017)
rows: dict[str, torch.Tensor] = {}


def normal(*shape, scale=1.0):
    return torch.round(torch.randn(shape, generator=generator) * scale * 1024) / 1024


def case(name, function, inputs, frozen=()):
    """Records the result of `function` over `inputs` and its gradients; those in `frozen` have none."""
    leaves = {key: value.clone().requires_grad_(key not in frozen) for key, value in inputs.items()}
    output = function(**leaves)
    seed = normal(*output.shape)
    output.backward(seed)
    record = {"seed": seed, "output": output.detach()}
    for key, leaf in leaves.items():
        record[f"input/{key}"] = leaf.detach()
        if key not in frozen:
            record[f"gradient/{key}"] = leaf.grad
    for key, value in record.items():
        rows[f"{name}/{key}"] = value.to(torch.float32).contiguous()


def binary(op, function):
    case(f"{op}/same shape", function, {"a": normal(3, 4), "b": normal(3, 4)})
    case(f"{op}/rows", function, {"a": normal(3, 4), "b": normal(4)})
    case(f"{op}/both ways", function, {"a": normal(2, 1, 3), "b": normal(4, 1)})
    case(f"{op}/scalar first", function, {"a": normal(), "b": normal(2, 3)})
    case(f"{op}/named rows", function, {"a": normal(5, 4), "b": normal(4)})


binary("Add", lambda a, b: a + b)
binary("Sub", lambda a, b: a - b)
binary("Mul", lambda a, b: a * b)
case("Mul/square", lambda x: x * x, {"x": normal(3, 4)})
case("Neg/matrix", lambda x: -x, {"x": normal(3, 4)})
case("Sigmoid/matrix", torch.sigmoid, {"x": normal(3, 4, scale=2)})
case("Sigmoid/SiLU", lambda x: x * torch.sigmoid(x), {"x": normal(2, 3, 4, scale=2)})

softmax = lambda x: torch.softmax(x, -1)
case("Softmax/matrix", softmax, {"x": normal(3, 5)})
case("Softmax/batch", softmax, {"x": normal(2, 3, 4, scale=2)})
causal = torch.triu(torch.full((4, 4), -1e9), diagonal=1)
case("Softmax/causal mask", lambda x, mask: torch.softmax(x + mask, -1), {"x": normal(2, 4, 4), "mask": causal}, ["mask"])

case("Reshape/fold", lambda x: x.reshape(3, 4), {"x": normal(2, 6)})
case("Reshape/to more axes", lambda x: x.reshape(2, 2, 3), {"x": normal(4, 3)})
case("Reshape/named rows", lambda x: x.reshape(5, 2, 3), {"x": normal(5, 6)})

case("Transpose/matrix", lambda x: x.permute(1, 0), {"x": normal(2, 3)})
case("Transpose/cycle", lambda x: x.permute(2, 0, 1), {"x": normal(2, 3, 4)})
case("Transpose/heads", lambda x: x.permute(0, 2, 3, 1), {"x": normal(2, 3, 2, 2)})

case("Concat/rows", lambda a, b: torch.cat([a, b], 0), {"a": normal(2, 3), "b": normal(4, 3)})
case("Concat/three parts", lambda a, b, c: torch.cat([a, b, c], 1), {"a": normal(2, 1, 2), "b": normal(2, 3, 2), "c": normal(2, 2, 2)})
case("Concat/twice the same", lambda x: torch.cat([x, x], 0), {"x": normal(2, 3)})

matmul = lambda a, b: a @ b
case("MatMul/matrices", matmul, {"a": normal(3, 4), "b": normal(4, 2)})
case("MatMul/batch", matmul, {"a": normal(2, 3, 4), "b": normal(2, 4, 5)})
case("MatMul/one right side", matmul, {"a": normal(2, 3, 4), "b": normal(4, 5)})
case("MatMul/one left side", matmul, {"a": normal(1, 3, 4), "b": normal(2, 4, 2)})
case("MatMul/batches of both", matmul, {"a": normal(2, 1, 2, 3), "b": normal(3, 3, 2)})

case("Gemm/plain", lambda a, b: a @ b, {"a": normal(3, 4), "b": normal(4, 2)})
case("Gemm/a transposed", lambda a, b: a.T @ b, {"a": normal(4, 3), "b": normal(4, 2)})
case("Gemm/b transposed", lambda a, b: a @ b.T, {"a": normal(3, 4), "b": normal(2, 4)})
case("Gemm/both transposed", lambda a, b: a.T @ b.T, {"a": normal(4, 3), "b": normal(2, 4)})
case("Gemm/named rows", lambda a, b: a @ b.T, {"a": normal(5, 4), "b": normal(2, 4)})

linear = lambda x, weight: x @ weight.T
case("Linear/wider", linear, {"x": normal(3, 4), "weight": normal(6, 4)}, ["weight"])
case("Linear/narrower", linear, {"x": normal(5, 6), "weight": normal(2, 6)}, ["weight"])


def rms_norm(x, scale, epsilon=1e-5):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + epsilon) * scale


case("SimplifiedLayerNormalization/matrix", rms_norm, {"x": normal(3, 8), "scale": normal(8)})
case("SimplifiedLayerNormalization/batch", rms_norm, {"x": normal(2, 3, 4), "scale": normal(4)})
case("SimplifiedLayerNormalization/named rows", rms_norm, {"x": normal(5, 6), "scale": normal(6)})
case(
    "SimplifiedLayerNormalization/large epsilon",
    lambda x, scale: rms_norm(x, scale, 0.5),
    {"x": normal(2, 4), "scale": normal(4)},
)


def rotate(x, cos, sin):
    """x [1, N, heads·D], cos and sin [N, D/2]: the halves of a head are a complex number's parts."""
    first, second = x.reshape(x.shape[1], -1, 2, cos.shape[1]).unbind(2)
    c, s = cos[:, None], sin[:, None]
    return torch.stack([first * c - second * s, second * c + first * s], 2).reshape(x.shape)


def rotary(heads, size, positions):
    angles = positions[:, None] / 100 ** (torch.arange(size // 2) * 2 / size)
    tables = {"cos": angles.cos().float().double(), "sin": angles.sin().float().double()}
    return {"x": normal(1, len(positions), heads * size)} | tables


case("RotaryEmbedding/one head", rotate, rotary(1, 4, torch.arange(3)), ["cos", "sin"])
case("RotaryEmbedding/two heads, later positions", rotate, rotary(2, 4, torch.tensor([7, 8, 30])), ["cos", "sin"])


def adapted(x, W, A, B, lambdaD, lambdaB):
    return x @ W.T + lambdaB * ((lambdaD * (x @ A.T)) @ B.T)


def pair(x, W1, W2, A, B1, B2, d1, b1, d2, b2):
    """Two layers of one input, as q_proj and k_proj are; their product stands for the attention."""
    return adapted(x, W1, A, B1, d1, b1) @ adapted(x, W2, A, B2, d2, b2).T


case(
    "VeRA/one layer",
    adapted,
    {"x": normal(5, 8), "W": normal(6, 8), "A": normal(3, 8), "B": normal(6, 3), "lambdaD": normal(3), "lambdaB": normal(6)},
    ["W", "A", "B"],
)
case(
    "VeRA/a new adapter",
    adapted,
    {"x": normal(5, 8), "W": normal(6, 8), "A": normal(3, 8), "B": normal(6, 3), "lambdaD": torch.full((3,), 0.125), "lambdaB": torch.zeros(6)},
    ["W", "A", "B"],
)
case(
    "VeRA/two layers of one input",
    pair,
    {
        "x": normal(4, 8),
        "W1": normal(6, 8),
        "W2": normal(6, 8),
        "A": normal(3, 8),
        "B1": normal(6, 3),
        "B2": normal(6, 3),
        "d1": normal(3),
        "b1": normal(6),
        "d2": normal(3),
        "b2": normal(6),
    },
    ["W1", "W2", "A", "B1", "B2"],
)

case("SwiGlu/matrix", lambda gate, up: torch.nn.functional.silu(gate) * up, {"gate": normal(3, 4, scale=2), "up": normal(3, 4)})


def updated(x, weight, z, lambdaD, B, lambdaB=None):
    delta = (z * lambdaD) @ B.T
    return x @ weight.T + (delta if lambdaB is None else delta * lambdaB)


case(
    "Linear/with VeRA's update",
    updated,
    {"x": normal(3, 4), "weight": normal(6, 4), "z": normal(3, 2), "lambdaD": normal(2), "B": normal(6, 2), "lambdaB": normal(6)},
    ["weight"],
)
case(
    "Linear/with LoRA's update",
    updated,
    {"x": normal(3, 4), "weight": normal(6, 4), "z": normal(3, 2), "lambdaD": torch.tensor(0.5), "B": normal(6, 2)},
    ["weight", "lambdaD"],
)
case("Tanh/matrix", torch.tanh, {"x": normal(3, 4, scale=2)})
case("Tanh/soft cap", lambda x: 5 * torch.tanh(x * 0.2), {"x": normal(2, 3, 4, scale=4)})
case("Sigmoid/GELU", lambda x: torch.nn.functional.gelu(x, approximate="tanh"), {"x": normal(3, 4, scale=2)})

case("Project/matrix", lambda x, A: x @ A.T, {"x": normal(5, 8), "A": normal(3, 8)})

save_file(rows, Path(__file__).with_name("gradients.safetensors"))
print(len({name.rsplit("/", 1)[0].removesuffix("/input").removesuffix("/gradient") for name in rows}), "cases")
