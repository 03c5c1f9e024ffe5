/** Runs: what they learn from, what stops them, what they can't go on from. */
export const training: Readonly<Record<string, string>> = {
  'Memory ran out in step {1}: from there on {2}, which takes longer and learns the same.':
    'In Schritt {1} ging der Speicher aus: Von da an {2}; das dauert länger und lernt dasselbe.',
  'Memory ran out while examples were read: from there on {1}, which takes longer and learns the same.':
    'Beim Lesen der Beispiele ging der Speicher aus: Von da an {1}; das dauert länger und lernt dasselbe.',
  'at most {1} tokens are worked on at once instead of {2}':
    'werden höchstens {1} statt {2} Token auf einmal bearbeitet',
  'as much as can be is computed twice instead of kept':
    'wird so viel wie möglich zweimal gerechnet statt behalten',
  'A number became too large for 16 bits: the run goes on in float32, which is slower and takes more memory.':
    'Eine Zahl wurde zu groß für 16 Bit: Der Lauf geht in float32 weiter; das ist langsamer und braucht mehr Speicher.',
  'There are no approved examples to learn from. Approve some first.':
    'Es gibt keine angenommenen Beispiele, aus denen gelernt werden kann. Nimm zuerst einige an.',
  'There are no examples to learn from. Add or import some first.':
    'Es gibt keine Beispiele, aus denen gelernt werden kann. Schreibe oder importiere zuerst einige.',
  'There is no example to learn from. Add some and start again.':
    'Es gibt kein Beispiel, aus dem gelernt werden kann. Ergänze einige, und beginne noch einmal.',
  '{1} seeds are compared on held-out examples, and there are none. Hold some back, or train one seed.':
    '{1} Seeds werden an zurückgehaltenen Beispielen verglichen, und es gibt keine. Halte welche zurück, oder trainiere einen Seed.',
  'None of the examples has a rejected answer to prefer another to. Add some by teaching better answers, or learn without preferences.':
    'Keines der Beispiele hat eine verworfene Antwort, der eine andere vorzuziehen wäre. Zeige einige bessere Antworten, oder lerne ohne Vorlieben.',
  '{1} is {2} tokens long': '{1} ist {2} Token lang',
  '{1}, but the model holds {2}. Shorten it or leave it out.':
    '{1}, aber das Modell fasst {2}. Kürze es, oder lass es weg.',
  '{1}, but the model holds {2}. Shorten them or leave them out.':
    '{1}, aber das Modell fasst {2}. Kürze sie, oder lass sie weg.',
  '{1} and {2} more': '{1} und {2} weitere',
  'There is no answer to learn from in {1}. Write one or leave it out.':
    'In {1} steht keine Antwort, aus der gelernt werden kann. Schreib eine, oder lass es weg.',
  'There is no answer to learn from in {1}. Write one each or leave them out.':
    'In diesen steht keine Antwort, aus der gelernt werden kann: {1}. Schreib je eine, oder lass sie weg.',
  "The setting “{1}” can't be used: {2}. Choose another value.":
    'Die Einstellung „{1}“ ist nicht zu gebrauchen: {2}. Wähle einen anderen Wert.',
  'The rank of an adapter is {1}; choose a whole number from 1.':
    'Der Rang eines Adapters ist {1}; wähle eine ganze Zahl ab 1.',
  'The rank of the output layer is {1}; choose a whole number from 0.':
    'Der Rang der Ausgabeschicht ist {1}; wähle eine ganze Zahl ab 0.',
  'The rank of “{1}” is {2}; choose a whole number from 0.':
    'Der Rang von „{1}“ ist {2}; wähle eine ganze Zahl ab 0.',
  '“{1}” is no place for a rank: name a layer, a kind or both, as in 3, q_proj, 3.q_proj.':
    '„{1}“ ist kein Ort für einen Rang: Nenne eine Schicht, eine Art oder beides, wie in 3, q_proj, 3.q_proj.',
  'The adapter adapts no layer; choose at least one kind and one layer.':
    'Der Adapter passt keine Schicht an; wähle mindestens eine Art und eine Schicht.',
  'The adapter names layer {1}, but the model has the layers 0 to {2}.':
    'Der Adapter nennt die Schicht {1}, aber das Modell hat die Schichten 0 bis {2}.',
  'This run is not there.': 'Diesen Lauf gibt es nicht.',
  "“{1}” went on from an assistant that was deleted, so it can't be trained again. Start a new one.":
    '„{1}“ ging von einem Assistenten aus, der gelöscht wurde, und kann deshalb nicht noch einmal trainiert werden. Beginne einen neuen.',
  'The model “{1}” of “{2}” is not here. Fetch it again first.':
    'Das Modell „{1}“ von „{2}“ ist nicht hier. Hole es zuerst wieder.',
  '“{1}” has learned nothing else. Delete it instead.':
    '„{1}“ hat nichts anderes gelernt. Lösche ihn stattdessen.',
  '“{1}” has not learned this.': '„{1}“ hat das nicht gelernt.',
  "The run “{1}” has ended and can't go on. Start a new one.":
    'Der Lauf „{1}“ ist zu Ende und kann nicht weitergehen. Beginne einen neuen.',
  "The run “{1}” was cancelled and can't go on. Start a new one.":
    'Der Lauf „{1}“ wurde abgebrochen und kann nicht weitergehen. Beginne einen neuen.',
  'The run “{1}” was made for another model (“{2}”) than the one that is there now. Start a new run.':
    'Der Lauf „{1}“ ist für ein anderes Modell („{2}“) als das, das jetzt da ist. Beginne einen neuen Lauf.',
  "The general questions in {1} can't be read. Install Veranda again.":
    'Die allgemeinen Fragen in {1} können nicht gelesen werden. Installiere Veranda neu.',
  'Only a run that is done can be judged. Let it end first.':
    'Nur ein Lauf, der fertig ist, kann beurteilt werden. Lass ihn zuerst enden.',
  "The assistant “{1}” was deleted, so it can't be asked.":
    'Der Assistent „{1}“ wurde gelöscht und kann deshalb nicht gefragt werden.',
  'The loss of step {1} is no longer a number, so the run was stopped; its last good checkpoint is kept. Start again with a learning rate below {2}, half of it for example, or with more warm-up.':
    'Der Verlust in Schritt {1} ist keine Zahl mehr, deshalb wurde der Lauf angehalten; sein letzter guter Zwischenstand bleibt. Beginne noch einmal mit einer Lernrate unter {2}, zum Beispiel der Hälfte, oder mit mehr Aufwärmen.',
  'There is not enough memory for this run, not even for one example of {1} tokens at a time. Close other programs, leave out the longest examples, adapt fewer layers, or choose a smaller model.':
    'Der Speicher reicht für diesen Lauf nicht, nicht einmal für ein einzelnes Beispiel von {1} Token. Schließe andere Programme, lass die längsten Beispiele weg, passe weniger Schichten an, oder wähle ein kleineres Modell.',
  'The checkpoint in {1} belongs to other examples or settings. Start a new run.':
    'Der Zwischenstand in {1} gehört zu anderen Beispielen oder Einstellungen. Beginne einen neuen Lauf.',
  "The checkpoint {1} can't be read. Start the run again.":
    'Der Zwischenstand {1} kann nicht gelesen werden. Beginne den Lauf noch einmal.',
  '{1} could not be written; what was saved before is safe':
    '{1} konnte nicht geschrieben werden; was vorher gespeichert war, ist sicher',
  '{1} could not be written; what was trained so far is safe':
    '{1} konnte nicht geschrieben werden; was bisher trainiert wurde, ist sicher',
  '{1} has become too short. Start the run again.': '{1} ist zu kurz geworden. Beginne den Lauf noch einmal.',
  'The assistant to go on from has other layers, ranks or projections than this run. Leave those settings as they are, or start a new assistant.':
    'Der Assistent, von dem aus es weitergehen soll, hat andere Schichten, Ränge oder Projektionen als dieser Lauf. Lass diese Einstellungen, wie sie sind, oder beginne einen neuen Assistenten.',
  "The vectors to go on from, {1}, can't be read. Start a new run.":
    'Die Vektoren, von denen aus es weitergehen soll, {1}, können nicht gelesen werden. Beginne einen neuen Lauf.',
}
