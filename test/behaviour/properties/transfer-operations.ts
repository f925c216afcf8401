// Sending and receiving, overlapped and not.
import {
  AF_INET,
  AF_INET6,
  MSG_PEEK,
  ref,
  WSA_IO_INCOMPLETE,
  WSA_IO_PENDING,
  WSA_OPERATION_ABORTED,
  WSAEAFNOSUPPORT,
  WSAECONNABORTED,
  WSAECONNRESET,
  WSAEFAULT,
  WSAEINVAL,
  WSAEMSGSIZE,
  WSAENOTCONN,
  WSAESHUTDOWN,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
} from 'ws2spi';
import type { Begun, SocketModel } from './model.js';
import { loopbackName, portOf, Violation, type Choices, type Run, type Target } from './run.js';
import { mayReset, type Operation } from './socket-operations.js';

const RESETS = [WSAECONNRESET, WSAECONNABORTED];
/** A send of more than this may find less room. */
const ROOM = 8000;
/** A flag that no transfer knows. */
const STRANGE_FLAG = 0x4000;

/** What a send may give on a socket that is connected for certain or not. */
function sendCodes(model: SocketModel, flags: number): Set<number> {
  const codes = model.codes('transfer');
  if (codes.delete(0)) {
    if (flags === STRANGE_FLAG) codes.add(0);
    else if (model.sendShut) codes.add(WSAESHUTDOWN);
    else codes.add(0);
    const { peer } = model;
    if (model.sends.length > 0 || model.out?.flooded === true || model.vague) codes.add(WSAEWOULDBLOCK);
    if (model.vague || (peer !== null && (!peer.open || peer.receiveShut))) for (const code of RESETS) codes.add(code);
    if (model.vague && model.sendShut) for (const code of RESETS) codes.add(code);
    if (model.stuck) codes.add(WSAENOTCONN);
  }
  if (flags === STRANGE_FLAG) {
    codes.delete(0);
    codes.add(WSAEINVAL);
  }
  return codes;
}

/** Takes note of bytes that a stream took. */
function sentOnStream(model: SocketModel, count: number): void {
  const { out, peer } = model;
  if (out === null || count === 0) return;
  out.sent += count;
  if (out.waiting > ROOM) out.flooded = true;
  if (peer === null) return;
  // Data that nobody will read breaks the connection; a receive that waited when receiving was shut down still reads.
  const [waiting] = peer.receives;
  const read = !peer.receiveShut || (waiting !== undefined && out.waiting <= waiting.buffer.length);
  if (!peer.open || !read) mayReset(model);
  else peer.arrived();
}

function sendOnStream(run: Run, choices: Choices, target: Target, name: 'send' | 'sendto'): void {
  const { handle, model } = target;
  const large = model !== null && !model.blocking && choices.chance(0.05);
  const count = large ? 50_000 + choices.below(200_000) : choices.below(120);
  const flags = choices.chance(0.04) ? STRANGE_FLAG : 0;
  const mayWait = model !== null && model.blocking && sendCodes(model, flags).has(WSAEWOULDBLOCK);
  if (mayWait) return;
  const bytes = model?.out?.next(count) ?? new Uint8Array(count);
  const to = loopbackName(model?.family ?? AF_INET, 9);
  const { code, result } = run.callOn(
    target,
    name,
    `${count} bytes${flags === 0 ? '' : `, flags ${flags}`}`,
    () => sendCodes(model!, flags),
    () =>
      name === 'send'
        ? run.ws2.send(handle, bytes, count, flags)
        : run.ws2.sendto(handle, bytes, count, flags, to, to.length),
  );
  if (code !== 0 || model === null) return;
  if (result > count || (count > 0 && result === 0)) throw new Violation(`${result} of ${count} bytes went out`);
  const sure = count + (model.out?.waiting ?? 0) <= ROOM && model.out?.flooded !== true;
  if (sure && result !== count) throw new Violation(`only ${result} of ${count} bytes went out`);
  sentOnStream(model, result);
}

function datagramCodes(model: SocketModel, connected: boolean): Set<number> {
  const codes = new Set<number>();
  if (model.sendShut) codes.add(WSAESHUTDOWN);
  if (!connected) codes.add(WSAENOTCONN);
  return codes.size > 0 ? codes : new Set([0]);
}

function sendDatagram(run: Run, choices: Choices, target: Target & { model: SocketModel }, withName: boolean): void {
  const { handle, model } = target;
  const bytes = Uint8Array.from({ length: 1 + choices.below(100) }, () => choices.below(256));
  const count = bytes.length;
  if (!withName) {
    const connected = model.is('connected');
    const { code } = run.callOn(
      target,
      'send',
      `${count} bytes`,
      () => datagramCodes(model, connected),
      () => run.ws2.send(handle, bytes, count, 0),
    );
    if (code === 0) run.deliver(model, model.peerPort, bytes);
    return;
  }
  const others = run.sockets.filter((each) => !each.stream && each.family === model.family && each.port !== 0);
  let name = others.length > 0 ? loopbackName(model.family, choices.of(others).port) : run.deadName(model.family);
  let length = name.length;
  let fault = 0;
  if (choices.chance(0.05)) {
    length = 1 + choices.below(name.length - 1);
    fault = WSAEFAULT;
  } else if (choices.chance(0.05)) {
    name = loopbackName(model.family === AF_INET ? AF_INET6 : AF_INET, 9);
    length = name.length;
    fault = model.family === AF_INET ? WSAEAFNOSUPPORT : WSAEFAULT;
  }
  const allowed = (): Set<number> => {
    const codes = datagramCodes(model, true);
    if (fault !== 0) {
      codes.delete(0);
      codes.add(fault);
    }
    return codes;
  };
  const { code, result } = run.callOn(
    target,
    'sendto',
    `${count} bytes, port ${portOf(name)}, ${length}`,
    allowed,
    () => run.ws2.sendto(handle, bytes, count, 0, name, length),
  );
  if (code !== 0) return;
  if (result !== count) throw new Violation('a datagram was sent in part');
  if (model.maybe('unbound')) model.phases = ['bound'];
  run.deliver(model, portOf(name), bytes);
}

const send: Operation = (run, choices) => {
  const target = run.target(choices, (model) => model.is('connected') && !model.sendShut);
  if (target.model === null || target.model.stream) sendOnStream(run, choices, target, 'send');
  else sendDatagram(run, choices, { ...target, model: target.model }, false);
};

const sendto: Operation = (run, choices) => {
  const target = run.target(choices, (model) => !model.stream);
  if (target.model === null || target.model.stream) sendOnStream(run, choices, target, 'sendto');
  else sendDatagram(run, choices, { ...target, model: target.model }, true);
};

/** What a receive may give; `room` is where it is to be put, and flags are what else was asked for. */
function receiveCodes(model: SocketModel, room: number, flags: number): Set<number> {
  const codes = model.codes('transfer');
  if (!model.stream && model.maybe('unbound')) codes.add(WSAEINVAL);
  if (!model.stream && model.is('unbound')) codes.delete(0);
  if (codes.delete(0)) {
    if (model.receiveShut) codes.add(WSAESHUTDOWN);
    else for (const code of waitingCodes(model, room)) codes.add(code);
  } else if (model.receiveShut) {
    codes.add(WSAESHUTDOWN);
  }
  if (flags === STRANGE_FLAG) {
    codes.delete(0);
    codes.add(WSAEINVAL);
  }
  return codes;
}

function waitingCodes(model: SocketModel, room: number): number[] {
  const any = [0, WSAEWOULDBLOCK, ...RESETS, ...(model.stream ? [] : [WSAEMSGSIZE])];
  if (model.vague || model.stuck) return any;
  const codes: number[] = model.unreachable ? [WSAECONNRESET] : [];
  // What was sent need not be there before the connection is seen to be.
  if (model.phases.length > 1) codes.push(WSAEWOULDBLOCK);
  // Plain receives come after those that wait, and what these take is seen when they have taken it.
  if (model.receives.length > 0) return [...codes, WSAEWOULDBLOCK, ...(model.in?.ended === true ? [0] : [])];
  if (!model.readable) return [...codes, model.in?.ended === true ? 0 : WSAEWOULDBLOCK];
  if (!model.stream) return [...codes, model.datagrams[0]!.bytes.length > room ? WSAEMSGSIZE : 0];
  return model.in!.flooded ? [...codes, 0, WSAEWOULDBLOCK] : [...codes, 0];
}

/** Whether a receive ends at once for certain. */
function receiveEnds(model: SocketModel, room: number, flags: number): boolean {
  return !receiveCodes(model, room, flags).has(WSAEWOULDBLOCK);
}

function receive(name: 'recv' | 'recvfrom'): Operation {
  return (run, choices) => {
    const target = run.target(choices, (model) => (name === 'recv' ? model.readable : !model.stream && model.readable));
    const { handle, model } = target;
    const room =
      choices.chance(0.05) && model?.blocking !== true ? 0 : 1 + choices.below(choices.chance(0.3) ? 30 : 400);
    const flags = choices.chance(0.15) ? MSG_PEEK : choices.chance(0.03) ? STRANGE_FLAG : 0;
    if (model !== null) run.awaitReadable(model);
    if (model !== null && model.blocking && !receiveEnds(model, room, flags)) return;
    const bytes = new Uint8Array(room);
    const from = new Uint8Array(28);
    const fromlen = ref(name === 'recvfrom' && choices.chance(0.05) ? choices.below(16) : 28);
    const short = model !== null && !model.stream && name === 'recvfrom' && fromlen.value < model.nameLength;
    const allowed = (): Set<number> => {
      const codes = receiveCodes(model!, room, flags);
      // No bytes are received as soon as there are any, or at once.
      if (room === 0 && model!.stream && (codes.has(0) || codes.has(WSAEWOULDBLOCK))) codes.add(0).add(WSAEWOULDBLOCK);
      if (short) {
        for (const code of [0, WSAEWOULDBLOCK, WSAEMSGSIZE]) codes.delete(code);
        codes.add(WSAEFAULT);
      }
      return codes;
    };
    const { code, result } = run.callOn(
      target,
      name,
      `${room} bytes${flags === 0 ? '' : `, flags ${flags}`}`,
      allowed,
      () =>
        name === 'recv'
          ? run.ws2.recv(handle, bytes, room, flags)
          : run.ws2.recvfrom(handle, bytes, room, flags, from, fromlen),
    );
    if (model === null || short) return;
    if (code === WSAEMSGSIZE) {
      const cut = flags === MSG_PEEK ? model.datagrams[0] : model.datagrams.shift();
      if (!model.vague && !Buffer.from(cut!.bytes.subarray(0, room)).equals(bytes)) {
        throw new Violation('the beginning of a datagram came changed');
      }
    }
    if (code === 0) took(run, model, bytes.subarray(0, result), room, flags);
    if (code === 0 && name === 'recvfrom' && !model.stream && !model.vague) sourceIs(from, fromlen.value, model);
    model.receivedSome();
  };
}

/** The source port of the datagram taken last, by the handle of who took it. */
const lastSource = new WeakMap<SocketModel, number>();

function sourceIs(from: Uint8Array, length: number, model: SocketModel): void {
  if (length !== model.nameLength || from[0] !== model.family)
    throw new Violation('the source is not a name of the family');
  const expected = lastSource.get(model);
  if (expected !== undefined && portOf(from) !== expected) throw new Violation(`the source is not port ${expected}`);
}

function took(run: Run, model: SocketModel, bytes: Uint8Array, room: number, flags: number): void {
  if (!model.stream) {
    const [first] = model.datagrams;
    if (first !== undefined) lastSource.set(model, first.fromPort);
    else lastSource.delete(model);
    if (flags !== MSG_PEEK) run.takeReceived(model, bytes);
    return;
  }
  const { in: direction } = model;
  if (direction === null || room === 0) return;
  const sure = model.determined && !direction.flooded;
  const expected = Math.min(room, direction.waiting);
  if (sure && bytes.length !== expected) throw new Violation(`${bytes.length} bytes came instead of ${expected}`);
  if (bytes.length === 0 && !model.vague && !direction.ended)
    throw new Violation('the end came of a stream that goes on');
  const position = direction.received;
  run.takeReceived(model, bytes);
  if (flags === MSG_PEEK) direction.received = position;
}

/** An overlapped operation on a socket, and who is to be told of its end. */
function begin(run: Run, choices: Choices, model: SocketModel, kind: Begun['kind'], buffer: Uint8Array) {
  const overlapped = new WSAOVERLAPPED();
  const byRoutine = model.completionPort === 0 && choices.chance(0.3);
  const told = byRoutine ? 'routine' : model.completionPort !== 0 ? 'port' : 'nobody';
  if (choices.chance(0.4) && !byRoutine) overlapped.hEvent = choices.of([...run.events, null]);
  const begun: Begun = { overlapped, socket: model, buffer, kind, told, completions: 0 };
  const routine = byRoutine ? (): void => void begun.completions++ : null;
  return { begun, routine };
}

const WSARecv: Operation = (run, choices) => {
  const target = run.target(choices, (model) => model.is('connected') && !model.receiveShut);
  const { handle, model } = target;
  const room = 1 + choices.below(200);
  const buffer = new Uint8Array(room);
  if (model === null) {
    run.callOn(
      target,
      'WSARecv',
      String(room),
      () => [],
      () => run.ws2.WSARecv(handle, [{ len: room, buf: buffer }], 1, ref(0), ref(0), new WSAOVERLAPPED(), null),
    );
    return;
  }
  run.awaitReadable(model);
  const { begun, routine } = begin(run, choices, model, 'receive', buffer);
  const allowed = (): Set<number> => {
    const codes = receiveCodes(model, room, 0);
    // Whatever would wait, waits; whatever is there may be there by now.
    if (codes.delete(WSAEWOULDBLOCK)) codes.add(WSA_IO_PENDING);
    if (model.receives.length > 0) codes.delete(0);
    return codes;
  };
  const received = ref(0);
  const { code } = run.callOn(target, 'WSARecv', `${room} bytes, ${begun.told}`, allowed, () =>
    run.ws2.WSARecv(handle, [{ len: room, buf: buffer }], 1, received, ref(0), begun.overlapped, routine),
  );
  if (code === WSA_IO_PENDING) {
    run.begun.push(begun);
    model.receives.push(begun);
  } else if (code === 0) {
    run.begun.push(begun);
    if (begun.overlapped.InternalHigh !== received.value) throw new Violation('two counts of one transfer');
    took(run, model, buffer.subarray(0, received.value), room, 0);
    model.receivedSome();
  } else if (code === WSAEMSGSIZE) {
    run.begun.push(begun);
    model.datagrams.shift();
    model.receivedSome();
  } else {
    model.receivedSome();
  }
};

const WSASend: Operation = (run, choices) => {
  const target = run.target(choices, (model) => model.is('connected') && model.stream && !model.sendShut);
  const { handle, model } = target;
  const large = choices.chance(0.1);
  const count = large ? 50_000 + choices.below(300_000) : 1 + choices.below(120);
  const call = (bytes: Uint8Array, overlapped: WSAOVERLAPPED, routine: (() => void) | null): number => {
    const half = count >> 1;
    const buffers = [bytes.subarray(0, half), bytes.subarray(half)].map((buf) => ({ len: buf.length, buf }));
    return run.ws2.WSASend(handle, buffers, 2, ref(0), 0, overlapped, routine);
  };
  if (model === null || !model.stream) {
    if (model === null) {
      run.callOn(
        target,
        'WSASend',
        String(count),
        () => [],
        () => call(new Uint8Array(count), new WSAOVERLAPPED(), null),
      );
    }
    return;
  }
  const bytes = model.out?.next(count) ?? new Uint8Array(count);
  const { begun, routine } = begin(run, choices, model, 'send', bytes);
  const allowed = (): Set<number> => {
    const codes = sendCodes(model, 0);
    codes.delete(WSAEWOULDBLOCK);
    const sure = count <= ROOM && model.out?.flooded !== true && model.sends.length === 0 && !model.vague;
    if (codes.has(0) && !sure) codes.add(WSA_IO_PENDING);
    return codes;
  };
  const { code } = run.callOn(target, 'WSASend', `${count} bytes, ${begun.told}`, allowed, () =>
    call(bytes, begun.overlapped, routine),
  );
  if (code !== 0 && code !== WSA_IO_PENDING) return;
  run.begun.push(begun);
  if (code === WSA_IO_PENDING) {
    model.sends.push(begun);
    if (model.out !== null) model.out.flooded = true;
  }
  sentOnStream(model, count);
};

const WSAGetOverlappedResult: Operation = (run, choices) => {
  if (run.begun.length === 0) return;
  const { overlapped, socket: model, kind } = choices.of(run.begun);
  const target: Target = { handle: model.handle, model: model.open ? model : null };
  const ended = [0, WSAEMSGSIZE, WSA_OPERATION_ABORTED, WSAESHUTDOWN, ...RESETS];
  const allowed = (): number[] => (overlapped.Internal === 0x103 ? [WSA_IO_INCOMPLETE, ...ended] : ended);
  const bytes = ref(-1);
  const { code } = run.callOn(target, 'WSAGetOverlappedResult', kind, allowed, () =>
    run.ws2.WSAGetOverlappedResult(model.handle, overlapped, bytes, false, ref(0)),
  );
  if (code === 0 && bytes.value !== overlapped.InternalHigh) throw new Violation('two counts of one transfer');
};

/** What moves data. */
export const TRANSFER_OPERATIONS: Readonly<Record<string, Operation>> = {
  send,
  sendto,
  recv: receive('recv'),
  recvfrom: receive('recvfrom'),
  WSARecv,
  WSASend,
  WSAGetOverlappedResult,
};
