import { appendFileSync } from 'node:fs';

/** A file of secrets, as programs that show captured connections read it (SSLKEYLOGFILE). */
export class KeyLogFile {
  #broken = false;

  /**
   * @param path lines are appended; a new file is its owner's alone
   * @param complain told once when it cannot be written: connections go on
   */
  constructor(
    private readonly path: string,
    private readonly complain: (message: string) => void,
  ) {}

  write(lines: readonly string[]): void {
    if (this.#broken) return;
    try {
      appendFileSync(this.path, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
    } catch (cause) {
      this.#broken = true;
      this.complain(
        `the file of the key log cannot be written (${(cause as Error).message}); connections go on without`,
      );
    }
  }
}
