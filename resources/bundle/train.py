"""Trains the adapter that this folder describes: accelerate launch train.py

What is learned is in dataset.jsonl, how in adapter_config.json (PEFT) and training.json, over the model in the folder
model. The adapter is written to the folder adapter.
"""
import argparse
import json
import math
import random
from contextlib import nullcontext
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from peft import PeftConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer, get_scheduler

here = Path(__file__).resolve().parent


def arguments():
    parser = argparse.ArgumentParser(description="Trains the adapter that this folder describes.")
    parser.add_argument("--model", default=str(here / "model"), help="folder or Hub name of the base model")
    parser.add_argument("--out", default=str(here / "adapter"), help="folder for the adapter")
    parser.add_argument("--rows", type=int, default=4, help="examples that a process computes at once")
    parser.add_argument("--dtype", default=None, help="of the frozen weights; bfloat16 on a GPU, else float32")
    return parser.parse_args()


def encode(tokenizer, messages, settings):
    """Token ids and labels: of each answer the text and the token that ends it are learned, nothing else."""
    ids = tokenizer.apply_chat_template(messages, return_dict=False)
    labels = [-100] * len(ids)
    ends = set(settings["endTokenIds"])
    for place, message in enumerate(messages):
        if message["role"] != "assistant":
            continue
        asked = tokenizer.apply_chat_template(messages[:place], add_generation_prompt=True, return_dict=False)
        answered = tokenizer.apply_chat_template(messages[: place + 1], return_dict=False)
        if answered[: len(asked)] != asked or ids[: len(answered)] != answered:
            raise SystemExit(f"The chat template does not write turn by turn; this can't be learned: {messages}")
        for at in range(len(asked), len(answered)):
            labels[at] = answered[at]
            if answered[at] in ends:
                break
    if len(ids) > settings["contextLength"]:
        raise SystemExit(f"An example has {len(ids)} tokens, more than the model reads: {messages[0]['content'][:60]}")
    return ids, labels


def plan_steps(examples, settings):
    """The examples of every optimizer step: about batchTokens each, in an order that the seed decides."""
    steps = []
    for epoch in range(settings["epochs"]):
        order = list(range(len(examples)))
        random.Random(settings["seed"] + epoch).shuffle(order)
        step, tokens = [], 0
        for index in order:
            step.append(index)
            tokens += len(examples[index][0])
            if tokens >= settings["batchTokens"]:
                steps.append(step)
                step, tokens = [], 0
        if step:
            steps.append(step)
    return steps


def padded(rows, device):
    length = max(len(ids) for ids, _ in rows)
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    labels = torch.full((len(rows), length), -100)
    attended = torch.zeros(len(rows), length, dtype=torch.long)
    for row, (own, scored) in enumerate(rows):
        ids[row, : len(own)] = torch.tensor(own)
        labels[row, : len(own)] = torch.tensor(scored)
        attended[row, : len(own)] = 1
    return ids.to(device), labels.to(device), attended.to(device)


def loss_sum(model, rows, device):
    """Cross entropy summed over the labels, nats."""
    ids, labels, attended = padded(rows, device)
    logits = model(input_ids=ids, attention_mask=attended).logits[:, :-1].float()
    return torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100, reduction="sum"
    )


def make_optimizer(model, settings):
    rates = {"vera_lambda_d": settings["lambdaDRate"], "vera_lambda_b": settings["lambdaBRate"]}
    groups = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            rate = next((rate for part, rate in rates.items() if part in name), 1.0)
            groups.setdefault(rate, []).append(parameter)
    parameters = [{"params": own, "lr": settings["learningRate"] * rate} for rate, own in groups.items()]
    if settings["optimizer"] == "sgd":
        return torch.optim.SGD(parameters, momentum=settings["momentum"], weight_decay=settings["weightDecay"])
    return torch.optim.AdamW(parameters, weight_decay=settings["weightDecay"])


def main():
    given = arguments()
    settings = json.loads((here / "training.json").read_text("utf-8"))
    accelerator = Accelerator()
    set_seed(settings["seed"])
    dtype = given.dtype or ("bfloat16" if accelerator.device.type == "cuda" else "float32")

    tokenizer = AutoTokenizer.from_pretrained(given.model)
    tokenizer.chat_template = (here / "chat_template.jinja").read_text("utf-8")
    lines = (here / "dataset.jsonl").read_text("utf-8").splitlines()
    examples = [encode(tokenizer, json.loads(line)["messages"], settings) for line in lines if line.strip()]
    steps = plan_steps(examples, settings)

    model = AutoModelForCausalLM.from_pretrained(given.model, dtype=getattr(torch, dtype))
    model.config.use_cache = False
    config = PeftConfig.from_pretrained(str(here))
    config.inference_mode = False
    model = get_peft_model(model, config)
    optimizer = make_optimizer(model, settings)
    # Not prepared: it would step once a process.
    names = {"constant": "constant_with_warmup"}
    scheduler = get_scheduler(
        names.get(settings["schedule"], settings["schedule"]),
        optimizer,
        num_warmup_steps=math.ceil(settings["warmupRatio"] * len(steps)),
        num_training_steps=len(steps),
    )
    model, optimizer = accelerator.prepare(model, optimizer)
    model.train()
    world, rank = accelerator.num_processes, accelerator.process_index
    learned = sum(label != -100 for _, labels in examples for label in labels)
    accelerator.print(f"{len(examples)} examples, {learned} learned tokens, {len(steps)} steps, {world} processes on {accelerator.device.type}")

    for number, step in enumerate(steps, start=1):
        labels = sum(label != -100 for index in step for label in examples[index][1][1:])
        own = [examples[index] for index in step[rank::world]]
        # A process without an example of its own computes one that counts nothing: all must take part.
        passes = [(own[at : at + given.rows], 1.0) for at in range(0, len(own), given.rows)] or [([examples[step[0]]], 0.0)]
        total = torch.zeros((), device=accelerator.device)
        for place, (rows, weight) in enumerate(passes):
            with accelerator.no_sync(model) if place < len(passes) - 1 else nullcontext():
                loss = loss_sum(model, rows, accelerator.device) * weight
                # The processes' gradients are averaged, and what is wanted is the mean over all labels.
                accelerator.backward(loss * world / labels)
            total += loss.detach()
        if settings["clipNorm"] > 0:
            accelerator.clip_grad_norm_(model.parameters(), settings["clipNorm"])
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
        mean = accelerator.reduce(total, "sum").item() / labels
        accelerator.print(f"step {number} of {len(steps)}: loss {mean:.4f} nats a token")
        if not math.isfinite(mean):
            raise SystemExit("The loss is no longer a number. Start again with a lower learning rate.")

    accelerator.wait_for_everyone()
    state = accelerator.get_state_dict(model)
    if accelerator.is_main_process:
        accelerator.unwrap_model(model).save_pretrained(given.out, state_dict=state)
        print(f"The adapter is in {given.out}; in Veranda: adapters import {given.out}")
    accelerator.end_training()


if __name__ == "__main__":
    main()
