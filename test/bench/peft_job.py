"""A whole VeRA run with PEFT's plain loop on PyTorch, for test/bench/benchmarks/training-job.ts.

Arguments: the model's GGUF file, the threads. The input is one line of JSON: `examples` and `heldOut`, lists of
`ids` and `scored`; `rank`, `epochs`, `batchSize`, `learningRate`, `schedule` (linear or
cosine), `warmupRatio`, `clipNorm`, `seed`, `dInitial`.
Rows are padded to the longest of their batch. After each epoch, and before the first, a line of JSON says the
`seconds` since training began and the held-out `loss`; the last one the process's `peakBytes`.
"""
import json
import math
import os
import random
import resource
import sys
import time

import torch
from peft import VeraConfig, get_peft_model
from transformers import AutoModelForCausalLM

path, threads = sys.argv[1], int(sys.argv[2])
job = json.loads(sys.stdin.readline())
torch.set_num_threads(threads)
torch.manual_seed(job["seed"])
folder, file = os.path.split(path)
model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32)
targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
model = get_peft_model(model, VeraConfig(r=job["rank"], target_modules=targets, d_initial=job["dInitial"]))


def batch_of(examples):
    length = max(len(example["ids"]) for example in examples)
    pad = lambda values, filler: values + [filler] * (length - len(values))
    scored = lambda e: [i if s else -100 for i, s in zip(e["ids"], e["scored"])]
    return {
        "input_ids": torch.tensor([pad(e["ids"], 0) for e in examples]),
        "attention_mask": torch.tensor([pad([1] * len(e["ids"]), 0) for e in examples]),
        "labels": torch.tensor([pad(scored(e), -100) for e in examples]),
    }


def batches(examples):
    size = job["batchSize"]
    return [batch_of(examples[i : i + size]) for i in range(0, len(examples), size)]


def held_out_loss():
    """The mean over all scored tokens."""
    model.eval()
    total = count = 0
    with torch.no_grad():
        for batch in batches(job["heldOut"]):
            scored = int((batch["labels"][:, 1:] != -100).sum())
            total += float(model(**batch).loss) * scored
            count += scored
    model.train()
    return total / count


trained = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=job["learningRate"], weight_decay=0)
steps = job["epochs"] * math.ceil(len(job["examples"]) / job["batchSize"])
warmup = round(job["warmupRatio"] * steps)


def rate(step):
    if step < warmup:
        return (step + 1) / warmup
    progress = (step - warmup) / max(1, steps - warmup)
    return 1 - progress if job["schedule"] == "linear" else 0.5 * (1 + math.cos(math.pi * progress))


schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
order = random.Random(job["seed"])
model.train()
start = time.perf_counter()
report = lambda: print(json.dumps({"seconds": time.perf_counter() - start, "loss": held_out_loss()}), flush=True)
report()
for _ in range(job["epochs"]):
    examples = list(job["examples"])
    order.shuffle(examples)
    for batch in batches(examples):
        optimizer.zero_grad()
        model(**batch).loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, job["clipNorm"])
        optimizer.step()
        schedule.step()
    report()
print(json.dumps({"peakBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}), flush=True)
