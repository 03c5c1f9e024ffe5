"""Weights and their bytes in ggml's formats, by gguf-py: python make_blocks.py > blocks.json"""
import base64
import json

import gguf
import numpy as np

rng = np.random.default_rng(5)
weights = rng.normal(0, 0.05, (12, 64)).astype(np.float32)
weights[1] = 0
weights[2, :32] = 0.25
weights[3, 5] = -3.5
weights[4] = np.linspace(-1, 1, 64, dtype=np.float32)
weights[5] *= 1e-6
weights[6] *= 1e4
encoded = {
    name: base64.b64encode(gguf.quants.quantize(weights, getattr(gguf.GGMLQuantizationType, name)).tobytes()).decode()
    for name in ("F16", "BF16", "Q8_0", "Q4_0", "Q4_1")
}
print(json.dumps({"weights": base64.b64encode(weights.tobytes()).decode(), **encoded}, indent=1))
