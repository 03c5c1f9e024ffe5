"""How Hugging Face's tokenizers (0.23.3) cuts texts: python make_pieces.py writes pieces.json.

Patterns as in the tokenizer.json of Qwen2.5 (qwen2), Llama 3 (llama-bpe) and Mistral Nemo (tekken).
"""

import json
import pathlib

from tokenizers import Regex, pre_tokenizers

upper, lower = r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}", r"\p{Ll}\p{Lm}\p{Lo}\p{M}"
patterns = {
    "qwen2": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "llama-bpe": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "tekken": rf"[^\r\n\p{{L}}\p{{N}}]?[{upper}]*[{lower}]+|[^\r\n\p{{L}}\p{{N}}]?[{upper}]+[{lower}]*|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}
texts = [
    "Hello world! It's 2024, we'LL see: 12345 things.", "  two  spaces\n\n\tand tabs \r\nend  ", "naïve café, Ünïcödé ǅ e\u0301",
    "日本語のテキスト 한국어 العربية हिन्दी", "CamelCase camelCase ABCdef XMLHttp", "a/b//c http://x.y/z?q=1\n/", "🙂🚀 👩‍👩‍👧 ok\u00a0nbsp\u2003em",
    "x = {'a': [1, 22, 333, 4444]}; // done\n\n\n", "…—“quoted” ‘s", "I'M you'Re D'oh '", " ", "\n", "١٢٣ Ⅷ ½ 10%",
]
pieces = {}
for name, pattern in patterns.items():
    split = pre_tokenizers.Split(Regex(pattern), "isolated")
    pieces[name] = {"pattern": pattern, "pieces": [[piece for piece, _ in split.pre_tokenize_str(text)] for text in texts]}
out = pathlib.Path(__file__).with_name("pieces.json")
out.write_text(json.dumps({"texts": texts, **pieces}, ensure_ascii=True, indent=1) + "\n")
