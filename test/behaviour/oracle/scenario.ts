// What a scenario is: straight-line steps, written down once and carried out by C under Wine and by this project.
import { FUNCTIONS, type Arguments, type FunctionName, type Kind, type Result, type Signature } from './functions.js';
import { inet, linger, nameOf, Variable, type Input, type Integer, type Rendering } from './values.js';

/** One call. */
export interface Step {
  readonly function: FunctionName;
  readonly arguments: readonly unknown[];
  /** What keeps the result, when that is a handle. */
  readonly result: Variable | null;
  /** Not traced unless it fails: what every scenario of its kind begins with. */
  readonly quiet: boolean;
}

/** A small program that shows one behaviour. */
export interface Scenario {
  readonly group: string;
  readonly title: string;
  /** Whether WSAStartup was called before the first step. */
  readonly started: boolean;
  readonly steps: readonly Step[];
  readonly variables: readonly Variable[];
  /** First values of numbers, and events of overlapped structures. */
  readonly initial: ReadonlyMap<Variable, Integer>;
}

/** The functions as methods: each writes down a step, and gives the variable that will keep its result. */
export type Calls = { readonly [N in FunctionName]: (...values: Arguments<N>) => Variable };

const PREFIX: Partial<Record<Result, string>> = {
  socket: 's',
  event: 'e',
  window: 'w',
  port: 'q',
  task: 'task',
  file: 'f',
};

/** The bytes that rooms are filled with before a function writes to them. */
export const TEXT_FILL = '.'.charCodeAt(0);
export const HEX_FILL = 0xee;

const LINGER_ZERO = linger(1, 0);

/** What a scenario is written with, besides the functions. */
export class Writer {
  readonly steps: Step[] = [];
  readonly variables: Variable[] = [];
  readonly initial = new Map<Variable, Integer>();
  readonly #counts = new Map<string, number>();
  #quiet = 0;
  #label: string | null = null;
  readonly calls = this as unknown as Calls;

  constructor() {
    for (const name of Object.keys(FUNCTIONS) as FunctionName[]) {
      Object.defineProperty(this, name, { value: (...values: unknown[]) => this.#step(name, values) });
    }
  }

  #count(prefix: string): number {
    const count = (this.#counts.get(prefix) ?? 0) + 1;
    this.#counts.set(prefix, count);
    return count;
  }

  #declare(variable: Variable, initial?: Integer): Variable {
    this.variables.push(variable);
    if (initial !== undefined) this.initial.set(variable, initial);
    return variable;
  }

  #step(name: FunctionName, values: readonly unknown[]): Variable {
    const signature: Signature = FUNCTIONS[name];
    if (values.length !== signature.parameters.length) throw new Error(`${name}: ${values.length} arguments`);
    const given = values.map((value, index) => {
      const [parameter, kind] = signature.parameters[index]!.split(' ') as [string, Kind];
      if (kind !== 'ref' || typeof value !== 'number') return value;
      return this.#declare(new Variable('number', `${parameter}_${this.steps.length}`, parameter), value);
    });
    const prefix = PREFIX[signature.result];
    let result: Variable | null = null;
    if (prefix !== undefined) {
      let label = this.#label ?? `${prefix}${this.#count(prefix)}`;
      if (this.#label !== null && this.#count(label) > 1) label += this.#counts.get(label);
      result = this.#declare(new Variable('handle', label, label));
    }
    this.steps.push({ function: name, arguments: given, result, quiet: this.#quiet > 0 });
    return result ?? new Variable('number', 'none', 'none');
  }

  /** Calls that are not traced unless they fail. */
  quietly<T>(body: () => T): T {
    this.#quiet++;
    try {
      return body();
    } finally {
      this.#quiet--;
    }
  }

  /** Gives the handle that is made within a name of its own. */
  named<T>(label: string, body: () => T): T {
    this.#label = label;
    try {
      return body();
    } finally {
      this.#label = null;
    }
  }

  #room(size: number, fill: number, rendering: Rendering): Variable {
    const name = `b${this.#count('b')}`;
    return this.#declare(new Variable('room', name, name, size, fill, rendering));
  }

  /** Room for text; full of dots, or of the character given. */
  room(size: number, fill = '.'): Variable {
    return this.#room(size, fill.charCodeAt(0), 'text');
  }

  /** Room for the value of an option and the like; full of 0xEE. */
  option(size = 4): Variable {
    return this.#room(size, HEX_FILL, 'hex');
  }

  /** Room for an address; full of 0xEE. */
  address(size = 28): Variable {
    return this.#room(size, HEX_FILL, 'address');
  }

  /** A number that calls write. */
  number(initial: Integer): Variable {
    const name = `n${this.#count('n')}`;
    return this.#declare(new Variable('number', name, name), initial);
  }

  /** An overlapped structure, with an event object. */
  overlapped(event: Integer = 0): Variable {
    const name = `ov${this.#count('ov')}`;
    return this.#declare(new Variable('overlapped', name, name), event);
  }

  // What many scenarios begin with.

  tcp(label = 's', family: Integer = 'AF_INET'): Variable {
    return this.quietly(() => this.named(label, () => this.calls.socket(family, 'SOCK_STREAM', 'IPPROTO_TCP')));
  }

  /** A UDP socket, bound to loopback unless told. */
  udp(label = 's', bound = true): Variable {
    return this.quietly(() => {
      const s = this.named(label, () => this.calls.socket('AF_INET', 'SOCK_DGRAM', 'IPPROTO_UDP'));
      if (bound) this.calls.bind(s, inet('127.0.0.1', 0), 16);
      return s;
    });
  }

  /** A socket that listens on loopback. */
  listener(label = 'listener'): Variable {
    return this.quietly(() => {
      const s = this.tcp(label);
      this.calls.bind(s, inet('127.0.0.1', 0), 16);
      this.calls.listen(s, 5);
      return s;
    });
  }

  /** A client that is connected to a listener, not yet accepted. */
  clientOf(listener: Variable, label = 'client'): Variable {
    return this.quietly(() => {
      const s = this.tcp(label);
      this.calls.connect(s, nameOf(listener), 16);
      return s;
    });
  }

  accepted(listener: Variable, label = 'server'): Variable {
    return this.quietly(() => this.named(label, () => this.calls.accept(listener, null, null)));
  }

  /** A connection over loopback. */
  pair(): { listener: Variable; client: Variable; server: Variable } {
    const listener = this.listener();
    const client = this.clientOf(listener);
    return { listener, client, server: this.accepted(listener) };
  }

  nonBlocking(s: Variable): void {
    this.quietly(() => this.calls.ioctlsocket(s, 'FIONBIO', 1));
  }

  event(): Variable {
    return this.quietly(() => this.calls.WSACreateEvent());
  }

  window(): Variable {
    return this.quietly(() => this.calls.CreateWindow());
  }

  /** Sends a text without flags. */
  say(s: Variable, text: string): void {
    this.quietly(() => this.calls.send(s, text, text.length, 0));
  }

  /** Receives into new room. */
  hear(s: Variable, size = 16, flags: Integer = 0): void {
    this.calls.recv(s, this.room(size), size, flags);
  }

  /** Sets an option, a DWORD. */
  set(s: Variable, level: Integer, option: Integer, value: Input): void {
    this.quietly(() => this.calls.setsockopt(s, level, option, value, 4));
  }

  /** Closes so that the peer sees a reset. */
  reset(s: Variable): void {
    this.quietly(() => {
      this.calls.setsockopt(s, 'SOL_SOCKET', 'SO_LINGER', LINGER_ZERO, 4);
      this.calls.closesocket(s);
    });
  }
}

/** What a scenario is written with. */
export type T = Writer & Calls;

/** Collects the scenarios of a group. */
export class Group {
  readonly scenarios: Scenario[] = [];

  constructor(readonly name: string) {}

  /** Adds a scenario: a sentence, and what it does. */
  readonly scenario = (title: string, body: (t: T) => void, options: { started?: boolean } = {}): void => {
    if (this.scenarios.some((other) => other.title === title)) throw new Error(`two scenarios: ${title}`);
    const writer = new Writer();
    body(writer as unknown as T);
    const { steps, variables, initial } = writer;
    this.scenarios.push({ group: this.name, title, started: options.started ?? true, steps, variables, initial });
  };
}
