// Filters that ask, and answer later: the calls that wait for them.
import { cureOf } from '../../spi/layer-rules.js';
import { ignoreOutcome, isThenable, kindOf, messageOf } from '../../spi/answers.js';
import {
  AF_INET,
  AF_INET6,
  ERROR_IO_PENDING,
  parseSockaddr,
  sockaddr_in,
  sockaddr_in6,
  WSA_IO_INCOMPLETE,
  WSAEACCES,
  WSAEALREADY,
  WSAEFAULT,
  WSAEINPROGRESS,
  WSAEISCONN,
  WSAETIMEDOUT,
  WSAEWOULDBLOCK,
  type InstanceHost,
  type ParsedSockaddr,
  type SOCKET,
  type Timer,
  type WSAPROTOCOL_INFOW,
} from '../../spi/index.js';
import {
  WAITS,
  type AskFilter,
  type FilterPurpose,
  type FilterRequest,
  type OpenQuestion,
  type PatientCaller,
  type Verdict,
} from './filter-request.js';

const NOTHING = new Uint8Array(0);

/** The filter of a layer that is asked for each purpose. */
const HOOKS: Readonly<Record<FilterPurpose, 'connect' | 'accept' | 'bind'>> = {
  connect: 'connect',
  send: 'connect',
  join: 'connect',
  accept: 'accept',
  bind: 'bind',
  'implicit bind': 'bind',
};

/** What tells a caller that a call goes on, or has done its work: nobody is refused by such a code. */
const NO_REFUSALS: ReadonlySet<number> = new Set([
  ERROR_IO_PENDING,
  WSA_IO_INCOMPLETE,
  WSAEWOULDBLOCK,
  WSAEINPROGRESS,
  WSAEALREADY,
  WSAEISCONN,
]);

function isRefusal(code: unknown): code is number {
  return typeof code === 'number' && code > 0 && code >>> 0 === code && !NO_REFUSALS.has(code);
}

/**
 * Makes what asks the filters of a layer. Whatever is not a plain yes refuses, and is reported unless it is a plain no.
 *
 * @param layer the layer's name, for reports
 * @param chain the layer's chain
 */
export function createFilterAsker(layer: string, host: InstanceHost, chain: WSAPROTOCOL_INFOW): AskFilter {
  // A datagram socket asks about each datagram: the same fault is told once, until another is.
  let lastFault = '';
  return (filter, purpose, s, name, namelen, patient) => {
    const tell = (message: string, cause?: unknown): void =>
      host.report({
        message: `${layer}: ${message}`,
        provider: layer,
        socket: s,
        ...(cause === undefined ? {} : { cause }),
      });
    const report = (what: string, cause?: unknown): void => {
      const fault = `${s} ${purpose} ${what} ${messageOf(cause)}`;
      if (purpose === 'send' && fault === lastFault) return;
      lastFault = fault;
      tell(`its "${HOOKS[purpose]}" filter ${what}`, cause);
    };
    const refuse = (what: string, code: unknown = WSAEACCES, cause?: unknown): Verdict => {
      report(`${what}; what it was asked about is refused`, cause);
      return { error: isRefusal(code) ? code : WSAEACCES, name: NOTHING };
    };

    let parsed: ParsedSockaddr;
    try {
      parsed = parseSockaddr(name, namelen);
    } catch {
      // Not a name at all.
      return { error: WSAEFAULT, name: NOTHING };
    }
    // A copy, for what the filter was shown is what is used, whatever becomes of the caller's bytes.
    const asked = name.slice(0, namelen);
    if (parsed.family !== AF_INET && parsed.family !== AF_INET6) {
      // It leads nowhere from a socket of another family, and the provider refuses it.
      if (parsed.family !== chain.iAddressFamily) return { error: 0, name: asked };
      return refuse(`cannot be asked about addresses of family ${parsed.family}`);
    }

    const question = new Question(purpose, parsed, asked, s, patient ?? null, refuse, report, tell, host);
    let answer: unknown;
    try {
      answer = filter(question.request);
    } catch (cause) {
      return question.settle(refuse(`threw${cureOf('filterThrows')}`, WSAEACCES, cause));
    }
    return question.judge(answer);
  };
}

type Refuse = (what: string, code?: unknown, cause?: unknown) => Verdict;

/** How far a filter is with its answer. */
const Asked = {
  /** It runs. */
  NOW: 0,
  /** It said that it answers later. */
  WAITING: 1,
  PASSED: 2,
  REFUSED: 3,
  /** Nobody waits for it any more. */
  FORGOTTEN: 4,
} as const;

/** One question to a filter, and its answer. */
class Question implements OpenQuestion {
  readonly request: FilterRequest;
  #state: number = Asked.NOW;
  #running = true;
  /** What `refuse` was given while the filter ran. */
  #refused = false;
  #resumed = false;
  #code: unknown = undefined;
  #limit: Timer | null = null;

  constructor(
    purpose: FilterPurpose,
    private readonly parsed: ParsedSockaddr,
    private readonly asked: Uint8Array,
    socket: SOCKET,
    private readonly patient: PatientCaller | null,
    private readonly refusal: Refuse,
    private readonly report: (what: string, cause?: unknown) => void,
    private readonly tell: (reason: string) => void,
    private readonly host: InstanceHost,
  ) {
    this.request = {
      purpose,
      name: purpose === 'connect' ? hostName(patient, host, asked) : null,
      socket,
      family: parsed.family,
      address: parsed.address,
      port: parsed.port,
      hostName: null,
      connection: patient?.connection ?? null,
      refuse: (given: number = WSAEACCES, reason?: string) => this.#refuse(given, reason),
      wait: () => this.#wait(),
      resume: () => this.#resume(),
    };
  }

  #wait(): void {
    if (!this.#running) return;
    if (this.patient === null || this.patient.timeout === 0) {
      this.report(
        this.patient === null
          ? `called request.wait() where nothing can wait${cureOf('filterWaits')}`
          : 'called request.wait() about a datagram socket, where nothing can wait: decide at once',
      );
      this.#refused = true;
      this.#code = WSAEACCES;
    } else this.#state = Asked.WAITING;
  }

  #refuse(given: unknown, reason: unknown): void {
    if (this.#running) {
      if (typeof reason === 'string') this.tell(reason);
      this.#refused = true;
      this.#code = given;
    } else if (this.#isDue('refused')) {
      if (typeof reason === 'string') this.tell(reason);
      this.#answer(
        Asked.REFUSED,
        isRefusal(given)
          ? { error: given, name: NOTHING }
          : this.refusal(
              `refused with ${shown(given)}, which is not a WinSock code that refuses${cureOf('filterRefuses')}`,
            ),
      );
    }
  }

  #resume(): void {
    if (this.#running) {
      this.#resumed = true;
      return;
    }
    if (this.#isDue('let pass')) this.#pass();
  }

  /** Whether an answer that comes later is waited for; a second one is reported. */
  #isDue(how: string): boolean {
    if (this.#state === Asked.WAITING) return this.patient?.gone === false;
    if (this.#state === Asked.FORGOTTEN || this.patient?.gone === true) return false;
    if (this.#state === Asked.PASSED) {
      this.#state = Asked.FORGOTTEN;
      this.report(
        `${how} after it had answered, when what it was asked about had passed${cureOf('filterAnswersOnce')}`,
      );
    } else if (how === 'let pass') this.report('let pass what had been refused: it stays refused');
    return false;
  }

  #pass(): void {
    const name = this.#passing();
    this.#answer(name === null ? Asked.REFUSED : Asked.PASSED, name === null ? this.#astray() : this.#verdict(name));
  }

  #verdict(name: Uint8Array): Verdict {
    const { hostName } = this.request;
    return typeof hostName === 'string' ? { error: 0, name, hostName } : { error: 0, name };
  }

  #answer(state: number, verdict: Verdict): void {
    this.#state = state;
    this.#limit?.cancel();
    this.patient!.answered(verdict);
  }

  /** The name that it leads to; `null` when that is none. */
  #passing(): Uint8Array | null {
    const changed = nameOf(this.request, this.parsed);
    return changed === undefined ? null : (changed ?? this.asked);
  }

  #astray(): Verdict {
    return this.refusal(
      `led to ${shown(this.request.address)}, port ${shown(this.request.port)}, which is not an address${cureOf('filterLeads')}`,
    );
  }

  /** The verdict on what a filter returned. */
  judge(answer: unknown): Verdict {
    const waiting = this.#state === Asked.WAITING;
    if (isThenable(answer)) {
      if (!waiting) {
        ignoreOutcome(answer);
        return this.settle(
          this.refusal(
            `answered with a promise, and nothing waits for it${cureOf('filterPromises')}`,
            this.#refused ? this.#code : WSAEACCES,
          ),
        );
      }
      // Asynchronous work that fails refuses.
      (answer as PromiseLike<unknown>).then(undefined, (cause: unknown) => this.#brokeLater(cause));
    } else if (isRefusal(answer)) return this.settle({ error: answer, name: NOTHING });
    if (this.#refused) {
      return this.settle(
        isRefusal(this.#code)
          ? { error: this.#code, name: NOTHING }
          : this.refusal(
              `refused with ${shown(this.#code)}, which is not a WinSock code that refuses${cureOf('filterRefuses')}`,
            ),
      );
    }
    if (waiting && !this.#resumed) {
      this.#running = false;
      const patient = this.patient!;
      const { timeout } = patient;
      patient.waits(this);
      if (timeout !== Infinity) {
        this.#limit = this.host.setTimer(this.host.clock.now() + timeout, () => {
          if (this.#isDue('failed')) this.#answer(Asked.REFUSED, this.refusal('did not answer in time', WSAETIMEDOUT));
        });
      }
      return { error: WAITS, name: NOTHING };
    }
    if (!waiting && answer !== undefined && answer !== 0) {
      return this.settle(
        this.refusal(`answered with ${shown(answer)}, which is neither yes nor no${cureOf('filterAnswers')}`),
      );
    }
    const name = this.#passing();
    return this.settle(name === null ? this.#astray() : this.#verdict(name));
  }

  #brokeLater(cause: unknown): void {
    if (this.#isDue('failed')) this.#answer(Asked.REFUSED, this.refusal('failed', WSAEACCES, cause));
  }

  forget(): void {
    if (this.#state !== Asked.WAITING) return;
    this.#state = Asked.FORGOTTEN;
    this.#limit?.cancel();
  }

  /** The filter has answered within the call. */
  settle(verdict: Verdict): Verdict {
    this.#running = false;
    this.#state = verdict.error === 0 ? Asked.PASSED : Asked.REFUSED;
    return verdict;
  }
}

/** The name that a filter leads to; `null` when it changed nothing, `undefined` when it is none. */
function nameOf({ address, port }: FilterRequest, parsed: ParsedSockaddr): Uint8Array | null | undefined {
  if (address === parsed.address && port === parsed.port) return null;
  if (typeof address !== 'string') return undefined;
  try {
    return parsed.family === AF_INET6
      ? sockaddr_in6(address, port, parsed.flowinfo ?? 0, parsed.scope_id ?? 0)
      : sockaddr_in(address, port);
  } catch {
    return undefined;
  }
}

/** The name that the application gave for where it connects; a layer with a codec keeps it itself. */
function hostName(patient: PatientCaller | null, host: InstanceHost, asked: Uint8Array): string | null {
  return patient === null
    ? (host.destinationName() ?? host.names.nameOf(asked))
    : (patient.connection.destination?.name ?? null);
}

function shown(value: unknown): string {
  if (typeof value === 'string') return value.length > 40 ? 'a long string' : JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return kindOf(value);
}
