// What a row of the table of options says, and what rows have in common.
import * as spi from '../../spi/index.js';

/** The names of the contract's numbers. */
type NumberName = { [Name in keyof typeof spi]: (typeof spi)[Name] extends number ? Name : never }[keyof typeof spi];

/**
 * How an option's value is laid out, and what lengths are taken (measured behaviour 3.11):
 * `boolean` and `byte` take any length from 1 (0 too for booleans of SOL_SOCKET), `flag` reads back as one byte,
 * `dword`, `switch` (which reads back as 0 or 1) and `linger` need all four bytes, `bytes` are kept as they are,
 * `structure` is what the option's own function or the core makes of it.
 */
export type OptionShape = 'boolean' | 'byte' | 'flag' | 'dword' | 'switch' | 'linger' | 'bytes' | 'structure';

/**
 * Who has an option's value: the front alone; the front, which tells the core (`both`); the front, which tells the core
 * if that can do something with it (`hint`); or the core alone.
 */
export type OptionKeeper = 'front' | 'both' | 'hint' | 'core';

/** Kinds of socket, as far as options go. */
export type SocketKind = 'stream' | 'datagram' | 'raw';

/** One row of the table of options. */
export interface OptionRow {
  readonly name: string;
  readonly level: number;
  readonly optname: number;
  readonly shape: OptionShape;
  readonly keeper: OptionKeeper;
  /** The value of an option never set. */
  readonly initial: number;
  /** The same of a stream socket, where it differs. */
  readonly initialOfStreams?: number;
  /** May it be set; read? */
  readonly access: 'read-write' | 'read' | 'write';
  /** The kinds of socket that have it. */
  readonly kinds: readonly SocketKind[];
  /** Accepted sockets take it from their listener. */
  readonly inherited?: true;
  /** The numbers that it takes; others are WSAEINVAL. */
  readonly range?: readonly [least: number, most: number];
  /** The only numbers that it takes; others are WSAEINVAL. */
  readonly values?: readonly number[];
  /** Not to be set any more once the socket is bound, or listens: WSAEINVAL. */
  readonly before?: 'bind' | 'listen';
  /** Only sockets in a group have it: WSAENOPROTOOPT. */
  readonly needsGroup?: true;
  /** What a reader should know, for the documentation. */
  readonly remark?: string;
}

/** Every kind of socket. */
const SOCKET_KINDS: readonly SocketKind[] = ['stream', 'datagram', 'raw'];

type More = Partial<Omit<OptionRow, 'name' | 'level' | 'optname' | 'shape' | 'keeper' | 'initial'>>;

/**
 * Makes a row: of an option that every kind of socket has and that can be read and set, if nothing else is said.
 *
 * @param name of the constant that is its number
 * @param initial the value of an option never set
 */
export function row(
  name: NumberName,
  level: number,
  shape: OptionShape,
  keeper: OptionKeeper,
  initial: number,
  more: More = {},
): OptionRow {
  return {
    name,
    level,
    optname: spi[name],
    shape,
    keeper,
    initial,
    access: 'read-write',
    kinds: SOCKET_KINDS,
    ...more,
  };
}

/** For options that accepted sockets take from their listener. */
export const inherited = { inherited: true } as const;
/** For options of stream sockets. */
export const streams = { kinds: ['stream'] } as const;
/** For options of what deals with messages: datagram sockets and raw ones. */
export const datagrams = { kinds: ['datagram', 'raw'] } as const;
/** For options of datagram sockets that raw ones do not have. */
export const udp = { kinds: ['datagram'] } as const;
/** For options of raw sockets. */
export const raws = { kinds: ['raw'] } as const;
/** For options that Windows remembers and this implementation does not act on. */
export const idle = { remark: 'kept, without effect' } as const;
