/** What a value is that a function is given. */
export type ArgumentKind =
  | 'socket'
  | 'event'
  | 'handle'
  | 'handles'
  | 'window'
  | 'group'
  | 'number'
  | 'numbers'
  | 'code'
  | 'flags'
  | 'networkEvents'
  | 'length'
  | 'count'
  | 'boolean'
  | 'text'
  | 'guid'
  | 'guids'
  | 'bytes'
  | 'address'
  | 'buffer'
  | 'buffers'
  | 'sockets'
  | 'structure'
  | 'structures'
  | 'overlapped'
  | 'routine'
  | 'thread'
  | 'error'
  | 'any';

/** Which way a value goes: to the function, from it, or both. */
export type Direction = 'in' | 'out' | 'inout';

/** One argument of a function, as the tables of signatures describe it. */
export interface Argument<Kind extends ArgumentKind = ArgumentKind, Name extends string = string> {
  /** Its name in the specification. */
  readonly name: Name;
  readonly kind: Kind;
  readonly direction: Direction;
  /** Whether the value is in a `Ref`, where C has a pointer to it. */
  readonly reference: boolean;
  /** Whether it may be `null`. */
  readonly optional: boolean;
  /** The argument that says how many bytes, characters or elements it has, if one does. */
  readonly length?: string;
  /** The structure's name in C, of a `structure` or of `structures`. */
  readonly structure?: string;
}

/**
 * What a function returns, and so what says that it failed: 0 or SOCKET_ERROR (`status`); how many, or SOCKET_ERROR
 * (`count`); a socket or INVALID_SOCKET; a handle or 0; TRUE or FALSE; an object or `null` (`pointer`); 0 or the error
 * itself (`error`); a value that never says so; nothing.
 */
export type ResultKind =
  'status' | 'count' | 'socket' | 'handle' | 'boolean' | 'pointer' | 'error' | 'value' | 'nothing';

/** The arguments of a function in their order, and its result. */
export interface Signature<Arguments extends readonly Argument[] = readonly Argument[]> {
  readonly args: Arguments;
  readonly result: ResultKind;
}

/** As many descriptions as a function has arguments. */
export type SignatureOf<F> = F extends (...args: infer Args) => unknown
  ? Signature<{ readonly [Index in keyof Required<Args>]: Argument }>
  : never;

/** A table of signatures that has one for each function of an interface, and for nothing else. */
export type SignaturesOf<Table, Names extends keyof Table> = {
  readonly [Name in Names]: SignatureOf<Required<Table>[Name]>;
};

type Extra = Partial<Pick<Argument, 'direction' | 'reference' | 'optional' | 'length' | 'structure'>>;

function argument<Kind extends ArgumentKind, Name extends string>(
  kind: Kind,
  name: Name,
  extra: Extra = {},
): Argument<Kind, Name> {
  return { name, kind, direction: 'in', reference: false, optional: false, ...extra };
}

/** A value that is given as it is. */
export function given<const Name extends string>(name: Name, kind: ArgumentKind): Argument<ArgumentKind, Name> {
  return argument(kind, name);
}

/** A `Ref` that the function puts a value into. */
export function out<const Name extends string>(
  name: Name,
  kind: ArgumentKind,
  length?: string,
): Argument<ArgumentKind, Name> {
  return argument(kind, name, { direction: 'out', reference: true, ...(length === undefined ? {} : { length }) });
}

/** A `Ref` whose value the function reads and replaces. */
export function inout<const Name extends string>(name: Name, kind: ArgumentKind): Argument<ArgumentKind, Name> {
  return argument(kind, name, { direction: 'inout', reference: true });
}

/** The same argument, where it may be `null`. */
export function optional<Described extends Argument>(described: Described): Described {
  return { ...described, optional: true };
}

/** A socket's handle. */
export function socket(): Argument<'socket', 's'>;
/** A socket's handle, by another name than `s`. */
export function socket<const Name extends string>(name: Name): Argument<'socket', Name>;
export function socket(name = 's'): Argument {
  return argument('socket', name);
}

/** Bits. */
export function flags(): Argument<'flags', 'dwFlags'>;
/** Bits, by another name than `dwFlags`. */
export function flags<const Name extends string>(name: Name): Argument<'flags', Name>;
export function flags(name = 'dwFlags'): Argument {
  return argument('flags', name);
}

/** Bytes, and the argument that has their number. */
export function bytes<const Name extends string>(
  name: Name,
  length: string,
  direction: Direction = 'in',
): Argument<'bytes', Name> {
  return argument('bytes', name, { length, direction });
}

/** A socket address, and the argument that has its length. */
export function address<const Name extends string>(
  name: Name,
  length: string,
  direction: Direction = 'in',
): Argument<'address', Name> {
  return argument('address', name, { length, direction });
}

/** A WSABUF; the direction is that of its bytes. */
export function buffer<const Name extends string>(name: Name, direction: Direction = 'in'): Argument<'buffer', Name> {
  return argument('buffer', name, { direction });
}

/** An array of WSABUF, and the argument that has their number. */
export function buffers(direction: Direction): Argument<'buffers', 'lpBuffers'> {
  return argument('buffers', 'lpBuffers', { length: 'dwBufferCount', direction });
}

/** A structure by its name in C. */
export function structure<const Name extends string>(
  name: Name,
  type: string,
  direction: Direction = 'in',
): Argument<'structure', Name> {
  return argument('structure', name, { structure: type, direction });
}

/** An array of structures by their name in C, and the argument that has their number, or room in bytes. */
export function structures<const Name extends string>(
  name: Name,
  type: string,
  length: string,
  direction: Direction = 'in',
): Argument<'structures', Name> {
  return argument('structures', name, { structure: type, length, direction });
}

/** A set of sockets that `select` looks at, and leaves those in that are ready. */
export function socketSet<const Name extends string>(name: Name): Argument<'sockets', Name> {
  return argument('sockets', name, { direction: 'inout', optional: true });
}

/** An overlapped operation's structure; `null` for an operation that waits. */
export const OVERLAPPED = argument('overlapped', 'lpOverlapped', { direction: 'inout', optional: true });
/** The completion routine of an overlapped operation. */
export const ROUTINE = argument('routine', 'lpCompletionRoutine', { optional: true });
/** The thread that the completion routine runs in. */
export const THREAD = argument('thread', 'lpThreadId', { optional: true });
/** Where a function of the service provider interface puts its error. */
export const ERRNO = out('lpErrno', 'error');

/** What goes with a connection beyond the address. */
export const WITH_CONNECTION = [
  optional(buffer('lpCallerData')),
  optional(buffer('lpCalleeData', 'out')),
  optional(structure('lpSQOS', 'QOS')),
  optional(structure('lpGQOS', 'QOS')),
] as const satisfies readonly Argument[];

/** Makes a signature; the others of its kind follow. */
function signature<const Arguments extends readonly Argument[]>(
  result: ResultKind,
  args: Arguments,
): Signature<Arguments> {
  return { args, result };
}

/** A function that returns 0 or SOCKET_ERROR. */
export const status = <const A extends readonly Argument[]>(...args: A): Signature<A> => signature('status', args);
/** A function that returns how many, or SOCKET_ERROR. */
export const counted = <const A extends readonly Argument[]>(...args: A): Signature<A> => signature('count', args);
/** A function that returns a socket, or INVALID_SOCKET. */
export const opened = <const A extends readonly Argument[]>(...args: A): Signature<A> => signature('socket', args);
/** A function that returns a handle, or 0. */
export const handled = <const A extends readonly Argument[]>(...args: A): Signature<A> => signature('handle', args);
/** A function that returns TRUE or FALSE. */
export const truth = <const A extends readonly Argument[]>(...args: A): Signature<A> => signature('boolean', args);
/** A function that returns an object or a text, or `null`. */
export const pointer = <const A extends readonly Argument[]>(...args: A): Signature<A> => signature('pointer', args);
/** A function that returns 0 or the error. */
export const coded = <const A extends readonly Argument[]>(...args: A): Signature<A> => signature('error', args);
/** A function whose result never says that it failed. */
export const valued = <const A extends readonly Argument[]>(...args: A): Signature<A> => signature('value', args);
/** A function that returns nothing. */
export const silent = <const A extends readonly Argument[]>(...args: A): Signature<A> => signature('nothing', args);
