// A line for each decision.
import { constants, openSync } from 'node:fs';
import { LayerCannotStart } from '../../../chain/index.js';
import { beforeExit, DescriptorWriter } from '../../../outputs/index.js';
import type { DeferredWork, InstanceHost } from '../../../spi/index.js';
import type { PolicyDirection, PolicyProtocol } from './rules.js';

/** A decision, as an audit has it. */
export interface PolicyDecision {
  /** When, as ISO 8601 writes it; by a virtual clock, from the beginning of 1970. */
  readonly time: string;
  readonly process: number;
  /** The layer's name. */
  readonly layer: string;
  readonly verdict: 'allow' | 'deny';
  readonly direction: PolicyDirection;
  readonly protocol: PolicyProtocol;
  readonly socket: number;
  /** The name that was asked for; `null` for none. */
  readonly name: string | null;
  /** The address in text: the destination's, the caller's, or one's own. */
  readonly address: string;
  readonly port: number;
  /** The rule that decided, from 1; `null` when there was none. */
  readonly rule: number | null;
  /** The rule's line in the policy's file; `null` where there is none. */
  readonly line: number | null;
  /** Why, in words. */
  readonly reason: string;
}

/** Where decisions go. */
export interface Audit {
  /**
   * Takes a decision. It never waits.
   *
   * @param host that of the layer it was made in, for what is put off and for what goes wrong
   */
  note(decision: PolicyDecision, host: InstanceHost): void;
  /** Writes what was gathered. */
  flush(): void;
}

/** Hands decisions to a function. */
export class FunctionAudit implements Audit {
  #told = false;

  constructor(
    private readonly take: (decision: PolicyDecision) => void,
    private readonly layer: string,
  ) {}

  note(decision: PolicyDecision, host: InstanceHost): void {
    try {
      this.take(decision);
    } catch (cause) {
      if (this.#told) return;
      this.#told = true;
      host.report({ message: `${this.layer}: \`audit\` threw; decisions stand`, provider: this.layer, cause });
    }
  }

  flush(): void {
    // Nothing is gathered.
  }
}

/** Characters that are gathered before a file is written. */
const GATHERED = 16 * 1024;
/** Bytes that may wait for a pipe that takes nothing at present. Decisions beyond that are lost, and counted. */
const MOST_WAITING = 1024 * 1024;

/** Adds lines of JSON to a file, each time at the end of a turn. */
export class FileAudit implements Audit {
  readonly #writer: DescriptorWriter;
  #text = '';
  #lost = 0;
  #failure: string | null = null;
  readonly #work: DeferredWork = { queued: false, run: () => this.flush() };

  /** @throws LayerCannotStart that names the file and the reason */
  constructor(
    private readonly path: string,
    private readonly layer: string,
  ) {
    this.#writer = new DescriptorWriter(openToAppend(path, layer), true, ({ message }) => {
      this.#failure = message;
    });
    beforeExit(() => this.flush());
  }

  note(decision: PolicyDecision, host: InstanceHost): void {
    if (this.#failure !== null) this.#tell(this.#failure, host);
    if (!this.#writer.isOpen) return;
    if (this.#writer.waiting > MOST_WAITING) {
      this.#writer.flush();
      if (this.#writer.waiting > MOST_WAITING) {
        this.#lost++;
        return;
      }
    }
    if (this.#lost > 0) this.#line({ time: decision.time, layer: this.layer, lost: this.#lost });
    this.#lost = 0;
    this.#line(decision);
    if (this.#text.length >= GATHERED) this.flush();
    else if (!this.#work.queued) host.defer(this.#work);
  }

  flush(): void {
    if (this.#text !== '') this.#writer.write(Buffer.from(this.#text));
    else this.#writer.flush();
    this.#text = '';
  }

  #line(value: object): void {
    this.#text += `${JSON.stringify(value)}\n`;
  }

  #tell(failure: string, host: InstanceHost): void {
    this.#failure = null;
    const message = `${this.layer}: the audit ends here, for it cannot be written to ${this.path}: ${failure}`;
    host.report({ message, provider: this.layer });
  }
}

function openToAppend(path: string, layer: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NONBLOCK = 0, O_NOCTTY = 0 } = constants;
  try {
    return openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY, 0o600);
  } catch (cause) {
    throw new LayerCannotStart(
      layer,
      new Error(`\`audit\` cannot be written to ${path}: ${(cause as Error).message}`, { cause }),
    );
  }
}
