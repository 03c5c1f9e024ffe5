/** The files that were dropped on the page; of a folder the files right in it. */
export async function droppedFiles(transfer: DataTransfer): Promise<readonly File[]> {
  // Asked for at once: the list is empty as soon as the event is over.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry())
  const files = [...transfer.files]
  const folders = entries.filter((entry) => entry instanceof FileSystemDirectoryEntry)
  const [folder] = folders
  return folder === undefined ? files : await filesOf(folder)
}

async function filesOf(folder: FileSystemDirectoryEntry): Promise<readonly File[]> {
  const reader = folder.createReader()
  const files: File[] = []
  for (;;) {
    // It gives a hundred at a time, and none when all were given.
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    )
    if (entries.length === 0) return files
    for (const entry of entries) {
      if (entry instanceof FileSystemFileEntry) {
        files.push(await new Promise<File>((resolve, reject) => entry.file(resolve, reject)))
      }
    }
  }
}
