/** Loaded into an engine process before it starts: the system has less memory than what runs on it would like. */
process.availableMemory = () => -50_000_000
