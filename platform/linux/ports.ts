// Which ports the kernel gives out by itself, and which it has been told to leave alone.
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { NO_PORTS, type SystemPorts } from '../conventions.js';
import { PortSet, type PortRange } from '../port-set.js';

/** The most bytes of one write: the kernel takes no more than a page, and adds what the next one has. */
const MOST_BYTES = 2048;

/** What Linux calls the state of a connection that is over, and only remembered. */
const TIME_WAIT = 0x06;

/** The system's settings for the ports of both protocols and families. */
export class LinuxPorts implements SystemPorts {
  readonly #folder: string;
  readonly #connections: readonly string[];

  /**
   * Describes the settings; nothing is read before it is asked for.
   *
   * @param proc where the system shows them; another folder for tests
   */
  constructor(proc = '/proc') {
    this.#folder = join(proc, 'sys', 'net', 'ipv4');
    this.#connections = ['tcp', 'tcp6'].map((name) => join(proc, 'net', name));
  }

  get path(): string {
    return join(this.#folder, 'ip_local_reserved_ports');
  }

  automatic(): PortRange {
    const match = /^(\d+)\s+(\d+)/.exec(textOf(join(this.#folder, 'ip_local_port_range')));
    return match === null ? NO_PORTS.automatic() : { first: Number(match[1]), last: Number(match[2]) };
  }

  reserved(): PortSet {
    return PortSet.parse(textOf(this.path)) ?? new PortSet();
  }

  isOnlyRemembered(port: number): boolean {
    const digits = port.toString(16).toUpperCase().padStart(4, '0');
    const pattern = new RegExp(`^\\s*\\d+: [0-9A-F]+:${digits} \\S+ ([0-9A-F]{2}) `, 'gm');
    const states = this.#connections.flatMap((path) => [...textOf(path).matchAll(pattern)].map(([, state]) => state!));
    return states.length > 0 && states.every((state) => Number.parseInt(state, 16) === TIME_WAIT);
  }

  reserve(ports: PortSet): void {
    const fd = openSync(this.path, 'r+');
    try {
      for (const piece of piecesOf(ports.toString())) writeSync(fd, piece);
    } finally {
      closeSync(fd);
    }
  }
}

/** A list in pieces that the kernel takes one after the other; the first replaces what there was. */
function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  let rest = text;
  while (rest.length > MOST_BYTES) {
    const cut = rest.lastIndexOf(',', MOST_BYTES);
    pieces.push(`${rest.slice(0, cut)}\n`);
    rest = rest.slice(cut + 1);
  }
  return [...pieces, `${rest}\n`];
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
