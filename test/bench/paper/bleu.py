"""BLEU (sacrebleu) of hypotheses with several references each: one line of JSON in, the score out."""
import json
import sys

import sacrebleu

hypotheses, references = json.loads(sys.stdin.readline())
longest = max(len(of_one) for of_one in references)
streams = [[of_one[i] if i < len(of_one) else None for of_one in references] for i in range(longest)]
print(sacrebleu.corpus_bleu(hypotheses, streams).score)
