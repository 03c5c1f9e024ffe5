"""Tiny random models of every architecture and rotary scaling, and their logits by transformers (float32).

Made with torch 2.15.0 and transformers 5.23.0: python make_architectures.py
Each NAME/ is a folder as save_pretrained writes it, weights in bfloat16 (they are computed in float32);
expected.safetensors holds `ids`, `NAME/logits` [T, V] and `NAME/loss` (mean over the tokens 1 to T - 1).
"""

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
}

torch.manual_seed(7)
ids = torch.randint(3, 32, (1, 20))
expected = {"ids": ids[0].clone()}
for name, (family, changes) in models.items():
    config = getattr(transformers, f"{family}Config")(**{**shape, **changes})
    model = getattr(transformers, f"{family}ForCausalLM")(config).float().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            spread = 0.3 if parameter.dim() > 1 else 0.5
            center = 1.0 if parameter.dim() == 1 and parameter.numel() in (8, 16) else 0.0
            parameter.copy_((center + spread * torch.randn_like(parameter)).bfloat16().float())
    output = model(ids, labels=ids)
    expected[f"{name}/logits"] = output.logits[0].detach().clone()
    expected[f"{name}/loss"] = output.loss.detach().reshape(1).clone()
    weights = {key: value.bfloat16().contiguous() for key, value in model.state_dict().items()}
    if config.tie_word_embeddings:
        weights.pop("lm_head.weight", None)
    folder = here / name
    folder.mkdir(exist_ok=True)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    settings = json.loads(config.to_json_string(use_diff=True))
    (folder / "config.json").write_text(json.dumps(settings, indent=2) + "\n")
save_file(expected, here / "expected.safetensors")
