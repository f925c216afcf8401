// What moves data over Linux' sockets otherwise than elsewhere.
import * as spi from '../../spi/index.js';
import { NOT_THERE, pinMemory, writeWord } from '../native-memory.js';
import type { NameSlot } from '../platform.js';
import { PollEvents } from '../poller.js';
import { COMMON_FLAGS } from '../posix/messages.js';
import { NAME_ROOM } from '../posix/names.js';
import { PosixSockets } from '../posix/sockets.js';
import { errors } from './errors.js';
import type { Libc } from './libc.js';
import { linuxPollBits, pollEvents } from './poll-bits.js';

const MSG_TRUNC = 0x20;
const POLLNVAL = 0x20;
/** What calls wait for. */
const CALLS = PollEvents.IN | PollEvents.OUT;
const { EBADF, EINTR } = errors.numbers;

/** The most that one `sendfile` takes; its result is 32-bit here. */
const MOST_FILE_BYTES = 0x7ffff000;
/** EINVAL, ENOSYS, ESPIPE, EOVERFLOW: the file, not the socket, is the reason. */
const UNSENDABLE_FILE: ReadonlySet<number> = new Set([22, 38, 29, 75]);

/** Receiving datagrams, sending files, and looking; see `PlatformSockets` for what each of them does. */
export abstract class LinuxTransfers extends PosixSockets<Libc> {
  readonly #poll = pinMemory(8);

  receiveDatagram(
    descriptor: number,
    bytes: Uint8Array,
    length: number,
    flags: number,
    from: NameSlot | null,
  ): spi.CountOrNegatedCode {
    const name = from === null ? 0 : this.name.address;
    const namelen = from === null ? 0 : this.length.address;
    const address = this.received.addressOf(bytes, length);
    if (address === NOT_THERE) return -spi.WSAEFAULT;
    // The result is then the datagram's length, whatever there was room for.
    const all = (flags & COMMON_FLAGS) | MSG_TRUNC;
    for (;;) {
      this.length.ints[0] = NAME_ROOM;
      const received =
        address !== 0
          ? this.libc.recvfrom(descriptor, address, length, all, name, namelen)
          : this.libc.recvfromBytes(descriptor, bytes, length, all, name, namelen);
      if (received >= 0) {
        if (from !== null) this.name.read(from, this.length.ints[0]!);
        return received > length ? -spi.WSAEMSGSIZE : received;
      }
      const errno = this.libc.errno();
      if (errno !== EINTR) return -errors.datagramError(errno);
    }
  }

  sendFile(descriptor: number, file: number, position: number, length: number): spi.CountOrNegatedCode {
    const offset = position < 0 ? 0 : this.value.address;
    for (;;) {
      if (position >= 0) writeWord(this.value.ints, 0, position);
      const sent = this.libc.sendfile(descriptor, file, offset, Math.min(length, MOST_FILE_BYTES));
      if (sent >= 0) return sent;
      const errno = this.libc.errno();
      if (errno === EINTR) continue;
      // The front keeps its own descriptor open: it is the file that was closed.
      if (errno === EBADF) return -spi.ERROR_INVALID_HANDLE;
      return UNSENDABLE_FILE.has(errno) ? -spi.WSAEOPNOTSUPP : -this.sendError(descriptor, errno, null);
    }
  }

  look(descriptor: number, events: number): number {
    const poll = this.#poll.ints;
    poll[0] = descriptor;
    poll[1] = linuxPollBits(events);
    for (;;) {
      const ready = this.libc.poll(this.#poll.address, 1, 0);
      if (ready > 0) {
        const found = poll[1] >>> 16;
        // Nobody's: whatever is called next fails, and does not wait.
        return found === POLLNVAL ? (events & CALLS) | PollEvents.ERROR | PollEvents.HANG_UP : pollEvents(found);
      }
      if (ready === 0 || this.libc.errno() !== EINTR) return 0;
    }
  }
}
