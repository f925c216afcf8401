import type { ChangeNotice, NameSpaceQuestion, NameSpaceSession } from '../../../name-space/index.js';
import { RedisConnection, RedisFailure } from './connection.js';
import type { RedisKeys } from './keys.js';
import { RedisError, type Reply } from './resp.js';
import type { RedisReader } from './services.js';
import type { RedisSettings } from './settings.js';

/** The kinds of notices that are needed: of keys, for what is set, deleted, expired, and of hashes. */
const NEEDED_NOTICES = 'Kg$xh';
/** What renewing a lease does to a key: nothing that anybody could see. */
const SILENT_EVENTS = ['expire', 'pexpire'];
/** Milliseconds until a subscription that was lost is made anew: the first time, and at most. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/** One question whose answer is watched. */
interface Watched {
  readonly question: NameSpaceQuestion;
  readonly changed: ChangeNotice;
  /** What it was answered last; `null` before that is known. */
  answer: string | null;
}

/** Who wants to know of changes, and the subscription by which they are told: keyspace notices of the server. */
export class RedisWatchers {
  readonly #watched = new Set<Watched>();
  readonly #session: NameSpaceSession;
  readonly #connection: RedisConnection;
  #isSubscribed = false;
  #isChecking = false;
  #isDue = false;
  #pause = FIRST_PAUSE;
  #hasComplained = false;

  constructor(
    session: NameSpaceSession,
    settings: RedisSettings,
    private readonly keys: RedisKeys,
    private readonly reader: RedisReader,
    private readonly main: RedisConnection,
  ) {
    this.#session = session;
    this.#connection = new RedisConnection(
      session,
      settings,
      (message) => this.#hear(message),
      () => this.#lost(),
    );
  }

  /** Begins to watch a question's answer; returns what ends it. */
  add(question: NameSpaceQuestion, changed: ChangeNotice): () => void {
    const watched: Watched = { question, changed, answer: null };
    this.#watched.add(watched);
    if (!this.#isSubscribed) this.#subscribe();
    else this.#check();
    return () => {
      this.#watched.delete(watched);
      if (this.#watched.size === 0) this.#connection.close();
    };
  }

  #subscribe(): void {
    this.#isSubscribed = true;
    this.#askForNotices();
    this.#connection.send(
      this.keys.patterns.map((pattern) => ['PSUBSCRIBE', pattern]),
      (replies) => {
        if (replies instanceof RedisFailure) return;
        const refusal = replies.find((each) => each instanceof RedisError);
        if (refusal !== undefined) {
          this.#complain(`the server refuses to tell of changes: ${refusal.message}`);
          return;
        }
        this.#pause = FIRST_PAUSE;
        // What changed before is found out now.
        this.#check();
      },
    );
  }

  // Servers tell of changes only when they are told to.
  #askForNotices(): void {
    const cure = `set notify-keyspace-events ${NEEDED_NOTICES} in its configuration`;
    this.main.send([['CONFIG', 'GET', 'notify-keyspace-events']], (replies) => {
      if (replies instanceof RedisFailure) return;
      const [reply] = replies;
      const flags = Array.isArray(reply) && typeof reply[1] === 'string' ? (reply[1] as string) : null;
      if (flags === null) {
        this.#complain(`it cannot be seen whether the server tells of changes: ${cure}`);
        return;
      }
      const isThere = (flag: string): boolean => flags.includes(flag) || (flag !== 'K' && flags.includes('A'));
      const missing = [...NEEDED_NOTICES].filter((flag) => !isThere(flag)).join('');
      if (missing === '') return;
      this.main.send([['CONFIG', 'SET', 'notify-keyspace-events', flags + missing]], (answers) => {
        if (answers instanceof RedisFailure || answers[0] === 'OK') return;
        this.#complain(`the server does not tell of changes, and may not be told to: ${cure}`);
      });
    });
  }

  #complain(message: string): void {
    if (!this.#hasComplained) this.#session.report(message);
    this.#hasComplained = true;
  }

  #hear(message: readonly Reply[]): void {
    if (!SILENT_EVENTS.includes(message[3] as string)) this.#check();
  }

  #lost(): void {
    this.#isSubscribed = false;
    if (this.#watched.size === 0) return;
    this.#session.setTimer(this.#pause, () => {
      if (this.#watched.size > 0 && !this.#isSubscribed) this.#subscribe();
    });
    this.#pause = Math.min(2 * this.#pause, LONGEST_PAUSE);
  }

  // Compares the answers with those before: once more at the end if something happened meanwhile.
  #check(): void {
    if (this.#isChecking) {
      this.#isDue = true;
      return;
    }
    this.#isChecking = true;
    let missing = this.#watched.size;
    const over = (): void => {
      if (--missing > 0) return;
      this.#isChecking = false;
      if (!this.#isDue) return;
      this.#isDue = false;
      this.#check();
    };
    if (missing === 0) this.#isChecking = false;
    for (const watched of [...this.#watched]) {
      this.reader.fingerprint(watched.question, (answer) => {
        const isKnown = typeof answer === 'string' && this.#watched.has(watched);
        const isOther = isKnown && watched.answer !== null && watched.answer !== answer;
        if (isKnown) watched.answer = answer;
        if (isOther) watched.changed();
        over();
      });
    }
  }
}
