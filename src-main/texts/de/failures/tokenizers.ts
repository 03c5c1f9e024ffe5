/** Tokenizers and chat templates. */
export const tokenizers: Readonly<Record<string, string>> = {
  "This model's tokenizer needs {1}, which Veranda does not have. Pick another model.":
    'Der Tokenizer dieses Modells braucht {1}; das hat Veranda nicht. Nimm ein anderes Modell.',
  "The model's {1}. Download it again.":
    'Die Dateien des Modells sind beschädigt: {1}. Lade es noch einmal herunter.',
  "This model's tokenizer can't be written in this format because of {1}. Export the model in another format, or the adapter alone.":
    'Der Tokenizer dieses Modells kann in diesem Format nicht geschrieben werden; das liegt hieran: {1}. Exportiere das Modell in einem anderen Format oder nur den Assistenten.',
  'tokenizer has a damaged map of normalized characters':
    'der Tokenizer hat eine beschädigte Tabelle normalisierter Zeichen',
  "The model's chat template cannot be read: {1}.":
    'Die Gesprächsvorlage des Modells kann nicht gelesen werden: {1}.',
  "The model's chat template does not accept this conversation: {1}.":
    'Die Gesprächsvorlage des Modells nimmt dieses Gespräch nicht an: {1}.',
  'A message contains "{1}", which steers this model, and the model\'s chat template rewrites messages so that it could not be kept as text. Remove it from the message.':
    'Eine Nachricht enthält „{1}“, womit dieses Modell gesteuert wird, und seine Gesprächsvorlage schreibt Nachrichten so um, dass es nicht Text bleiben könnte. Nimm es aus der Nachricht.',
  'the kind {1} (Veranda has gpt2, llama and t5)': 'die Art {1} (Veranda hat gpt2, llama und t5)',
  'the kind {1} (Veranda has BPE and Unigram)': 'die Art {1} (Veranda hat BPE und Unigram)',
  'entry {1} is missing or damaged': 'der Eintrag {1} fehlt oder ist beschädigt',
  'BPE with {1}': 'BPE mit {1}',
  'BPE with byte_fallback and ByteLevel': 'BPE mit byte_fallback und ByteLevel',
  'the decoder {1}': 'den Decoder {1}',
  'a decoder that keeps the marks of spaces': 'einen Decoder, der die Zeichen für Leerzeichen behält',
  'a SentencePiece model of words or characters': 'ein SentencePiece-Modell aus Wörtern oder Zeichen',
  'a SentencePiece model with spaces at the end of words, or unmarked':
    'ein SentencePiece-Modell mit Leerzeichen am Ende der Wörter oder ohne Zeichen dafür',
  'tokenizer.model is damaged: it has no tokens or none with scores':
    'tokenizer.model hat keine Token oder keine mit Bewertung',
  'tokenizer.model is damaged: it is no protocol buffer message':
    'tokenizer.model ist keine Protocol-Buffers-Nachricht',
  'tokenizer.json has {1}': 'tokenizer.json hat {1}',
  'a part that is not an object': 'einen Teil, der kein Objekt ist',
  'no list of tokens': 'keine Liste der Token',
  'a token without its score': 'ein Token ohne seine Bewertung',
  'an added token without id or content': 'ein zusätzliches Token ohne id oder content',
  'no valid id for the token {1}': 'keine gültige id für das Token {1}',
  'no merges': 'keine merges',
  'a merge that is not text': 'ein merge, das kein Text ist',
  'a Sequence without its normalizers': 'eine Sequence ohne ihre Normalisierer',
  'a {1} without its {2}': 'ein {1} ohne sein {2}',
  'a Metaspace without its replacement': 'ein Metaspace ohne sein replacement',
  'the normalizer {1}': 'den Normalisierer {1}',
  '{1} without a pattern': '{1} ohne Muster',
  'the pattern {1}': 'das Muster {1}',
  'the pre-tokenizer {1}': 'den Pre-Tokenizer {1}',
  'Split with the behaviour {1}': 'Split mit dem Verhalten {1}',
  'Metaspace with the scheme {1}': 'Metaspace mit dem Schema {1}',
  'what its Unigram does with unknown characters': 'das, was sein Unigram mit unbekannten Zeichen tut',
  'the way it normalizes text': 'die Art, wie er Text normalisiert',
  'the way it cuts text': 'die Art, wie er Text zerlegt',
}
