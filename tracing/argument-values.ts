// What is told of the arguments of a call, by the signature of its function: one description for all traces.
import { kindOf } from '../spi/answers.js';
import type { WSABUF } from '../spi/index.js';
import { positionOf, type Argument, type ArgumentKind, type Signature } from '../spi/signatures/index.js';
import { addressText } from './address-texts.js';
import { networkEventNames } from './network-event-names.js';

/** What may be told beyond what is no secret. */
export interface Disclosure {
  /** How many bytes of what is transferred. */
  readonly contents: number;
  /** Whether bytes are told that are no payload: option values, ioctl buffers, connect data, blobs, query strings. */
  readonly secrets: boolean;
}

/** A value as JSON has it. */
export type PlainValue =
  string | number | boolean | null | readonly PlainValue[] | { readonly [name: string]: PlainValue };

/** Something in the manner of C that people read as it is, and not as a text in quotes. */
export class Words {
  constructor(readonly text: string) {}

  toJSON(): string {
    return this.text;
  }
}

/** What is told of an argument. */
export type ArgumentValue = PlainValue | Words;

/** Longer texts are cut off. */
const LONGEST_TEXT = 200;
/** More elements or members are not told. */
const MOST_MEMBERS = 16;
/** The largest option value that is a number, and told as one. */
const NUMBER_SIZE = 4;
/** Options whose values are what applications say to each other as they connect: SO_CONNDATA and its like. */
const CONNECT_DATA = [0x7000, 0x700f] as const;

/** Says what is told of one argument; `undefined` for nothing. */
type Describe = (value: unknown, argument: Argument, call: Described) => ArgumentValue | undefined;

/** A call whose arguments are told. */
interface Described {
  readonly signature: Signature;
  readonly values: readonly unknown[];
  readonly disclosure: Disclosure;
  /** How many bytes were transferred, as far as it is known; -1 for a call that has not returned. */
  readonly transferred: number;
}

const asNumber: Describe = (value) =>
  typeof value === 'number' || typeof value === 'boolean'
    ? value
    : typeof value === 'bigint'
      ? String(value)
      : new Words(kindOf(value));
const asCode: Describe = (value) =>
  typeof value === 'number' ? new Words(hexadecimal(value)) : new Words(kindOf(value));

const DESCRIPTIONS: Readonly<Record<ArgumentKind, Describe>> = {
  socket: asNumber,
  event: asNumber,
  handle: asNumber,
  window: asNumber,
  group: asNumber,
  number: asNumber,
  count: asNumber,
  length: asNumber,
  boolean: asNumber,
  flags: asNumber,
  code: asCode,
  handles: (value) => elements(value),
  numbers: (value) => elements(value),
  guids: (value) => elements(value),
  networkEvents: (value) =>
    typeof value === 'number' ? new Words(networkEventNames(value)) : new Words(kindOf(value)),
  text: (value) => (typeof value === 'string' ? readableText(value) : new Words(kindOf(value))),
  guid: (value) => (typeof value === 'string' ? new Words(value.slice(0, 40)) : new Words(kindOf(value))),
  address(value, argument, call) {
    if (!(value instanceof Uint8Array)) return new Words(kindOf(value));
    return new Words(addressText(value, lengthOf(argument, call) ?? value.length) || `${value.length} bytes`);
  },
  bytes: (value, argument, call) =>
    value instanceof Uint8Array ? describeBytes(value, argument, call) : new Words(kindOf(value)),
  buffer: (value, _argument, { disclosure }) =>
    describeBuffers([value as WSABUF], 1, disclosure.secrets ? disclosure.contents : 0),
  buffers(value, argument, call) {
    const { contents } = call.disclosure;
    const count = lengthOf(argument, call) ?? 0;
    // What was in a buffer before something is received into it is nobody's.
    const most = argument.direction !== 'out' ? contents : Math.min(contents, Math.max(call.transferred, 0));
    return describeBuffers(value, count, most);
  },
  sockets: (value) =>
    elements((value as { fd_array: unknown[]; fd_count: number }).fd_array, (value as { fd_count: number }).fd_count),
  structure: (value, argument, { disclosure }) =>
    describeStructure(value, CHOSEN[argument.structure!], disclosure.secrets),
  structures: (value) => (Array.isArray(value) ? new Words(`${value.length} of them`) : new Words(kindOf(value))),
  overlapped: () => new Words('overlapped'),
  routine: (value) => (typeof value === 'function' ? new Words('a function') : new Words(kindOf(value))),
  thread: () => undefined,
  error: () => undefined,
  any: (value) => (typeof value === 'number' || typeof value === 'boolean' ? value : new Words(kindOf(value))),
};

/**
 * What is told of a call's arguments: of those that go in, before it is made, and of those that come out, when it has
 * returned.
 *
 * @param values the arguments, in the order of the signature; anything may be given
 * @param transferred how many bytes were transferred, as far as it is known; -1 before the call
 * @returns names and values; what is the length of another one is left out
 */
export function describeArguments(
  signature: Signature,
  values: readonly unknown[],
  disclosure: Disclosure,
  transferred = -1,
): Record<string, ArgumentValue> {
  const call: Described = { signature, values, disclosure, transferred };
  const told: Record<string, ArgumentValue> = {};
  const isBefore = transferred < 0;
  for (const [at, argument] of signature.args.entries()) {
    const { name, kind, direction, reference } = argument;
    // A buffer is told of before; what has been put into it, after.
    const goesIn =
      direction !== 'out' || !(reference || kind === 'address' || kind === 'structure' || kind === 'structures');
    if (isBefore ? !goesIn : direction === 'in' || kind === 'overlapped') continue;
    if (
      !isBefore &&
      (kind === 'buffers' || kind === 'bytes') &&
      disclosure.contents === 0 &&
      !isNumberOption(argument, call)
    )
      continue;
    if (isLengthOfOther(signature, argument)) continue;
    const described = describeArgument(values[at], argument, call);
    if (described !== undefined) told[name] = described;
  }
  return told;
}

function describeArgument(value: unknown, argument: Argument, call: Described): ArgumentValue | undefined {
  try {
    if (value === null || value === undefined)
      return argument.kind === 'error' || argument.kind === 'thread' ? undefined : null;
    if (!argument.reference || argument.kind === 'error') return DESCRIPTIONS[argument.kind](value, argument, call);
    const referred = (value as { value: unknown }).value;
    return referred === null || referred === undefined ? null : DESCRIPTIONS[argument.kind](referred, argument, call);
  } catch {
    // What is given may be anything, and throw as it is read.
    return new Words('unreadable');
  }
}

/** Whether an argument only says how long another one is, of which that is told. */
function isLengthOfOther({ args }: Signature, { name, kind }: Argument): boolean {
  return (kind === 'length' || kind === 'count') && args.some(({ length }) => length === name);
}

/** What an argument's length is, as the call says. */
function lengthOf({ length }: Argument, { signature, values }: Described): number | null {
  const at = positionOf(signature, length);
  const value = at < 0 ? null : values[at];
  const told = typeof value === 'object' && value !== null ? (value as { value: unknown }).value : value;
  return typeof told === 'number' && told >= 0 ? told : null;
}

/** Whether bytes are payload: those of functions that have a buffer and flags for their transfer. */
function isPayload({ name }: Argument, { signature }: Described): boolean {
  return name === 'buf' && signature.args.some((other) => other.name === 'flags');
}

function isNumberOption(argument: Argument, call: Described): boolean {
  if (argument.name !== 'optval') return false;
  const option = call.values[positionOf(call.signature, 'optname')] as number;
  const [first, last] = CONNECT_DATA;
  return (lengthOf(argument, call) ?? Infinity) <= NUMBER_SIZE && !(option >= first && option <= last);
}

function describeBytes(bytes: Uint8Array, argument: Argument, call: Described): ArgumentValue {
  const { disclosure, transferred } = call;
  const length = Math.min(lengthOf(argument, call) ?? bytes.length, bytes.length);
  if (isNumberOption(argument, call) && (argument.direction === 'in' || transferred >= 0)) {
    return bytes.subarray(0, length).reduce((number, byte, at) => number + byte * 0x100 ** at, 0);
  }
  if (isPayload(argument, call)) {
    const known = argument.direction === 'in' ? length : Math.max(Math.min(transferred, length), 0);
    return sized(length, bytes.subarray(0, Math.min(disclosure.contents, known)));
  }
  const shown = disclosure.secrets && (argument.direction !== 'out' || transferred >= 0) ? disclosure.contents : 0;
  return sized(length, bytes.subarray(0, Math.min(shown, length)));
}

function describeBuffers(buffers: unknown, count: number, most: number): ArgumentValue {
  if (!Array.isArray(buffers)) return new Words(kindOf(buffers));
  let size = 0;
  for (let at = 0; at < Math.min(count, buffers.length); at++) size += Number((buffers[at] as WSABUF).len) || 0;
  return sized(size, most > 0 ? firstBytes(buffers as WSABUF[], count, most) : null);
}

/** The first bytes of buffers, at most so many; fewer if there are not as many. */
export function firstBytes(buffers: readonly WSABUF[], count: number, most: number): Uint8Array {
  const data = new Uint8Array(most);
  let at = 0;
  for (let i = 0; i < Math.min(count, buffers.length) && at < most; i++) {
    const piece = buffers[i]!.buf.subarray(0, Math.min(buffers[i]!.len, most - at));
    data.set(piece, at);
    at += piece.length;
  }
  return data.subarray(0, at);
}

function sized(size: number, contents: Uint8Array | null): Words {
  const length = `${size} byte${size === 1 ? '' : 's'}`;
  return new Words(contents === null || contents.length === 0 ? length : `${length} ${quotedBytes(contents)}`);
}

/** Bytes as a text in quotes: what is printable in ASCII as it is, the rest as C escapes it. */
function quotedBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 0x22 || byte === 0x5c) text += `\\${String.fromCharCode(byte)}`;
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else if (byte === 0x0a) text += '\\n';
    else if (byte === 0x0d) text += '\\r';
    else text += `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return `"${text}"`;
}

function elements(value: unknown, count = Infinity): ArgumentValue {
  if (!Array.isArray(value)) return new Words(kindOf(value));
  const told = value.slice(0, Math.min(count, value.length, MOST_MEMBERS)).map(plain);
  return Math.min(count, value.length) > MOST_MEMBERS ? [...told, '…'] : told;
}

function plain(value: unknown): PlainValue {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  return typeof value === 'string' ? readableText(value) : kindOf(value);
}

/** Texts of structures that name something, and are nobody's secret. */
const NAMES = new Set([
  'szProtocol',
  'lpszServiceInstanceName',
  'lpszServiceClassName',
  'lpszIdentifier',
  'ai_canonname',
  'lpServiceClassId',
  'lpNSProviderId',
  'NSProviderId',
  'ProviderId',
  'szDescription',
]);

/** Members of structures of which there are too many. */
const CHOSEN: Readonly<Record<string, readonly string[]>> = {
  WSAPROTOCOL_INFOW: ['szProtocol', 'dwCatalogEntryId'],
  WSADATA: ['wVersion'],
};

/** A structure's numbers that are not 0, and its names; with secrets, its other texts too. */
function describeStructure(value: unknown, chosen: readonly string[] | undefined, secrets: boolean): ArgumentValue {
  if (typeof value !== 'object') return new Words(kindOf(value));
  const told: Record<string, PlainValue> = {};
  let count = 0;
  for (const name of chosen ?? Object.keys(value!)) {
    if (count === MOST_MEMBERS) break;
    const member = (value as Record<string, unknown>)[name];
    const isTold =
      (typeof member === 'number' && member !== 0) ||
      member === true ||
      (typeof member === 'string' && member !== '' && (secrets || NAMES.has(name)));
    if (!isTold) continue;
    told[name] = name === 'lNetworkEvents' ? networkEventNames(member as number) : plain(member);
    count++;
  }
  return told;
}

/** A text without what a URL may have in it of a user's name and password, and without what moves a terminal's cursor. */
export function readableText(text: string): string {
  const cut = text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
  // The name and the password end at the last @ before the path.
  return cut.replaceAll(/\/\/[^/\s?#]*@/g, '//…@');
}

/** A number as codes are written. */
export function hexadecimal(number: number): string {
  return `0x${(number >>> 0).toString(16)}`;
}
