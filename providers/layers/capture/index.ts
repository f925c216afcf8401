/**
 * The layer of captures: what passes its place in a chain is written to a pcapng file or a pipe, which Wireshark and its
 * like read. Connections are shown as TCP streams, with handshake, acknowledgements and ends, datagrams as UDP; several
 * places in one file are its interfaces.
 *
 * @module
 */
import { threadId } from 'node:worker_threads';
import {
  createLayerStartup,
  fillPassThroughTable,
  PassThroughProvider,
  type Layer,
  type LayerContext,
} from '../../../chain/index.js';
import {
  AF_INET,
  AF_INET6,
  SOCK_DGRAM,
  SOCK_STREAM,
  WSAEPROVIDERFAILEDINIT,
  type LPWSPSTARTUP,
  type WSPPROC_TABLE,
} from '../../../spi/index.js';
import { checkOptions, FLAG, numberThat, textThat, type OptionRule } from '../../../spi/option-check.js';
import { CapturePlace, type CaptureSettings } from './capture-place.js';
import { CapturingProvider } from './capturing-provider.js';

/** What a capture is written to, and what of the traffic. */
export interface CaptureOptions {
  /**
   * Where the capture goes: the path of a file, which is made anew and which its owner alone may read; that of a named pipe;
   * `-` for standard output; or `pipe:3` for an open descriptor. `%p` stands for the number of the process, `%t` for that of the thread.
   */
  readonly file: string;
  /** Whether it captures from the beginning; true if absent. `start` and `stop` change it. */
  readonly enabled?: boolean;
  /** The most bytes of a packet's contents that are kept, from 0, which keeps headers alone; all if absent. */
  readonly snaplen?: number;
  /** Whether secrets of TLS are written, with which what is encrypted can be read; false if absent. */
  readonly secrets?: boolean;
  /**
   * How many files there are at most, 2 to 99999: when one is full, the next begins, and the oldest is removed. Their names have a number
   * before the extension. One file if absent.
   */
  readonly files?: number;
  /** The most bytes of a file, 65536 or more; then the next one begins, or the capture ends. No limit if absent. */
  readonly size?: number;
  /** Milliseconds of the instance's clock after which the next file begins, or the capture ends. No limit if absent. */
  readonly duration?: number;
  /** The layer's name; `capture` if absent. */
  readonly name?: string;
}

const isWhole = (least: number, most: number) => (value: number) =>
  Number.isInteger(value) && value >= least && value <= most;

const RULES: Readonly<Record<keyof CaptureOptions, OptionRule>> = {
  file: textThat(
    (value) => value !== '' && !value.includes('\0') && (!value.startsWith('pipe:') || /^pipe:\d{1,9}$/.test(value)),
    "the path of a file or a named pipe, '-' for standard output, or 'pipe:' and the number of a descriptor",
  ),
  enabled: FLAG,
  snaplen: numberThat(isWhole(0, 0xffff), 'a whole number of bytes from 0 to 65535'),
  secrets: FLAG,
  files: numberThat(isWhole(2, 99_999), 'a whole number from 2 to 99999'),
  size: numberThat(isWhole(65_536, Number.MAX_SAFE_INTEGER), 'a whole number of bytes, 65536 or more'),
  duration: numberThat((value) => value > 0, 'a number of milliseconds above 0'),
  name: textThat((value) => value !== '' && value.length <= 128, 'a name of 1 to 128 characters'),
};

/** A layer that captures. */
export interface CaptureLayer extends Layer {
  /** Whether it captures, or will as soon as it is used. */
  readonly isCapturing: boolean;
  /**
   * Captures from now on. A file that this program has written before goes on.
   *
   * @throws Error when the file cannot be opened
   */
  start(): void;
  /** Captures no more, and writes what was gathered. */
  stop(): void;
  /** Writes what was gathered, as happens by itself at the end of each turn of the event loop. */
  flush(): void;
}

/**
 * Makes a layer that captures what passes it. It changes nothing of that.
 *
 * @param options where the capture goes, and what of the traffic
 * @throws TypeError for an option that there is not, or that cannot be so; it names the option and what it must be
 */
export function capture(options: CaptureOptions): CaptureLayer {
  checkOptions('capture', options, RULES);
  if (options?.file === undefined) {
    throw new TypeError("capture: `file` says where the capture goes: capture({ file: 'traffic.pcapng' })");
  }
  const { file, files = 0, size = Infinity, duration = Infinity, name = 'capture' } = options;
  if (files > 0 && size === Infinity && duration === Infinity) {
    throw new TypeError('capture: with `files`, `size` or `duration` says when the next one begins');
  }
  if (files > 0 && (file === '-' || file.startsWith('pipe:'))) {
    throw new TypeError('capture: `files` are of a file with a path: what is open already is one');
  }
  const { snaplen = Infinity, secrets = false, enabled = true } = options;
  const path = file.replaceAll('%p', String(process.pid)).replaceAll('%t', String(threadId));
  return new Capturing({ file: path, files, size, duration, name, snaplen, secrets }, enabled);
}

class Capturing implements CaptureLayer {
  readonly name: string;
  readonly version = '1.0.0';
  readonly ifs = true;
  readonly WSPStartup: LPWSPSTARTUP;
  readonly #places = new Set<CapturePlace>();
  #isOn: boolean;

  constructor(
    private readonly settings: CaptureSettings,
    enabled: boolean,
  ) {
    this.name = settings.name;
    this.#isOn = enabled;
    const startup = createLayerStartup('capture 1.0.0', (context, table) => this.#fill(context, table));
    this.WSPStartup = (version, data, protocolInfo, upcalls, table) => {
      try {
        return startup(version, data, protocolInfo, upcalls, table);
      } catch (cause) {
        if (!(cause instanceof CannotCapture)) throw cause;
        upcalls.host.report({ message: cause.message, cause: cause.cause, provider: settings.name });
        return WSAEPROVIDERFAILEDINIT;
      }
    };
  }

  get isCapturing(): boolean {
    return this.#isOn;
  }

  start(): void {
    for (const place of this.#places) this.#turnOn(place);
    this.#isOn = true;
  }

  stop(): void {
    this.#isOn = false;
    for (const place of this.#places) place.turnOff();
  }

  flush(): void {
    for (const place of this.#places) place.flush();
  }

  #fill(context: LayerContext, table: WSPPROC_TABLE): void {
    const { iAddressFamily, iSocketType } = context.chain;
    const isInternet = iAddressFamily === AF_INET || iAddressFamily === AF_INET6;
    if (!isInternet || (iSocketType !== SOCK_STREAM && iSocketType !== SOCK_DGRAM)) {
      // What has no addresses and ports has no packets that a program would know.
      fillPassThroughTable(new PassThroughProvider(context), context.lower, table);
      return;
    }
    const place = new CapturePlace(context, this.settings, iSocketType === SOCK_STREAM);
    if (this.#isOn) this.#turnOn(place);
    this.#places.add(place);
    const provider = new CapturingProvider(context, place, () => this.#places.delete(place));
    fillPassThroughTable(provider, context.lower, table);
  }

  #turnOn(place: CapturePlace): void {
    try {
      place.turnOn();
    } catch (cause) {
      throw new CannotCapture(this.settings, cause as Error);
    }
  }
}

/** The file cannot be opened. */
class CannotCapture extends Error {
  constructor({ name, file }: CaptureSettings, cause: Error) {
    super(`layer "${name}" cannot capture to ${file}: ${cause.message}`, { cause });
  }
}

/** The layer as a provider, for catalogs: it does not know where to, and starts nothing. */
export const WSPStartup: LPWSPSTARTUP = (_version, _data, _protocolInfo, upcalls) => {
  upcalls?.host.report({
    message:
      'the layer "capture" needs a file: install a module that says where the capture goes, with ' +
      "`import { capture } from 'ws2spi/providers/layers/capture'` and " +
      "`export const { WSPStartup } = capture({ file: '/tmp/traffic-%p.pcapng' })`",
    provider: 'capture',
  });
  return WSAEPROVIDERFAILEDINIT;
};
