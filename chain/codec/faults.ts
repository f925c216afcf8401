// What a codec and its factory may get wrong, in sentences that say what to do.
import { cureOf, LAYER_RULES } from '../../spi/layer-rules.js';
import { ignoreOutcome, isGenerator, isThenable, kindOf, written } from '../../spi/answers.js';
import { nearestName } from '../../spi/nearest-name.js';
import type { Codec } from './codec.js';
import type { DatagramCodec } from './datagram-codec.js';

const REQUIRED = ['receive', 'send'] as const;
const OPTIONAL = ['open', 'end', 'shutdown', 'timer', 'ioctl', 'broken', 'close'] as const;
const NAMES: readonly string[] = ['handshake', ...REQUIRED, ...OPTIONAL];
const OPTIONAL_OF_DATAGRAMS = ['shutdown', 'timer', 'close'] as const;
/** What codecs of connections have, and those of datagrams have not. */
const OF_CONNECTIONS = NAMES.filter((name) => ![...REQUIRED, ...OPTIONAL_OF_DATAGRAMS].some((own) => own === name));

/** What to do instead of answering by a promise. */
const NEVER_WAITS = LAYER_RULES.codecPromises.cure;

/**
 * Looks at what a factory returned.
 *
 * @param value anything
 * @returns what is wrong with it, to be read behind "the function that makes the codec"; `null` for a codec
 */
export function codecFault(value: unknown): string | null {
  return faultOf(value, OPTIONAL);
}

/** As `codecFault`, of a datagram codec. */
export function datagramCodecFault(value: unknown): string | null {
  return faultOf(value, OPTIONAL_OF_DATAGRAMS);
}

function faultOf(value: unknown, optional: readonly string[]): string | null {
  if (isThenable(value)) {
    ignoreOutcome(value);
    return `is asynchronous (it returned a promise)${cureOf('codecIsMadeAtOnce')}`;
  }
  if (value === undefined || value === null) {
    const nothing = value === null ? 'null' : 'nothing';
    return `returned ${nothing} instead of an object with "receive" and "send"${cureOf('codecIsMade')}`;
  }
  if (typeof value !== 'object' || Array.isArray(value)) {
    return `returned ${kindOf(value)} instead of an object with "receive" and "send"`;
  }
  const members = value as Record<string, unknown>;
  for (const name of REQUIRED) {
    if (typeof members[name] === 'function') continue;
    if (members[name] !== undefined) return `returned a codec whose "${name}" is ${kindOf(members[name])}`;
    const meant = nearestName(name, functionNames(value));
    return `returned a codec without "${name}"${meant === null ? '' : `: is that what "${meant}" is meant to be?`}`;
  }
  for (const name of optional) {
    const member = members[name];
    if (member !== undefined && member !== null && typeof member !== 'function') {
      return `returned a codec whose "${name}" is ${kindOf(member)}, not a function`;
    }
  }
  return null;
}

/**
 * Looks for members of a codec that are most likely misspelt functions of codecs. A codec may have members of its own, so
 * that this is worth a report and no more.
 *
 * @returns a sentence about the first of them, or `null`
 */
export function misspeltMember(codec: Codec | DatagramCodec): string | null {
  const known: Readonly<Record<string, unknown>> = { ...codec };
  const absent = NAMES.filter((name) => (codec as unknown as Record<string, unknown>)[name] === undefined);
  for (const name of Object.keys(known)) {
    if (NAMES.includes(name) || name.length < 4) continue;
    if (typeof known[name] !== 'function' && known[name] !== true) continue;
    const meant = nearestName(name, absent);
    // `closed` and `timers` are names that people choose.
    if (meant === null || name.startsWith(meant)) continue;
    return `the codec has a "${name}", which codecs do not have: did you mean "${meant}"?`;
  }
  return null;
}

/** As `misspeltMember`, of a datagram codec: names the members that codecs of connections alone have. */
export function strangeMember(codec: DatagramCodec): string | null {
  const members = codec as unknown as Readonly<Record<string, unknown>>;
  const strange = OF_CONNECTIONS.find((name) => typeof members[name] === 'function' || members[name] === true);
  if (strange !== undefined)
    return `the codec has a "${strange}", which codecs of datagrams do not have: nobody calls it`;
  return misspeltMember(codec);
}

/**
 * Looks at what a codec's function returned. Anything but a promise or a generator is nobody's business.
 *
 * @param name the function's
 * @returns what is wrong with it, or `null`
 */
export function codecAnswerFault(name: string, answer: unknown): string | null {
  if (isGenerator(answer)) {
    return `the codec's "${name}" returned a generator, of which nothing runs${cureOf('codecGenerators')}`;
  }
  if (!isThenable(answer)) return null;
  ignoreOutcome(answer);
  return `the codec's "${name}" is asynchronous (it returned a promise): ${NEVER_WAITS}`;
}

/** Says that a codec's function returned bytes, which are lost; `null` when it did not. */
export function returnedFault(name: string, answer: unknown): string | null {
  const isLost = typeof answer === 'string' || isUint8Array(answer) || answer instanceof ArrayBuffer;
  return isLost ? `the codec's "${name}" returned bytes, which nobody takes${cureOf('codecReturns')}` : null;
}

/**
 * Says what is wrong with bytes that are none.
 *
 * @param name the function of the output that they were given to
 */
export function bytesFault(name: string, value: unknown): string {
  if (isUint8Array(value) && isGone(value)) {
    return `the codec gave output.${name} bytes that are gone: their buffer was transferred or made smaller${cureOf('codecKeepsBytes')}`;
  }
  return `the codec gave output.${name} ${describeValue(value)}, not a Uint8Array: ${makesOne(value)}`;
}

/** Says that what a codec gave back by `output.unread` is not the rest of what it was given. */
export function strangeUnreadFault(): string {
  return `the codec gave back by output.unread what is not the rest of its input${cureOf('codecUnreads')}`;
}

/** Says that what a codec gave back by `output.unread` would come again at once, for ever. */
export function unreadAgainFault(encoding: boolean): string {
  const what = encoding ? 'what it is to encode' : 'all of its input';
  const cure = cureOf('codecUnreadsAgain');
  return (
    `the codec gave back by output.unread ${what}, which would come again at once` +
    (encoding ? cure.replaceAll("'receive'", "'send'") : cure)
  );
}

/** Says that a direction is none. */
export function directionFault(name: 'pause' | 'resume', direction: unknown): string {
  return `the codec gave output.${name} ${written(direction)}, which is neither "send" nor "receive"${cureOf('codecPauses')}`;
}

/** Says that what a codec answered to an ioctl is no answer. */
export function ioctlFault(answer: unknown): string {
  return `the codec's "ioctl" returned ${kindOf(answer)}, not bytes, a WinSock code or null${cureOf('codecIoctl')}`;
}

/** Says that a time is none. */
export function timerFault(milliseconds: unknown): string {
  return `the codec gave output.setTimer ${written(milliseconds)}, not milliseconds${cureOf('codecTimer')}`;
}

/** Says that the code of a failure is none. */
export function failureFault(error: unknown): string {
  return `the codec gave output.failed ${written(error)}, which is not a WinSock code${cureOf('codecFails')}`;
}

function describeValue(value: unknown): string {
  if (isView(value) || value instanceof ArrayBuffer) return nameOfKind(value);
  if (isUint8Array(value)) return 'a Uint8Array whose length is not its own';
  return kindOf(value);
}

function nameOfKind(value: object): string {
  const { name } = value.constructor;
  return `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${name}`;
}

function makesOne(value: unknown): string {
  if (typeof value === 'string') return LAYER_RULES.codecGivesBytes.cure;
  if (Array.isArray(value)) return 'Uint8Array.from(array) makes one';
  if (value instanceof ArrayBuffer) return 'new Uint8Array(buffer) makes one';
  if (isView(value)) return 'new Uint8Array(view.buffer, view.byteOffset, view.byteLength) makes one';
  if (isThenable(value)) return NEVER_WAITS;
  return 'bytes are what a connection carries';
}

function isView(value: unknown): value is ArrayBufferView {
  return ArrayBuffer.isView(value) && !isUint8Array(value);
}

const arrayKind = Object.getPrototypeOf(Uint8Array.prototype) as object;
const kindOfArray = getter(arrayKind, Symbol.toStringTag);
const lengthOfArray = getter(arrayKind, 'length');

function getter(of: object, name: PropertyKey): (this: unknown) => unknown {
  return Object.getOwnPropertyDescriptor(of, name)!.get!;
}

function isUint8Array(value: unknown): value is Uint8Array {
  return kindOfArray.call(value) === 'Uint8Array';
}

/** Whether a value is a Uint8Array, of whatever realm, that tells its own length and still has its buffer. */
export function isBytes(value: unknown): value is Uint8Array {
  if (!isUint8Array(value)) return false;
  const { length } = value;
  return length === lengthOfArray.call(value) && (length > 0 || !isGone(value));
}

/** Whether the buffer of an array has been transferred, or made smaller than the array. */
function isGone(bytes: Uint8Array): boolean {
  try {
    Uint8Array.prototype.at.call(bytes, 0);
    return false;
  } catch {
    return true;
  }
}

/** The names of all functions of an object, those of its classes too. */
function functionNames(value: object): string[] {
  const names: string[] = [];
  for (
    let at: object | null = value;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object
  ) {
    for (const name of Object.getOwnPropertyNames(at)) {
      const descriptor = Object.getOwnPropertyDescriptor(at, name);
      if (typeof descriptor?.value === 'function' && name !== 'constructor' && !NAMES.includes(name)) names.push(name);
    }
  }
  return names;
}
