"""SentencePiece tokenizers, small and trained here, and what the real libraries make of nasty texts.

Made with sentencepiece 0.2.3, protobuf and tokenizers 0.23.3: python make_tokenizers.py

sentencepiece/NAME.model  a tokenizer.model; NAME.json: texts, their ids and what these decode to, by sentencepiece
huggingface/NAME.json     {"tokenizer": a tokenizer.json, "cases"}: ids by tokenizers, with special tokens in the text
                          read as tokens (`special`) and as text (`plain`), and what the special ones decode to
"""

import json
import pathlib

import sentencepiece
from sentencepiece.sentencepiece_model_pb2 import ModelProto
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

here = pathlib.Path(__file__).parent
corpus = [
    "The quick brown fox jumps over the lazy dog. It's 2024, and we'll see 12345 things!",
    "Hello world, hello there; the theatre in the north is thicker than the other one.",
    "def main():\n    for index in range(10):\n        print(index)\n\n    return None",
    "Der Hund heißt Bramble, und die Straße ist naß. Größe, Übermut, ÄÖÜ äöü.",
    "Le café est fermé, déjà vu; naïve façade, garçon, œuvre.",
    "日本語のテキスト。今日は天気がいいですね。東京と京都。",
    "한국어 텍스트입니다. 안녕하세요 세계.",
    "Привет, мир! Как дела сегодня? Хорошо, спасибо.",
    "aaaa aaa aa a bbb bb b    spaces   in  a row\tand a tab",
    "one two three four five six seven eight nine ten eleven twelve",
    "ﬁne ﬂag ① ② ㎏ ½ ™ … “quoted” ‘single’ — dash – dash",
] * 8

texts = [
    "", " ", "  ", "   a", "a", " a", "a ", "a  ", "Hello world", " Hello world", "Hello  world  ", "  two  leading",
    "the theatre\nin the\n\nnorth\r\n", "\n", "\t\ttabs\t", "def main():\n    print(1)\n", "1234567890", "12 34",
    "naïve café, Größe", "e\u0301 decomposed n\u0303", "日本語のテキスト", "京都大学", "한국어 세계", "Привет, мир!", "العربية हिन्दी ไทย",
    "🙂", "🙂🚀 ok", "👩‍👩‍👧 family", "a🙂b", "\u00a0nbsp\u2003em\u3000wide", "\ufeffbom\u200bzero", "x\u0000y\u0001z",
    "▁", "▁▁a ▁b", "a▁b", "<0x41>", "<0xE2> byte", "<unk>", "<s>", "</s>", "<s>a</s>", "a<s>b", "a <s> b", "hello<s>",
    "<tool>", "a<tool>b", "use <tool> now", "x <tool>", "<tool><tool>", "<|end|>\n  next", "go<|end|>  on <|end|>", "word wordy <w> <w>x x<w>",
    "ﬁne ﬂag ①② ㎏ ½™", "…—“q” ‘s", "ǅ İ ß ẞ", "a\u0300\u0301\u0302\u0303b", "q" * 40, "ab" * 30, "the" * 20, " " * 30, "x" + " " * 17 + "y",
    "ZWJ\u200d\u200d", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "\U0010ffff", "tail\U0001f600", "ÿþ", "don't DON'T", "CamelCaseXMLHttp", "https://x.y/z?q=1&r=2#s",
]


def save(path, value):
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")


# Some of NFKC, so that the map stays small: ligatures, circled digits, a two-to-one and a one-to-none rule.
rules = here / "rules.tsv"
rules.write_text("\n".join(
    "\t".join([" ".join(f"{ord(c):X}" for c in source), " ".join(f"{ord(c):X}" for c in target)])
    for source, target in [("ﬁ", "fi"), ("ﬂ", "fl"), ("①", "1"), ("②", "2"), ("㎏", "kg"), ("…", "..."), ("\u3000", " "), ("\u00a0", " "),
                           ("e\u0301", "é"), ("n\u0303", "ñ"), ("a\u0300", "à"), ("\u200b", " "), ("\t", " "), ("\n", " "), ("🙂", ":)")]
) + "\n")

pieces = {
    # Llama 1 and 2, Mistral, TinyLlama
    "llama": dict(model_type="bpe", byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
                  split_digits=True, allow_whitespace_only_pieces=True, vocab_size=620),
    # Gemma
    "gemma": dict(model_type="bpe", byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
                  split_digits=True, allow_whitespace_only_pieces=True, add_dummy_prefix=False, vocab_size=640,
                  user_defined_symbols=["<tool>", "▁▁", "▁▁▁▁"]),
    # T5
    "unigram": dict(model_type="unigram", normalization_rule_tsv=str(rules), vocab_size=330),
    # unigram with bytes, as some Japanese models have it
    "unigram-bytes": dict(model_type="unigram", byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False, vocab_size=620),
}
for name, options in pieces.items():
    folder = here / "sentencepiece"
    folder.mkdir(exist_ok=True)
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(line for text in corpus for line in text.split("\n")), model_prefix=str(folder / name),
        character_coverage=0.98, hard_vocab_limit=False, num_threads=1, minloglevel=2, **options,
    )
    (folder / f"{name}.vocab").unlink()
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / f"{name}.model"))
    save(folder / f"{name}.json", [{"text": text, "ids": processor.encode(text), "decoded": processor.decode(processor.encode(text))} for text in texts])
rules.unlink()


def vocabulary(name):
    processor = sentencepiece.SentencePieceProcessor(model_file=str(here / "sentencepiece" / f"{name}.model"))
    return [(processor.id_to_piece(i), processor.get_score(i)) for i in range(processor.get_piece_size())], processor


def bpe(name, **options):
    scored, _ = vocabulary(name)
    vocab = {piece: i for i, (piece, _) in enumerate(scored)}
    scores = dict(scored)
    merges = [
        (scores[piece], piece[:cut], piece[cut:])
        for piece in vocab for cut in range(1, len(piece)) if piece[:cut] in vocab and piece[cut:] in vocab
    ]
    merges = [(a, b) for _, a, b in sorted(merges, key=lambda m: (-m[0], len(m[1]), len(m[2])))]
    return models.BPE(vocab, merges, unk_token="<unk>", fuse_unk=True, **options)


def unigram(name, byte_fallback):
    scored, processor = vocabulary(name)
    return models.Unigram(scored, processor.unk_id(), byte_fallback)


llama_decoder = lambda *more: decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), *more])
strip = decoders.Strip(" ", 1, 0)
metaspace = lambda scheme, split: pre_tokenizers.Metaspace("▁", scheme, split)
special = [AddedToken("<unk>", special=True, normalized=False), AddedToken("<s>", special=True, normalized=False), AddedToken("</s>", special=True, normalized=False)]
tool = AddedToken("<tool>", normalized=False)
end = AddedToken("<|end|>", special=True, normalized=False, rstrip=True)
word = AddedToken("<w>", normalized=False, single_word=True, lstrip=True)


def tokenizer(model, added, normalizer=None, pre_tokenizer=None, decoder=None):
    made = Tokenizer(model)
    if normalizer is not None:
        made.normalizer = normalizer
    if pre_tokenizer is not None:
        made.pre_tokenizer = pre_tokenizer
    made.decoder = decoder
    made.add_tokens([*special, *added])
    return made


charsmap = ModelProto.FromString((here / "sentencepiece" / "unigram.model").read_bytes()).normalizer_spec.precompiled_charsmap
prepend = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
huggingface = {
    "llama-legacy": tokenizer(bpe("llama", byte_fallback=True), [tool, end, word], prepend, None, llama_decoder(strip)),
    "llama-normalized-token": tokenizer(bpe("llama", byte_fallback=True), [AddedToken("<tool>", normalized=True), end], prepend, None, llama_decoder(strip)),
    "llama": tokenizer(bpe("llama", byte_fallback=True), [tool, end, word], None, metaspace("first", False), llama_decoder(strip)),
    "llama-always-split": tokenizer(bpe("llama", byte_fallback=True), [tool, end], None, metaspace("always", True),
                                    decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace("▁", "always", True)])),
    "llama-without-bytes": tokenizer(bpe("llama"), [tool, end], prepend, None, llama_decoder(strip)),
    "gemma": tokenizer(bpe("gemma", byte_fallback=True), [tool, end, AddedToken("\n\n", normalized=False)], normalizers.Replace(" ", "▁"),
                       pre_tokenizers.Split(" ", "merged_with_previous"), llama_decoder()),
    "unigram": tokenizer(unigram("unigram", False), [tool, end],
                         normalizers.Sequence([normalizers.Precompiled(charsmap), normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), "▁")]),
                         metaspace("always", True), decoders.Metaspace("▁", "always", True)),
    "unigram-bytes": tokenizer(unigram("unigram-bytes", True), [tool, end],
                               normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase(), normalizers.StripAccents()]),
                               pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("isolated"), metaspace("always", True)]), llama_decoder(strip)),
}
level = Tokenizer(models.BPE())
level.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=True)])
level.decoder = decoders.ByteLevel()
level.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=420, special_tokens=["<unk>", "<s>", "</s>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
level.add_tokens([tool, end, word])
huggingface["byte-level-prefix"] = level

for name, made in huggingface.items():
    cases = []
    for text in texts:
        made.encode_special_tokens = False
        ids = made.encode(text, add_special_tokens=False).ids
        made.encode_special_tokens = True
        plain = made.encode(text, add_special_tokens=False).ids
        cases.append({"text": text, "special": ids, "plain": plain, "decoded": made.decode(ids, skip_special_tokens=False)})
    made.encode_special_tokens = False
    save(here / "huggingface" / f"{name}.json", {"tokenizer": json.loads(made.to_str()), "cases": cases})
