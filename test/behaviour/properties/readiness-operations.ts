// What tells when: select, network events by event objects and by messages, modes, options, and the passing of time.
import {
  FD_ACCEPT,
  FD_ALL_EVENTS,
  FD_CLOSE,
  FD_CONNECT,
  FD_CONNECT_BIT,
  FD_MAX_EVENTS,
  FD_READ,
  FD_WRITE,
  FIONBIO,
  FIONREAD,
  IP_PKTINFO,
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_TCP,
  ref,
  SO_ACCEPTCONN,
  SO_BROADCAST,
  SO_EXCLUSIVEADDRUSE,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_OOBINLINE,
  SO_RCVBUF,
  SO_RCVTIMEO,
  SO_REUSEADDR,
  SO_SNDBUF,
  SO_SNDTIMEO,
  SO_TYPE,
  SOL_SOCKET,
  TCP_NODELAY,
  WSAECONNREFUSED,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOPROTOOPT,
  WSAENOTSOCK,
  WSAEOPNOTSUPP,
  type fd_set,
  type WSANETWORKEVENTS,
} from 'ws2spi';
import type { SocketModel } from './model.js';
import { Violation, type Target } from './run.js';
import type { Operation } from './socket-operations.js';

/** Whether a socket must be in a set, must not, or either (`null`). */
function inRead(model: SocketModel): boolean | null {
  return model.mustBeReadable;
}

function inWrite(model: SocketModel): boolean | null {
  if (model.vague || model.sendShut || model.phases.length > 1 || model.sends.length > 0) return null;
  if (!model.stream) return true;
  if (!model.is('connected')) return false;
  return model.out === null || model.out.flooded || model.out.ended ? null : true;
}

function inExcept(model: SocketModel): boolean | null {
  if (model.vague || model.phases.length > 1) return null;
  if (model.is('failed')) return true;
  return model.is('listening') ? null : false;
}

const select: Operation = (run, choices) => {
  const models = run.sockets;
  const some = (): Target[] => {
    if (choices.chance(0.3)) return [];
    const targets: Target[] = [];
    for (let count = choices.below(4); count >= 0; count--) targets.push(run.target(choices, () => true));
    return targets;
  };
  const lists = [some(), some(), some()];
  const sets = lists.map((list): fd_set | null =>
    list.length === 0 && choices.chance(0.5)
      ? null
      : { fd_count: list.length, fd_array: list.map(({ handle }) => handle) },
  );
  const bad = lists.flat().some(({ model }) => model === null);
  const none = lists.every((list) => list.length === 0);
  const questions = [inRead, inWrite, inExcept];
  for (const { model } of lists.flat()) if (model !== null) run.awaitReadable(model);
  const expected = lists.map((list, index) =>
    list.map(({ model }) => (model === null ? null : questions[index]!(model))),
  );
  const sure = !bad && expected.flat().includes(true);
  const timeout = sure && choices.chance(0.3) ? null : { tv_sec: 0, tv_usec: run.native ? 0 : choices.of([0, 1000]) };
  const text = lists.map((list) => list.map(({ handle }) => String(handle)).join(' ')).join(' / ');
  // Sockets of one service provider are what select is for; which families one provider serves is its own affair.
  const mixed = new Set(lists.flat().map(({ model }) => model?.family)).size > 1;
  const allowed = bad ? [WSAENOTSOCK] : none ? [WSAEINVAL] : mixed ? [0, WSAENOTSOCK] : [0];
  const { code, result } = run.call(`select(${text})`, allowed, () =>
    run.ws2.select(0, sets[0]!, sets[1]!, sets[2]!, timeout),
  );
  if (code !== 0) return;
  let count = 0;
  for (const [index, set] of sets.entries()) {
    if (set === null) continue;
    count += set.fd_count;
    for (const [at, { handle }] of lists[index]!.entries()) {
      const wanted = expected[index]![at];
      const there = set.fd_array.slice(0, set.fd_count).includes(handle);
      const name = ['readfds', 'writefds', 'exceptfds'][index];
      if (wanted === true && !there) throw new Violation(`#${handle} is missing in ${name}`);
      if (wanted === false && there) throw new Violation(`#${handle} is in ${name}`);
    }
  }
  if (count !== result) throw new Violation(`the sets hold ${count} sockets`);
  if (models !== run.sockets) throw new Violation('select changed the sockets');
};

const MASKS = [FD_ALL_EVENTS, FD_READ, FD_READ | FD_CLOSE, FD_ACCEPT, FD_CONNECT | FD_WRITE, FD_READ | FD_WRITE, 0];

const WSAEventSelect: Operation = (run, choices) => {
  const target = run.target(choices, () => true);
  const { model } = target;
  const mask = choices.chance(0.05) ? 0x4000 : choices.of(MASKS);
  const event = choices.chance(0.05) ? run.badHandle(choices) : choices.of(run.events);
  const isEvent = run.events.includes(event);
  const wrong = (mask & ~FD_ALL_EVENTS) !== 0 || (mask !== 0 && !isEvent);
  const hEvent = mask === 0 && choices.chance(0.5) ? null : event;
  // Without events to select the event object is not said to be looked at.
  const allowed = (): number[] => (wrong ? [WSAEINVAL] : mask === 0 && !isEvent ? [0, WSAEINVAL] : [0]);
  const text = `${String(hEvent)}, ${mask.toString(16)}`;
  const { code } = run.callOn(target, 'WSAEventSelect', text, allowed, () =>
    run.ws2.WSAEventSelect(target.handle, hEvent, mask),
  );
  if (code !== 0 || model === null) return;
  model.blocking = false;
  model.mask = mask;
  model.selection = mask === 0 ? 'none' : 'event';
};

const WSAAsyncSelect: Operation = (run, choices) => {
  const target = run.target(choices, () => true);
  const { model } = target;
  const mask = choices.chance(0.05) ? 0x4000 : choices.of(MASKS);
  const hWnd = choices.chance(0.1) ? run.badHandle(choices) : choices.of(run.windows);
  const wrong = (mask & ~FD_ALL_EVENTS) !== 0 || (mask !== 0 && !run.windows.includes(hWnd));
  const allowed = (): number[] => (wrong ? [WSAEINVAL] : mask === 0 ? [0, WSAEINVAL] : [0]);
  const { code } = run.callOn(target, 'WSAAsyncSelect', `${String(hWnd)}, ${mask.toString(16)}`, allowed, () =>
    run.ws2.WSAAsyncSelect(target.handle, hWnd, 0x401, mask),
  );
  if (code !== 0 || model === null) return;
  model.blocking = false;
  model.mask = mask;
  model.everMessage = true;
  model.selection = mask === 0 ? 'none' : 'message';
};

const WSAEnumNetworkEvents: Operation = (run, choices) => {
  const target = run.target(choices, (model) => model.selection === 'event');
  const { model } = target;
  run.settle();
  if (model !== null) run.awaitReadable(model);
  const hEvent = choices.chance(0.6) ? null : choices.chance(0.1) ? run.badHandle(choices) : choices.of(run.events);
  const wrong = hEvent !== null && hEvent !== undefined && hEvent !== 0 && !run.events.includes(hEvent);
  const events: Partial<WSANETWORKEVENTS> = { iErrorCode: new Array<number>(FD_MAX_EVENTS).fill(0) };
  const { code } = run.callOn(
    target,
    'WSAEnumNetworkEvents',
    String(hEvent),
    () => [wrong ? WSAEINVAL : 0],
    () => run.ws2.WSAEnumNetworkEvents(target.handle, hEvent, events),
  );
  if (code !== 0 || model === null) return;
  const got = events.lNetworkEvents!;
  run.log[run.log.length - 1] += ` ${got.toString(16)}`;
  if ((got & ~model.mask) !== 0) throw new Violation(`events ${got.toString(16)} of which not all were selected`);
  if ((got & FD_CONNECT) !== 0 && (model.is('connected') || model.is('failed'))) {
    const error = events.iErrorCode![FD_CONNECT_BIT];
    const expected = model.is('failed') ? WSAECONNREFUSED : 0;
    if (error !== expected) throw new Violation(`FD_CONNECT tells ${error} instead of ${expected}`);
  }
  if (model.determined && !model.everMessage) {
    const { must, mustNot } = model.expectedEvents();
    if ((must & ~got) !== 0) throw new Violation(`events ${(must & ~got).toString(16)} are missing`);
    if ((mustNot & got) !== 0) throw new Violation(`events ${(mustNot & got).toString(16)} did not happen`);
  }
  model.news &= ~got;
  if ((got & FD_CLOSE) !== 0) model.closeTold = true;
  if ((got & FD_READ) !== 0) model.readTold = true;
};

/** Window messages: each is of a socket that is or was, and of events that there are. */
const messages: Operation = (run) => {
  run.settle();
  for (;;) {
    const message = run.ws2.host.PeekMessage(null, true);
    if (message === null) return;
    const { wParam, lParam } = message;
    run.log.push(`message: socket ${wParam}, event ${(lParam & 0xffff).toString(16)}`);
    const known = run.closed.includes(wParam) || run.sockets.some(({ handle }) => handle === wParam);
    if (!known) throw new Violation(`a message of ${wParam}, which is not a socket`);
    if ((lParam & 0xffff & ~FD_ALL_EVENTS) !== 0) throw new Violation('a message of no event');
  }
};

const ioctlsocket: Operation = (run, choices) => {
  const target = run.target(choices, () => true);
  const { model } = target;
  const argument = ref(choices.below(2));
  const roll = choices.below(10);
  if (roll < 6) {
    const on = argument.value !== 0;
    const allowed = (): number[] => (!on && model!.selection !== 'none' ? [WSAEINVAL] : [0]);
    const { code } = run.callOn(target, 'ioctlsocket', `FIONBIO ${argument.value}`, allowed, () =>
      run.ws2.ioctlsocket(target.handle, FIONBIO, argument),
    );
    if (code === 0 && model !== null) model.blocking = !on;
  } else if (roll < 9) {
    if (model !== null) run.awaitReadable(model);
    run.callOn(
      target,
      'ioctlsocket',
      'FIONREAD',
      () => [0],
      () => run.ws2.ioctlsocket(target.handle, FIONREAD, argument),
    );
    if (model === null || !model.determined || model.receiveShut) return;
    const expected = model.stream ? (model.in?.waiting ?? 0) : model.datagrams.length;
    const wrong = model.stream ? argument.value !== expected : argument.value > 0 !== expected > 0;
    if (wrong) throw new Violation(`FIONREAD gave ${argument.value} where ${expected} wait`);
  } else {
    run.callOn(
      target,
      'ioctlsocket',
      'an unknown code',
      () => [WSAEOPNOTSUPP, WSAEINVAL, WSAEFAULT],
      () => run.ws2.ioctlsocket(target.handle, 0x4004aa77, argument),
    );
  }
};

/** Options whose values are kept as they were set. */
const KEPT: readonly (readonly [
  name: string,
  level: number,
  optname: number,
  values: readonly number[],
  only: string,
])[] = [
  ['SO_RCVTIMEO', SOL_SOCKET, SO_RCVTIMEO, [0, 1000, 63_000], ''],
  ['SO_SNDTIMEO', SOL_SOCKET, SO_SNDTIMEO, [0, 997_000], ''],
  ['SO_RCVBUF', SOL_SOCKET, SO_RCVBUF, [32_768, 65_536, 200_000], ''],
  ['SO_SNDBUF', SOL_SOCKET, SO_SNDBUF, [32_768, 65_536, 200_000], ''],
  ['SO_KEEPALIVE', SOL_SOCKET, SO_KEEPALIVE, [0, 1], 'stream'],
  ['SO_OOBINLINE', SOL_SOCKET, SO_OOBINLINE, [0, 1], 'stream'],
  ['TCP_NODELAY', IPPROTO_TCP, TCP_NODELAY, [0, 1], 'stream'],
  ['SO_BROADCAST', SOL_SOCKET, SO_BROADCAST, [0, 1], 'datagram'],
  ['IP_TTL', IPPROTO_IP, IP_TTL, [64, 128, 200], ''],
  ['IP_PKTINFO', IPPROTO_IP, IP_PKTINFO, [0, 1], 'datagram'],
];

/** What a socket of the other kind says: options of IP are known to all of them. */
function foreign(level: number): number {
  return level === IPPROTO_IP ? WSAEINVAL : WSAENOPROTOOPT;
}

function fits(model: SocketModel, only: string): boolean {
  return only === '' || (only === 'stream') === model.stream;
}

function dword(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

const setsockopt: Operation = (run, choices) => {
  const target = run.target(choices, () => true);
  const { handle, model } = target;
  const set = (text: string, allowed: () => number[], level: number, optname: number, value: Uint8Array, length = 4) =>
    run.callOn(target, 'setsockopt', text, allowed, () => run.ws2.setsockopt(handle, level, optname, value, length))
      .code;
  const roll = choices.below(20);
  if (roll < 13) {
    const [name, level, optname, values, only] = choices.of(KEPT);
    const value = choices.of(values);
    const known = (): number[] => (fits(model!, only) ? [0] : [foreign(level)]);
    const code = set(`${name}, ${value}`, known, level, optname, dword(value));
    if (code === 0 && model !== null) model.options.set(optname, value);
  } else if (roll < 15) {
    const seconds = run.native ? 0 : choices.below(3);
    const value = choices.chance(0.5) ? 0 : 1 | (seconds << 16);
    const code = set(
      `SO_LINGER, ${value.toString(16)}`,
      () => [model!.stream ? 0 : WSAENOPROTOOPT],
      SOL_SOCKET,
      SO_LINGER,
      dword(value),
    );
    if (code === 0 && model !== null) model.linger = value === 0 ? 0 : 1 + seconds;
  } else if (roll === 15) {
    const optname = choices.of([SO_REUSEADDR, SO_EXCLUSIVEADDRUSE]);
    // Not both, and what a socket that has its name makes of it is not said.
    const code = set('sharing', () => [0, WSAEINVAL], SOL_SOCKET, optname, dword(1));
    if (code === 0 && model !== null) model.sharing = true;
  } else if (roll === 16) {
    set('of no option', () => [WSAENOPROTOOPT], SOL_SOCKET, 0x6fff, dword(1));
  } else if (roll === 17) {
    set('of no level', () => [WSAEINVAL], 0x8000, SO_RCVTIMEO, dword(1));
  } else if (roll === 18) {
    set('too short', () => [WSAEFAULT], SOL_SOCKET, SO_RCVTIMEO, dword(1), choices.below(4));
  } else {
    set('SO_ACCEPTCONN', () => [WSAENOPROTOOPT], SOL_SOCKET, SO_ACCEPTCONN, dword(1));
  }
};

const getsockopt: Operation = (run, choices) => {
  const target = run.target(choices, () => true);
  const { handle, model } = target;
  const value = new Uint8Array(4);
  const get = (text: string, allowed: () => number[], level: number, optname: number): number | null => {
    const { code } = run.callOn(target, 'getsockopt', text, allowed, () =>
      run.ws2.getsockopt(handle, level, optname, value, ref(4)),
    );
    return code === 0 && model !== null ? new DataView(value.buffer).getUint32(0, true) : null;
  };
  const roll = choices.below(10);
  if (roll < 6) {
    const [name, level, optname, , only] = choices.of(KEPT);
    const got = get(name, () => (fits(model!, only) ? [0] : [foreign(level)]), level, optname);
    const expected = model?.options.get(optname);
    if (got !== null && expected !== undefined && got !== expected)
      throw new Violation(`${got} instead of ${expected}`);
  } else if (roll < 8) {
    const got = get('SO_TYPE', () => [0], SOL_SOCKET, SO_TYPE);
    if (got !== null && got !== (model!.stream ? 1 : 2)) throw new Violation(`the type ${got}`);
  } else if (roll === 8) {
    const got = get('SO_ACCEPTCONN', () => [0], SOL_SOCKET, SO_ACCEPTCONN);
    if (got !== null && (got !== 0) !== model!.is('listening')) throw new Violation(`SO_ACCEPTCONN is ${got}`);
  } else {
    get('of no option', () => [WSAENOPROTOOPT], SOL_SOCKET, 0x6fff);
  }
};

const settle: Operation = (run) => {
  run.log.push('settle');
  run.settle();
};

/** An alertable wait, in which completion routines run. */
const SleepEx: Operation = (run) => {
  run.call('SleepEx(0, true)', [0], () => run.ws2.host.SleepEx(0, true));
  run.reconcile();
};

const CreateIoCompletionPort: Operation = (run, choices) => {
  const target = run.target(choices, (model) => model.completionPort === 0 && model.stream);
  const { handle, model } = target;
  // A socket that had completions told otherwise, or has a port, stays as it is.
  if (model === null || model.completionPort !== 0 || model.receives.length + model.sends.length > 0) return;
  const port = choices.of(run.ports);
  run.callOn(
    target,
    'CreateIoCompletionPort',
    String(port),
    () => [0],
    () => run.ws2.host.CreateIoCompletionPort(handle, port, handle) === port,
  );
  model.completionPort = port;
};

const GetQueuedCompletionStatus: Operation = (run, choices) => {
  const taken = run.dequeue(choices.of(run.ports));
  run.log.push(`GetQueuedCompletionStatus → ${taken ? 'a packet' : 'nothing'}`);
  run.lookForDefects();
};

const WSACloseEvent: Operation = (run, choices) => {
  const event = choices.of(run.events);
  // Not one that an operation under way is to set: that would be the program's fault.
  if (run.begun.some(({ overlapped }) => overlapped.hEvent === event && overlapped.Internal === 0x103)) return;
  run.call(`WSACloseEvent(${event})`, [0], () => run.ws2.WSACloseEvent(event));
  run.events = run.events.filter((each) => each !== event);
  run.events.push(run.ws2.WSACreateEvent());
  for (const model of run.sockets) if (model.selection === 'event') model.everMessage = true;
};

/** What tells when something can be done, and what changes the way of telling. */
export const READINESS_OPERATIONS: Readonly<Record<string, Operation>> = {
  select,
  WSAEventSelect,
  WSAAsyncSelect,
  WSAEnumNetworkEvents,
  messages,
  ioctlsocket,
  setsockopt,
  getsockopt,
  settle,
  SleepEx,
  CreateIoCompletionPort,
  GetQueuedCompletionStatus,
  WSACloseEvent,
};
