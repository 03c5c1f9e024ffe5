"""One VeRA step a line with PEFT on PyTorch, for test/bench/benchmarks/training.ts.

Arguments: the model's GGUF file, the rank, the threads. The first line of the input is a JSON list of examples
with `ids` and `scored`; every further line asks for a step. Each line is answered when it is done.
"""
import json
import os
import sys

import torch
from peft import VeraConfig, get_peft_model
from transformers import AutoModelForCausalLM

path, rank, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
examples = json.loads(sys.stdin.readline())
folder, file = os.path.split(path)
model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32)
targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
model = get_peft_model(model, VeraConfig(r=rank, target_modules=targets))
model.train()
length = max(len(example["ids"]) for example in examples)
pad = lambda values, filler: values + [filler] * (length - len(values))
batch = {
    "input_ids": torch.tensor([pad(e["ids"], 0) for e in examples]),
    "attention_mask": torch.tensor([pad([1] * len(e["ids"]), 0) for e in examples]),
    "labels": torch.tensor(
        [pad([i if s else -100 for i, s in zip(e["ids"], e["scored"])], -100) for e in examples]
    ),
}
optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-3, weight_decay=0)
print("ready", flush=True)
for _ in sys.stdin:
    optimizer.zero_grad()
    model(**batch).loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    print("done", flush=True)
