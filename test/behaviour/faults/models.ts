// Every way to receive from a socket, behind one function: what comes next, whichever way the program waits for it.
import {
  FD_CLOSE,
  FD_READ,
  INVALID_SOCKET,
  ref,
  WSA_IO_PENDING,
  WSAEWOULDBLOCK,
  WSAOVERLAPPED,
  type WSANETWORKEVENTS,
} from 'ws2spi';
import { buffer, type World } from '../../support/providers.js';

/** Milliseconds that a wait may take before it is given up. */
const PATIENCE = 5000;

/** Gives what is received next: bytes, none at the end of the stream, or an error as a negative number. */
export type Receiver = (most: number) => Uint8Array | number;

/** One of the I/O models. */
export interface Model {
  readonly name: string;
  /** Gets a connected socket ready, and gives what receives on it. */
  receiver(world: World, s: number): Receiver;
}

function receiveOnce(world: World, s: number, most: number): Uint8Array | number {
  const bytes = new Uint8Array(most);
  const got = world.count(world.ws2.recv(s, bytes, most, 0));
  return got < 0 ? got : bytes.subarray(0, got);
}

/** Receives when told to, and waits whenever there is nothing. */
function receiveWhen(world: World, s: number, wait: () => void): Receiver {
  return (most) => {
    for (let tries = 0; tries < 50; tries++) {
      const got = receiveOnce(world, s, most);
      if (got !== -WSAEWOULDBLOCK) return got;
      wait();
    }
    return -WSAEWOULDBLOCK;
  };
}

function receiveOverlapped(
  world: World,
  s: number,
  most: number,
  wait: (overlapped: WSAOVERLAPPED) => void,
  hEvent = 0,
) {
  const overlapped = new WSAOVERLAPPED();
  overlapped.hEvent = hEvent;
  const room = buffer(most);
  const begun = world.code(world.ws2.WSARecv(s, [room], 1, null, ref(0), overlapped, null));
  if (begun !== 0 && begun !== WSA_IO_PENDING) return -begun;
  wait(overlapped);
  const transferred = ref(0);
  const error = world.code(world.ws2.WSAGetOverlappedResult(s, overlapped, transferred, false, ref(0)));
  return error !== 0 ? -error : room.buf.subarray(0, transferred.value);
}

/** The I/O models. */
export const MODELS: readonly Model[] = [
  {
    name: 'blocking',
    receiver: (world, s) => (most) => receiveOnce(world, s, most),
  },
  {
    name: 'non-blocking, by select',
    receiver(world, s) {
      world.nonBlocking(s);
      return receiveWhen(world, s, () => {
        const timeout = { tv_sec: PATIENCE / 1000, tv_usec: 0 };
        world.ws2.select(0, { fd_count: 1, fd_array: [s] }, null, null, timeout);
      });
    },
  },
  {
    name: 'event objects',
    receiver(world, s) {
      const event = world.event();
      world.eventSelect(s, event, FD_READ | FD_CLOSE);
      return receiveWhen(world, s, () => {
        world.signalled(event, PATIENCE);
        world.ws2.WSAEnumNetworkEvents(s, event, {} as Partial<WSANETWORKEVENTS>);
      });
    },
  },
  {
    name: 'window messages',
    receiver(world, s) {
      const { host } = world.ws2;
      const hWnd = host.CreateWindow(null);
      world.ws2.WSAAsyncSelect(s, hWnd, 0x401, FD_READ | FD_CLOSE);
      return receiveWhen(world, s, () => {
        world.until(() => host.PeekMessage(hWnd, true) !== null);
      });
    },
  },
  {
    name: 'overlapped, by event',
    receiver: (world, s) => {
      const event = world.event();
      return (most) => receiveOverlapped(world, s, most, () => void world.signalled(event, PATIENCE), event);
    },
  },
  {
    name: 'overlapped, by completion port',
    receiver(world, s) {
      const { host } = world.ws2;
      const port = host.CreateIoCompletionPort(INVALID_SOCKET, null, null);
      host.CreateIoCompletionPort(s, port, 'key');
      return (most) =>
        receiveOverlapped(world, s, most, () => {
          host.GetQueuedCompletionStatus(port, ref(0), ref<unknown>(null), ref<WSAOVERLAPPED | null>(null), PATIENCE);
        });
    },
  },
];
