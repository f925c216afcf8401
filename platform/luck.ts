/** Whether to try something that often helps and often does not: as long as it does, and now and then to find out. */
export class Luck {
  #score = 0;
  #rest = 0;

  /** Whether it is worth a try. */
  tries(): boolean {
    if (this.#score > 0) return true;
    if (--this.#rest > 0) return false;
    this.#score = 1;
    return true;
  }

  /** Says whether a try helped. */
  had(helped: boolean): void {
    if (helped) this.#score = Math.min(this.#score + 2, 8);
    else if (--this.#score <= 0) this.#rest = 16;
  }
}
