// What a front remembers in one bit. There may be very many sockets, and each field of one takes eight bytes; so does a class
// with `#methods`, and those that very many objects are of have `private` ones.
import { SOCK_SEQPACKET, SOCK_STREAM } from '../../spi/index.js';
import type { OpenedAs } from '../core/index.js';

/**
 * What a socket that `AcceptEx` or `ConnectEx` connected still lacks: SO_UPDATE_ACCEPT_CONTEXT or
 * SO_UPDATE_CONNECT_CONTEXT. Until then only data can be transferred on it (specification: AcceptEx).
 */
export const MissingContext = { NONE: 0, ACCEPT: 1, CONNECT: 2 } as const;

const Mark = {
  RECEIVE_SHUT_DOWN: 0x1,
  SEND_SHUT_DOWN: 0x2,
  /** FD_CLOSE was recorded. */
  CLOSE_REPORTED: 0x4,
  /** It became connected by `connect`. */
  ACTIVE: 0x8,
  /** Its core has another front as well. */
  DUPLICATE: 0x10,
  /** What a receive may have left is to be confirmed. */
  UNVERIFIED: 0x20,
  /** An operation is being served through the layers above. */
  SERVING: 0x40,
  /** Receives that waited when receiving was shut down go on. */
  LAST_RECEIVES: 0x80,
  /** WSA_FLAG_OVERLAPPED. */
  OVERLAPPED: 0x100,
  /** SOCK_STREAM or SOCK_SEQPACKET. */
  STREAM: 0x200,
  /** Two bits: one of `MissingContext`. */
  LACKS_CONTEXT: 0xc00,
  /** SOCK_SEQPACKET. */
  KEEPS_BOUNDARIES: 0x1000,
  /** The root of a multipoint session. */
  SESSION_ROOT: 0x2000,
  /** It stands for a leaf that is about to be joined. */
  JOINING: 0x4000,
  /** Calls wait. */
  BLOCKING: 0x8000,
  /** Sends that waited when sending was shut down go on. */
  LAST_SENDS: 0x10000,
} as const;

/** Where the two bits of `LACKS_CONTEXT` begin. */
const LACKS_CONTEXT_SHIFT = 10;

/** What a socket was opened as, and what it remembers in bits. */
export abstract class SocketMarks {
  readonly #openedAs: OpenedAs;
  #marks: number = Mark.BLOCKING;

  constructor(openedAs: OpenedAs, overlapped: boolean, root: boolean) {
    this.#openedAs = openedAs;
    const messages = openedAs.type === SOCK_SEQPACKET;
    if (messages || openedAs.type === SOCK_STREAM) this.#marks |= Mark.STREAM;
    if (messages) this.#marks |= Mark.KEEPS_BOUNDARIES;
    if (overlapped) this.#marks |= Mark.OVERLAPPED;
    if (root) this.#marks |= Mark.SESSION_ROOT;
  }

  get family(): number {
    return this.#openedAs.family;
  }
  get type(): number {
    return this.#openedAs.type;
  }
  get protocol(): number {
    return this.#openedAs.protocol;
  }

  /** Whether calls wait. */
  get blocking(): boolean {
    return (this.#marks & Mark.BLOCKING) !== 0;
  }
  protected set blocking(on: boolean) {
    this.#marks = on ? this.#marks | Mark.BLOCKING : this.#marks & ~Mark.BLOCKING;
  }
  get receiveShutdown(): boolean {
    return (this.#marks & Mark.RECEIVE_SHUT_DOWN) !== 0;
  }
  protected set receiveShutdown(on: boolean) {
    this.#marks = on ? this.#marks | Mark.RECEIVE_SHUT_DOWN : this.#marks & ~Mark.RECEIVE_SHUT_DOWN;
  }
  get sendShutdown(): boolean {
    return (this.#marks & Mark.SEND_SHUT_DOWN) !== 0;
  }
  protected set sendShutdown(on: boolean) {
    this.#marks = on ? this.#marks | Mark.SEND_SHUT_DOWN : this.#marks & ~Mark.SEND_SHUT_DOWN;
  }
  /** FD_CLOSE waits until all data has been read, or was reported. */
  get closeReported(): boolean {
    return (this.#marks & Mark.CLOSE_REPORTED) !== 0;
  }
  protected set closeReported(on: boolean) {
    this.#marks = on ? this.#marks | Mark.CLOSE_REPORTED : this.#marks & ~Mark.CLOSE_REPORTED;
  }
  /** The socket became connected by `connect`, not by `accept`. */
  get active(): boolean {
    return (this.#marks & Mark.ACTIVE) !== 0;
  }
  protected set active(on: boolean) {
    this.#marks = on ? this.#marks | Mark.ACTIVE : this.#marks & ~Mark.ACTIVE;
  }
  /** It is a duplicate, or has some: the options that both it and its core keep, the core knows better. */
  get duplicate(): boolean {
    return (this.#marks & Mark.DUPLICATE) !== 0;
  }
  protected set duplicate(on: boolean) {
    this.#marks = on ? this.#marks | Mark.DUPLICATE : this.#marks & ~Mark.DUPLICATE;
  }
  /** Whether it was created with WSA_FLAG_OVERLAPPED. */
  get overlapped(): boolean {
    return (this.#marks & Mark.OVERLAPPED) !== 0;
  }
  /** Whether it has connections: a stream of bytes, or of messages. */
  get stream(): boolean {
    return (this.#marks & Mark.STREAM) !== 0;
  }
  /** Whether it has connections that keep the boundaries of messages. */
  get keepsBoundaries(): boolean {
    return (this.#marks & Mark.KEEPS_BOUNDARIES) !== 0;
  }
  /** It is the root of a multipoint session, which transfers data in every state. */
  get isRoot(): boolean {
    return (this.#marks & Mark.SESSION_ROOT) !== 0;
  }
  /** Something seemed to be left after a receive: to be confirmed before it is reported again. */
  protected get unverified(): boolean {
    return (this.#marks & Mark.UNVERIFIED) !== 0;
  }
  protected set unverified(on: boolean) {
    this.#marks = on ? this.#marks | Mark.UNVERIFIED : this.#marks & ~Mark.UNVERIFIED;
  }

  /** One of `MissingContext`. */
  get missingContext(): number {
    return (this.#marks & Mark.LACKS_CONTEXT) >> LACKS_CONTEXT_SHIFT;
  }
  protected set missingContext(context: number) {
    this.#marks = (this.#marks & ~Mark.LACKS_CONTEXT) | (context << LACKS_CONTEXT_SHIFT);
  }
  /** It stands for a leaf that is about to be joined. */
  protected get aboutToJoin(): boolean {
    return (this.#marks & Mark.JOINING) !== 0;
  }
  protected set aboutToJoin(on: boolean) {
    this.#marks = on ? this.#marks | Mark.JOINING : this.#marks & ~Mark.JOINING;
  }

  /** An operation is being served through functions of the layers above, which come back here: they do not wait. */
  get serving(): boolean {
    return (this.#marks & Mark.SERVING) !== 0;
  }
  protected set serving(on: boolean) {
    this.#marks = on ? this.#marks | Mark.SERVING : this.#marks & ~Mark.SERVING;
  }
  /** Receives that waited when receiving was shut down still get what arrives; the core is told once they are over. */
  protected get lastReceives(): boolean {
    return (this.#marks & Mark.LAST_RECEIVES) !== 0;
  }
  protected set lastReceives(on: boolean) {
    this.#marks = on ? this.#marks | Mark.LAST_RECEIVES : this.#marks & ~Mark.LAST_RECEIVES;
  } /** Sends that waited when sending was shut down are still sent; the core is told behind them. */
  protected get lastSends(): boolean {
    return (this.#marks & Mark.LAST_SENDS) !== 0;
  }
  protected set lastSends(on: boolean) {
    this.#marks = on ? this.#marks | Mark.LAST_SENDS : this.#marks & ~Mark.LAST_SENDS;
  }
}
