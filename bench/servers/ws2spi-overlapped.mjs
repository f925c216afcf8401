// An echo by overlapped operations. node bench/servers/ws2spi-overlapped.mjs routines|ports
//
// routines  completion routines, run by the idle event loop
// ports     one completion port, its packets taken by GetQueuedCompletionStatus, which blocks the thread as it does on Windows
import { ref, WSA_IO_PENDING, WSAOVERLAPPED } from '../../dist/index.js';
import { announce, modeArgument } from './announce.mjs';
import { acceptByEvent, listenLoopback, portOf, startInstance } from './instance.mjs';

const ROOM = 4096;
/** Milliseconds without a packet, and packets in a row, after which the event loop gets its turn: it accepts. */
const PATIENCE = 10;
const MOST_PACKETS = 2048;

const mode = modeArgument(['routines', 'ports']);
const ws2 = startInstance();
const port = mode === 'ports' ? ws2.host.CreateIoCompletionPort(null, null, null) : 0;

/** A connection is the structure of its own operations, as a C program would have it by CONTAINING_RECORD. */
class Connection extends WSAOVERLAPPED {
  flags = ref(0);
  sending = false;

  constructor(socket) {
    super();
    this.socket = socket;
    this.room = Buffer.allocUnsafeSlow(ROOM);
    this.buffers = [{ len: ROOM, buf: this.room }];
    if (port !== 0 && ws2.host.CreateIoCompletionPort(socket, port, this) === 0) throw new Error('no port');
  }

  receive() {
    this.sending = false;
    this.buffers[0].len = ROOM;
    this.flags.value = 0;
    const routine = port === 0 ? ended : null;
    this.#begun(ws2.WSARecv(this.socket, this.buffers, 1, null, this.flags, this, routine));
  }

  send(length) {
    this.sending = true;
    this.buffers[0].len = length;
    this.#begun(ws2.WSASend(this.socket, this.buffers, 1, null, 0, this, port === 0 ? ended : null));
  }

  /** An operation that failed at once has no completion. */
  #begun(result) {
    if (result !== 0 && ws2.WSAGetLastError() !== WSA_IO_PENDING) ws2.closesocket(this.socket);
  }
}

/** The completion routine. */
function ended(error, transferred, connection) {
  if (connection.sending && error === 0) connection.receive();
  else if (error === 0 && transferred > 0) connection.send(transferred);
  else ws2.closesocket(connection.socket);
}

const listener = listenLoopback(ws2);
acceptByEvent(ws2, listener, (socket) => new Connection(socket).receive());

if (port !== 0) {
  const bytes = ref(0);
  const key = ref(null);
  const overlapped = ref(null);
  const takePackets = () => {
    for (let taken = 0; taken < MOST_PACKETS; taken++) {
      const succeeded = ws2.host.GetQueuedCompletionStatus(port, bytes, key, overlapped, PATIENCE);
      if (overlapped.value === null) break;
      ended(succeeded ? 0 : ws2.WSAGetLastError(), bytes.value, key.value);
    }
    setImmediate(takePackets);
  };
  takePackets();
}
announce(portOf(ws2, listener));
