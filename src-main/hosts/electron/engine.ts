/** The engine process of the desktop host: the same entry, bundled. */
import '../../engine/process.ts'
