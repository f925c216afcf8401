import {
  FD_ALL_EVENTS,
  WSAEINTR,
  WSAEINVAL,
  WSAENOTSOCK,
  type fd_set,
  type LPWSPASYNCSELECT,
  type LPWSPENUMNETWORKEVENTS,
  type LPWSPEVENTSELECT,
  type LPWSPSELECT,
} from '../../spi/index.js';
import { Readiness, State } from '../core/index.js';
import { networkEventsThatHold, type FrontSocket, type SocketTable } from '../socket/index.js';
import { fail } from './failure.js';

/** What `select` asks of a socket. */
type Question = (socket: FrontSocket, confirmed: boolean) => boolean;

function readinessOf(socket: FrontSocket, bits: number, confirmed: boolean): number {
  return confirmed ? socket.core.confirm(bits) : socket.core.readiness;
}

function lacksConnection({ stream, state, isRoot }: FrontSocket): boolean {
  return stream && state !== State.CONNECTED && !isRoot;
}

const readable: Question = (socket, confirmed) => {
  if (socket.state === State.CLOSED) return true;
  if (socket.state === State.LISTENING) {
    const waits = socket.hasConnection(confirmed);
    if (waits || !socket.isRoot) return waits;
  }
  if (lacksConnection(socket)) return false;
  const ready = readinessOf(socket, Readiness.READABLE, confirmed);
  return (ready & (Readiness.READABLE | Readiness.PEER_CLOSED | Readiness.RESET)) !== 0;
};

const writable: Question = (socket, confirmed) => {
  if (lacksConnection(socket)) return false;
  return (readinessOf(socket, Readiness.WRITABLE, confirmed) & (Readiness.WRITABLE | Readiness.RESET)) !== 0;
};

const exceptional: Question = (socket, confirmed) => {
  if (socket.state === State.FAILED) return true;
  // Measured behaviour 13.13: to begin to listen does not make a failed connect undone.
  if (socket.state === State.LISTENING) return (socket.core.readiness & Readiness.CONNECT_FAILED) !== 0;
  if (socket.state !== State.CONNECTED) return false;
  return (readinessOf(socket, Readiness.OUT_OF_BAND, confirmed) & Readiness.OUT_OF_BAND) !== 0;
};

/** One of the three sets, with its sockets looked up once. */
interface Selection {
  readonly set: fd_set;
  readonly sockets: FrontSocket[];
  readonly ask: Question;
}

/** Makes `WSPSelect`, `WSPEventSelect`, `WSPAsyncSelect` and `WSPEnumNetworkEvents` over a table of sockets. */
export function createSelectionProcedures(table: SocketTable) {
  const host = table.host;

  const lpWSPSelect: LPWSPSELECT = (_nfds, readfds, writefds, exceptfds, timeout, lpErrno) => {
    const selections: Selection[] = [];
    let count = 0;
    for (const [set, ask] of [
      [readfds, readable],
      [writefds, writable],
      [exceptfds, exceptional],
    ] as const) {
      if (set === null) continue;
      const sockets: FrontSocket[] = [];
      for (let i = 0; i < set.fd_count; i++) {
        const socket = table.findInProvider(set.fd_array[i]!);
        if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
        sockets.push(socket);
      }
      count += sockets.length;
      selections.push({ set, sockets, ask });
    }
    if (count === 0) return fail(lpErrno, WSAEINVAL);
    if (timeout !== null && (timeout.tv_sec < 0 || timeout.tv_usec < 0)) return fail(lpErrno, WSAEINVAL);
    for (const { sockets } of selections) for (const socket of sockets) settleConnect(socket);
    if (!anyReady(selections, true)) {
      const deadline = timeout === null ? Infinity : host.clock.now() + timeout.tv_sec * 1000 + timeout.tv_usec / 1000;
      if (deadline > host.clock.now() || host.clock.virtual) {
        const ended = host.wait(
          () => anyClosed(selections) || (anyReady(selections, false) && anyReady(selections, true)),
          deadline,
          'continue',
          `select on ${count} socket${count === 1 ? '' : 's'}`,
        );
        if (ended === 'interrupted') return fail(lpErrno, WSAEINTR);
      } else {
        host.poll();
      }
    }
    const closed = anyClosed(selections);
    const ready = writeResults(selections);
    // Measured behaviour 13.2: a socket that was closed meanwhile is readable, and where nobody asks that, none.
    return ready === 0 && closed ? fail(lpErrno, WSAENOTSOCK) : ready;
  };

  const lpWSPEventSelect: LPWSPEVENTSELECT = (s, hEventObject, lNetworkEvents, lpErrno) => {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    if ((lNetworkEvents & ~FD_ALL_EVENTS) !== 0) return fail(lpErrno, WSAEINVAL);
    if (lNetworkEvents !== 0 && (hEventObject === null || !host.isEvent(hEventObject))) return fail(lpErrno, WSAEINVAL);
    socket.setBlocking(false);
    settleConnect(socket);
    socket.ensureRecord().selectEvent(hEventObject ?? 0, lNetworkEvents);
    return 0;
  };

  const lpWSPAsyncSelect: LPWSPASYNCSELECT = (s, hWnd, wMsg, lEvent, lpErrno) => {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    if ((lEvent & ~FD_ALL_EVENTS) !== 0 || (lEvent !== 0 && !host.isWindow(hWnd))) return fail(lpErrno, WSAEINVAL);
    socket.setBlocking(false);
    settleConnect(socket);
    const record = socket.ensureRecord();
    record.selectMessage(hWnd, wMsg, lEvent, networkEventsThatHold(socket, record, true));
    return 0;
  };

  const lpWSPEnumNetworkEvents: LPWSPENUMNETWORKEVENTS = (s, hEventObject, lpNetworkEvents, lpErrno) => {
    const socket = table.find(s);
    if (socket === undefined) return fail(lpErrno, WSAENOTSOCK);
    if (hEventObject !== null && hEventObject !== 0 && !host.isEvent(hEventObject)) return fail(lpErrno, WSAEINVAL);
    const record = socket.ensureRecord();
    // Nothing recorded: the descriptors may know more than the last turn did.
    if ((record.pending & record.mask) === 0) host.poll();
    lpNetworkEvents.lNetworkEvents = record.fetch((lpNetworkEvents.iErrorCode ??= new Array<number>(10).fill(0)));
    if (hEventObject !== null && hEventObject !== 0) host.resetEvent(hEventObject);
    return 0;
  };

  return { lpWSPSelect, lpWSPEventSelect, lpWSPAsyncSelect, lpWSPEnumNetworkEvents };
}

/** Takes a connect's outcome that the core knows already. */
export function settleConnect(socket: FrontSocket): void {
  if (socket.state !== State.CONNECTING) return;
  const outcome = Readiness.CONNECTED | Readiness.CONNECT_FAILED;
  if ((socket.core.confirm(outcome) & outcome) !== 0) socket.finishConnect();
}

function anyClosed(selections: readonly Selection[]): boolean {
  return selections.some(({ sockets }) => sockets.some((socket) => socket.state === State.CLOSED));
}

function anyReady(selections: readonly Selection[], confirmed: boolean): boolean {
  for (const { sockets, ask } of selections) {
    for (let i = 0; i < sockets.length; i++) if (ask(sockets[i]!, confirmed)) return true;
  }
  return false;
}

/** Leaves in each set what is ready, each socket once. A set given twice gets the union, and both counts (13.6). */
function writeResults(selections: readonly Selection[]): number {
  let total = 0;
  const results = new Map<fd_set, Set<number>>();
  for (const { set, sockets, ask } of selections) {
    const ready = new Set<number>();
    for (const socket of sockets) if (ask(socket, true)) ready.add(socket.handle);
    total += ready.size;
    const union = results.get(set);
    if (union === undefined) results.set(set, ready);
    else for (const handle of ready) union.add(handle);
  }
  for (const [set, ready] of results) {
    const inOrder = set.fd_array
      .slice(0, set.fd_count)
      .filter((handle, at, all) => ready.has(handle) && all.indexOf(handle) === at);
    for (let i = 0; i < inOrder.length; i++) set.fd_array[i] = inOrder[i]!;
    set.fd_count = inOrder.length;
  }
  return total;
}
