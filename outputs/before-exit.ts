/** What has to be done as the process ends, of everything that is open. */
const atExit = new Set<() => void>();
let isListening = false;
let exiting = false;

/** Whether the process is ending: what it is warned of now, nobody would see. */
export function isExiting(): boolean {
  return exiting;
}

/** Has something done as the process or the worker ends, also by `process.exit` or an exception; returns what takes that back. */
export function beforeExit(task: () => void): () => void {
  atExit.add(task);
  if (!isListening) {
    isListening = true;
    process.on('exit', () => {
      exiting = true;
      for (const each of atExit) each();
    });
  }
  return () => void atExit.delete(task);
}
