import { statSync, type BigIntStats } from 'node:fs';
import { resolve } from 'node:path';
import { isSystemError, readOrdinaryFile, UnfitFileError } from '../../../shared-file/index.js';
import { PolicyFault, readPolicyText } from './policy-text.js';
import { RuleSet } from './rules.js';

/** The most bytes that a policy's file may have. */
const LARGEST_FILE = 1024 * 1024;
/** As long as a file's times may stand still although it changes, in milliseconds: a tick of the kernel's, amply. */
const TICK = 50;

/** Told, once, what is wrong with a policy; everything is denied until it is right. */
export type TellFault = (message: string, cause: unknown) => void;

/** What is in force. */
export interface PolicySource {
  /**
   * The rules as they are now.
   *
   * @param now milliseconds of the clock by which files are looked at
   */
  current(now: number, tell: TellFault): RuleSet;
  /** What to call it; empty for rules of an object. */
  readonly name: string;
}

const NOTHING_ALLOWED = new RuleSet([]);

/** Rules that stay as they are. */
export class FixedPolicy implements PolicySource {
  readonly name = '';

  constructor(private readonly rules: RuleSet) {}

  current(): RuleSet {
    return this.rules;
  }
}

/**
 * The rules of a file. It is looked at when somebody asks, so that programs that block are ruled by what it says now as well; and at
 * most once in an interval. As long as it is missing or wrong, everything is denied.
 */
export class PolicyFile implements PolicySource {
  readonly name: string;
  #rules = NOTHING_ALLOWED;
  #looked: number | null = null;
  #seen: BigIntStats | null = null;
  /** What was wrong when it was told last. */
  #told: string | null = null;
  /** Whether another change would be seen by the times. */
  #settled = false;

  /** @param interval milliseconds */
  constructor(
    path: string,
    private readonly interval: number,
  ) {
    this.name = resolve(path);
  }

  current(now: number, tell: TellFault): RuleSet {
    // Instances have clocks of their own: what lies ahead was by another.
    if (this.#looked === null || now < this.#looked || now - this.#looked >= this.interval) {
      this.#looked = now;
      this.#look(tell);
    }
    return this.#rules;
  }

  #look(tell: TellFault): void {
    try {
      const stats = statSync(this.name, { bigint: true });
      if (this.#settled && this.#seen !== null && isSame(stats, this.#seen)) return;
      this.#seen = stats;
      this.#settled = Date.now() - Number(stats.ctimeMs) > TICK;
      const text = readOrdinaryFile(this.name, LARGEST_FILE, true).bytes;
      this.#rules = new RuleSet(readPolicyText(decode(text, this.name), this.name));
      this.#told = null;
    } catch (cause) {
      this.#rules = NOTHING_ALLOWED;
      const message = faultOf(cause, this.name);
      if (message === this.#told) return;
      this.#told = message;
      tell(`everything is denied, for its policy cannot be used: ${message}`, cause);
    }
  }
}

function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && a.dev === b.dev && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

/** The text of a file; what is no UTF-8 is no policy. */
function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new PolicyFault(name, '', 0, 'it is not UTF-8');
  }
}

function faultOf(cause: unknown, name: string): string {
  if (isSystemError(cause, 'ENOENT')) return `there is no file ${name}`;
  if (cause instanceof UnfitFileError || cause instanceof PolicyFault) return cause.message;
  return `${name} cannot be read: ${(cause as Error).message}`;
}
