// Traces: what a scenario's steps gave, in words, the same for Wine and for this project. Handles and ports that the
// system chose get names here, errors and flags too.
import * as ws2spi from 'ws2spi';
import { FUNCTIONS, type Kind, type Result, type Signature } from './functions.js';
import type { Scenario, Step } from './scenario.js';
import { BAD, Bytes, Name, NameOf, Variable } from './values.js';

/** The last error before every call; what is still there afterwards was not touched. */
export const SENTINEL = 424242;

/** What a step gave, raw. */
export interface Outcome {
  readonly result: string;
  readonly error: number;
  /** `kind:label=value` for each thing that the call wrote. */
  readonly outs: readonly string[];
}

const constants = ws2spi as unknown as Readonly<Record<string, unknown>>;

function names(pattern: RegExp): Map<number, string> {
  const found = new Map<number, string>();
  for (const [name, value] of Object.entries(constants)) {
    if (typeof value === 'number' && pattern.test(name) && !found.has(value)) found.set(value, name);
  }
  return found;
}

const ERRORS = names(/^WSA(E[A-Z]|[A-Z]+_NOT|NO|TRY|SYS|VER|TYPE|_E_|HOST|_(INVALID|NOT|OPERATION|IO)_)/);
const WIN32_ERRORS = names(/^(ERROR_|WAIT_TIMEOUT)/);
const EVENTS = ['FD_READ', 'FD_WRITE', 'FD_OOB', 'FD_ACCEPT', 'FD_CONNECT', 'FD_CLOSE', 'FD_QOS', 'FD_GROUP_QOS'];
EVENTS.push('FD_ROUTING_INTERFACE_CHANGE', 'FD_ADDRESS_LIST_CHANGE');
const POLL_FLAGS = [
  'POLLRDNORM',
  'POLLRDBAND',
  'POLLWRNORM',
  'POLLERR',
  'POLLHUP',
  'POLLNVAL',
  'POLLPRI',
  'POLLWRBAND',
];

/** The name of an error number; `-` for a last error that was not touched. */
function errorName(error: number): string {
  if (error === SENTINEL) return '-';
  return error === 0 ? '0' : (ERRORS.get(error) ?? WIN32_ERRORS.get(error) ?? String(error));
}

function bits(value: number, known: readonly string[]): string {
  const set = known.filter((name) => (value & (constants[name] as number)) !== 0);
  return set.length === 0 ? '0' : set.join('|');
}

/** Writes the trace of one scenario. */
class Renderer {
  readonly #handles = new Map<string, string>();
  readonly #ports = new Map<number, string>();

  constructor(readonly scenario: Scenario) {}

  handle(value: string): string {
    if (value === '-1' || value === '4294967295') return 'INVALID_SOCKET';
    return value === '0' ? '0' : (this.#handles.get(value) ?? '?');
  }

  #port(port: number): string {
    if (port === 0) return '0';
    // Ports that systems choose are high; the others are the scenario's own.
    if (port < 1025) return String(port);
    if (!this.#ports.has(port)) this.#ports.set(port, `P${this.#ports.size + 1}`);
    return this.#ports.get(port)!;
  }

  address(bytes: Uint8Array): string {
    const family = bytes.length < 2 ? 0 : bytes[0]! | (bytes[1]! << 8);
    if (family === 0xeeee) return 'untouched';
    if (family === 0) return 'of family 0';
    if (family !== 2 && family !== 23) return `<${Buffer.from(bytes).toString('hex')}>`;
    const { address, port } = ws2spi.parseSockaddr(bytes.slice(0, family === 2 ? 16 : 28));
    return family === 2 ? `${address}:${this.#port(port)}` : `[${address}]:${this.#port(port)}`;
  }

  #room(label: string, value: string): string {
    const room = this.scenario.variables.find((variable) => variable.label === label && variable.type === 'room')!;
    const [digits, sum] = value.split('+') as [string, string?];
    const bytes = Buffer.from(digits, 'hex');
    if (room.rendering === 'address') return `${label} ${this.address(bytes)}`;
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === room.fill) end--;
    const rest = room.size > bytes.length ? ` of ${room.size}, sum ${sum}` : '';
    if (end === 0 && rest === '') return `${label} untouched`;
    const content = bytes.subarray(0, end);
    const shown =
      room.rendering === 'hex' ? `<${content.toString('hex')}>` : JSON.stringify(shorten(content.toString('latin1')));
    return `${label} ${shown}${rest}`;
  }

  #list(value: string, show: (item: string) => string): string {
    return value === '' ? '{}' : `{${value.split(',').map(show).join(', ')}}`;
  }

  /** What one call wrote. */
  out(out: string): string {
    const [, kind, label, value] = /^(\w+):([^=]*)=(.*)$/s.exec(out) as unknown as [string, string, string, string];
    const numbers = (): number[] => value.split(',').map(Number);
    switch (kind) {
      case 'room':
        return this.#room(label, value);
      case 'ref':
        return `${label} ${value}`;
      case 'ov':
        return `${label} ${value === '0' ? 'NULL' : `ov${value}`}`;
      case 'set':
        return `${label} ${this.#list(value, (s) => this.handle(s))}`;
      case 'polls':
        return `${label} ${this.#list(value, (revents) => bits(Number(revents), POLL_FLAGS))}`;
      case 'text':
        return `${label} ${value === '?' ? 'untouched' : JSON.stringify(value)}`;
      case 'address':
        return `${label} ${value === '' ? 'none' : this.address(Buffer.from(value, 'hex'))}`;
      case 'events': {
        const [mask, ...errors] = numbers() as [number, ...number[]];
        const named = EVENTS.filter((_, bit) => (mask & (1 << bit)) !== 0);
        return `events {${named.map((name, index) => `${name} ${errorName(errors[index] ?? 0)}`).join(', ')}}`;
      }
      case 'message': {
        const [message, , event, error] = numbers() as [number, number, number, number];
        const named = bits(event, EVENTS);
        return `WM_USER+${message - 0x400} ${this.handle(value.split(',')[1]!)} ${named} ${errorName(error)}`;
      }
      case 'apc': {
        const [error, transferred, overlapped, flags] = numbers() as [number, number, number, number];
        return `routine(${errorName(error)}, ${transferred}, ov${overlapped}, ${flags})`;
      }
      case 'user':
        return `APC(${value})`;
      case 'condition': {
        const [caller, callee, data] = value.split(',') as [string, string, string];
        const shown = [caller, callee].map((name) => (name === '' ? 'none' : this.address(Buffer.from(name, 'hex'))));
        return `condition(${shown.join(', ')}, ${data})`;
      }
      default:
        return out;
    }
  }

  result(result: Result, value: string): string {
    switch (result) {
      case 'status':
        return value === '-1' ? 'SOCKET_ERROR' : value;
      case 'bool':
        return value === '0' ? 'FALSE' : 'TRUE';
      case 'wait':
        return (
          { '258': 'WSA_WAIT_TIMEOUT', '192': 'WSA_WAIT_IO_COMPLETION', '4294967295': 'WSA_WAIT_FAILED' }[value] ??
          value
        );
      case 'address':
        return `0x${(Number(value) >>> 0).toString(16).padStart(8, '0')}`;
      default:
        return value;
    }
  }

  /** One line; none for a quiet step that did what it should. */
  line(step: Step, { result, error, outs }: Outcome): string | null {
    const signature: Signature = FUNCTIONS[step.function];
    let shown = this.result(signature.result, result);
    if (step.result !== null) {
      const failed = result === '0' || result === '-1' || result === '4294967295';
      // A port that another handle is joined to is given back as it is.
      const known = signature.result === 'port' ? this.#handles.get(result) : undefined;
      if (!failed) this.#handles.set(result, known ?? step.result.label);
      shown = failed ? (signature.result === 'socket' ? 'INVALID_SOCKET' : 'NULL') : (known ?? step.result.label);
      if (step.quiet && !failed) return null;
    } else if (step.quiet && result !== '-1') {
      return null;
    }
    const written = [...new Set(outs)].map((out) => this.out(out));
    const given = step.arguments.map((value, index) =>
      argument(value, signature.parameters[index]!.split(' ')[1] as Kind),
    );
    const gives = signature.result === 'none' ? '' : ` = ${shown}`;
    const last = signature.helper === true ? '' : ` [${errorName(error)}]`;
    return [`${step.function}(${given.join(', ')})${gives}${last}`, ...written].join('; ');
  }
}

function shorten(text: string): string {
  const run = /^(.)\1{15,}$/s.exec(text);
  return run === null ? text : `${run[1]} × ${text.length}`;
}

/** An argument as the scenario has it. */
function argument(value: unknown, kind: Kind): string {
  if (value === null || value === undefined) return 'NULL';
  if (value === BAD) return '(char *)1';
  if (value instanceof Variable) {
    if (value.type === 'room') return `${value.label}[${value.size}]`;
    return kind === 'ref' ? `&${value.label}` : value.label;
  }
  if (value instanceof Bytes) return value.label;
  if (value instanceof NameOf) return `name of ${value.socket.label}`;
  if (value instanceof Name) {
    const port = value.port instanceof Variable ? `port of ${value.port.label}` : value.port;
    const family = value.family === undefined || value.family === 23 ? '' : ` as family ${value.family}`;
    return `${value.address.includes(':') ? `[${value.address}]` : value.address}:${port}${family}`;
  }
  if (Array.isArray(value)) return `{${value.map((part) => argument(part, kind)).join(', ')}}`;
  if (typeof value === 'object') {
    const parts = Object.entries(value).map(
      ([name, part]) => `${name} ${argument(part, kind === 'polls' ? 'int' : kind)}`,
    );
    return `{${parts.join(', ')}}`;
  }
  if (typeof value === 'number') return String(value);
  const quoted: readonly Kind[] = ['in', 'text', 'buffers', 'message', 'headAndTail'];
  return quoted.includes(kind) ? JSON.stringify(shorten(value as string)) : (value as string);
}

/** The trace of a scenario. */
export function traceOf(scenario: Scenario, outcomes: readonly Outcome[]): string[] {
  const renderer = new Renderer(scenario);
  const lines = outcomes
    .map((outcome, index) => renderer.line(scenario.steps[index]!, outcome))
    .filter((line) => line !== null);
  if (outcomes.length < scenario.steps.length)
    lines.push(`${scenario.steps[outcomes.length]!.function} does not return`);
  return lines;
}

/** Reads a raw line of the program in C. */
export function parseOutcome(line: string): Outcome {
  const [, result, error, ...outs] = line.split('\t') as [string, string, string, ...string[]];
  return { result, error: Number(error), outs };
}

/** A group's traces as a file. */
export function formatTraces(group: string, traces: ReadonlyMap<string, readonly string[]>): string {
  const parts = [...traces].map(([title, lines]) => [`# ${title}`, ...lines.map((line) => `  ${line}`), ''].join('\n'));
  return [`Traces of Wine, recorded by \`npm run oracle\`. Group: ${group}`, '', ...parts].join('\n');
}

/** Reads such a file: lines by the scenario's title. */
export function parseTraces(text: string): Map<string, string[]> {
  const traces = new Map<string, string[]>();
  let lines: string[] | undefined;
  for (const line of text.split('\n')) {
    if (line.startsWith('# ')) traces.set(line.slice(2), (lines = []));
    else if (line.startsWith('  ')) lines?.push(line.slice(2));
  }
  return traces;
}
