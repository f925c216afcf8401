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
  deregistered,
  isAskedFor,
  type KeptServices,
  recordKey,
  recordText,
  registered,
} from '../../../service-records/index.js';
import {
  WSAEALREADY,
  WSAETOOMANYREFS,
  WSASERVICE_NOT_FOUND,
  WSATRY_AGAIN,
  WSATYPE_NOT_FOUND,
  type GUID,
  type Timer,
  type WSASERVICECLASSINFOW,
} from '../../../spi/index.js';
import type { RegistryData, RegistryDraft } from './registry-data.js';
import { BUSY, RegistryProblem, type RegistryStore } from './registry-store.js';
import { SharedReading } from './shared-reading.js';

/** Milliseconds until a registry that another process is changing is tried again. */
const TRY_EVERY = 5;
/** Milliseconds between looks at a registry that other processes may change, while somebody wants to know. */
const LOOK_EVERY = 200;

/** One question whose answer is watched. */
interface Watched {
  readonly question: NameSpaceQuestion;
  readonly changed: ChangeNotice;
  /** What it was answered, so that other changes are not told. */
  answer: string;
}

/** A registry as an instance uses it. */
export class Registry implements NameSpaceHooks {
  readonly #watched = new Set<Watched>();
  #look: Timer | null = null;

  // Private to the language: a name space's hooks have no other members.
  readonly #store: RegistryStore;
  readonly #session: NameSpaceSession;
  readonly #patience: number;
  readonly #reading: SharedReading;

  /** @param patience for how long to try while another process makes a change, in milliseconds */
  constructor(store: RegistryStore, session: NameSpaceSession, patience: number) {
    this.#store = store;
    this.#session = session;
    this.#patience = patience;
    this.#reading = new SharedReading(store, session.host);
  }

  lookup(question: NameSpaceQuestion, answer: NameSpaceAnswer): void {
    this.#whenRead(answer, (data) => answerQuestion(this.#session.host, question, kept(data), answer));
  }

  register(registration: NameSpaceRegistration, answer: RegistrationAnswer): void {
    const sound = checkRegistration(registration);
    if (typeof sound === 'number') {
      answer.fail(sound);
      return;
    }
    this.#change(answer, ({ services }) => {
      const key = keyOf(sound);
      services.set(key, registered(services.get(key), sound));
      return 0;
    });
  }

  deregister(registration: NameSpaceRegistration, answer: RegistrationAnswer): void {
    this.#takeBack(registration, answer, false);
  }

  delete(registration: NameSpaceRegistration, answer: RegistrationAnswer): void {
    this.#takeBack(registration, answer, true);
  }

  installClass(info: WSASERVICECLASSINFOW, answer: ClassAnswer): void {
    this.#change(answer, ({ classes }) => {
      if (classes.has(info.lpServiceClassId!)) return WSAEALREADY;
      classes.set(info.lpServiceClassId!, info);
      return 0;
    });
  }

  removeClass(id: GUID, answer: ClassAnswer): void {
    this.#change(answer, ({ classes, services }) => {
      if (!classes.has(id)) return WSATYPE_NOT_FOUND;
      for (const { serviceClass, isGone } of services.values()) {
        if (serviceClass === id && !isGone) return WSAETOOMANYREFS;
      }
      classes.delete(id);
      return 0;
    });
  }

  getClass(id: GUID, answer: ClassAnswer): void {
    this.#whenRead(answer, ({ classes }) => {
      const info = classes.get(id);
      if (info === undefined) answer.fail(WSATYPE_NOT_FOUND);
      else answer.done(info);
    });
  }

  watch(question: NameSpaceQuestion, changed: ChangeNotice): () => void {
    const watched: Watched = { question, changed, answer: this.#answerTo(question) };
    this.#watched.add(watched);
    this.#lookAgain();
    return () => {
      this.#watched.delete(watched);
      if (this.#watched.size > 0) return;
      this.#look?.cancel();
      this.#look = null;
    };
  }

  #takeBack(registration: NameSpaceRegistration, answer: RegistrationAnswer, forget: boolean): void {
    const sound = checkRegistration(registration);
    if (typeof sound === 'number') {
      answer.fail(sound);
      return;
    }
    this.#change(answer, ({ services }) => {
      const key = keyOf(sound);
      const present = services.get(key);
      if (present === undefined) return WSASERVICE_NOT_FOUND;
      const left = deregistered(present, sound, forget);
      if (left === null) services.delete(key);
      else services.set(key, left);
      return 0;
    });
  }

  // Calls a function with what is registered, unless nobody wants the answer any more, or it cannot be read.
  #whenRead(answer: RequestAnswer, next: (data: RegistryData) => void): void {
    this.#reading.wait((outcome) => {
      if (answer.isOver) return;
      if (outcome instanceof RegistryProblem) this.#refuse(answer, outcome);
      else next(outcome);
    });
  }

  // Makes a change; while another process makes one, tries again.
  #change(answer: RequestAnswer & { done(): void }, change: (draft: RegistryDraft) => number): void {
    const deadline = this.#session.now() + this.#patience;
    let timer: Timer | null = null;
    const attempt = (): void => {
      let error: number;
      try {
        error = this.#store.update(change);
      } catch (cause) {
        this.#refuse(answer, cause);
        return;
      }
      if (error === BUSY && this.#session.now() < deadline) {
        timer = this.#session.setTimer(TRY_EVERY * (1 + this.#session.random.next()), begin);
        return;
      }
      if (error === BUSY) {
        const { name, holder } = this.#store;
        const cure = 'Try again when it is done; if it has ended and cannot be seen from here, remove that file';
        this.#session.report(`${name} was not changed: ${holder} for more than ${this.#patience} ms. ${cure}`);
        answer.fail(WSATRY_AGAIN);
        return;
      }
      if (error !== 0) {
        answer.fail(error);
        return;
      }
      answer.done();
      this.#tellWatchers();
    };
    // A large registry is read in several turns, and not under the lock.
    const begin = (): void =>
      this.#reading.wait(() => {
        if (!answer.isOver) attempt();
      });
    begin();
    if (!answer.isOver) answer.onCancel(() => timer?.cancel());
  }

  #refuse(answer: RequestAnswer, cause: unknown): void {
    if (!(cause instanceof RegistryProblem)) throw cause;
    this.#session.report(cause.message, cause.cause);
    answer.fail(cause.code);
  }

  // Other processes' changes are looked for now and then; time that does not pass by itself shows none.
  #lookAgain(): void {
    if (this.#look !== null || this.#session.host.clock.virtual) return;
    this.#look = this.#session.setTimer(LOOK_EVERY, () => {
      this.#look = null;
      if (this.#watched.size > 0) this.#lookAgain();
      if (this.#store.hasChanged()) this.#reading.wait(() => this.#tellWatchers());
    });
  }

  #tellWatchers(): void {
    for (const watched of [...this.#watched]) {
      const answer = this.#answerTo(watched.question);
      if (answer === watched.answer) continue;
      watched.answer = answer;
      watched.changed();
    }
  }

  // What answers a question, to be compared; a registry that cannot be read says nothing.
  #answerTo(question: NameSpaceQuestion): string {
    try {
      const { services, classes } = this.#store.read();
      if (question.kind === 'service') return JSON.stringify([...classes]);
      return [...services.values()]
        .filter((each) => isAskedFor(question, each))
        .map(recordText)
        .join();
    } catch (cause) {
      if (cause instanceof RegistryProblem) return '';
      throw cause;
    }
  }
}

function kept({ services, classes }: RegistryData): KeptServices {
  return { services: services.values(), classes: classes.values() };
}

function keyOf({ name, serviceClass, context }: { name: string; serviceClass: GUID; context: string | null }): string {
  return recordKey({ name, serviceClass, context: context ?? '' });
}
