// Which CPU runs what.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** The CPUs that this process may use, as Linux tells. */
function allowedCpus() {
  try {
    const [, list] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    return list.split(',').flatMap((range) => {
      const [first, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
  } catch {
    return [];
  }
}

function hasTaskset() {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Pins commands to CPUs by taskset(1), where there is one. */
export class Pinning {
  #cpus = hasTaskset() ? allowedCpus() : [];

  /** Whether client and server can have a CPU each. */
  get separate() {
    return this.#cpus.length > 1;
  }

  /** What is done, for the report. */
  describe() {
    if (this.#cpus.length === 0) return 'not pinned: no taskset';
    return this.separate
      ? `server on CPU ${this.#cpus[0]}, client on CPU ${this.#cpus[1]}`
      : 'everything on the one CPU';
  }

  /**
   * A command line, pinned.
   *
   * @param {number} place 0 for the server's CPU, 1 for the client's
   * @param {string[]} command
   * @returns {string[]}
   */
  wrap(place, command) {
    if (this.#cpus.length === 0) return command;
    return ['taskset', '-c', String(this.#cpus[Math.min(place, this.#cpus.length - 1)]), ...command];
  }
}
