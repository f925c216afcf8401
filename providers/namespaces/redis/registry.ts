import type {
  ChangeNotice,
  ClassAnswer,
  NameSpaceAnswer,
  NameSpaceHooks,
  NameSpaceQuestion,
  NameSpaceRegistration,
  NameSpaceSession,
  RegistrationAnswer,
  RequestAnswer,
} from '../../../name-space/index.js';
import {
  answerQuestion,
  checkRegistration,
  classToJson,
  deregistered,
  recordKey,
  registered,
  type ServiceRecord,
  type SoundRegistration,
} from '../../../service-records/index.js';
import {
  WSAEALREADY,
  WSAETOOMANYREFS,
  WSANO_RECOVERY,
  WSASERVICE_NOT_FOUND,
  WSATRY_AGAIN,
  WSATYPE_NOT_FOUND,
  type GUID,
  type WSASERVICECLASSINFOW,
} from '../../../spi/index.js';
import { refusalFailure, RedisConnection, RedisFailure } from './connection.js';
import { RedisKeys } from './keys.js';
import { Leases } from './leases.js';
import { partText, TAKEN_BACK } from './parts.js';
import { RedisError, type Reply } from './resp.js';
import { RedisReader, type FoundPart } from './services.js';
import type { RedisSettings } from './settings.js';
import { RedisWatchers } from './watchers.js';

/** What leads to parts, and what stands where one was taken back, outlives a lease by so much. */
const LEASES_OUTLIVED = 4;
/** How often a change is tried that others came in between. */
const MOST_ATTEMPTS = 10;

type Command = readonly string[];

/** A registry on a Redis server, as an instance uses it. */
export class RedisRegistry implements NameSpaceHooks {
  // Private to the language: a name space's hooks have no other members.
  readonly #session: NameSpaceSession;
  readonly #settings: RedisSettings;
  readonly #keys: RedisKeys;
  readonly #connection: RedisConnection;
  readonly #reader: RedisReader;
  readonly #watchers: RedisWatchers;
  readonly #leases: Leases;
  readonly #owner: string;
  // Changes, one at a time: a connection watches keys for one of them, until a transaction ends.
  readonly #waiting: (() => void)[] = [];
  #isChanging = false;

  constructor(session: NameSpaceSession, settings: RedisSettings) {
    this.#session = session;
    this.#settings = settings;
    this.#keys = new RedisKeys(settings.prefix, settings.database);
    this.#connection = new RedisConnection(session, settings);
    this.#reader = new RedisReader(this.#connection, this.#keys, session.host);
    this.#watchers = new RedisWatchers(session, settings, this.#keys, this.#reader, this.#connection);
    const digits = (): string =>
      Math.floor(session.random.next() * 2 ** 48)
        .toString(16)
        .padStart(12, '0');
    this.#owner = digits() + digits();
    this.#leases = new Leases(session, settings, this.#connection, this.#keys, this.#owner, (key, record) =>
      this.#writing(key, record),
    );
  }

  lookup(question: NameSpaceQuestion, answer: NameSpaceAnswer): void {
    this.#reader.kept(question, (kept) => {
      if (answer.isOver) return;
      if (kept instanceof RedisFailure) this.#refuse(answer, kept);
      else answerQuestion(this.#session.host, question, kept, answer);
    });
  }

  register(registration: NameSpaceRegistration, answer: RegistrationAnswer): void {
    const sound = this.#sound(registration, answer);
    if (sound === null) return;
    const key = keyOf(sound);
    if (!sound.isOneOfSeveral) {
      this.#replace(key, sound, answer);
      return;
    }
    const record = registered(this.#leases.get(key), sound);
    this.#carryOut(this.#writing(key, record), answer, () => this.#leases.set(key, record));
  }

  deregister(registration: NameSpaceRegistration, answer: RegistrationAnswer): void {
    this.#takeBack(registration, answer, false);
  }

  delete(registration: NameSpaceRegistration, answer: RegistrationAnswer): void {
    this.#takeBack(registration, answer, true);
  }

  installClass(info: WSASERVICECLASSINFOW, answer: ClassAnswer): void {
    const command = ['HSETNX', this.#keys.classes, info.lpServiceClassId!, JSON.stringify(classToJson(info))];
    this.#ask([command], answer, ([isNew]) => {
      if (isNew === 1) answer.done();
      else answer.fail(WSAEALREADY);
    });
  }

  removeClass(id: GUID, answer: ClassAnswer): void {
    this.#reader.isUsed(id, (isUsed) => {
      if (answer.isOver) return;
      if (isUsed instanceof RedisFailure) this.#refuse(answer, isUsed);
      else if (isUsed) answer.fail(WSAETOOMANYREFS);
      else {
        this.#ask([['HDEL', this.#keys.classes, id]], answer, ([count]) => {
          if (count === 1) answer.done();
          else answer.fail(WSATYPE_NOT_FOUND);
        });
      }
    });
  }

  getClass(id: GUID, answer: ClassAnswer): void {
    this.#reader.classInfo(id, (info) => {
      if (answer.isOver) return;
      if (info instanceof RedisFailure) this.#refuse(answer, info);
      else if (info === null) answer.fail(WSATYPE_NOT_FOUND);
      else answer.done(info);
    });
  }

  watch(question: NameSpaceQuestion, changed: ChangeNotice): () => void {
    return this.#watchers.add(question, changed);
  }

  #sound(registration: NameSpaceRegistration, answer: RequestAnswer): SoundRegistration | null {
    const sound = checkRegistration(registration);
    if (typeof sound !== 'number') return sound;
    answer.fail(sound);
    return null;
  }

  // In place of whatever others have said of the service.
  #replace(key: string, sound: SoundRegistration, answer: RegistrationAnswer): void {
    const record = registered(undefined, sound);
    this.#afterLooking(key, answer, (parts) => ({
      commands: [...this.#removing(key, parts), ...this.#writing(key, record)],
      done: () => this.#leases.set(key, record),
    }));
  }

  #takeBack(registration: NameSpaceRegistration, answer: RegistrationAnswer, forget: boolean): void {
    const sound = this.#sound(registration, answer);
    if (sound === null) return;
    const key = keyOf(sound);
    this.#afterLooking(key, answer, (parts) => {
      if (parts.length === 0) return WSASERVICE_NOT_FOUND;
      const commands: Command[] = [];
      let mine: ServiceRecord | null | undefined;
      let isLeft = false;
      for (const part of parts) {
        const left = deregistered(part.record, sound, forget);
        if (left !== null && !left.isGone) isLeft = true;
        if (left?.addresses.length === part.record.addresses.length && left.isGone === part.record.isGone) continue;
        if (part.owner === this.#owner) mine = left;
        // Where nothing is left, its name is remembered by who took it back.
        else if (left === null || left.isGone) commands.push(...this.#removing(key, [part]));
        else commands.push(this.#setting(part.key, partText(left)));
      }
      if (!isLeft && !forget) mine = deregistered(parts[0]!.record, { ...sound, isOneOfSeveral: false }, false);
      if (mine === null)
        commands.push(['DEL', this.#keys.part(key, this.#owner)], ['SREM', this.#keys.owners(key), this.#owner]);
      else if (mine !== undefined) commands.push(...this.#writing(key, mine));
      if (!isLeft && forget)
        commands.push(
          ['SREM', this.#keys.ofClass(sound.serviceClass), key],
          ['SREM', this.#keys.ofName(sound.name), key],
        );
      return {
        commands,
        done: () => {
          if (mine === null) this.#leases.delete(key);
          else if (mine !== undefined) this.#leases.set(key, mine);
        },
      };
    });
  }

  // A part, and the sets that lead to it; those outlive it somewhat, and nobody has to clear them away.
  #writing(key: string, record: ServiceRecord): Command[] {
    const sets: Command[] = [
      ['SADD', this.#keys.owners(key), this.#owner],
      ['SADD', this.#keys.ofClass(record.serviceClass), key],
      ['SADD', this.#keys.ofName(record.name), key],
    ];
    const outlive = `${Math.ceil(LEASES_OUTLIVED * this.#settings.lease)}`;
    return [
      ...sets,
      ...sets.map(([, set]) => ['PEXPIRE', set!, outlive]),
      this.#setting(this.#keys.part(key, this.#owner), partText(record)),
    ];
  }

  #setting(key: string, text: string, leases = 1): Command {
    return ['SET', key, text, 'PX', `${Math.ceil(leases * this.#settings.lease)}`];
  }

  // Other processes learn from what stands in its place that their part was taken back.
  #removing(key: string, parts: readonly FoundPart[]): Command[] {
    return parts
      .filter(({ owner }) => owner !== this.#owner)
      .flatMap((part) => [
        this.#setting(part.key, TAKEN_BACK, LEASES_OUTLIVED),
        ['SREM', this.#keys.owners(key), part.owner],
      ]);
  }

  /**
   * Makes a change that depends on what is there, and makes sure that it was still so.
   *
   * @param decide says what to do, or why not, and maybe more than once
   */
  #afterLooking(
    key: string,
    answer: RegistrationAnswer,
    decide: (parts: readonly FoundPart[]) => { commands: readonly Command[]; done: () => void } | number,
  ): void {
    const attempt = (left: number, over: () => void): void => {
      const watched = this.#keys.owners(key);
      this.#connection.send([['WATCH', watched]], () => undefined);
      this.#reader.parts(key, (parts) => {
        const decision = parts instanceof RedisFailure || answer.isOver ? null : decide(parts);
        if (decision === null || typeof decision === 'number') {
          this.#connection.send([['UNWATCH']], () => undefined);
          over();
          if (answer.isOver) return;
          if (parts instanceof RedisFailure) this.#refuse(answer, parts);
          else answer.fail(decision!);
          return;
        }
        // Has those see it who look at the same time: a set that is as it was counts as unchanged.
        const turn: Command[] = [
          ['SADD', watched, '-'],
          ['SREM', watched, '-'],
        ];
        const commands: Command[] = [['MULTI'], ...turn, ...decision.commands, ['EXEC']];
        this.#connection.send(commands, (replies) => {
          if (!(replies instanceof RedisFailure) && replies.at(-1) === null && left > 0) {
            attempt(left - 1, over);
            return;
          }
          over();
          this.#conclude(replies, answer, decision.done);
        });
      });
    };
    this.#queue((over) => attempt(MOST_ATTEMPTS, over));
  }

  #queue(change: (over: () => void) => void): void {
    if (this.#isChanging) {
      this.#waiting.push(() => this.#queue(change));
      return;
    }
    this.#isChanging = true;
    change(() => {
      this.#isChanging = false;
      this.#waiting.shift()?.();
    });
  }

  // All commands or none.
  #carryOut(commands: readonly Command[], answer: RegistrationAnswer, done: () => void): void {
    this.#queue((over) => {
      this.#connection.send([['MULTI'], ...commands, ['EXEC']], (replies) => {
        over();
        this.#conclude(replies, answer, done);
      });
    });
  }

  #conclude(replies: readonly Reply[] | RedisFailure, answer: RegistrationAnswer, done: () => void): void {
    const failure = failureIn(replies);
    // What was done is renewed, though nobody waits any more.
    if (failure === null) done();
    if (answer.isOver) return;
    if (failure === null) answer.done();
    else this.#refuse(answer, failure);
  }

  #ask(commands: readonly Command[], answer: RequestAnswer, told: (replies: readonly Reply[]) => void): void {
    this.#connection.send(commands, (replies) => {
      if (answer.isOver) return;
      const refusal = replies instanceof RedisFailure ? replies : replies.find((each) => each instanceof RedisError);
      if (refusal instanceof RedisError) this.#refuse(answer, refusalFailure(refusal));
      else if (refusal !== undefined) this.#refuse(answer, refusal);
      else told(replies as readonly Reply[]);
    });
  }

  #refuse(answer: RequestAnswer, { code, reason }: RedisFailure): void {
    // What another attempt may mend is told by its error alone.
    if (code !== WSATRY_AGAIN) this.#session.report(`the Redis server refused: ${reason}`);
    answer.fail(code);
  }
}

function failureIn(replies: readonly Reply[] | RedisFailure): RedisFailure | null {
  if (replies instanceof RedisFailure) return replies;
  const last = replies.at(-1)!;
  if (last === null) return new RedisFailure(WSATRY_AGAIN, 'others made changes at the same time');
  // Why a transaction was refused, the first refusal says.
  const refusal = [...replies, ...(Array.isArray(last) ? (last as readonly Reply[]) : [])].find(
    (each) => each instanceof RedisError,
  );
  if (refusal !== undefined) return refusalFailure(refusal);
  return Array.isArray(last) ? null : new RedisFailure(WSANO_RECOVERY, 'a transaction without a result');
}

function keyOf({ name, serviceClass, context }: SoundRegistration): string {
  return recordKey({ name, serviceClass, context: context ?? '' });
}
