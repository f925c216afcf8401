// What providers do that no provider may, kept from those above them, and told under the name of whose function it was.
import { answerFault, ANSWERS_AT_ONCE, ignoreOutcome, isThenable, isTruth, written } from '../../spi/answers.js';
import { cureOf } from '../../spi/layer-rules.js';
import { isByteArray, isRef, isSocketHandle } from '../../spi/arguments.js';
import { WSASYSCALLFAILURE, type Ref, type SOCKET, type WSAOVERLAPPED, type WSPPROC_TABLE } from '../../spi/index.js';
import { failureOf, wrapTable, type WrappedCall, type Wrapper } from '../../spi/wrap-table.js';
import {
  signatureTables,
  type Borders,
  type Dispatcher,
  type SocketRecord,
  type TransportProvider,
} from '../dispatcher/index.js';

/**
 * Contains what the functions of a provider do to the layer above, which calls them without the dispatcher: one that
 * throws, returns what is not a result, or fails without an error, fails with WSASYSCALLFAILURE, and it is reported.
 * Functions that the provider has from the one below it are contained there. The same fault of a function is reported
 * once for each socket, for a layer may try again and again; that a function is asynchronous, once.
 */
export function containProvider(provider: TransportProvider, dispatcher: Dispatcher): void {
  const promising = new Set<string>();
  const reported = new WeakMap<SocketRecord, Set<string>>();

  function isNews(socket: SOCKET | undefined, fault: string): boolean {
    const record = dispatcher.sockets.get(socket);
    if (record === undefined) return true;
    const known = reported.get(record) ?? new Set();
    reported.set(record, known);
    return !known.has(fault) && known.add(fault).size > 0;
  }

  /** @param fault what is reported once, where `what` tells more than that */
  function fail(call: WrappedCall, what: string | null, cause?: unknown, fault = what): unknown {
    const { name, args, signature } = call;
    const socket = signature.args[0]!.kind === 'socket' ? (args[0] as SOCKET) : undefined;
    if (what !== null && isNews(socket, `${name} ${fault}`)) {
      dispatcher.report({
        message: `${name} of provider "${provider.name}" ${what}`,
        provider: provider.name,
        ...(socket === undefined ? {} : { socket }),
        ...(cause === undefined ? {} : { cause }),
      });
    }
    setError(args, WSASYSCALLFAILURE);
    return failureOf(signature);
  }

  const { procedures } = provider;
  const { handed } = dispatcher;
  const contained: Wrapper = {
    threw: (call, cause) => fail(call, `threw${cureOf('functionThrows')}`, cause),
    miscounted: (call, count, limit) => {
      clearCount(call);
      return fail(
        call,
        `reported ${written(count)} bytes for buffers of ${limit}${cureOf('functionCounts')}`,
        undefined,
        'miscounted',
      );
    },
    overlapped: (lpOverlapped, room) => handed.handOn(provider, lpOverlapped as WSAOVERLAPPED, room),
    unusual(call, result) {
      const { name, args, signature } = call;
      if (isThenable(result)) {
        ignoreOutcome(result);
        const isNew = !promising.has(name);
        promising.add(name);
        return fail(call, isNew ? `returned a promise: ${ANSWERS_AT_ONCE}` : null);
      }
      if (isSuccess(signature.result, result)) return result;
      // FALSE is what the function fails with, whatever falsy value says it.
      const answer = signature.result === 'boolean' && !result ? false : result;
      const fault = answerFault(answer, failureOf(signature), errorOf(args));
      return fault === null ? answer : fail(call, fault);
    },
  };
  const isOwn = (place: keyof WSPPROC_TABLE): boolean =>
    functionOwner(provider, place, dispatcher.borders) === provider;
  const { WSP_SIGNATURES } = signatureTables();
  wrapTable(procedures, WSP_SIGNATURES, contained, (place) => !(place in LIMITS) && isOwn(place));
  const counted: Wrapper = {
    ...contained,
    tellsAll: true,
    unusual(call, result) {
      const { name, args } = call;
      const [limitOf, at] = LIMITS[`lp${name}`]!;
      const limit = result === 0 || result === true ? limitOf(args, dispatcher) : null;
      const count = limit === null ? 0 : (args[at] as Ref<number>).value;
      if (limit === null || (count >>> 0 === count && count <= limit)) {
        return result === 0 ? 0 : contained.unusual!(call, result);
      }
      return contained.miscounted!(call, count, limit);
    },
  };
  wrapTable(procedures, WSP_SIGNATURES, counted, (place) => place in LIMITS && isOwn(place));
}

/** How many bytes a call that succeeded can have transferred at most; `null` where nobody knows. */
type LimitOf = (args: readonly unknown[], dispatcher: Dispatcher) => number | null;

/** Functions without a list of buffers that tell a number of bytes: at most how many, and in which argument they say so. */
const LIMITS: Readonly<Partial<Record<string, readonly [limitOf: LimitOf, at: number]>>> = {
  // What it gives may be a function, put into a reference.
  lpWSPIoctl: [([, , , , output, room, count]) => (isByteArray(output) && isRef(count) ? (room as number) : null), 6],
  lpWSPGetOverlappedResult: [
    ([, overlapped, count], { handed }) => (isRef(count) ? handed.limitOf(overlapped as WSAOVERLAPPED) : null),
    2,
  ],
};

/**
 * The provider that a function of a procedure table belongs to: a layer passes on those that it has none of its own
 * for.
 */
export function functionOwner(
  provider: TransportProvider,
  place: keyof WSPPROC_TABLE,
  borders: Borders,
): TransportProvider {
  const given = borders.unhooked(provider.procedures[place]);
  for (const { provider: lower } of provider.below) {
    if (borders.unhooked(lower.procedures[place]) === given) return functionOwner(lower, place, borders);
  }
  return provider;
}

function isSuccess(kind: string, result: unknown): boolean {
  if (kind === 'socket') return isSocketHandle(result);
  if (kind === 'count') return typeof result === 'number' && result >>> 0 === result;
  return kind === 'boolean' && isTruth(result);
}

function errorOf(args: readonly unknown[]): unknown {
  try {
    return (args.at(-1) as { value: unknown }).value;
  } catch {
    // There is no place for it, or it cannot be read.
    return undefined;
  }
}

/** What could not be is nobody's count. */
function clearCount({ args, signature }: WrappedCall): void {
  const at = signature.args.findIndex(({ kind, direction, reference }) => {
    return kind === 'length' && direction === 'out' && reference;
  });
  try {
    (args[at] as Ref<number>).value = 0;
  } catch {
    // It was frozen.
  }
}

function setError(args: readonly unknown[], error: number): void {
  try {
    (args.at(-1) as { value: unknown }).value = error;
  } catch {
    // There is no place for it, or it was frozen.
  }
}
