/** What a model file holds and what is wrong with it: GGUF, safetensors, Hugging Face folders, tokenizers. */
export const modelFiles: Readonly<Record<string, string>> = {
  '{1} bits': '{1} Bit',
  '{1} {2}%': '{1} {2} %',
  '{1}, from {2}': '{1}, aus {2}',
  '{1}, from {2}: perplexity {3} → {4} on a fixed text':
    '{1}, aus {2}: Perplexität {3} → {4} an einem festen Text',
  '{1}, in part rounded to 8 bits (by {2}%)': '{1}, zum Teil auf 8 Bit gerundet (um {2} %)',
  'The model file is damaged: {1}. Download it again, or pick another file.':
    'Die Modelldatei ist beschädigt: {1}. Lade sie noch einmal herunter, oder nimm eine andere Datei.',
  'it claims {1} of {2}, more than {3} is not believable':
    'sie behauptet {1} von {2}; mehr als {3} ist nicht glaubhaft',
  'a text length': 'eine Textlänge',
  'a list length in "{1}"': 'eine Listenlänge in „{1}“',
  'a number of tensors': 'eine Zahl der Tensoren',
  'a number of metadata entries': 'eine Zahl der Metadaten',
  'a length in the shape of {1}': 'eine Länge in der Form von {1}',
  'the offset of tensor {1}': 'einen Ort des Tensors {1}',
  'its entry "{1}" has a value of the unknown type {2}':
    'ihr Eintrag „{1}“ hat einen Wert der unbekannten Art {2}',
  'its entry "{1}" nests lists too deeply': 'ihr Eintrag „{1}“ schachtelt Listen zu tief',
  'it has two tensors named {1}': 'sie hat zwei Tensoren namens {1}',
  'its alignment is {1}': 'ihre Ausrichtung ist {1}',
  'tensor {1} has {2} dimensions': 'der Tensor {1} hat {2} Dimensionen',
  'a row of tensor {1} has {2} weights, which {3} cannot store':
    'eine Zeile des Tensors {1} hat {2} Gewichte, die {3} nicht fassen kann',
  'tensor {1} claims {2} bytes': 'der Tensor {1} behauptet {2} Byte',
  'tensor {1} starts at an unaligned place': 'der Tensor {1} beginnt an einem unausgerichteten Ort',
  'tensor {1} overlaps another tensor': 'der Tensor {1} überlappt einen anderen',
  'The model file ends too early (after {1} bytes, within its header). Download it again, or pick another file.':
    'Die Modelldatei endet zu früh (nach {1} Byte, in ihrem Kopf). Lade sie noch einmal herunter, oder nimm eine andere Datei.',
  'The model file is empty or nearly so ({1} bytes). Download it again, or pick another file.':
    'Die Modelldatei ist fast oder ganz leer ({1} Byte). Lade sie noch einmal herunter, oder nimm eine andere Datei.',
  'The model file ends too early ({1} of {2}). Download it again, or pick another file.':
    'Die Modelldatei endet zu früh ({1} von {2}). Lade sie noch einmal herunter, oder nimm eine andere Datei.',
  'This file is not a GGUF model. Pick a file whose name ends in .gguf.':
    'Diese Datei ist kein GGUF-Modell. Nimm eine Datei, deren Name auf .gguf endet.',
  'This model file was made for big-endian machines. Get the ordinary (little-endian) file of this model.':
    'Diese Modelldatei ist für Big-Endian-Rechner gemacht. Hole die gewöhnliche Datei (Little-Endian) dieses Modells.',
  'This model file has GGUF version {1}; Veranda reads versions 2 and 3. Get a newer file of this model.':
    'Diese Modelldatei hat die GGUF-Version {1}; Veranda liest die Versionen 2 und 3. Hole eine neuere Datei dieses Modells.',
  'Tensor {1} is stored in format number {2}, which Veranda does not know. Pick another file of this model, for example Q4_1 or Q8_0.':
    'Der Tensor {1} ist im Format Nummer {2} gespeichert, das Veranda nicht kennt. Nimm eine andere Datei dieses Modells, zum Beispiel Q4_1 oder Q8_0.',
  'Tensor {1} is stored as {2}, which Veranda cannot read yet. Pick a file of this model with {3} weights.':
    'Der Tensor {1} ist als {2} gespeichert, was Veranda noch nicht lesen kann. Nimm eine Datei dieses Modells mit Gewichten dieser Art: {3}.',
  'Rows of {1} weights do not divide into blocks of {2}.':
    'Zeilen von {1} Gewichten lassen sich nicht in Blöcke von {2} teilen.',
  'The safetensors file ends too early ({1} of {2} bytes). Copy or download it again.':
    'Die safetensors-Datei endet zu früh ({1} von {2} Byte). Kopiere oder lade sie noch einmal.',
  'The safetensors file is damaged: {1}. Copy or download it again.':
    'Die safetensors-Datei ist beschädigt: {1}. Kopiere oder lade sie noch einmal.',
  'its header claims {1} bytes, more than the {2} that are allowed':
    'ihr Kopf behauptet {1} Byte, mehr als die erlaubten {2}',
  'its header is not JSON': 'ihr Kopf ist kein JSON',
  'its header is not a JSON object': 'ihr Kopf ist kein JSON-Objekt',
  'its metadata is not an object': 'ihre Metadaten sind kein Objekt',
  'its metadata "{1}" is not a text': 'ihre Angabe „{1}“ ist kein Text',
  'the entry of tensor {1} is not an object': 'der Eintrag des Tensors {1} ist kein Objekt',
  'Tensor {1} has the element type {2}, which Veranda cannot read. Use a file with F32, F16 or BF16 weights.':
    'Der Tensor {1} hat Elemente der Art {2}, die Veranda nicht lesen kann. Nimm eine Datei mit Gewichten in F32, F16 oder BF16.',
  'tensor {1} has no valid shape': 'der Tensor {1} hat keine gültige Form',
  'tensor {1} has no valid offsets': 'der Tensor {1} hat keinen gültigen Ort',
  'tensor {1} ({2} [{3}]) needs {4} bytes but claims {5}':
    'der Tensor {1} ({2} [{3}]) braucht {4} Byte, behauptet aber {5}',
  'there is a gap before tensor {1}': 'vor dem Tensor {1} ist eine Lücke',
  '{1} bytes at its end belong to no tensor': '{1} Byte an ihrem Ende gehören zu keinem Tensor',
  'This model has the architecture {1}; Veranda runs {2}, for example SmolLM2, Llama 3.2 or Qwen3.':
    'Dieses Modell hat die Architektur {1}; Veranda kann {2}, zum Beispiel SmolLM2, Llama 3.2 oder Qwen3.',
  "The model's settings ask for {1} layers, which no model has. Pick another file of this model.":
    'Die Angaben des Modells verlangen {1} Schichten, die kein Modell hat. Nimm eine andere Datei dieses Modells.',
  'This model is a mixture of experts, which Veranda cannot run. Pick a plain Llama-class model.':
    'Dieses Modell ist eine Mischung von Experten (MoE), die Veranda nicht rechnen kann. Nimm ein einfaches Modell der Llama-Klasse.',
  "The model's {1} is {2} where its heads have {3} dimensions; Veranda cannot run such a model.":
    'Die Angabe {1} des Modells ist {2}, während seine Köpfe {3} Dimensionen haben; ein solches Modell kann Veranda nicht rechnen.',
  'This model stretches its context with the rotary scaling {1}, which Veranda cannot compute. Pick another model.':
    'Dieses Modell dehnt seinen Kontext mit der Rotationsskalierung {1}, die Veranda nicht rechnen kann. Nimm ein anderes Modell.',
  'The tensor {1} does not have {2} positive values. Pick another file of this model.':
    'Der Tensor {1} hat nicht {2} positive Werte. Nimm eine andere Datei dieses Modells.',
  "The model folder's config.json does not have {1} positive numbers as {2}. Pick another copy of this model.":
    'Die config.json des Modellordners hat nicht {1} positive Zahlen als {2}. Nimm eine andere Kopie dieses Modells.',
  "The model file's entry {1} is {2}, which is no valid count.":
    'Der Eintrag {1} der Modelldatei ist {2}; das ist keine gültige Anzahl.',
  'The model file lacks the entry {1}. Pick another file of this model.':
    'Der Modelldatei fehlt der Eintrag {1}. Nimm eine andere Datei dieses Modells.',
  "The model file's entry {1} is not one number, which Veranda needs.":
    'Der Eintrag {1} der Modelldatei ist keine einzelne Zahl, wie Veranda sie braucht.',
  "The model folder's config.json is not a JSON object.":
    'Die config.json des Modellordners ist kein JSON-Objekt.',
  'This model rotates only a part ({1}) of each head, which Veranda cannot compute. Pick another model.':
    'Dieses Modell dreht nur einen Teil ({1}) jedes Kopfes, was Veranda nicht rechnen kann. Nimm ein anderes Modell.',
  'This model uses the activation {1}; Veranda runs models with {2}.':
    'Dieses Modell hat die Aktivierung {1}; Veranda kann Modelle mit {2}.',
  'This model {1}, which Veranda cannot compute. Pick a model of text alone that answers.':
    'Dieses Modell {1}, was Veranda nicht rechnen kann. Nimm ein Modell, das nur Text liest und antwortet.',
  'reads pictures as well as text': 'liest auch Bilder',
  'sees the text after a word as well, to embed it':
    'sieht auch den Text nach einem Wort, um ihn einzubetten',
  "The model folder's config.json has no valid {1}.":
    'Die config.json des Modellordners hat kein gültiges {1}.',
  "The model folder's model.safetensors.index.json has no weight_map.":
    'Die model.safetensors.index.json des Modellordners hat keine weight_map.',
  'The file {1} lacks the tensor {2}. Download it again.':
    'Der Datei {1} fehlt der Tensor {2}. Lade sie noch einmal herunter.',
  "The model folder's {1} is not JSON. Download it again.":
    'Die Datei {1} des Modellordners ist kein JSON. Lade sie noch einmal herunter.',
  "The model folder's {1} is not a JSON object.": 'Die Datei {1} des Modellordners ist kein JSON-Objekt.',
  "The model folder's {1} has {2} bytes, too many for such a file.":
    'Die Datei {1} des Modellordners hat {2} Byte, zu viele für eine solche Datei.',
  'The model folder lacks the file {1}. Download it again, or pick another folder.':
    'Dem Modellordner fehlt die Datei {1}. Lade sie noch einmal herunter, oder nimm einen anderen Ordner.',
  'The model lacks the tensor {1}. Download it again, or pick another file.':
    'Dem Modell fehlt der Tensor {1}. Lade es noch einmal herunter, oder nimm eine andere Datei.',
  "The tensor {1} has the shape [{2}] where the model's settings ask for [{3}]. Pick another file of this model.":
    'Der Tensor {1} hat die Form [{2}], während die Angaben des Modells [{3}] verlangen. Nimm eine andere Datei dieses Modells.',
  "The model's settings ask for {1} query heads, {2} key heads and {3} dimensions a head, which do not go together. Pick another file of this model.":
    'Die Angaben des Modells verlangen {1} Query-Köpfe, {2} Key-Köpfe und {3} Dimensionen je Kopf, was nicht zusammenpasst. Nimm eine andere Datei dieses Modells.',
  'The model has a tensor {1}, which a Llama-class model of its settings does not have; Veranda cannot run it. Pick another model.':
    'Das Modell hat einen Tensor {1}, den ein Modell der Llama-Klasse mit seinen Angaben nicht hat; Veranda kann es nicht rechnen. Nimm ein anderes Modell.',
}
