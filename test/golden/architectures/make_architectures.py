"""Tiny random models of every architecture and rotary scaling, and their logits by transformers (float32).

Made with torch 2.15.0 and transformers 5.23.0: python make_architectures.py
Each NAME/ is a folder as save_pretrained writes it, weights in bfloat16 (they are computed in float32);
expected.safetensors holds `ids`, `NAME/logits` [T, V], `NAME/loss` (mean over the tokens 1 to T - 1) and, of those whose
projections are not fused, `NAME/gradient`: of the summed loss by a VeRA adapter's vectors, layer by layer and in a layer
by `kinds`, lambda_d then lambda_b. Its numbers are those of `wave`, computed in float64.
"""

import copy
import json
import pathlib

import torch
import transformers
from safetensors.torch import save_file

here = pathlib.Path(__file__).parent
shape = dict(
    vocab_size=32, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=64, attn_implementation="eager",
    bos_token_id=1, eos_token_id=2, pad_token_id=0,
)
rope = lambda **scaling: dict(rope_parameters=dict(rope_theta=10000.0, **scaling))
models = {
    "linear": ("Llama", rope(rope_type="linear", factor=4.0)),
    "dynamic": ("Llama", rope(rope_type="dynamic", factor=2.0)),
    "yarn": ("Llama", dict(head_dim=16, **rope(rope_type="yarn", factor=4.0, original_max_position_embeddings=16))),
    "mistral": ("Mistral", dict(sliding_window=6)),
    "qwen2": ("Qwen2", dict(use_sliding_window=False)),
    "qwen3": ("Qwen3", dict(head_dim=8)),
    "smollm3": ("SmolLM3", dict(no_rope_layers=[1, 0])),
    "phi3": ("Phi3", dict(sliding_window=9)),
    "gemma": ("Gemma", dict(head_dim=8)),
    "gemma2": ("Gemma2", dict(
        head_dim=8, num_hidden_layers=3, sliding_window=6, query_pre_attn_scalar=10, attn_logit_softcapping=2.0,
        final_logit_softcapping=3.0,
    )),
    "gemma3": ("Gemma3", dict(
        head_dim=8, num_hidden_layers=3, sliding_window=6, query_pre_attn_scalar=10,
        layer_types=["sliding_attention", "sliding_attention", "full_attention"],
        rope_parameters=dict(
            full_attention=dict(rope_type="linear", factor=8.0, rope_theta=1e6),
            sliding_attention=dict(rope_type="default", rope_theta=1e4),
        ),
    )),
}

kinds = [f"self_attn.{kind}_proj" for kind in "qkvo"] + [f"mlp.{kind}_proj" for kind in ("gate", "up", "down")]
wave = lambda length, step: torch.sin(torch.arange(length, dtype=torch.float64) * step + 1).float().double()


def vera_gradient(model, ids, rank=2):
    """With A [rank, width] and B [width, rank] for the widest of all layers, of which each takes its part."""
    config = model.config
    width = max(config.intermediate_size, config.num_attention_heads * getattr(config, "head_dim", config.hidden_size // config.num_attention_heads))
    A, B = wave(rank * width, 0.7).reshape(rank, width), wave(width * rank, 1.3).reshape(width, rank)
    layers = [layer.get_submodule(kind) for layer in model.model.layers for kind in kinds]
    length = sum(rank + linear.out_features for linear in layers)
    vectors = (wave(length, 0.9).float() * 0.2).double().requires_grad_()
    start = 0
    for linear in layers:
        d, b = vectors[start : start + rank], vectors[start + rank : start + rank + linear.out_features]
        start += rank + linear.out_features

        def adapted(x, linear=linear, d=d, b=b):
            y = torch.nn.functional.linear(x, linear.weight, linear.bias)
            return y + b * ((d * (x @ A[:, : linear.in_features].T)) @ B[: linear.out_features].T)

        linear.forward = adapted
    (model(ids, labels=ids).loss * (ids.shape[1] - 1)).backward()
    return vectors.grad.float()


torch.manual_seed(7)
ids = torch.randint(3, 32, (1, 20))
expected = {"ids": ids[0].clone()}
for name, (family, changes) in models.items():
    config = getattr(transformers, "Gemma3TextConfig" if family == "Gemma3" else f"{family}Config")(**{**shape, **changes})
    model = getattr(transformers, f"{family}ForCausalLM")(config).float().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            spread = 0.3 if parameter.dim() > 1 else 0.5
            # Gemma's norms add one to their weights themselves.
            center = 1.0 if not family.startswith("Gemma") and parameter.dim() == 1 and parameter.numel() in (8, 16) else 0.0
            parameter.copy_((center + spread * torch.randn_like(parameter)).bfloat16().float())
    output = model(ids, labels=ids)
    expected[f"{name}/logits"] = output.logits[0].detach().clone()
    expected[f"{name}/loss"] = output.loss.detach().reshape(1).clone()
    if name != "phi3":
        with torch.random.fork_rng():
            expected[f"{name}/gradient"] = vera_gradient(copy.deepcopy(model).double(), ids)
    weights = {key: value.bfloat16().contiguous() for key, value in model.state_dict().items()}
    if config.tie_word_embeddings:
        weights.pop("lm_head.weight", None)
    folder = here / name
    folder.mkdir(exist_ok=True)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    settings = json.loads(config.to_json_string(use_diff=True))
    (folder / "config.json").write_text(json.dumps(settings, indent=2) + "\n")
save_file(expected, here / "expected.safetensors")
