// Carries scenarios out on this project: the same raw lines as the program in C prints.
import { closeSync } from 'node:fs';
import * as ws2spi from 'ws2spi';
import { createMemoryNetwork, createWs2_32, INSTANCE, VirtualClock, type Ws2_32 } from 'ws2spi';
import { FUNCTIONS, type Kind, type Kinds, type Signature } from './functions.js';
import { OWN_FUNCTIONS } from './own-functions.js';
import type { Scenario, Step } from './scenario.js';
import { SENTINEL, type Outcome } from './trace.js';
import { BAD, Bytes, NameOf, Variable, type Buffer as BufferValue, type Input, type Integer } from './values.js';

/** Which base provider scenarios run on. */
export type Base = 'memory' | 'tcpip';

/** Milliseconds after which a call that blocks is given up; of virtual time on the memory provider. */
const STUCK = 15_000;

/** What a scenario runs in. */
export class World {
  readonly ws2: Ws2_32;
  /** What the step that runs has written, as the program in C prints it. */
  readonly outs: string[] = [];
  readonly overlapped = new Map<object, number>();
  readonly constants: Readonly<Record<string, number>>;
  readonly files: number[] = [];
  readonly defects: Error[] = [];
  readonly #values = new Map<Variable, unknown>();
  stuck = false;

  constructor(
    base: Base,
    readonly scenario: Scenario,
  ) {
    const memory = base === 'memory' ? { network: createMemoryNetwork(), clock: new VirtualClock() } : {};
    this.ws2 = createWs2_32({ base, catalog: 'memory', ...memory });
    this.ws2.on('defect', ({ message, cause }) => {
      this.defects.push(new Error(`${scenario.title}: ${message}`, { cause }));
    });
    // Loopback is quick: what does not come at once does not come.
    this.constants = { SHORT: base === 'memory' ? 100 : 10, LONG: 5000, WM_USER: 0x400, INT_MAX: 0x7fffffff };
  }

  /** The content of a variable: a handle, a `Ref`, a `Uint8Array`, a `WSAOVERLAPPED`. */
  value(variable: Variable): unknown {
    if (!this.#values.has(variable)) this.#values.set(variable, this.#make(variable));
    return this.#values.get(variable);
  }

  setHandle(variable: Variable, handle: number): void {
    this.#values.set(variable, handle);
  }

  #make(variable: Variable): unknown {
    if (variable.type === 'handle') return 0;
    if (variable.type === 'room') return new Uint8Array(variable.size).fill(variable.fill);
    const initial = this.integer(this.scenario.initial.get(variable) ?? 0);
    if (variable.type === 'number') return { value: initial };
    const overlapped = new ws2spi.WSAOVERLAPPED();
    overlapped.hEvent = initial;
    this.overlapped.set(overlapped, Number(variable.name.slice(2)));
    return overlapped;
  }

  /** A number, the value of an expression, or a variable's. */
  integer(value: Integer | null): number {
    if (value === null) return 0;
    if (typeof value === 'number') return value;
    if (value instanceof Variable) {
      const content = this.value(value);
      return typeof content === 'number' ? content : (content as { value: number }).value;
    }
    if (value.includes('+')) return value.split('+').reduce((sum, part) => sum + this.integer(part), 0);
    return value.split('|').reduce((bits, part) => this.#constant(part) | bits, 0);
  }

  #constant(name: string): number {
    if (/^(0x)?[0-9a-f]+$/i.test(name)) return Number(name);
    const number: unknown = this.constants[name] ?? (ws2spi as Record<string, unknown>)[name];
    if (typeof number !== 'number') throw new Error(`ws2spi exports no constant ${name}`);
    return number;
  }

  /** Calls something without a trace in the last error. */
  aside<R>(body: () => R): R {
    const error = this.ws2.WSAGetLastError();
    const result = body();
    this.ws2.WSASetLastError(error);
    return result;
  }

  nameOf(s: Variable): Uint8Array {
    return this.aside(() => {
      const name = new Uint8Array(128);
      const length = { value: 128 };
      this.ws2.getsockname(this.integer(s), name, length);
      const { address, port } = ws2spi.parseSockaddr(name.subarray(0, length.value));
      return address === '0.0.0.0' ? ws2spi.sockaddr_in('127.0.0.1', port) : name;
    });
  }

  /** Bytes that a function reads. */
  input(value: Input): Uint8Array | null {
    if (value === null) return null;
    if (value === BAD) return 1 as never;
    if (typeof value === 'string') return Buffer.from(value, 'latin1');
    if (value instanceof Bytes) return Buffer.from(value.hex, 'hex');
    if (value instanceof NameOf) return this.nameOf(value.socket);
    if (value instanceof Variable) {
      const content = this.value(value);
      if (content instanceof Uint8Array) return content;
      // A handle, as large as in the program in C.
      const bytes = Buffer.alloc(8);
      bytes.writeUInt32LE(this.integer(value));
      return bytes;
    }
    const port = value.port instanceof Variable ? ws2spi.parseSockaddr(this.nameOf(value.port)).port : value.port;
    const { family } = value;
    const name = value.address.includes(':')
      ? ws2spi.sockaddr_in6(value.address, port)
      : ws2spi.sockaddr_in(value.address, port);
    if (family !== undefined) new DataView(name.buffer, name.byteOffset).setUint16(0, family, true);
    // In C there is room behind it, whatever length is told.
    return Buffer.concat([name, new Uint8Array(128 - name.length)]);
  }

  buffers(value: readonly BufferValue[] | null, after: (() => void)[]): { len: number; buf: Uint8Array }[] | null {
    if (value === null) return null;
    return value.map((element) => {
      const { len, buf } =
        typeof element === 'string'
          ? { len: element.length, buf: element }
          : element instanceof Variable
            ? { len: element.size, buf: element }
            : element;
      if (buf instanceof Variable) after.push(() => this.showRoom(buf));
      return { len, buf: this.input(buf)! };
    });
  }

  out(kind: string, label: string, value: string | number): void {
    this.outs.push(`${kind}:${label}=${value}`);
  }

  showRoom(room: Variable): void {
    const bytes = this.value(room) as Uint8Array;
    const digits = Buffer.from(bytes.subarray(0, 256)).toString('hex');
    let sum = 0;
    if (bytes.length > 256) for (const byte of bytes) sum = (Math.imul(sum, 31) + byte) >>> 0;
    this.out('room', room.label, bytes.length > 256 ? `${digits}+${sum}` : digits);
  }

  showRef(label: string, { value }: { value: number }): void {
    this.out('ref', label, value | 0);
  }

  /** Closes what the scenario left open. */
  close(): void {
    this.ws2[Symbol.dispose]();
    for (const file of this.files) closeSync(file);
  }
}

type Argument<K extends Kind> = (world: World, value: Kinds[K], after: (() => void)[], parameter: string) => unknown;

const handle = (world: World, value: Integer | null): number | null => (value === null ? null : world.integer(value));
const hexOf = (buffer: { len: number; buf: Uint8Array } | null | undefined): string =>
  buffer?.buf === undefined ? '' : Buffer.from(buffer.buf.subarray(0, buffer.len)).toString('hex');

const ARGUMENTS: { readonly [K in Kind]: Argument<K> } = {
  int: (world, value) => world.integer(value),
  socket: handle,
  handle,
  in: (world, value) => world.input(value),
  room(world, value, after) {
    if (value instanceof Variable) after.push(() => world.showRoom(value));
    return world.input(value);
  },
  ref(world, value, after) {
    if (value === null) return null;
    if (value === BAD) return 1;
    const variable = value as Variable;
    const content = world.value(variable) as { value: number };
    after.push(() => world.showRef(variable.label, content));
    return content;
  },
  set(world, value, after, parameter) {
    if (value === null) return null;
    const set = new ws2spi.fd_set();
    set.fd_array = value.map((s) => world.integer(s));
    set.fd_count = value.length;
    after.push(() => world.out('set', parameter, set.fd_array.slice(0, set.fd_count).join(',')));
    return set;
  },
  timeval(world, value) {
    if (value === null) return null;
    const ms = world.integer(value);
    return { tv_sec: Math.trunc(ms / 1000), tv_usec: (ms % 1000) * 1000 };
  },
  buffers: (world, value, after) => world.buffers(value, after),
  overlapped: (world, value) => (value === null ? null : world.value(value)),
  routine: (world, value) =>
    value === null
      ? null
      : (error: number, transferred: number, overlapped: object, flags: number) =>
          world.out('apc', '', [error, transferred, world.overlapped.get(overlapped), flags].join(',')),
  condition: (world, value) =>
    value === null
      ? null
      : (
          caller: never,
          _1: unknown,
          _2: unknown,
          _3: unknown,
          callee: never,
          _4: unknown,
          _5: unknown,
          data: unknown,
        ) => {
          world.out('condition', '', `${hexOf(caller)},${hexOf(callee)},${String(data)}`);
          return world.integer(value);
        },
  events: (world, value) => value?.map((event) => world.integer(event)) ?? null,
  polls(world, value, after, parameter) {
    if (value === null) return null;
    const polls = value.map(({ fd, events }) => ({ fd: world.integer(fd), events: world.integer(events), revents: 0 }));
    after.push(() => world.out('polls', parameter, polls.map(({ revents }) => revents).join(',')));
    return polls;
  },
  text: (_world, value) => value,
  outtext(world, value, after, parameter) {
    if (value === null) return null;
    const text = { value: '?' };
    after.push(() => world.out('text', parameter, text.value));
    return text;
  },
  information(world, value) {
    if (value === null) return null;
    return world.aside(() => {
      const bytes = new Uint8Array(ws2spi.WSAPROTOCOL_INFOW.size);
      const length = { value: bytes.length };
      world.ws2.getsockopt(world.integer(value.of), ws2spi.SOL_SOCKET, ws2spi.SO_PROTOCOL_INFOW, bytes, length);
      const information = ws2spi.WSAPROTOCOL_INFOW.decode(bytes);
      return {
        ...information,
        iAddressFamily: value.family ?? information.iAddressFamily,
        iSocketType: value.type ?? information.iSocketType,
        iProtocol: value.protocol ?? information.iProtocol,
      };
    });
  },
  message(world, value, after) {
    if (value === null) return null;
    const { name = null, control } = value;
    const message = {
      name: world.input(name),
      namelen: value.namelen ?? 0,
      lpBuffers: world.buffers(value.buffers, after),
      dwBufferCount: value.buffers.length,
      Control: { len: value.controlLength ?? control?.size ?? 0, buf: control ? world.input(control) : null },
      dwFlags: world.integer(value.flags ?? 0),
    };
    if (name instanceof Variable) after.push(() => world.showRoom(name));
    if (control) after.push(() => world.showRoom(control));
    after.push(() => {
      world.out('ref', 'namelen', message.namelen);
      world.out('ref', 'Control.len', message.Control.len);
      world.out('ref', 'dwFlags', message.dwFlags);
    });
    return message;
  },
  headAndTail(world, value) {
    if (value === null) return null;
    const { head, tail } = value;
    return {
      Head: world.input(head),
      HeadLength: head?.length ?? 0,
      Tail: world.input(tail),
      TailLength: tail?.length ?? 0,
    };
  },
};

function runStep(world: World, step: Step): Outcome {
  const signature: Signature = FUNCTIONS[step.function];
  const after: (() => void)[] = [];
  const given = step.arguments.map((value, index) => {
    const [parameter, kind] = signature.parameters[index]!.split(' ') as [string, Kind];
    return (ARGUMENTS[kind] as Argument<Kind>)(world, value as never, after, parameter);
  });
  world.outs.length = 0;
  world.ws2.WSASetLastError(SENTINEL);
  const own = OWN_FUNCTIONS[step.function];
  const method = (world.ws2 as unknown as Record<string, (...given: unknown[]) => unknown>)[step.function];
  const value = own === undefined ? method!(...given) : own(world, ...(given as never[]));
  const error = world.ws2.WSAGetLastError();
  if (step.result !== null) world.setHandle(step.result, value as number);
  for (const show of after) show();
  if (signature.refs === 'overlapped') world.outs.push(world.outs.pop()!.replace('ref:', 'ov:'));
  const result =
    typeof value === 'boolean' ? Number(value) : value === null ? 'NULL' : value === undefined ? 0 : (value as number);
  return { result: String(result), error, outs: world.outs.slice() };
}

/**
 * Carries a scenario out.
 *
 * @param base the provider below
 * @returns the outcome of each step; fewer when a call blocked too long
 */
export function runScenario(scenario: Scenario, base: Base): Outcome[] {
  const world = new World(base, scenario);
  const { ws2 } = world;
  const outcomes: Outcome[] = [];
  try {
    if (scenario.started) ws2.WSAStartup(0x0202, {});
    const { providerHost } = ws2[INSTANCE];
    const watchdog = providerHost.setTimer(providerHost.clock.now() + STUCK, () => {
      world.stuck = true;
      ws2.WSACleanup();
    });
    for (const step of scenario.steps) {
      const outcome = runStep(world, step);
      if (world.stuck) break;
      outcomes.push(outcome);
    }
    watchdog.cancel();
    if (world.defects.length > 0) throw world.defects[0];
    return outcomes;
  } finally {
    world.close();
  }
}
