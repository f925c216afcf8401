// What a scenario hands to a function: plain numbers, texts, and the symbols below. They stand for values that exist
// only while a scenario runs, in C as in JavaScript.

/** What a variable holds. */
export type VariableType = 'handle' | 'number' | 'room' | 'overlapped';

/** How the content of a room is shown in a trace. */
export type Rendering = 'text' | 'hex' | 'address';

/** Something that a scenario keeps: a handle, a number that calls write, room for bytes, an overlapped structure. */
export class Variable {
  constructor(
    readonly type: VariableType,
    /** Unique in its scenario; an identifier of C. */
    readonly name: string,
    /** As it is shown in traces. */
    readonly label: string,
    /** Bytes of a room. */
    readonly size = 0,
    /** The byte that a room is filled with at first. */
    readonly fill = 0,
    readonly rendering: Rendering = 'hex',
  ) {}
}

/** Bytes to send or to set, other than a text. */
export class Bytes {
  constructor(
    readonly hex: string,
    /** As it is shown in traces. */
    readonly label: string,
  ) {}
}

/** A socket address: its port a number, or that of a bound socket. */
export class Name {
  constructor(
    readonly address: string,
    readonly port: number | Variable,
    /** A whole address of the family given, whatever the text says; for families that are none. */
    readonly family?: number,
  ) {}
}

/** The local name of a socket, whatever its port is; on loopback where it is bound to any address. */
export class NameOf {
  constructor(readonly socket: Variable) {}
}

/** A pointer to nowhere: `(char *)1` in C, no array in JavaScript. */
export const BAD = Symbol('a bad pointer');

/** A number, an expression of constants joined by `|` or `+`, or a variable's value. */
export type Integer = number | string | Variable;

/** One or more bytes. */
export type Input = string | Bytes | Name | NameOf | Variable | typeof BAD | null;

/** An element of an array of WSABUF; its length is that of its bytes unless told. */
export type Buffer = string | Variable | { readonly len: number; readonly buf: Variable | string | null };

/** An address of IPv4. */
export function inet(address: string, port: number | Variable): Name {
  return new Name(address, port);
}

/** An address of IPv6. */
export function inet6(address: string, port: number | Variable): Name {
  return new Name(address, port, 23);
}

/** An address of IPv4 that says that it is of another family. */
export function foreign(family: number, port: number | Variable): Name {
  return new Name('127.0.0.1', port, family);
}

/** The name of a bound socket. */
export function nameOf(socket: Variable): NameOf {
  return new NameOf(socket);
}

/** Bytes in hexadecimal digits. */
export function hex(digits: string): Bytes {
  return new Bytes(digits.replaceAll(' ', ''), `<${digits}>`);
}

const little = (...numbers: number[]): string =>
  numbers.map((number) => (number >>> 0).toString(16).padStart(8, '0').match(/../g)!.reverse().join('')).join('');

/** Numbers of 32 bits each, as options and ioctls take them. */
export function int32(...numbers: number[]): Bytes {
  return new Bytes(little(...numbers), `<int ${numbers.join(', ')}>`);
}

/** A LINGER structure. */
export function linger(onoff: number, seconds: number): Bytes {
  const word = (number: number): string => little(number).slice(0, 4);
  return new Bytes(word(onoff) + word(seconds), `<linger ${onoff}, ${seconds}>`);
}
