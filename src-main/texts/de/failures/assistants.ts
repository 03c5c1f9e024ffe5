/** Assistants: finding, importing, blending and exporting them. */
export const assistants: Readonly<Record<string, string>> = {
  'The assistant “{1}” is no longer there.': 'Der Assistent „{1}“ ist nicht mehr da.',
  "The assistant “{1}” was trained on “{2}” and can't be used with “{3}”. Choose that model, or download it again.":
    'Der Assistent „{1}“ wurde auf „{2}“ trainiert und kann mit „{3}“ nicht benutzt werden. Wähle jenes Modell, oder lade es noch einmal herunter.',
  'Another assistant is called “{1}”. Choose another name.':
    'Ein anderer Assistent heißt „{1}“. Wähle einen anderen Namen.',
  'In “{1}” the strength “{2}” is no number from 0 to {3}.':
    'In „{1}“ ist die Stärke „{2}“ keine Zahl von 0 bis {3}.',
  'There is no assistant “{1}”, nor any other.': 'Es gibt weder den Assistenten „{1}“ noch einen anderen.',
  'There is no assistant “{1}”. There are: {2}.': 'Es gibt keinen Assistenten „{1}“. Es gibt: {2}.',
  'Choose two different assistants to blend.': 'Wähle zwei verschiedene Assistenten zum Mischen.',
  "“{1}” and “{2}” were trained on different models and can't be blended. Choose two of one model.":
    '„{1}“ und „{2}“ wurden auf verschiedenen Modellen trainiert und lassen sich nicht mischen. Wähle zwei eines Modells.',
  'A blend can hold {1} assistants, and this one would hold {2}. Leave some out.':
    'Eine Mischung fasst {1} Assistenten, und diese hätte {2}. Lass einige weg.',
  'the blend could not be written to {1}': 'die Mischung konnte nicht nach {1} geschrieben werden',
  'This assistant is a blend of others: it can answer, be blended, exported and deleted. To train on it, take one of those it is made of.':
    'Dieser Assistent ist eine Mischung anderer: Er kann antworten, gemischt, exportiert und gelöscht werden. Zum Weitertrainieren nimm einen von denen, aus denen er besteht.',
  'The blend was made by a newer version of Veranda. Update Veranda to use it.':
    'Die Mischung wurde von einer neueren Version von Veranda gemacht. Aktualisiere Veranda, um sie zu benutzen.',
  'The blend is damaged: its list of parts makes no sense. Blend again.':
    'Die Mischung ist beschädigt: Die Liste ihrer Teile ergibt keinen Sinn. Mische noch einmal.',
  'There are no examples to evaluate.': 'Es gibt keine Beispiele zum Auswerten.',
  'What “{1}” was made of is not known: it was not trained here, or its run is gone.':
    'Woraus „{1}“ gemacht wurde, ist nicht bekannt: Er wurde nicht hier trainiert, oder sein Lauf ist weg.',
  'The assistant is for the model {1}, which is not on this machine. Download or import that very file first.':
    'Der Assistent ist für das Modell {1}, das nicht auf diesem Rechner ist. Lade oder importiere zuerst genau diese Datei.',
  'The assistant {1}, and there is no model on this machine. Download or import its model first.':
    'Der Assistent {1}, und auf diesem Rechner ist kein Modell. Lade oder importiere zuerst sein Modell.',
  'The assistant {1}. Choose the model that it is for, one of: {2}.':
    'Der Assistent {1}. Wähle das Modell, für das er ist, eines von diesen: {2}.',
  'doesn’t say which model it is for': 'sagt nicht, für welches Modell er ist',
  'says that it is for the model {1}': 'sagt, dass er für das Modell {1} ist',
  "The assistant is for the model {1} and can't be used with “{2}”, whose file is another one. Choose the model it was made for.":
    'Der Assistent ist für das Modell {1} und kann mit „{2}“ nicht benutzt werden, dessen Datei eine andere ist. Wähle das Modell, für das er gemacht wurde.',
  '{1} The adapter says that it is for “{2}”; it was put on “{3}”.':
    '{1} Der Adapter sagt, dass er für „{2}“ ist; er wurde auf „{3}“ gesetzt.',
  'The adapter was trained on another model ({1}…, not {2}…). Choose the model it was trained on, or train it again on this one.':
    'Der Adapter wurde auf einem anderen Modell trainiert ({1}…, nicht {2}…). Wähle das Modell, auf dem er trainiert wurde, oder trainiere ihn auf diesem noch einmal.',
  "The adapter file {1} can't be read. Check that it is still there.":
    'Die Adapterdatei {1} kann nicht gelesen werden. Prüfe, ob sie noch da ist.',
  'A PEFT folder has an {1} and an {2}; there is no {3}. Choose the folder that holds both.':
    'In einem PEFT-Ordner sind {1} und {2}; es gibt kein {3}. Wähle den Ordner, in dem beide sind.',
  '{1} has {2} bytes, which no adapter has. A whole model is imported on the Models screen.':
    '{1} hat {2} Byte, so viele hat kein Adapter. Ein ganzes Modell wird unter „Modelle“ importiert.',
  'the adapter could not be written to {1}': 'der Adapter konnte nicht nach {1} geschrieben werden',
  "This model can't be written as a whole in this format because it has no place for {1}. Choose another format, or export the adapter alone.":
    'Dieses Modell kann in diesem Format nicht als Ganzes geschrieben werden; darin hat keinen Platz: {1}. Wähle ein anderes Format, oder exportiere nur den Assistenten.',
  'which of its projections have biases': 'welche seiner Projektionen einen Bias haben',
  'biases of its MLP': 'der Bias seines MLP',
  'the activation of its MLP': 'die Aktivierung seines MLP',
  'its sliding window': 'sein gleitendes Fenster',
  'the layers that have its sliding window': 'welche Schichten sein gleitendes Fenster haben',
  'the rotary base of its windowed layers': 'die Rotationsbasis seiner Schichten mit Fenster',
  'the layers that it does not rotate': 'welche Schichten es nicht dreht',
  'the scale of its embeddings': 'das Maß seiner Einbettungen',
  "the scale of its attention's scores": 'das Maß seiner Attention-Werte',
  "the cap of its attention's scores": 'die Grenze seiner Attention-Werte',
  'the cap of its logits': 'die Grenze seiner Logits',
  'its setting {1}': 'seine Angabe {1}',
  'its rotary scaling': 'seine Rotationsskalierung',
  'the architecture {1}': 'die Architektur {1}',
  "Other programs have {1}'s query, key and value matrices as one, and no VeRA of it does what this adapter does to each. Export it as LoRA, which is exact.":
    'Andere Programme haben die Query-, Key- und Value-Matrizen von {1} als eine, und kein VeRA davon tut, was dieser Adapter mit jeder einzelnen tut. Exportiere ihn als LoRA, das ist genau.',
  'The export needs {1} of room in {2}, where {3} are free. Free some space or choose another folder.':
    'Der Export braucht {1} Platz in {2}; dort sind {3} frei. Schaffe Platz, oder wähle einen anderen Ordner.',
  'The written model reads text otherwise than the one here (tokenizer or chat template). Nothing was kept. Export it in another format.':
    'Das geschriebene Modell liest Text anders als das hiesige (Tokenizer oder Gesprächsvorlage). Nichts wurde behalten. Exportiere es in einem anderen Format.',
  '“{1}” could not be exported to {2}': '„{1}“ konnte nicht nach {2} exportiert werden',
  "“{1}” as {2} doesn't answer as it does here: the probabilities of the next token differ by up to {3} nats (logits by {4}). Nothing was kept. Check the disk, and export it in another format.":
    '„{1}“ antwortet als {2} anders als hier: Die Wahrscheinlichkeiten des nächsten Tokens weichen um bis zu {3} Nats ab (Logits um {4}). Nichts wurde behalten. Prüfe den Datenträger, und exportiere ihn in einem anderen Format.',
  'the bundle could not be written to {1}': 'das Bündel konnte nicht nach {1} geschrieben werden',
  'The export was cancelled; nothing was kept.': 'Der Export wurde abgebrochen; nichts wurde behalten.',
  'There is a file or folder {1} already. Choose another name.':
    'Es gibt schon eine Datei oder einen Ordner {1}. Wähle einen anderen Namen.',
  'There is no folder {1}. Make it, or choose another one.':
    'Es gibt keinen Ordner {1}. Lege ihn an, oder wähle einen anderen.',
  'Nothing can be written to the folder {1}. Change its permissions or choose another one.':
    'In den Ordner {1} kann nichts geschrieben werden. Ändere seine Rechte, oder wähle einen anderen.',
}
