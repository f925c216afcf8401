import { realpathSync } from 'node:fs';
import os from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { beforeSleep } from '../../../host/index.js';
import { beforeExit, DescriptorWriter } from '../../../outputs/index.js';
import type { Defect, KeyLog } from '../../../spi/index.js';
import type { CaptureClock } from './capture-clock.js';
import { CaptureInterface, type InterfaceFile } from './capture-interface.js';
import { CaptureTarget, type OpenTarget } from './capture-target.js';
import { PacketBlocks } from './packet-blocks.js';
import { decryptionSecrets, nameResolution, sectionHeader, wholeBlocks } from './pcapng.js';

/** Bytes that are gathered before they are written. */
const GATHERED = 256 * 1024;
/** Bytes that may wait for a pipe that is read too slowly; packets beyond are dropped, and counted. */
const MOST_WAITING = 4 * 1024 * 1024;
/** Milliseconds between two looks: whether a pipe is read, and whether a file is still there. */
const LOOK_EVERY = 100;
/** Names that are known to be in a section. */
const MOST_NAMES = 10_000;
/** Characters of secrets that may wait for the next write. */
const MOST_SECRETS = 1024 * 1024;

/** Where a capture goes, and how much of it. */
export interface CaptureFileSettings {
  /** A path, `-` for standard output, `pipe:N` for an open descriptor. */
  readonly file: string;
  /** How many files the ring has; 0 for no ring. */
  readonly files: number;
  /** Bytes of a file at most. */
  readonly size: number;
  /** Milliseconds of the instance's clock that a file lasts at most. */
  readonly duration: number;
}

/** Who uses a file: told when it cannot be written any more. */
export interface CaptureUser {
  report(defect: Defect): void;
}

/** The files of this thread, by where they go. */
const files = new Map<string, CaptureFile>();

/** A capture that is written: by one layer, or by several, which are its interfaces. */
export class CaptureFile implements InterfaceFile {
  readonly blocks = new PacketBlocks(GATHERED);
  /** The pairs of ends that streams are shown with at present. */
  readonly shownPairs = new Set<string>();
  /** Counts the sections; interfaces are described in each. */
  section = 0;
  readonly #target: CaptureTarget;
  readonly #users = new Set<CaptureUser>();
  readonly #keyLogs = new Map<KeyLog, { listening: Disposable; users: number }>();
  readonly #interfaces = new Map<string, CaptureInterface>();
  /** Those that are described in the section, by their numbers. */
  #numbered: CaptureInterface[] = [];
  /** The names that are in the section. */
  #names = new Set<string>();
  #secrets = '';
  #writer: DescriptorWriter | null = null;
  #open: OpenTarget | null = null;
  /** Bytes of the present file. */
  #written = 0;
  /** When the present file began, in milliseconds of the clock of who wrote its first packet; NaN before that. */
  #began = NaN;
  #ended = false;
  /** Why it ended before it was to. */
  #failure: string | null = null;
  /** The blocks that are being written. */
  #underWay: Uint8Array = new Uint8Array(0);
  #streams = 0;
  #lastLook = -Infinity;
  #flushDue = 0;
  #stopAtExit: (() => void) | null = null;
  #stopBeforeSleep: (() => void) | null = null;

  private constructor(private readonly settings: CaptureFileSettings) {
    this.#target = new CaptureTarget(settings.file, settings.files);
  }

  /**
   * Opens a file for a user, or joins those who write it already.
   *
   * @throws Error that says why it cannot be opened, or with what other limits it is open
   */
  static use(settings: CaptureFileSettings, user: CaptureUser): CaptureFile {
    const place = placeOf(settings.file);
    let file = files.get(place);
    if (file === undefined || file.#users.size === 0) {
      const goesOn = file !== undefined && same(file.settings, settings);
      file = goesOn ? file! : new CaptureFile({ ...settings, file: place });
      file.#begin();
      if (file.#failure !== null) throw new Error(file.#failure);
      files.set(place, file);
    } else if (!same(file.settings, settings)) {
      throw new Error(
        `another layer writes to ${place} with other limits: give both the same \`files\`, \`size\` and \`duration\`, or two files`,
      );
    }
    file.#users.add(user);
    return file;
  }

  /** A user needs it no more. */
  release(user: CaptureUser): void {
    if (!this.#users.delete(user) || this.#users.size > 0) return;
    this.#close();
  }

  /** Has the secrets of an instance written, until `forgetSecrets` is called as often. */
  takeSecrets(keyLog: KeyLog): void {
    const known = this.#keyLogs.get(keyLog);
    if (known !== undefined) known.users++;
    else this.#keyLogs.set(keyLog, { listening: keyLog.listen((line) => this.#secret(line)), users: 1 });
  }

  forgetSecrets(keyLog: KeyLog): void {
    const known = this.#keyLogs.get(keyLog);
    if (known === undefined || --known.users > 0) return;
    known.listening[Symbol.dispose]();
    this.#keyLogs.delete(keyLog);
  }

  /**
   * The interface of a place in a chain.
   *
   * @param key tells places of one name apart
   * @param description of the process and the chain
   */
  interfaceOf(key: string, name: string, description: string, snaplen: number): CaptureInterface {
    const known = this.#interfaces.get(key);
    if (known !== undefined) return known;
    const others = [...this.#interfaces.values()].filter((each) => each.name.replace(/ \(\d+\)$/, '') === name);
    const title = others.length === 0 ? name : `${name} (${others.length + 1})`;
    const made = new CaptureInterface(this, title, description, snaplen);
    this.#interfaces.set(key, made);
    return made;
  }

  numberOf(each: CaptureInterface): number {
    return this.#numbered.push(each) - 1;
  }

  /** The sequence number that the next stream begins with: far from those before, as on a real host. */
  nextSequence(): number {
    return Math.imul(++this.#streams, 0x9e37_79b1) >>> 0;
  }

  /** Whether packets are written at all. */
  get isWriting(): boolean {
    return !this.#ended && (this.#writer?.isOpen ?? false);
  }

  /**
   * Makes room for the block of a packet.
   *
   * @param captured bytes of the packet
   * @returns whether it is to be written
   */
  makeRoom(from: CaptureInterface, clock: CaptureClock, captured: number, comment: Uint8Array): boolean {
    if (this.#ended) return false;
    if (this.#writer === null && !this.#findReader()) return false;
    const bytes = PacketBlocks.sizeOf(captured, comment);
    if (this.#writer!.waiting > MOST_WAITING) {
      this.#writer!.flush();
      if (this.#writer!.waiting > MOST_WAITING) {
        from.drop();
        return false;
      }
    }
    if (this.#isFull(clock.now(), bytes) && !this.#goOn(clock)) return false;
    if (!this.blocks.hasRoom(bytes + 1024)) {
      this.flush();
      if (!this.isWriting) return false;
    }
    this.#written += bytes;
    this.#scheduleFlush();
    return true;
  }

  /** Adds a block that is no packet. */
  add(block: Uint8Array): void {
    if (!this.blocks.hasRoom(block.length)) this.flush();
    if (!this.isWriting) return;
    this.blocks.add(block);
    this.#written += block.length;
  }

  /** Says which name an address was found by, once in each section. */
  name(address: Uint8Array, name: string): void {
    if (!this.isWriting) return;
    const key = `${address.join('.')} ${name}`;
    if (this.#names.has(key) || this.#names.size >= MOST_NAMES) return;
    this.#names.add(key);
    this.add(nameResolution(address, name));
  }

  /** Writes what was gathered, and the secrets before it. */
  flush(): void {
    this.#flushDue = 0;
    const writer = this.#writer;
    if (writer === null || !writer.isOpen) return;
    if (this.#secrets !== '') {
      const block = decryptionSecrets(this.#secrets);
      this.#secrets = '';
      this.#written += block.length;
      this.#put(block);
    }
    if (this.blocks.length === 0) return writer.flush();
    this.#put(this.blocks.take());
    if (this.#open?.isFile === true && this.#looks() && this.#target.isGone(this.#open.descriptor)) {
      this.#end(
        `${this.#target.name} was removed, or another program has begun a capture of that name; ` +
          '%p in the name is the number of the process',
      );
    }
  }

  #begin(): void {
    this.#ended = false;
    this.#failure = null;
    const open = this.#target.open();
    if (open !== null) this.#beginSection(open);
    this.#stopAtExit = beforeExit(() => this.#close());
    // A program that waits in blocking calls leaves the event loop no turn.
    this.#stopBeforeSleep = beforeSleep(() => {
      if (this.#flushDue > 0) this.flush();
      return false;
    });
  }

  #beginSection(open: OpenTarget): void {
    this.#open = open;
    this.#writer = new DescriptorWriter(open.descriptor, open.isOwn, (cause, written) => this.#failed(cause, written));
    this.#written = open.size;
    this.#began = NaN;
    this.section++;
    this.#numbered = [];
    this.#names = new Set();
    this.blocks.take();
    const header = sectionHeader(
      `${os.type()} ${os.release()}`,
      `${programName()}, by ws2spi on Node.js ${process.version}`,
    );
    this.#put(header);
    this.#written += header.length;
  }

  /** Writes whole blocks. */
  #put(blocks: Uint8Array): void {
    this.#underWay = blocks;
    this.#writer!.write(blocks);
  }

  #isFull(now: number, bytes: number): boolean {
    if (Number.isNaN(this.#began)) this.#began = now;
    const { size, duration } = this.settings;
    return this.#written + bytes > size || now - this.#began >= duration;
  }

  /** Goes on with the next file of the ring, or ends. */
  #goOn(clock: CaptureClock): boolean {
    if (this.settings.files === 0) {
      this.#close();
      this.#ended = true;
      return false;
    }
    this.#closeWriter();
    try {
      this.#beginSection(this.#target.openNext());
    } catch (cause) {
      this.#end(`${this.#target.name} cannot be opened: ${(cause as Error).message}`);
      return false;
    }
    this.#began = clock.now();
    return true;
  }

  /** Whether somebody reads the pipe by now. */
  #findReader(): boolean {
    if (!this.#looks()) return false;
    try {
      const open = this.#target.open();
      if (open === null) return false;
      this.#beginSection(open);
      return true;
    } catch (cause) {
      this.#end(`${this.#target.name} cannot be opened: ${(cause as Error).message}`);
      return false;
    }
  }

  /** Whether it is time for a look at what lies outside. */
  #looks(): boolean {
    const now = performance.now();
    if (now - this.#lastLook < LOOK_EVERY) return false;
    this.#lastLook = now;
    return true;
  }

  #secret(line: string): void {
    if (this.#ended || this.#secrets.length > MOST_SECRETS) return;
    this.#secrets += `${line}\n`;
    this.#scheduleFlush();
  }

  /**
   * Has what is gathered written in a turn of the event loop that comes soon. What arrives tells a layer above its secrets
   * as it is taken in: they have one turn more to come before it.
   */
  #scheduleFlush(): void {
    if (this.#flushDue > 0) return;
    this.#flushDue = this.#keyLogs.size > 0 ? 2 : 1;
    this.#flushSoon();
  }

  /** Not by the reactor, whose turns are not to be others because of a capture. */
  #flushSoon(): void {
    setImmediate(() => {
      if (this.#flushDue === 0) return;
      if (--this.#flushDue > 0) this.#flushSoon();
      else this.flush();
    }).unref();
  }

  #failed(cause: NodeJS.ErrnoException, written: number): void {
    const open = this.#open;
    if (cause.code === 'EPIPE' && this.#target.isNamedPipe) {
      // Its reader has gone, and another one may come.
      this.#writer = null;
      this.#open = null;
      return;
    }
    if (open?.isFile === true) {
      this.#target.cut(open.descriptor, written - wholeBlocks(this.#underWay, written));
    }
    this.#end(`it cannot be written to ${this.#target.name}: ${cause.message}`);
  }

  /** Ends it for good, and says so once. */
  #end(reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#failure = reason;
    this.#close();
    const [user] = this.#users;
    user?.report({ message: `the capture ends here, and traffic goes on: ${reason}` });
  }

  #closeWriter(): void {
    if (this.#writer === null) return;
    for (const each of this.#numbered) {
      const { statistics } = each;
      if (statistics !== null) this.add(statistics);
    }
    this.flush();
    this.#writer?.close();
    this.#writer = null;
    this.#open = null;
  }

  #close(): void {
    this.#closeWriter();
    this.#stopAtExit?.();
    this.#stopBeforeSleep?.();
    this.#stopAtExit = this.#stopBeforeSleep = null;
  }
}

/** The name of the program that runs. */
export function programName(): string {
  return process.argv[1] === undefined ? 'node' : basename(process.argv[1]);
}

/** One way to write where it goes, however it was written. */
function placeOf(file: string): string {
  if (file === '-' || file.startsWith('pipe:')) return file;
  const path = resolve(file);
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}

function same(one: CaptureFileSettings, two: CaptureFileSettings): boolean {
  return one.files === two.files && one.size === two.size && one.duration === two.duration;
}
