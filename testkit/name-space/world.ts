// An instance with the name space under test, and what cases do with it over and over.
import { inspect } from 'node:util';
import {
  INSTANCE,
  LUP_RETURN_ALL,
  ref,
  WSAQUERYSETW,
  winsockErrorName,
  type Defect,
  type Ws2_32,
} from '../../index.js';
import { expect } from '../provider/expectation.js';
import { StuckWatch } from '../provider/watchdog.js';
import { PROVIDER, type NameSpaceQuery, type NameSpaceUnderTest } from './subject.js';

/** Milliseconds of the instance's clock that nothing may take longer than. */
const PATIENCE = 120_000;
/** Milliseconds of a virtual clock that go by after each case. */
const AFTERWARDS = 60_000;
/** Room for any result. */
const ROOM = 1 << 20;

/** What a query gave: its results, and the name of the error behind them. */
export interface Answer {
  readonly results: readonly WSAQUERYSETW[];
  readonly error: string;
}

/** An instance with a name space, and what a case does with it. */
export class NameSpaceWorld {
  readonly ws2: Ws2_32;
  /** What was contained and reported so far. */
  readonly defects: Defect[] = [];
  readonly #subject: NameSpaceUnderTest;
  readonly #watch: StuckWatch | null;

  constructor(subject: NameSpaceUnderTest) {
    this.#subject = subject;
    const { ws2, nameSpace } = subject;
    this.ws2 = ws2;
    ws2.on('defect', (defect) => void this.defects.push(defect));
    ws2[INSTANCE].bindProvider('name-space-under-test', { NSPStartup: nameSpace.NSPStartup });
    const info = {
      NSProviderId: PROVIDER,
      dwNameSpace: nameSpace.nameSpace,
      fActive: true,
      dwVersion: 2,
      lpszIdentifier: 'under test',
    };
    ws2[INSTANCE].addNameSpace('di:name-space-under-test', info, false);
    this.start();
    const giveUp = (): void => void this.ws2.WSACleanup();
    this.#watch = subject.clock === undefined ? new StuckWatch(this.host, giveUp) : null;
  }

  /** Begins the use of the instance, for the first time or again. */
  start(): void {
    expect(this.ws2.WSAStartup(0x0202, {}), 'WSAStartup').toBe(0);
    this.#subject.started?.();
  }

  get host() {
    return this.ws2[INSTANCE].providerHost;
  }

  /** What the subject has to ask, or to register; a case that needs what is not there says so. */
  need<Member extends 'several' | 'absent' | 'silent' | 'host' | 'service'>(
    member: Member,
    capability: string,
  ): NonNullable<NameSpaceUnderTest[Member]> {
    const value = this.#subject[member];
    if (value === undefined) {
      throw new TypeError(
        `testNameSpace: the factory gives no \`${member}\`: give one, or skip '${capability}' with a reason`,
      );
    }
    return value as NonNullable<NameSpaceUnderTest[Member]>;
  }

  get present(): NameSpaceQuery {
    return this.#subject.present;
  }

  /** The name space's number. */
  get nameSpace(): number {
    return this.#subject.nameSpace.nameSpace;
  }

  /** Milliseconds of the instance's clock. */
  now(): number {
    return this.host.clock.now();
  }

  /** The name of the last error. */
  error(): string {
    return winsockErrorName(this.ws2.WSAGetLastError());
  }

  /** Expects a call that returns 0 or SOCKET_ERROR to have succeeded. */
  expectDone(result: number, call: string): void {
    expect(result === 0 ? 'done' : this.error(), call).toBe('done');
  }

  /** A query set that goes to the name space under test alone. */
  restrictions(query: NameSpaceQuery): WSAQUERYSETW {
    return { dwSize: WSAQUERYSETW.size, lpNSProviderId: PROVIDER, ...query };
  }

  /**
   * Begins a query.
   *
   * @returns its handle, or the error's name
   */
  tryBegin(query: NameSpaceQuery, flags: number = LUP_RETURN_ALL): number | string {
    const handle = ref(0);
    return this.ws2.WSALookupServiceBegin(this.restrictions(query), flags, handle) === 0 ? handle.value : this.error();
  }

  /** Begins a query, which succeeds. */
  begin(query: NameSpaceQuery, flags: number = LUP_RETURN_ALL): number {
    const handle = this.tryBegin(query, flags);
    expect(typeof handle, `WSALookupServiceBegin, which says ${handle}`).toBe('number');
    return handle as number;
  }

  /** Fetches the next result: the result, or the error's name. */
  next(handle: number, flags = 0): WSAQUERYSETW | string {
    const results: WSAQUERYSETW[] = [];
    const began = this.now();
    const result = this.ws2.WSALookupServiceNext(handle, flags, ref(ROOM), results);
    expect(this.now() - began, 'milliseconds that WSALookupServiceNext took').toBeLessThan(PATIENCE);
    if (result !== 0) return this.error();
    expect(results, 'results of one call').toHaveLength(1);
    return results[0]!;
  }

  /** Ends a query. */
  end(handle: number): void {
    this.expectDone(this.ws2.WSALookupServiceEnd(handle), 'WSALookupServiceEnd');
  }

  /** Fetches what a query still has, and ends it. */
  rest(handle: number, flags = 0): Answer {
    const results: WSAQUERYSETW[] = [];
    for (;;) {
      const result = this.next(handle, flags);
      if (typeof result !== 'string') {
        results.push(result);
        continue;
      }
      this.end(handle);
      return { results, error: result };
    }
  }

  /** Asks, from beginning to end. */
  ask(query: NameSpaceQuery, flags: number = LUP_RETURN_ALL, nextFlags = 0): Answer {
    const handle = this.tryBegin(query, flags);
    return typeof handle === 'string' ? { results: [], error: handle } : this.rest(handle, nextFlags);
  }

  /** Asks for what is there: at least one result, and the end. */
  find(query: NameSpaceQuery, flags: number = LUP_RETURN_ALL, nextFlags = 0): readonly WSAQUERYSETW[] {
    const { results, error } = this.ask(query, flags, nextFlags);
    expect(results.length, `results before ${error}`).toBeGreaterThan(0);
    expect(error, 'the end of the results').toBe('WSA_E_NO_MORE');
    return results;
  }

  /** Waits, as a blocking call does, until something is so. */
  until(holds: () => boolean, what: string): void {
    const ended = this.host.wait(holds, this.now() + PATIENCE, 'continue', what);
    expect(ended, what).toBe('condition');
  }

  /** Lets milliseconds of the instance's clock go by. */
  pass(milliseconds: number): void {
    this.host.wait(() => false, this.now() + milliseconds, 'no', 'time to go by');
  }

  /** Closes everything, and sees to it that nothing is left. */
  close(): void {
    this.#watch?.cancel();
    this.host.poll();
    // Answers that nobody wants any more are still on their way.
    if (this.#subject.clock !== undefined) this.pass(AFTERWARDS);
    try {
      expect(this.#watch?.isStuck ?? false, 'a blocking call waited too long').toBe(false);
      this.#expectNoDefects();
      this.ws2.WSACleanup();
      this.#expectNoDefects();
      this.#subject.checkNothingIsLeft?.();
    } finally {
      this.ws2[Symbol.dispose]();
    }
  }

  /** Ends the instance after a case that failed, without looking any further. */
  abandon(): void {
    this.#watch?.cancel();
    this.ws2[Symbol.dispose]();
  }

  #expectNoDefects(): void {
    const messages = this.defects.map(({ message, cause }) =>
      cause === undefined ? message : `${message}: ${inspect(cause)}`,
    );
    expect(messages, 'what was reported').toEqual([]);
  }
}
