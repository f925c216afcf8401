// The descriptor set on Linux: one epoll instance per thread, with a timer descriptor in it, watched by libuv.
import { BATCH_EVENTS, type DescriptorSet } from '../descriptor-set.js';
import { LoopSet, putEvent, watchOrClose } from '../loop-set.js';
import { pinMemory, writeWord } from '../native-memory.js';
import { LoopWatch } from '../posix/loop-watch.js';
import { isMainThread } from '../posix/main-thread.js';
import { libc } from './bindings.js';
import { errors } from './errors.js';
import { pollEvents } from './poll-bits.js';

const { EBADF, EINTR } = errors.numbers;
const ENOENT = 2;
const EPERM = 1;
const EPOLL_CLOEXEC = 0x80000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLLIN = 0x1;
const EPOLLPRI = 0x2;
const EPOLLOUT = 0x4;
const EPOLLRDHUP = 0x2000;
const EPOLLET = 0x80000000;
const ALL_EDGES = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDHUP | EPOLLET | 0;

const CLOCK_MONOTONIC = 1;
const TFD_NONBLOCK = 0x800;
const TFD_CLOEXEC = 0x80000;

/** Integers in a `struct epoll_event`: packed on x86-64 alone. */
const EVENT_STRIDE = process.arch === 'x64' ? 3 : 4;
/** Where its 64 bits of data begin: the slot, then the generation. */
const EVENT_DATA = EVENT_STRIDE - 2;

/**
 * The longest wait in one system call, in milliseconds. In a worker no more than goes unnoticed: one that is
 * terminated, or whose process exits, ends when the call has come back, and those that end it wait for that.
 */
const LONGEST_WAIT = isMainThread() ? 0x7fffffff : 20;

/** Stands for the timer descriptor; no slot is negative. */
const ALARM_SLOT = -1;

/** An epoll instance joined to the thread's event loop. */
export class EpollSet extends LoopSet implements DescriptorSet {
  /** The kernel drops a file that is closed without a word. */
  readonly closesUnseen = true;
  readonly #libc = libc();
  readonly #events = pinMemory(BATCH_EVENTS * EVENT_STRIDE * 4);
  readonly #one = pinMemory(EVENT_STRIDE * 4);
  readonly #timerSpec = pinMemory(32);
  readonly #watch: LoopWatch;
  #epoll: number;
  #timer = -1;

  /** @param onReadable called by the event loop when a `wait` would find something; must not throw */
  constructor(onReadable: () => void) {
    const { epoll_create1, close, errno } = libc();
    const epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0) throw new Error(`ws2spi: epoll_create1 failed, errno ${errno()}`);
    const watch = watchOrClose(epoll, (descriptor) => new LoopWatch(descriptor, onReadable), close);
    super(watch);
    this.#epoll = epoll;
    this.#watch = watch;
  }

  /** Whether the fast callback is in place. */
  get swapped(): boolean {
    return this.#watch.swapped;
  }

  add(descriptor: number, slot: number, generation: number): boolean {
    const ints = this.#one.ints;
    ints[0] = ALL_EDGES;
    ints[EVENT_DATA] = slot;
    ints[EVENT_DATA + 1] = generation;
    return this.#libc.epoll_ctl(this.#epoll, EPOLL_CTL_ADD, descriptor, this.#one.address) === 0;
  }

  remove(descriptor: number): boolean {
    if (this.#epoll < 0 || this.#libc.epoll_ctl(this.#epoll, EPOLL_CTL_DEL, descriptor, this.#one.address) === 0)
      return true;
    const errno = this.#libc.errno();
    if (errno !== EBADF && errno !== ENOENT) return true;
    this.#libc.notWithThread(descriptor);
    return false;
  }

  holds(descriptor: number): boolean {
    if (this.#epoll < 0) return true;
    // The kernel knows what it watches by number and by file, and refuses to watch the same twice, which changes nothing.
    const ints = this.#one.ints;
    ints[0] = ints[EVENT_DATA] = ints[EVENT_DATA + 1] = 0;
    if (this.#libc.epoll_ctl(this.#epoll, EPOLL_CTL_ADD, descriptor, this.#one.address) === 0) {
      this.#libc.epoll_ctl(this.#epoll, EPOLL_CTL_DEL, descriptor, this.#one.address);
    } else {
      const errno = this.#libc.errno();
      // Nobody's, or a file that cannot be watched.
      if (errno !== EBADF && errno !== EPERM) return true;
    }
    this.#libc.notWithThread(descriptor);
    return false;
  }

  wait(timeout: number, batch: Int32Array, at: number): number {
    const whole = timeout >= 0 && timeout <= LONGEST_WAIT;
    const longest = whole ? timeout : LONGEST_WAIT;
    const count = this.#libc.epoll_wait(this.#epoll, this.#events.address, BATCH_EVENTS, longest);
    if (count <= 0) return (count === 0 && whole) || (count < 0 && this.#libc.errno() !== EINTR) ? 0 : -1;
    const ints = this.#events.ints;
    let found = 0;
    for (let from = 0, end = count * EVENT_STRIDE; from < end; from += EVENT_STRIDE) {
      const slot = ints[from + EVENT_DATA]!;
      if (slot === ALARM_SLOT) {
        this.alarmRang();
        continue;
      }
      at = putEvent(batch, at, slot, ints[from + EVENT_DATA + 1]!, pollEvents(ints[from]!));
      found++;
    }
    return found;
  }

  setAlarm(milliseconds: number): void {
    this.forgetAlarm();
    if (this.#timer < 0) {
      if (milliseconds === Infinity || !this.#openTimer()) return;
    }
    // it_interval, then it_value, each as seconds and nanoseconds; an it_value of 0 takes the alarm away.
    const spec = this.#timerSpec.ints;
    const soonest = Math.max(milliseconds, 0.001);
    const seconds = milliseconds === Infinity ? 0 : Math.min(Math.floor(soonest / 1000), 0x7fffffff);
    writeWord(spec, 4, seconds);
    writeWord(spec, 6, milliseconds === Infinity ? 0 : Math.min(Math.ceil((soonest % 1000) * 1e6), 999_999_999) || 1);
    this.#libc.timerfd_settime(this.#timer, 0, this.#timerSpec.address, 0);
  }

  protected override free(): void {
    if (this.#timer >= 0) this.#libc.close(this.#timer);
    this.#libc.close(this.#epoll);
    this.#epoll = this.#timer = -1;
  }

  #openTimer(): boolean {
    this.#timer = this.#libc.timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (this.#timer < 0) return false;
    const ints = this.#one.ints;
    // Edge-triggered, so that it never needs to be read: setting it anew forgets the expiry.
    ints[0] = EPOLLIN | EPOLLET | 0;
    ints[EVENT_DATA] = ALARM_SLOT;
    ints[EVENT_DATA + 1] = 0;
    return this.#libc.epoll_ctl(this.#epoll, EPOLL_CTL_ADD, this.#timer, this.#one.address) === 0;
  }
}
