"""Logits of models with PEFT on transformers, for test/interop/peft.ts.

Every line of the input is a JSON object: `model` (a GGUF file or a folder), `adapter` (a folder or null), `prompts`
(lists of token ids) and `out`, a file that gets the float32 logits after every token, prompt after prompt. Each line
is answered when it is done; the last model is kept, as reading a quantised one takes long.
"""
import json
import os
import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

torch.set_grad_enabled(False)
loaded, base = None, None
for line in sys.stdin:
    job = json.loads(line)
    path, gguf = job["model"], {}
    if path != loaded:
        if os.path.isfile(path):
            path, gguf["gguf_file"] = os.path.split(path)
        base = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32, attn_implementation="eager", **gguf)
        loaded = job["model"]
    adapted = PeftModel.from_pretrained(base, job["adapter"]) if job["adapter"] is not None else None
    model = (adapted or base).eval()
    with open(job["out"], "wb") as out:
        for prompt in job["prompts"]:
            out.write(model(input_ids=torch.tensor([prompt])).logits[0].float().contiguous().numpy().tobytes())
    if adapted is not None:
        base = adapted.unload()
    print("done", flush=True)
