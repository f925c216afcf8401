// One direction of a test connection: what is to be sent, what has come, and how both are done under each I/O model.
import {
  FD_CLOSE,
  FD_ISSET,
  FD_READ,
  fd_set,
  FD_SET,
  FD_WRITE,
  FIONBIO,
  ref,
  SD_SEND,
  winsockErrorName,
  WSA_IO_PENDING,
  WSA_WAIT_EVENT_0,
  WSA_WAIT_FAILED,
  WSA_WAIT_TIMEOUT,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
  type SOCKET,
  type WSABUF,
  type WSAEVENT,
  type WSANETWORKEVENTS,
  type Ws2_32,
} from '../index.js';

/** Milliseconds of virtual time after which a transfer counts as stuck. */
const PATIENCE = 60_000;
/**
 * What one blocking send is given at most, so that it fits into the buffers of a chain that nobody empties meanwhile.
 */
const BLOCKING_PIECE = 16 * 1024;
const NOW = { tv_sec: 0, tv_usec: 0 };

/** One direction of a connection. */
export class Transfer {
  /** What has come. */
  readonly received: Uint8Array[] = [];
  /** Whether the receiver saw the end of the stream. */
  ended = false;
  /** Whether everything was sent, and the end of the stream too. */
  sent = false;
  #piece = 0;
  #offset = 0;

  /**
   * @param from the socket that sends
   * @param to the socket that receives
   * @param pieces what to send, in the pieces to send it in
   * @param room how much to receive at once
   */
  constructor(
    readonly ws2: Ws2_32,
    readonly from: SOCKET,
    readonly to: SOCKET,
    readonly pieces: readonly Uint8Array[],
    readonly room: number,
  ) {}

  /** What comes next; `null` when all is sent but for the end of the stream. */
  next(limit = Infinity): Uint8Array | null {
    const piece = this.pieces[this.#piece];
    return piece === undefined ? null : piece.subarray(this.#offset, this.#offset + Math.min(limit, piece.length));
  }

  /** Takes note that so many bytes of `next` were sent. */
  advance(bytes: number): void {
    this.#offset += bytes;
    if (this.#offset < this.pieces[this.#piece]!.length) return;
    this.#piece++;
    this.#offset = 0;
  }

  /** Sends the end of the stream. */
  end(): void {
    if (this.ws2.shutdown(this.from, SD_SEND) !== 0) this.fail('shutdown');
    this.sent = true;
  }

  /** Takes in what a receive has yielded; 0 is the end of the stream. */
  take(buffer: Uint8Array, bytes: number): void {
    if (bytes === 0) this.ended = true;
    else this.received.push(buffer.slice(0, bytes));
  }

  /** One call of `send`; false when it would block. */
  send(limit?: number): boolean {
    const piece = this.next(limit);
    if (piece === null) {
      this.end();
      return true;
    }
    const bytes = this.ws2.send(this.from, piece, piece.length, 0);
    if (bytes >= 0) this.advance(bytes);
    else if (this.ws2.WSAGetLastError() !== WSAEWOULDBLOCK) this.fail('send');
    return bytes >= 0;
  }

  /** One call of `recv`; false when it would block. */
  receive(): boolean {
    const buffer = new Uint8Array(this.room);
    const bytes = this.ws2.recv(this.to, buffer, buffer.length, 0);
    if (bytes >= 0) this.take(buffer, bytes);
    else if (this.ws2.WSAGetLastError() !== WSAEWOULDBLOCK) this.fail('recv');
    return bytes >= 0;
  }

  /** Ends the test: a call failed. */
  fail(call: string): never {
    throw new Error(`${call} failed with ${winsockErrorName(this.ws2.WSAGetLastError())} ${this.progress()}`);
  }

  /** Ends the test: nothing moves any more. */
  stuck(): never {
    throw new Error(`nothing moved any more ${this.progress()}`);
  }

  /** How far the transfer has come, in words. */
  progress(): string {
    const came = this.received.reduce((sum, piece) => sum + piece.length, 0);
    return `after ${came} bytes had come${this.sent ? ', with everything sent' : ''}`;
  }
}

/** An I/O model: carries transfers to their end. */
export type IoModel = (ws2: Ws2_32, transfers: readonly Transfer[]) => void;

const blocking: IoModel = (ws2, transfers) => {
  // Between two sends what has come is fetched, as nobody else would: both ends are in one thread.
  const fetch = (transfer: Transfer): void => {
    while (!transfer.ended) {
      const readable = setOf([transfer.to]);
      if (ws2.select(0, readable, null, null, NOW) < 0) transfer.fail('select');
      if (readable.fd_count === 0) return;
      transfer.receive();
    }
  };
  while (transfers.some((transfer) => !transfer.sent)) {
    for (const transfer of transfers) {
      if (!transfer.sent) transfer.send(BLOCKING_PIECE);
      for (const each of transfers) fetch(each);
    }
  }
  for (const transfer of transfers) while (!transfer.ended) transfer.receive();
};

const nonBlocking: IoModel = (ws2, transfers) => {
  for (const { from, to } of transfers) for (const s of [from, to]) ws2.ioctlsocket(s, FIONBIO, ref(1));
  for (;;) {
    const receiving = transfers.filter((transfer) => !transfer.ended);
    const sending = transfers.filter((transfer) => !transfer.sent);
    if (receiving.length + sending.length === 0) return;
    const readable = setOf(receiving.map(({ to }) => to));
    const writable = setOf(sending.map(({ from }) => from));
    const ready = ws2.select(0, readable, writable, null, { tv_sec: PATIENCE / 1000, tv_usec: 0 });
    const [first] = [...receiving, ...sending];
    if (ready < 0) first!.fail('select');
    if (ready === 0) first!.stuck();
    for (const transfer of receiving) if (FD_ISSET(transfer.to, readable) !== 0) transfer.receive();
    for (const transfer of sending) if (FD_ISSET(transfer.from, writable) !== 0) transfer.send();
  }
};

const eventDriven: IoModel = (ws2, transfers) => {
  const sockets = [...new Set(transfers.flatMap(({ from, to }) => [from, to]))];
  const events = sockets.map((s) => {
    const event = ws2.WSACreateEvent();
    if (ws2.WSAEventSelect(s, event, FD_READ | FD_WRITE | FD_CLOSE) !== 0) transfers[0]!.fail('WSAEventSelect');
    return event;
  });
  const serve = (s: SOCKET, event: WSAEVENT): void => {
    const happened = {} as WSANETWORKEVENTS;
    if (ws2.WSAEnumNetworkEvents(s, event, happened) !== 0) transfers[0]!.fail('WSAEnumNetworkEvents');
    for (const transfer of transfers) {
      const mayRead = transfer.to === s && (happened.lNetworkEvents & (FD_READ | FD_CLOSE)) !== 0;
      const mayWrite = transfer.from === s && (happened.lNetworkEvents & FD_WRITE) !== 0;
      while (mayRead && !transfer.ended && transfer.receive());
      while (mayWrite && !transfer.sent && transfer.send());
    }
  };
  while (transfers.some((transfer) => !transfer.ended || !transfer.sent)) {
    const signalled = ws2.WSAWaitForMultipleEvents(events.length, events, false, PATIENCE, false);
    const open = transfers.find((transfer) => !transfer.ended || !transfer.sent)!;
    if (signalled === WSA_WAIT_FAILED) open.fail('WSAWaitForMultipleEvents');
    if (signalled === WSA_WAIT_TIMEOUT) open.stuck();
    // From the first one signalled on, each in turn.
    for (let i = signalled - WSA_WAIT_EVENT_0; i < sockets.length; i++) serve(sockets[i]!, events[i]!);
  }
  for (const [i, s] of sockets.entries()) {
    ws2.WSAEventSelect(s, null, 0);
    ws2.WSACloseEvent(events[i]!);
  }
};

/** One overlapped operation after the other, in one direction of one transfer. */
interface Pump {
  readonly transfer: Transfer;
  readonly overlapped: WSAOVERLAPPED;
  readonly event: WSAEVENT;
  /** Begins the next operation; false when there is none left. */
  begin(): boolean;
  /** The operation transferred so many bytes. */
  done(bytes: number): void;
}

const overlapped: IoModel = (ws2, transfers) => {
  const pumps = transfers.flatMap((transfer) => [receivePump(ws2, transfer), sendPump(ws2, transfer)]);
  let busy = pumps.filter((pump) => pump.begin());
  while (busy.length > 0) {
    const events = busy.map((pump) => pump.event);
    const signalled = ws2.WSAWaitForMultipleEvents(events.length, events, false, PATIENCE, false);
    if (signalled === WSA_WAIT_FAILED) busy[0]!.transfer.fail('WSAWaitForMultipleEvents');
    if (signalled === WSA_WAIT_TIMEOUT) busy[0]!.transfer.stuck();
    const pump = busy[signalled - WSA_WAIT_EVENT_0]!;
    const bytes = ref(0);
    const { transfer } = pump;
    if (!ws2.WSAGetOverlappedResult(transfer.to, pump.overlapped, bytes, false, ref(0)))
      transfer.fail('an overlapped operation');
    pump.done(bytes.value);
    if (!pump.begin()) busy = busy.filter((each) => each !== pump);
  }
  for (const pump of pumps) ws2.WSACloseEvent(pump.event);
};

function receivePump(ws2: Ws2_32, transfer: Transfer): Pump {
  const { overlapped, event } = overlappedWithEvent(ws2);
  const buf = new Uint8Array(transfer.room);
  return {
    transfer,
    overlapped,
    event,
    begin() {
      if (transfer.ended) return false;
      const buffers: WSABUF[] = [{ len: buf.length, buf }];
      started(transfer, 'WSARecv', ws2.WSARecv(transfer.to, buffers, 1, null, ref(0), overlapped, null));
      return true;
    },
    done: (bytes) => transfer.take(buf, bytes),
  };
}

function sendPump(ws2: Ws2_32, transfer: Transfer): Pump {
  const { overlapped, event } = overlappedWithEvent(ws2);
  return {
    transfer,
    overlapped,
    event,
    begin() {
      const piece = transfer.next();
      if (piece === null) {
        transfer.end();
        return false;
      }
      const buffers: WSABUF[] = [{ len: piece.length, buf: piece }];
      started(transfer, 'WSASend', ws2.WSASend(transfer.from, buffers, 1, null, 0, overlapped, null));
      return true;
    },
    done: (bytes) => transfer.advance(bytes),
  };
}

function overlappedWithEvent(ws2: Ws2_32): { overlapped: WSAOVERLAPPED; event: WSAEVENT } {
  const overlapped = new WSAOVERLAPPED();
  const event = ws2.WSACreateEvent();
  overlapped.hEvent = event;
  return { overlapped, event };
}

function started(transfer: Transfer, call: string, result: number): void {
  if (result !== 0 && transfer.ws2.WSAGetLastError() !== WSA_IO_PENDING) transfer.fail(call);
}

function setOf(sockets: readonly SOCKET[]): fd_set {
  const set = new fd_set();
  for (const s of sockets) FD_SET(s, set);
  return set;
}

/** The I/O models by their names. */
export const IO_MODELS: Readonly<Record<string, IoModel>> = {
  blocking,
  'non-blocking with select': nonBlocking,
  'event objects': eventDriven,
  overlapped,
};
