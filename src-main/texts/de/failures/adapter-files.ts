/** What is wrong with an adapter's file, or with what it asks for. */
export const adapterFiles: Readonly<Record<string, string>> = {
  'The adapter is damaged: {1}. Copy or convert it again.':
    'Der Adapter ist beschädigt: {1}. Kopiere oder wandle ihn noch einmal um.',
  '{1} is no adapter. Choose a .veranda-adapter file, the folder of a PEFT adapter or a LoRA for llama.cpp (.gguf).':
    '{1} ist kein Adapter. Wähle eine .veranda-adapter-Datei, den Ordner eines PEFT-Adapters oder eine LoRA für llama.cpp (.gguf).',
  "{1} can't be read: {2}. Copy or save the adapter again.":
    '{1} ist nicht zu lesen: {2}. Kopiere oder speichere den Adapter noch einmal.',
  "The adapter's settings": 'Was der Adapter von sich angibt',
  "The adapter's origin": 'Was der Adapter über seine Herkunft angibt',
  "The adapter's adapter_config.json": 'Die adapter_config.json des Adapters',
  'it has no valid {1}': 'ein gültiges {1} fehlt',
  'it has no valid formatVersion': 'eine gültige formatVersion fehlt',
  'it has no valid targets': 'gültige targets fehlen',
  'it has no valid layers': 'gültige layers fehlen',
  'it has no valid ranks': 'gültige ranks fehlen',
  'it has no valid target_modules': 'gültige target_modules fehlen',
  'it has no valid bias': 'ein gültiges bias fehlt',
  'it has no valid rank_pattern': 'ein gültiges rank_pattern fehlt',
  'it has no valid layers_to_transform': 'gültige layers_to_transform fehlen',
  'it is not JSON': 'es ist kein JSON',
  'it is not a JSON object': 'es ist kein JSON-Objekt',
  'The file is no adapter of Veranda: it has no settings. A PEFT adapter is imported with its adapter_config.json.':
    'Die Datei ist kein Adapter von Veranda: Ihr fehlen die Angaben. Ein PEFT-Adapter wird mit seiner adapter_config.json importiert.',
  'The adapter was made by a newer version of Veranda. Update Veranda to use it.':
    'Der Adapter wurde von einer neueren Version von Veranda gemacht. Aktualisiere Veranda, um ihn zu benutzen.',
  'The adapter file has no tensor {1}. Export or train the adapter again.':
    'Der Adapterdatei fehlt der Tensor {1}. Exportiere oder trainiere den Adapter noch einmal.',
  'The adapter has no tensor {1}. Copy or convert it again.':
    'Dem Adapter fehlt der Tensor {1}. Kopiere oder wandle ihn noch einmal um.',
  'The adapter was made for another model: {1} has the shape [{2}] and this model needs [{3}]. Use it with the model it was trained on.':
    'Der Adapter wurde für ein anderes Modell gemacht: {1} hat die Form [{2}], und dieses Modell braucht [{3}]. Benutze ihn mit dem Modell, auf dem er trainiert wurde.',
  'The adapter was made for another model: {1} has the shape [{2}] and this model needs [{3}]. Choose the model it was made for.':
    'Der Adapter wurde für ein anderes Modell gemacht: {1} hat die Form [{2}], und dieses Modell braucht [{3}]. Wähle das Modell, für das er gemacht wurde.',
  'The adapter is for a model of the architecture {1}, and this one is a {2}. Choose the model it was made for.':
    'Der Adapter ist für ein Modell der Architektur {1}, und dieses ist ein {2}. Wähle das Modell, für das er gemacht wurde.',
  'The adapter stores {1} as {2}; Veranda reads F32, F16 and BF16.':
    'Der Adapter speichert {1} als {2}; Veranda liest F32, F16 und BF16.',
  "The adapter's tensor {1} holds numbers that are not finite. Export or train the adapter again.":
    'Der Tensor {1} des Adapters enthält Zahlen, die nicht endlich sind. Exportiere oder trainiere den Adapter noch einmal.',
  '{1} holds numbers that are not finite': '{1} enthält Zahlen, die nicht endlich sind',
  'the rank of {1} is {2}': 'der Rang von {1} ist {2}',
  "The adapter can't be written for llama.cpp because {1}. Export it as PEFT, or export the merged model.":
    'Der Adapter kann nicht für llama.cpp geschrieben werden: {1}. Exportiere ihn als PEFT, oder exportiere das verschmolzene Modell.',
  'it also trained biases': 'er hat auch Bias trainiert',
  'it adapts the output layer, which is one with the embeddings in this model':
    'er passt die Ausgabeschicht an, die in diesem Modell mit den Einbettungen eins ist',
  "Veranda can't use this GGUF file as an adapter because {1}. It reads LoRA adapters of the attention, MLP and output layers.":
    'Veranda kann diese GGUF-Datei nicht als Adapter benutzen: {1}. Es liest LoRA-Adapter der Attention-, MLP- und Ausgabeschichten.',
  "Veranda can't use this PEFT adapter because {1}. It reads VeRA and LoRA adapters of the attention, MLP and output layers.":
    'Veranda kann diesen PEFT-Adapter nicht benutzen: {1}. Es liest VeRA- und LoRA-Adapter der Attention-, MLP- und Ausgabeschichten.',
  'it adapts {1}': 'angepasst wird {1}',
  'it holds the tensor {1}': 'darin ist der Tensor {1}',
  'the file is a model, not an adapter; import it on the Models screen':
    'die Datei ist ein Modell, kein Adapter; importiere sie unter „Modelle“',
  'its kind is {1}': 'die Art ist {1}',
  'it also holds {1}': 'darin ist auch {1}',
  '{1} and {2} more tensors': '{1} und {2} weitere Tensoren',
  'it brings an output layer of its own (lm_head)': 'er bringt eine eigene Ausgabeschicht mit (lm_head)',
  'The adapter says that it holds its projections (save_projection), but they are missing. Save it again with PEFT.':
    'Der Adapter sagt, dass seine Projektionen dabei sind (save_projection), aber sie fehlen. Speichere ihn noch einmal mit PEFT.',
  "The adapter has other ranks in some layers than in others, which PEFT's VeRA doesn't know. Export it as LoRA, which is exact.":
    'Der Adapter hat in manchen Schichten andere Ränge als in anderen, was VeRA in PEFT nicht kennt. Exportiere ihn als LoRA, das ist genau.',
  'it uses {1}': 'er benutzt {1}',
  'activated LoRA': 'aktiviertes LoRA',
  'a scale of its own for some layers (alpha_pattern)':
    'ein eigenes Maß für manche Schichten (alpha_pattern)',
  'repeated layers (layer_replication)': 'wiederholte Schichten (layer_replication)',
  'single parameters (target_parameters)': 'einzelne Parameter (target_parameters)',
  'trained tokens (trainable_token_indices)': 'trainierte Token (trainable_token_indices)',
  'left-out modules (exclude_modules)': 'ausgelassene Module (exclude_modules)',
  'a bias in its branch (lora_bias)': 'einen Bias in seinem Zweig (lora_bias)',
  'its method is {1}': 'sein Verfahren ist {1}',
  'it replaces whole modules (modules_to_save)': 'er ersetzt ganze Module (modules_to_save)',
  'it names its layers by a layers_pattern': 'er nennt seine Schichten durch ein layers_pattern',
  'it names modules by an expression of {1} characters':
    'er nennt Module durch einen Ausdruck von {1} Zeichen',
  'it names modules by an expression that only Python understands':
    'er nennt Module durch einen Ausdruck, den nur Python versteht',
  'it adapts none of the linear layers of this model':
    'er passt keine der linearen Schichten dieses Modells an',
  'The adapter also changes the output layer (lm_head): it answers, but its loss is not measured and it is not trained further.':
    'Der Adapter ändert auch die Ausgabeschicht (lm_head): Er antwortet, aber sein Verlust wird nicht gemessen, und er wird nicht weiter trainiert.',
}
