import { isStructure } from '../spi/arguments.js';
import { kindOf } from '../spi/answers.js';
import { nearestNameAdvice } from '../spi/nearest-name.js';
import type { GUID, InstanceHost, RandomSource, Timer } from '../spi/index.js';
import { isSockaddr } from './addresses.js';
import type { Blame } from './blame.js';
import { DispatcherDatagramSocket, type DatagramOptions, type DatagramSocket } from './sockets/datagram-socket.js';
import type { EventSocket, SocketContext } from './sockets/events.js';
import { DispatcherStreamSocket, type StreamOptions, type StreamSocket } from './sockets/stream-socket.js';

/** What a name space is handed for as long as an instance uses it: time, chance, sockets, and where to tell of faults. */
export interface NameSpaceSession {
  /** The name space's name. */
  readonly name: string;
  /** The provider's GUID in the catalog. */
  readonly providerId: GUID;
  /** `NS_*`. */
  readonly nameSpace: number;
  /** The instance's clock, in milliseconds since an arbitrary start. */
  now(): number;
  /** The instance's source of chance, seeded where the instance is. */
  readonly random: RandomSource;
  /**
   * Calls a function once, after so many milliseconds of the instance's clock. It keeps no process alive, and is not called any
   * more when the use has ended.
   *
   * @returns the timer, which can be taken back
   */
  setTimer(milliseconds: number, callback: () => unknown): Timer;
  /** Reports something that its users should know, as the instance's `defect`. */
  report(message: string, cause?: unknown): void;
  /**
   * Opens a datagram socket of the instance, under which lie all layers and filters that the application's sockets have. It
   * is closed, at the latest, when the use ends.
   *
   * @returns the socket; whether it could not be opened or bound, `failed` is told afterwards
   * @throws TypeError for options that are none
   */
  openDatagram(options: DatagramOptions): DatagramSocket;
  /**
   * Opens a stream socket of the instance, and connects it; as `openDatagram`.
   *
   * @throws TypeError for options that are none
   */
  openStream(options: StreamOptions): StreamSocket;
  /** Everything that the instance offers its providers: the dispatcher's own functions, events, deferred work. */
  readonly host: InstanceHost;
}

/** A use of a name space by an instance. */
export class Session implements NameSpaceSession {
  readonly #timers = new Set<Timer>();
  readonly #sockets: SocketContext;

  constructor(
    readonly name: string,
    readonly providerId: GUID,
    readonly nameSpace: number,
    readonly host: InstanceHost,
    private readonly blame: Blame,
  ) {
    this.#sockets = { host, blame, open: new Set<EventSocket>() };
  }

  now(): number {
    return this.host.clock.now();
  }

  get random(): RandomSource {
    return this.host.random;
  }

  setTimer(milliseconds: number, callback: () => unknown): Timer {
    if (typeof milliseconds !== 'number' || !(milliseconds >= 0)) {
      throw new TypeError(`setTimer: a timer takes milliseconds from 0, not ${kindOf(milliseconds)}`);
    }
    if (typeof callback !== 'function') throw new TypeError(`setTimer: ${kindOf(callback)} is not a function`);
    const inner = this.host.setTimer(this.now() + milliseconds, () => {
      this.#timers.delete(timer);
      this.blame.notify('the callback of a timer', callback);
    });
    const timer: Timer = {
      cancel: () => {
        this.#timers.delete(timer);
        inner.cancel();
      },
    };
    this.#timers.add(timer);
    return timer;
  }

  report(message: string, cause?: unknown): void {
    this.blame.always(`says: ${message}`, cause);
  }

  openDatagram(options: DatagramOptions): DatagramSocket {
    checkOptions('openDatagram', options, DATAGRAM_OPTIONS);
    return new DispatcherDatagramSocket(this.#sockets, options);
  }

  openStream(options: StreamOptions): StreamSocket {
    checkOptions('openStream', options, STREAM_OPTIONS);
    return new DispatcherStreamSocket(this.#sockets, options);
  }

  /** Takes back every timer, and closes every socket. */
  end(): void {
    for (const timer of [...this.#timers]) timer.cancel();
    for (const socket of [...this.#sockets.open]) socket.close();
  }
}

type Rule = readonly [isNeeded: boolean, fits: (value: unknown) => boolean, expected: string];

const NAME: Rule = [false, isSockaddr, "a SOCKADDR: sockaddr_in('127.0.0.1', 0)"];
const FLAG: Rule = [false, (value) => typeof value === 'boolean', 'true or false'];
const ENTRY: Rule = [false, isStructure, 'an entry of the catalog, as WSAEnumProtocols gives it'];
const CALLBACK: Rule = [false, (value) => typeof value === 'function', 'a function'];
const NEEDED: Rule = [true, CALLBACK[1], 'a function'];

const DATAGRAM_OPTIONS: Readonly<Record<keyof DatagramOptions, Rule>> = {
  family: [true, (value) => typeof value === 'number', 'AF_INET or AF_INET6'],
  bind: NAME,
  entry: ENTRY,
  shared: FLAG,
  multicast: FLAG,
  lends: FLAG,
  received: NEEDED,
  failed: CALLBACK,
  addressesChanged: CALLBACK,
};
const STREAM_OPTIONS: Readonly<Record<keyof StreamOptions, Rule>> = {
  address: [true, NAME[1], NAME[2]],
  host: [false, (value) => typeof value === 'string', 'a string'],
  bind: NAME,
  entry: ENTRY,
  connected: CALLBACK,
  received: NEEDED,
  ended: CALLBACK,
  drained: CALLBACK,
  failed: CALLBACK,
};

function checkOptions(caller: string, options: unknown, rules: Readonly<Record<string, Rule>>): void {
  if (!isStructure(options)) throw new TypeError(`${caller}: options are an object, not ${kindOf(options)}`);
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(rules, name)) {
      throw new TypeError(`${caller}: there is no option "${name}"${nearestNameAdvice(name, Object.keys(rules))}`);
    }
  }
  for (const [name, [isNeeded, fits, expected]] of Object.entries(rules)) {
    const value = options[name];
    if (value === undefined ? !isNeeded : fits(value)) continue;
    throw new TypeError(`${caller}: \`${name}\` is ${expected}, not ${kindOf(value)}`);
  }
}
