/** The engine's process and the runtime in it. */
export const engine: Readonly<Record<string, string>> = {
  'The engine stopped unexpectedly ({1}) {2}': 'Das Rechenwerk hörte unerwartet auf ({1}) {2}',
  'signal SIGKILL; the system may have run out of memory':
    'Signal SIGKILL; vielleicht ging dem System der Speicher aus',
  'exit code {1}': 'Exit-Code {1}',
  'The native runtime is not built.': 'Die native Laufzeit ist nicht gebaut.',
  '{1} has no runtime for this processor.': '{1} hat keine Laufzeit für diesen Prozessor.',
  'This processor lacks the AVX-512 VNNI that the kernels need.':
    'Diesem Prozessor fehlt AVX-512 VNNI, das die schnellen Rechenkerne brauchen.',
  '{1} was built before there was the operator {2}. Build it again.':
    '{1} wurde gebaut, bevor es den Operator {2} gab. Baue es neu.',
  'The native runtime does not load: {1}': 'Die native Laufzeit lädt nicht: {1}',
  "Its {1} in a small test are {2} away from the processor's.":
    'In einer kleinen Probe weicht es („{1}“) um {2} vom Prozessor ab.',
  'It is slower in 16 bits.': 'Das ist langsamer.',
  'It did not do a few steps within {1} minutes.':
    'Es hat auch nach {1} Minuten die wenigen Schritte nicht geschafft.',
  'There is no “{1}” in this build of ONNX Runtime.': 'In dieser ONNX Runtime gibt es kein „{1}“.',
  'It failed.': 'Es ist gescheitert.',
  'signal {1}': 'Signal {1}',
  'while importing the model. Import the model again.':
    'beim Importieren des Modells. Importiere es noch einmal.',
  'while answering. Send the message again.': 'beim Antworten. Sende die Nachricht noch einmal.',
  'while training. Continue the run: it goes on from its last checkpoint.':
    'beim Trainieren. Setze den Lauf fort: Er geht von seinem letzten Zwischenstand aus weiter.',
  'while measuring what the run takes. Leave out the longest examples or choose a smaller model, then measure again.':
    'beim Messen, was der Lauf braucht. Lass die längsten Beispiele weg oder wähle ein kleineres Modell, dann miss noch einmal.',
  'while measuring the loss. Measure again.': 'beim Messen des Verlusts. Miss noch einmal.',
  'while reading the examples. Try again.': 'beim Lesen der Beispiele. Versuche es noch einmal.',
  'while counting tokens. Try again.': 'beim Zählen der Token. Versuche es noch einmal.',
  'while writing the bundle. Export it again.': 'beim Schreiben des Bündels. Exportiere es noch einmal.',
  'while exporting the assistant. Export it again.':
    'beim Exportieren des Assistenten. Exportiere ihn noch einmal.',
  'while reading the assistant. Import it again.': 'beim Lesen des Assistenten. Importiere ihn noch einmal.',
  'while importing the assistant. Import it again.':
    'beim Importieren des Assistenten. Importiere ihn noch einmal.',
  'while blending the assistants. Blend them again.': 'beim Mischen der Assistenten. Mische sie noch einmal.',
  'while looking for devices. Try again.': 'beim Suchen von Geräten. Versuche es noch einmal.',
  'while testing the device. Update its driver, or use another device.':
    'beim Prüfen des Geräts. Aktualisiere seinen Treiber, oder nimm ein anderes Gerät.',
  'while closing the model. Try again.': 'beim Schließen des Modells. Versuche es noch einmal.',
  'The engine could not be started: {1}.': 'Das Rechenwerk konnte nicht gestartet werden: {1}.',
  'Veranda is closing; “{1}” was not finished.': 'Veranda wird beendet; „{1}“ wurde nicht fertig.',
  'The engine has no operation “{1}”.': 'Das Rechenwerk hat keine Operation „{1}“.',
  'ONNX Runtime could not load the graph "{1}": {2}':
    'ONNX Runtime konnte den Graphen „{1}“ nicht laden: {2}',
  'ONNX Runtime could not run the graph "{1}": {2}':
    'ONNX Runtime konnte den Graphen „{1}“ nicht rechnen: {2}',
}
