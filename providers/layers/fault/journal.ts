import { createHash, type Hash } from 'node:crypto';
import type { FaultDirection, FaultKind } from './options.js';

/** What went wrong, where. */
export interface FaultEvent {
  readonly fault: FaultKind;
  /** `client` for a connection that connected, `server` for one that was accepted, `datagrams` for a socket of those. */
  readonly role: 'client' | 'server' | 'datagrams';
  /** Which of its kind, counted from 1. */
  readonly connection: number;
  /** `null` where it is about the connection as a whole. */
  readonly direction: FaultDirection | null;
  /** Bytes that had gone in that direction; of datagrams the number of the one. */
  readonly place: number;
  /** Milliseconds of the instance's clock; no part of the digest. */
  readonly at: number;
}

/** Events that are kept. */
const KEPT = 10_000;

/** What a layer has done. */
export class Journal {
  readonly events: FaultEvent[] = [];
  readonly #hash: Hash = createHash('sha256');
  count = 0;

  constructor(private readonly told: ((event: FaultEvent) => void) | undefined) {}

  add(event: FaultEvent): void {
    const { fault, role, connection, direction, place } = event;
    this.count++;
    this.#hash.update(`${fault} ${role} ${connection} ${direction ?? '-'} ${place}\n`);
    if (this.events.length >= KEPT) this.events.splice(0, KEPT / 2);
    this.events.push(event);
    this.told?.(event);
  }

  /** A hash of all events in their order. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }
}
