// The policy that a run needed.
import { LockLostError, SharedFile, UnfitFileError } from '../../../shared-file/index.js';
import { beforeExit } from '../../../outputs/index.js';
import type { DeferredWork, InstanceHost } from '../../../spi/index.js';
import { parseJson, type JsonNode } from './json-text.js';
import { MOST_RULES, POLICY_VERSION, readPolicyText, type PolicyRule } from './policy-text.js';
import { DIRECTIONS, PROTOCOLS, type PolicyDirection, type PolicyProtocol } from './rules.js';

/** Something that a run needed. */
export interface Need {
  readonly direction: PolicyDirection;
  readonly protocol: PolicyProtocol;
  /** `null` where the address stands for itself. */
  readonly name: string | null;
  /** `null` where the name is enough. */
  readonly address: string | null;
  readonly port: number;
}

/** The most bytes that the file may have. */
const LARGEST_FILE = 1024 * 1024;
/** How long to wait for another process that writes, in milliseconds. */
const PATIENCE = 500;
/** How often the file is written at most, in milliseconds. */
const INTERVAL = 500;

/** Gathers what runs need, and adds it to a file of rules that allow just that. */
export class Learner {
  readonly #file: SharedFile;
  readonly #known = new Set<string>();
  readonly #needs: Need[] = [];
  #written = 0;
  #told: string | null = null;
  #host: InstanceHost | null = null;
  #due: number = -Infinity;
  #timer = false;
  readonly #work: DeferredWork = { queued: false, run: () => this.#writeInTime() };

  constructor(
    path: string,
    private readonly layer: string,
  ) {
    this.#file = new SharedFile(path, LARGEST_FILE, PATIENCE, 0, false);
    beforeExit(() => this.flush());
  }

  /** Takes a need. */
  note(need: Need, host: InstanceHost): void {
    const key = JSON.stringify([need.direction, need.protocol, need.name, need.address, need.port]);
    if (this.#known.has(key)) return;
    if (this.#known.size >= MOST_RULES) {
      this.#tell(host, `the run needs more than ${MOST_RULES} rules: what is beyond is not learned`);
      return;
    }
    this.#known.add(key);
    this.#needs.push(need);
    this.#host = host;
    if (!this.#work.queued) host.defer(this.#work);
  }

  /** Writes what was not written yet. */
  flush(): void {
    if (this.#written === this.#needs.length) return;
    const count = this.#needs.length;
    try {
      this.#file.exclusively(
        () => {
          const before = this.#file.read();
          const text = merged(before, this.#needs, this.#file.path);
          if (text !== before) this.#file.replace(text, 0, () => 0);
          this.#written = count;
        },
        ({ lock }) => this.#tell(this.#host, `it cannot be written, for somebody holds ${lock}`),
      );
    } catch (cause) {
      if (cause instanceof LockLostError) return;
      const why = cause instanceof UnfitFileError || cause instanceof Error ? cause.message : String(cause);
      this.#tell(this.#host, `what was learned is not written: ${why}`);
    }
  }

  #writeInTime(): void {
    const host = this.#host!;
    const now = host.clock.now();
    if (now >= this.#due || this.#due - now > INTERVAL) {
      this.#due = now + INTERVAL;
      this.flush();
    } else if (!this.#timer) {
      this.#timer = true;
      host.setTimer(this.#due, () => {
        this.#timer = false;
        this.flush();
      });
    }
  }

  #tell(host: InstanceHost | null, what: string): void {
    if (host === null || what === this.#told) return;
    this.#told = what;
    host.report({ message: `${this.layer}: \`learn\`: ${what}`, provider: this.layer });
  }
}

/**
 * The rules of a file with those that are needed besides.
 *
 * @param before the file's text; `null` for none
 * @throws PolicyFault when the file holds no policy: nothing of it is overwritten
 */
function merged(before: string | null, needs: readonly Need[], path: string): string {
  const rules: PolicyRule[] = [];
  let comment: string | null = null;
  if (before !== null) {
    readPolicyText(before, path);
    const { members } = parseJson(before) as JsonNode & { kind: 'object' };
    rules.push(...(plain(members.get('rules')!.value) as PolicyRule[]));
    const about = members.get('comment')?.value;
    if (about?.kind === 'text') comment = about.value;
  }
  return written(joined([...rules, ...needs.map(ruleOf)]), comment);
}

function plain(node: JsonNode): unknown {
  if (node.kind === 'list') return node.items.map(plain);
  if (node.kind !== 'object') return node.value;
  return Object.fromEntries([...node.members].map(([name, { value }]) => [name, plain(value)]));
}

function ruleOf({ direction, protocol, name, address, port }: Need): PolicyRule {
  return { allow: direction, protocol, ...(name !== null && { name }), ...(address !== null && { address }), port };
}

/** Rules that are alike but for the port become one. Those that somebody wrote by hand stay as they are. */
function joined(rules: readonly PolicyRule[]): PolicyRule[] {
  const byHand: PolicyRule[] = [];
  const learned = new Map<string, { readonly rule: PolicyRule; readonly ports: Set<number> }>();
  for (const rule of rules) {
    const ports = portsOf(rule);
    if (ports === null) {
      byHand.push(rule);
      continue;
    }
    const { allow, protocol, name = null, address = null } = rule;
    const key = [
      place(DIRECTIONS, allow),
      place(PROTOCOLS, protocol),
      name === null ? 1 : 0,
      String(name ?? address),
      String(address ?? ''),
    ].join('\t');
    const there = learned.get(key);
    if (there === undefined) learned.set(key, { rule, ports: new Set(ports) });
    else for (const port of ports) there.ports.add(port);
  }
  const inOrder = [...learned].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return [
    ...byHand,
    ...inOrder.map(([, { rule, ports }]) => {
      const sorted = [...ports].sort((a, b) => a - b);
      return { ...rule, port: sorted.length === 1 ? sorted[0]! : sorted };
    }),
  ];
}

function place(list: readonly string[], value: unknown): number {
  return list.indexOf(value as string);
}

/** The ports of a rule as this writes them; `null` for another rule. */
function portsOf({ allow, deny, protocol, name, address, port, comment }: PolicyRule): number[] | null {
  if (deny !== undefined || comment !== undefined || typeof allow !== 'string' || typeof protocol !== 'string')
    return null;
  if (Array.isArray(name) || Array.isArray(address) || (name === undefined && address === undefined)) return null;
  const ports = Array.isArray(port) ? port : [port];
  return ports.every((each) => typeof each === 'number') ? ports : null;
}

function written(rules: readonly PolicyRule[], comment: string | null): string {
  // A rule on each line. Line ends within texts are escaped, so that those here are between values.
  const lines = rules.map((rule) => `    ${JSON.stringify(rule, null, 1).replaceAll(/\n */g, ' ')}`);
  const list = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`;
  const about = comment === null ? '' : `\n  "comment": ${JSON.stringify(comment)},`;
  return `{\n  "version": ${POLICY_VERSION},${about}\n  "rules": ${list}\n}\n`;
}
