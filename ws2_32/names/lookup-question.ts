// One question of the instance's own look-ups, and what follows from its answer.
import {
  IPPROTO_TCP,
  IPPROTO_UDP,
  NS_ALL,
  WSAQUERYSETW,
  type AFPROTOCOLS,
  type DirectQuestion,
  type DirectResult,
  type GUID,
} from '../../spi/index.js';

/** What a look-up found, or the WSA error why not. */
export type LookupAnswer<T> =
  { readonly value: T; readonly error: 0 } | { readonly value: null; readonly error: number };

/** What a look-up does next: asks the name spaces something, or is over. */
export type LookupStep<T> = LookupQuestion<T> | LookupAnswer<T>;

/** One result, as look-ups read it. */
export interface LookupResult extends DirectResult {
  /** The provider that gave it, or `null` when it does not say. */
  readonly providerId: GUID | null;
}

/** Whom a question is put to. */
export interface NameSpaceChoice {
  readonly nameSpace: number;
  readonly providerId: GUID | null;
}

/** Everybody. */
export const ALL_NAME_SPACES: NameSpaceChoice = { nameSpace: NS_ALL, providerId: null };

/** What came of a question: the value that was read of a result, or the error. */
export interface Outcome<R> {
  readonly value: R | null;
  /** 0 with a value. */
  readonly error: number;
  /** Whether there were results, be they of no use. */
  readonly hadResults: boolean;
}

/** What is asked. */
export interface Asked {
  readonly serviceClass: GUID;
  /** `null` for none. */
  readonly name: string | null;
  readonly families: readonly number[];
  /** `LUP_RETURN_NAME`, `LUP_RETURN_ADDR`, `LUP_RETURN_BLOB`. */
  readonly flags: number;
  /** Everybody if absent. */
  readonly choice?: NameSpaceChoice;
}

/** Results of one question that are looked at and not taken. */
const MOST_UNTAKEN = 1000;

/** How a question goes on. */
export interface Follow<R, T> {
  /** As many results are looked at that `read` does not take, where they are not of no use for that; 1,000 if absent. */
  readonly mostUntaken?: number;
  /** Makes of a result what is wanted of it; `null` when it is of no use. It may throw over one that cannot be read. */
  readonly read: (result: LookupResult) => R | null;
  /** What follows. A value may be that of another look-up before: it is not to be changed. */
  readonly next: (outcome: Outcome<R>) => LookupStep<T>;
}

/** One question to the name spaces, and what follows from the answer. */
export abstract class LookupQuestion<T> implements DirectQuestion {
  /** The service class, in capitals. */
  readonly serviceClass: GUID;
  readonly families: readonly number[];
  readonly flags: number;
  readonly #name: string | null;
  readonly #choice: NameSpaceChoice;
  #value: unknown = null;
  #hadResults = false;

  // Not as an object: very many questions may be under way.
  constructor(
    serviceClass: GUID,
    name: string | null,
    families: readonly number[],
    flags: number,
    choice: NameSpaceChoice = ALL_NAME_SPACES,
  ) {
    this.serviceClass = serviceClass;
    this.#name = name;
    this.families = families;
    this.flags = flags;
    this.#choice = choice;
  }

  /** Makes a question of functions. */
  static of<R, T>(asked: Asked, follow: Follow<R, T>): LookupQuestion<T> {
    return new FollowedQuestion(asked, follow as Follow<unknown, T>);
  }

  /** As `Follow.read`. */
  protected abstract read(result: LookupResult): unknown;
  /** What follows from an outcome: this question's, or one of a question that is alike. See `Follow.next`. */
  abstract next(outcome: Outcome<unknown>): LookupStep<T>;

  get name(): string {
    return this.#name ?? '';
  }

  get nameSpace(): number {
    return this.#choice.nameSpace;
  }

  /** The provider that alone is asked; `null` for all. */
  get providerId(): GUID | null {
    return this.#choice.providerId;
  }

  get protocols(): readonly AFPROTOCOLS[] {
    return protocolsOf(this.families);
  }

  get restrictions(): WSAQUERYSETW {
    const { protocols } = this;
    return {
      dwSize: WSAQUERYSETW.size,
      lpszServiceInstanceName: this.#name,
      lpServiceClassId: this.serviceClass,
      dwNameSpace: this.nameSpace,
      lpNSProviderId: this.providerId,
      dwNumberOfProtocols: protocols.length,
      lpafpProtocols: protocols.map((pair) => ({ ...pair })),
    };
  }

  /** As many results are looked at that are not taken; there will not be another one. */
  get mostUntaken(): number {
    return MOST_UNTAKEN;
  }

  /** Whether there were results, be they of no use. */
  get hadResults(): boolean {
    return this.#hadResults;
  }

  /** Looks at a result; true when it is of use, and no other is needed. It may throw over one that cannot be read. */
  take(result: LookupResult): boolean {
    this.#hadResults = true;
    this.#value = this.read(result);
    return this.#value !== null;
  }

  /** What came of it: `error` is 0 after a result was taken. */
  outcome(error: number): Outcome<unknown> {
    return { value: error === 0 ? this.#value : null, error, hadResults: this.#hadResults };
  }
}

class FollowedQuestion<T> extends LookupQuestion<T> {
  readonly #follow: Follow<unknown, T>;

  constructor({ serviceClass, name, families, flags, choice }: Asked, follow: Follow<unknown, T>) {
    super(serviceClass, name, families, flags, choice);
    this.#follow = follow;
  }

  override get mostUntaken(): number {
    return this.#follow.mostUntaken ?? MOST_UNTAKEN;
  }

  protected override read(result: LookupResult): unknown {
    return this.#follow.read(result);
  }

  override next(outcome: Outcome<unknown>): LookupStep<T> {
    return this.#follow.next(outcome);
  }
}

const lists = new Map<string, readonly AFPROTOCOLS[]>();

// TCP and UDP in some families. There are few such lists, and nobody changes them.
function protocolsOf(families: readonly number[]): readonly AFPROTOCOLS[] {
  const key = families.join();
  let list = lists.get(key);
  if (list === undefined) {
    list = families.flatMap((iAddressFamily) => [
      Object.freeze({ iAddressFamily, iProtocol: IPPROTO_TCP }),
      Object.freeze({ iAddressFamily, iProtocol: IPPROTO_UDP }),
    ]);
    lists.set(key, Object.freeze(list));
  }
  return list;
}
