// A socket's life: made, named, connected, accepted, shut down, closed.
import {
  AF_INET,
  AF_INET6,
  FD_CONNECT,
  FD_WRITE,
  ref,
  SOCK_DGRAM,
  SOCK_STREAM,
  sockaddr_in,
  sockaddr_in6,
  WSAEACCES,
  WSAEADDRINUSE,
  WSAEADDRNOTAVAIL,
  WSAEAFNOSUPPORT,
  WSAECONNABORTED,
  WSAECONNREFUSED,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEINVAL,
  WSAENOTCONN,
  WSAEPROTONOSUPPORT,
  WSAESOCKTNOSUPPORT,
  WSAEWOULDBLOCK,
} from 'ws2spi';
import { Direction, SocketModel } from './model.js';
import { loopbackName, PENDING, portOf, Violation, type Choices, type Run } from './run.js';

/** What one kind of step does. */
export type Operation = (run: Run, choices: Choices) => void;

const RESETS = [WSAECONNRESET, WSAECONNABORTED];

/** `socket` with good arguments and bad ones (measured behaviour 8). */
const SOCKETS: readonly (readonly [af: number, type: number, protocol: number, code: number])[] = [
  [AF_INET, SOCK_STREAM, 0, 0],
  [AF_INET, SOCK_STREAM, 6, 0],
  [AF_INET, SOCK_STREAM, 6, 0],
  [AF_INET, SOCK_STREAM, 6, 0],
  [AF_INET6, SOCK_STREAM, 6, 0],
  [AF_INET, SOCK_DGRAM, 0, 0],
  [AF_INET, SOCK_DGRAM, 17, 0],
  [AF_INET, SOCK_DGRAM, 17, 0],
  [AF_INET6, SOCK_DGRAM, 17, 0],
  [0xdead, SOCK_STREAM, 6, WSAEAFNOSUPPORT],
  [AF_INET, 0xdead, 6, WSAESOCKTNOSUPPORT],
  [AF_INET, SOCK_STREAM, 17, WSAEPROTONOSUPPORT],
  [AF_INET, SOCK_DGRAM, 6, WSAEPROTONOSUPPORT],
  [0, SOCK_STREAM, 0, WSAEINVAL],
];

/** Gives a bound socket's name; `null` when the socket has none that others can reach. */
function reachableName(model: SocketModel): Uint8Array | null {
  return model.port === 0 ? null : loopbackName(model.family, model.port);
}

function otherFamily(family: number): number {
  return family === AF_INET ? AF_INET6 : AF_INET;
}

function textOfName(name: Uint8Array): string {
  return `${name[0] === AF_INET ? 'v4' : 'v6'}:${portOf(name)}`;
}

const socket: Operation = (run, choices) => {
  const [af, type, protocol, code] = choices.of(SOCKETS);
  const { result } = run.call(`socket(${af}, ${type}, ${protocol})`, [code], () => run.ws2.socket(af, type, protocol));
  if (code !== 0) return;
  const model = new SocketModel(result, type === SOCK_STREAM, af);
  run.admit(model);
  // Mostly non-blocking: blocking sockets are used where it is known that a call ends.
  if (choices.chance(0.75)) {
    run.ws2.ioctlsocket(result, 0x8004667e, ref(1));
    model.blocking = false;
  }
};

const bind: Operation = (run, choices) => {
  const target = run.target(choices, (model) => model.is('unbound'));
  const { model } = target;
  const family = model?.family ?? AF_INET;
  const roll = choices.below(20);
  let name = loopbackName(family, 0);
  let length = name.length;
  let refusals: number[] = [];
  if (roll < 4) {
    name = family === AF_INET ? sockaddr_in('0.0.0.0', 0) : sockaddr_in6('::', 0);
  } else if (roll < 6) {
    // Somebody's port: whether it can be shared depends on more than is followed here, but for the plain case.
    const other = choices.of(run.sockets.length > 0 ? run.sockets : [undefined]);
    const taken = other === undefined ? null : reachableName(other);
    if (taken !== null && other!.family === family) {
      name = taken;
      refusals = [0, WSAEADDRINUSE, WSAEACCES];
      const plain = other!.stream === model?.stream && !other!.sharing && !model.sharing && !other!.any;
      if (plain && (other!.is('bound') || other!.is('listening'))) refusals = [WSAEADDRINUSE];
    }
  } else if (roll === 6) {
    name = loopbackName(otherFamily(family), 0);
    length = name.length;
    refusals = [WSAEFAULT];
  } else if (roll === 7) {
    length = choices.below(name.length);
    refusals = [WSAEFAULT];
  } else if (roll === 8) {
    name = family === AF_INET ? sockaddr_in('203.0.113.7', 0) : sockaddr_in6('2001:db8::7', 0);
    refusals = [WSAEADDRNOTAVAIL];
  }
  const allowed = (): Set<number> => {
    const codes = model!.codes('bind');
    if (refusals.length === 0) return codes;
    if (codes.has(0)) {
      codes.delete(0);
      for (const code of refusals) codes.add(code);
    } else if (refusals[0] === WSAEFAULT) {
      // Which of two faults is told is nobody's promise.
      codes.add(WSAEFAULT);
    }
    return codes;
  };
  const { code } = run.callOn(target, 'bind', `${textOfName(name)}, ${length}`, allowed, () =>
    run.ws2.bind(target.handle, name, length),
  );
  if (code !== 0 || model === null) return;
  model.phases = ['bound'];
  if (!model.stream) model.news |= FD_WRITE;
  run.learnName(model);
  if (model.port === 0) throw new Violation('the socket was bound and has no port');
  if (portOf(name) !== 0 && model.port !== portOf(name)) throw new Violation('the socket got another port');
};

const listen: Operation = (run, choices) => {
  const target = run.target(choices, (model) => model.is('bound') && model.stream);
  const { model } = target;
  const backlog = choices.of([1, 5, 5, 100, 0x7fffffff]);
  const allowed = (): Set<number> => {
    const codes = model!.codes('listen');
    if (codes.has(0) && model!.sharing) codes.add(WSAEADDRINUSE);
    // A port may be held by the connections of a listener that is gone, which a shared bind let in.
    if (codes.has(0) && run.sockets.some((each) => each !== model && each.stream && each.port === model!.port)) {
      codes.add(WSAEADDRINUSE);
    }
    return codes;
  };
  const { code } = run.callOn(target, 'listen', String(backlog), allowed, () => run.ws2.listen(target.handle, backlog));
  if (code !== 0 || model === null) return;
  run.learnName(model);
  model.phases = ['listening'];
  model.backlog = Math.min(backlog, 200);
};

/** Where a stream socket connects to: a listener with room, or nobody. */
function destinationOf(
  run: Run,
  choices: Choices,
  model: SocketModel,
): { name: Uint8Array; listener: SocketModel | null } {
  const listeners = run.sockets.filter(
    (each) => each.stream && each.is('listening') && each.family === model.family && each.port !== 0,
  );
  const listener = listeners.length > 0 && choices.chance(0.8) ? choices.of(listeners) : null;
  const shared = listener !== null && listeners.some((each) => each !== listener && each.port === listener.port);
  if (listener === null || shared) return { name: run.deadName(model.family), listener: null };
  return { name: reachableName(listener)!, listener };
}

/** Whether a connect meets itself or another connection between the same two ends: always, perhaps, or never. */
function meets(run: Run, model: SocketModel, port: number): boolean | null {
  if (model.port === 0) return false;
  if (model.port === port) return true;
  const others = run.sockets.filter((each) => each !== model && each.stream && each.family === model.family);
  const same = others.filter((each) => each.port === model.port && each.peerPort === port);
  if (same.some((each) => each.is('connected') && !each.vague && !each.sendShut && each.in?.ended === false))
    return true;
  return run.ways.has(wayOf(model, port)) ? null : false;
}

function wayOf({ family, port }: SocketModel, peerPort: number): string {
  return `${family} ${Math.min(port, peerPort)} ${Math.max(port, peerPort)}`;
}

function connectStream(run: Run, choices: Choices, target: { handle: number; model: SocketModel }): void {
  const { model } = target;
  const { name, listener } = destinationOf(run, choices, model);
  const full = listener !== null && listener.queue.length >= Math.max(listener.backlog, 1);
  const mayBegin = model.codes('connect').has(0);
  // Whoever waits at a full listener may wait for long.
  if (full && model.blocking && mayBegin) return;
  // Without a look at the outcome of the last attempt, a blocking call would wait for what is not known.
  if (model.phases.length > 1 && model.blocking) return;
  if (model.maybe('failed')) run.learnName(model);
  const inUse = meets(run, model, portOf(name));
  const allowed = (): Set<number> => {
    const codes = model.codes('connect');
    if (codes.delete(0)) {
      if (inUse !== false) codes.add(WSAEADDRINUSE);
      if (inUse === true) return codes;
      if (!model.blocking) codes.add(WSAEWOULDBLOCK);
      else codes.add(listener === null ? WSAECONNREFUSED : 0);
    }
    return codes;
  };
  const { code } = run.callOn(target, 'connect', textOfName(name), allowed, () =>
    run.ws2.connect(target.handle, name, name.length),
  );
  if (code === WSAEADDRINUSE) {
    model.phases = ['failed'];
    model.news &= ~(FD_CONNECT | FD_WRITE);
    run.learnName(model);
  }
  if (code !== 0 && code !== WSAEWOULDBLOCK && code !== WSAECONNREFUSED) return;
  model.in = model.out = null;
  model.news &= ~(FD_CONNECT | FD_WRITE);
  model.peerPort = portOf(name);
  // Between a failed attempt and the next the system may have given the port to somebody else.
  run.learnName(model);
  run.ways.add(wayOf(model, model.peerPort));
  if (listener === null) {
    model.phases = code === WSAEWOULDBLOCK ? ['connecting', 'failed'] : ['failed'];
    model.news |= FD_CONNECT;
    return;
  }
  model.out = new Direction();
  model.in = new Direction();
  model.connected();
  if (code === WSAEWOULDBLOCK) model.phases = ['connecting', 'connected'];
  listener.queue.push(model);
  listener.news |= 8; // FD_ACCEPT
  if (full) {
    // The memory provider refuses, Linux lets it wait.
    model.phases = ['connecting', 'connected', 'failed'];
    model.stuck = model.vague = true;
    listener.vague = true;
  }
}

function connectDatagram(run: Run, choices: Choices, target: { handle: number; model: SocketModel }): void {
  const { model } = target;
  const others = run.sockets.filter((each) => !each.stream && each.family === model.family && each.port !== 0);
  const away = choices.chance(0.2);
  const name = away
    ? loopbackName(model.family, 0).fill(0, 2)
    : others.length > 0 && choices.chance(0.8)
      ? reachableName(choices.of(others))!
      : run.deadName(model.family);
  run.callOn(
    target,
    'connect',
    away ? 'nobody' : textOfName(name),
    () => [0],
    () => run.ws2.connect(target.handle, name, name.length),
  );
  if (away) {
    model.phases = [model.is('unbound') ? 'unbound' : 'bound'];
    run.learnName(model);
    model.peerPort = 0;
    return;
  }
  model.phases = ['connected'];
  model.peerPort = portOf(name);
  model.news |= FD_CONNECT | FD_WRITE;
  run.learnName(model);
}

const connect: Operation = (run, choices) => {
  const target = run.target(choices, (model) => !model.stream || model.is('unbound') || model.is('failed'));
  const { model, handle } = target;
  const family = model?.family ?? AF_INET;
  if (model === null || choices.chance(0.1)) {
    const short = choices.chance(0.5);
    const name = loopbackName(short ? family : otherFamily(family), 9);
    const length = short ? choices.below(name.length) : name.length;
    const allowed = (): Set<number> => {
      const codes = model!.codes('connect');
      codes.delete(0);
      // A name of the other family may be too short as well.
      if (short || family === AF_INET6) codes.add(WSAEFAULT);
      if (!short) codes.add(WSAEAFNOSUPPORT);
      return codes;
    };
    run.callOn(target, 'connect', `${textOfName(name)}, ${length}`, allowed, () =>
      run.ws2.connect(handle, name, length),
    );
  } else if (model.stream) {
    connectStream(run, choices, { handle, model });
  } else {
    connectDatagram(run, choices, { handle, model });
  }
};

const accept: Operation = (run, choices) => {
  const target = run.target(choices, (model) => model.is('listening') && model.queue.length > 0);
  const { model } = target;
  const sure = model !== null && !model.vague && model.queue.length > 0 && model.callers === model.queue.length;
  if (model?.is('listening') === true && model.blocking && !sure) return;
  if (model !== null) run.awaitReadable(model);
  const allowed = (): Set<number> => {
    const codes = model!.codes('accept');
    if (!codes.delete(0)) return codes;
    if (sure) return new Set([0]);
    if (model!.queue.length === 0 && !model!.vague) return new Set([WSAEWOULDBLOCK]);
    return new Set([0, WSAEWOULDBLOCK]);
  };
  const address = new Uint8Array(28);
  const length = ref(28);
  const { code, result } = run.callOn(target, 'accept', '', allowed, () =>
    run.ws2.accept(target.handle, address, length),
  );
  if (model === null || !model.is('listening')) return;
  if (code !== 0) {
    if (model.queue.length > 0) model.queue = [];
    model.accepted();
    return;
  }
  const port = portOf(address);
  const at = model.queue.findIndex((client) => client.port === port);
  const client = model.queue[at];
  if (sure && at !== 0) throw new Violation('a later connection was accepted before an earlier one');
  const server = new SocketModel(result, true, model.family);
  server.phases = ['connected'];
  server.blocking = model.blocking;
  server.port = model.port;
  server.peerPort = port;
  server.mask = model.mask;
  server.selection = model.selection;
  server.everMessage = model.everMessage;
  server.linger = model.linger;
  server.news = FD_WRITE;
  for (const [option, value] of model.options) server.options.set(option, value);
  if (client === undefined || !client.open || client.vague) server.vague = true;
  if (client !== undefined) {
    model.queue.splice(0, at + 1);
    server.in = client.out;
    server.out = client.in;
    client.peer = server;
    server.peer = client;
    if (server.readable) server.arrived();
  }
  run.admit(server);
  run.learnName(server);
  model.accepted();
};

/** Both ends of a connection can find it reset from now on. */
export function mayReset(model: SocketModel): void {
  model.vague = true;
  if (model.peer !== null) model.peer.vague = true;
}

const shutdown: Operation = (run, choices) => {
  const target = run.target(choices, (model) => model.is('connected'));
  const { model } = target;
  const how = choices.of([0, 1, 1, 1, 2, 2, 3, -1]);
  const valid = how >= 0 && how <= 2;
  const allowed = (): Set<number> => {
    const codes = model!.codes('shutdown');
    if (!valid) {
      codes.delete(0);
      codes.add(WSAEINVAL);
    } else if (model!.vague) {
      for (const code of [...RESETS, WSAENOTCONN]) codes.add(code);
    }
    return codes;
  };
  const { code } = run.callOn(target, 'shutdown', String(how), allowed, () => run.ws2.shutdown(target.handle, how));
  if (code !== 0 || model === null) return;
  if (how !== 1) {
    model.receiveShut = true;
    // Unread data, and data to come that no receive waits for, break the connection.
    if (model.stream && model.readable) mayReset(model);
  }
  if (how !== 0) {
    model.sendShut = true;
    if (model.out !== null) model.out.ended = true;
    if (model.sends.length > 0 || model.peer === null) mayReset(model);
  }
};

/** What the end of a socket means to the others. */
function gone(model: SocketModel, reset: boolean): void {
  for (const client of model.queue) client.vague = true;
  const { peer } = model;
  if (!model.stream || peer === null) {
    // Not accepted yet: what the listener gets to see of it is not followed.
    model.vague = true;
    return;
  }
  // Nor is what becomes of a connection that was given up before this side knew of it.
  if (model.phases.length > 1) peer.vague = true;
  const unread = model.readable || model.in?.flooded === true;
  if (reset || unread || model.vague || model.sends.length > 0 || model.out?.flooded === true) peer.vague = true;
  else if (model.out !== null) model.out.ended = true;
}

const closesocket: Operation = (run, choices) => {
  const target = run.target(choices, () => true);
  const { model } = target;
  const lingers = model !== null && model.linger > 1;
  const allowed = (): number[] => (lingers && !model.blocking ? [0, WSAEWOULDBLOCK] : [0]);
  const { code } = run.callOn(target, 'closesocket', '', allowed, () => run.ws2.closesocket(target.handle));
  if (code !== 0 || model === null) return;
  for (const { overlapped, kind } of [...model.receives, ...model.sends]) {
    if (overlapped.Internal === PENDING) throw new Violation(`an overlapped ${kind} outlived its socket`);
  }
  model.open = false;
  run.reconcile();
  gone(model, model.linger === 1 || lingers);
  model.receives = [];
  model.sends = [];
  run.sockets = run.sockets.filter((each) => each !== model);
  run.closed.push(model.handle);
};

function nameOperation(which: 'getsockname' | 'getpeername'): Operation {
  return (run, choices) => {
    const target = run.target(choices, (model) => !model.is('unbound'));
    const { model } = target;
    const room = choices.chance(0.1) ? choices.below(16) : 28;
    const name = new Uint8Array(room);
    const length = ref(room);
    const allowed = (): Set<number> => {
      const codes = model!.codes(which);
      if (room < model!.nameLength) {
        codes.delete(0);
        codes.add(WSAEFAULT);
      } else if (which === 'getpeername' && model!.stuck) {
        codes.add(WSAENOTCONN);
      }
      return codes;
    };
    const { code } = run.callOn(target, which, String(room), allowed, () =>
      run.ws2[which](target.handle, name, length),
    );
    if (code !== 0 || model === null) return;
    if (length.value !== model.nameLength) throw new Violation(`a name of ${length.value} bytes`);
    if (name[0] !== model.family) throw new Violation('a name of another family');
    const expected = which === 'getsockname' ? model.port : model.peerPort;
    if (expected !== 0 && portOf(name) !== expected && !model.maybe('failed')) {
      throw new Violation(`port ${portOf(name)} instead of ${expected}`);
    }
  };
}

/** What a socket goes through. */
export const SOCKET_OPERATIONS: Readonly<Record<string, Operation>> = {
  socket,
  bind,
  listen,
  connect,
  accept,
  shutdown,
  closesocket,
  getsockname: nameOperation('getsockname'),
  getpeername: nameOperation('getpeername'),
};
