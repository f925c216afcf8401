import type { NameSpaceSession, StreamSocket } from '../../../name-space/index.js';
import { WSAEACCES, WSANO_RECOVERY, WSATRY_AGAIN, winsockErrorName, type Timer } from '../../../spi/index.js';
import type { RedisSettings } from './settings.js';
import { encodeCommands, RedisError, ReplyReader, type Reply } from './resp.js';

/** Why commands were not carried out: a WSA error, and the reason for people. */
export class RedisFailure {
  constructor(
    readonly code: number,
    readonly reason: string,
  ) {}
}

/** Told of the replies to commands, one for each, or why there are none. */
export type Replied = (replies: readonly Reply[] | RedisFailure) => void;

/** Commands that were sent together, and whose replies come together. */
interface Batch {
  readonly commands: readonly (readonly string[])[];
  /** Whether they were sent once before, over a connection that the server had closed. */
  readonly isSecond: boolean;
  readonly replies: Reply[];
  readonly replied: Replied;
  readonly timer: Timer;
}

/** Lines and texts in one piece of what comes, after which others get their turn. */
const MOST_PARTS = 1000;

/** What a server's first word of refusal means. */
const CODES: Readonly<Record<string, number>> = {
  NOAUTH: WSAEACCES,
  WRONGPASS: WSAEACCES,
  NOPERM: WSAEACCES,
  READONLY: WSAEACCES,
  LOADING: WSATRY_AGAIN,
  BUSY: WSATRY_AGAIN,
  MASTERDOWN: WSATRY_AGAIN,
  CLUSTERDOWN: WSATRY_AGAIN,
  TRYAGAIN: WSATRY_AGAIN,
};

/** The failure that a server's refusal is; a refusal of one kind is WSATRY_AGAIN, another WSAEACCES, others WSANO_RECOVERY. */
export function refusalFailure({ kind, message }: RedisError): RedisFailure {
  return new RedisFailure(CODES[kind] ?? WSANO_RECOVERY, message);
}

/**
 * A connection to a Redis server over a socket of the dispatcher; opened at the first command, and again after it was lost.
 * It never waits.
 */
export class RedisConnection {
  #socket: StreamSocket | null = null;
  readonly #batches: Batch[] = [];
  #hasAnswered = false;

  /**
   * @param pushed told of messages of a subscription, once `subscribe` was called
   * @param lost told when the connection has ended, after all commands have failed
   */
  constructor(
    private readonly session: NameSpaceSession,
    private readonly settings: RedisSettings,
    private readonly pushed: ((message: readonly Reply[]) => void) | null = null,
    private readonly lost: () => void = () => undefined,
  ) {}

  /**
   * Sends commands, and tells of their replies when all are there. They may be carried out twice, when the connection is lost
   * in between.
   */
  send(commands: readonly (readonly string[])[], replied: Replied): void {
    this.#send(commands, replied, false);
  }

  #send(commands: readonly (readonly string[])[], replied: Replied, isSecond: boolean): void {
    if (commands.length === 0) {
      replied([]);
      return;
    }
    if (this.#socket === null) this.#open();
    const timer = this.session.setTimer(this.settings.timeout, () =>
      this.#end(new RedisFailure(WSATRY_AGAIN, `no answer for ${this.settings.timeout} ms`)),
    );
    this.#batches.push({ commands, isSecond, replies: [], replied, timer });
    const error = this.#socket?.send(encodeCommands(commands)) ?? 0;
    if (error !== 0) this.#end(new RedisFailure(WSATRY_AGAIN, winsockErrorName(error) ?? `error ${error}`));
  }

  /** Ends it. */
  close(): void {
    this.#end(new RedisFailure(WSATRY_AGAIN, 'the connection was closed'));
  }

  #open(): void {
    const { address, host, user, password, database } = this.settings;
    const reader = new ReplyReader((reply) => this.#take(reply));
    // One that was in use, and is not there any more, is made anew: servers close those that were idle for long.
    const lost = (reason: string): void => this.#end(new RedisFailure(WSATRY_AGAIN, reason), this.#hasAnswered);
    this.#socket = this.session.openStream({
      address,
      ...(host === null ? {} : { host }),
      received: (bytes) => {
        const before = reader.parts;
        const fault = reader.push(bytes);
        if (fault !== null) this.#end(new RedisFailure(WSANO_RECOVERY, `the server sent ${fault}`));
        else if (reader.parts - before > MOST_PARTS) this.#rest();
      },
      ended: () => lost('the server has closed the connection'),
      failed: (error) => lost(winsockErrorName(error) ?? `error ${error}`),
    });
    const greeting: string[][] = [];
    if (password !== null) greeting.push(user === null ? ['AUTH', password] : ['AUTH', user, password]);
    if (database !== 0) greeting.push(['SELECT', `${database}`]);
    if (greeting.length === 0) return;
    this.send(greeting, (replies) => {
      const refusal = replies instanceof RedisFailure ? undefined : replies.find((each) => each instanceof RedisError);
      if (refusal !== undefined) this.#end(refusalFailure(refusal));
    });
  }

  // What comes next is read in another turn.
  #rest(): void {
    const socket = this.#socket;
    if (socket === null) return;
    socket.pause();
    this.session.host.deferToNextTurn({ queued: false, run: () => socket.resume() });
  }

  #take(reply: Reply): void {
    const [batch] = this.#batches;
    const isMessage = Array.isArray(reply) && (reply[0] === 'pmessage' || reply[0] === 'message');
    if (isMessage && this.pushed !== null) {
      this.pushed(reply as readonly Reply[]);
      return;
    }
    if (batch === undefined) {
      this.#end(new RedisFailure(WSANO_RECOVERY, 'the server answered what nobody had asked'));
      return;
    }
    this.#hasAnswered = true;
    batch.replies.push(reply);
    if (batch.replies.length < batch.commands.length) return;
    this.#batches.shift();
    batch.timer.cancel();
    batch.replied(batch.replies);
  }

  #end(failure: RedisFailure, mayTryAgain = false): void {
    const socket = this.#socket;
    if (socket === null) return;
    this.#socket = null;
    this.#hasAnswered = false;
    socket.close();
    for (const { timer, replied, commands, replies, isSecond } of this.#batches.splice(0)) {
      timer.cancel();
      if (mayTryAgain && !isSecond && replies.length === 0) this.#send(commands, replied, true);
      else replied(failure);
    }
    this.lost();
  }
}
