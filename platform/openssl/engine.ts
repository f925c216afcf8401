// OpenSSL as one thread uses it.
import { isMainThread } from 'node:worker_threads';
import { koffi } from '../koffi.js';
import { pinMemory, writeWord } from '../native-memory.js';
import { bindOpenSsl, type Library, type OpenSslFunctions, type Pointer } from './functions.js';

const BIO_CTRL_RESET = 1;
const BIO_C_SET_BUF_MEM_EOF_RETURN = 130;
const BIO_CTRL_PENDING = 10;

/** Bytes of a record's plain text at most, and so of one read. */
export const RECORD = 16 * 1024;
/** Bytes of the scratch: a record with all that belongs to it. */
const SCRATCH = RECORD + 1024;
/** Up to so many bytes are copied to where their address is known; more are handed over as they are. */
const COPIED = 4096;

/** What frees each kind of object. */
export type Freed = 'SSL_CTX_free' | 'SSL_free' | 'SSL_SESSION_free' | 'X509_STORE_free' | 'BIO_free';

type Hook = (env: number, free: number, object: number) => number;

/**
 * OpenSSL of one thread: its functions, and the memory that all connections of the thread share. All calls are
 * synchronous, and each leaves both BIOs empty: what is in them is one connection's, within one call of it.
 */
export class OpenSsl {
  readonly functions: OpenSslFunctions;
  readonly #library: Library;
  /** Where connections read from, and write to. */
  readonly input: Pointer;
  readonly output: Pointer;
  /** Whose call it is, and whether bytes of it may be left in either. */
  #turnOf: object | null = null;
  #inputUsed = false;
  #outputUsed = false;
  readonly scratch = pinMemory(SCRATCH);
  /** Two words, for what is returned by pointer. */
  readonly words = pinMemory(16);
  /** Lines of secrets that came in a call. */
  #secrets: string[] = [];
  #keyLogCallback: Pointer = 0;
  #alpnCallback: Pointer = 0;
  #lenientCallback: Pointer = 0;
  /** What of OpenSSL a worker has is freed with it, by hooks of Node.js: no JavaScript runs any more then. */
  readonly #hooks: { readonly add: Hook; readonly remove: Hook; readonly env: number } | null;
  readonly #frees = new Map<Freed, number>();

  /** @throws Error that says what to do, where Node.js does not export its OpenSSL */
  constructor() {
    const { functions, library } = bindOpenSsl();
    this.functions = functions;
    this.#library = library;
    this.#hooks = isMainThread ? null : hooksOf(library);
    const bio = (): Pointer => {
      const made = this.own('BIO_free', functions.BIO_new(functions.BIO_s_mem()));
      // An empty one is to be waited for, and not at its end.
      functions.BIO_ctrl(made, BIO_C_SET_BUF_MEM_EOF_RETURN, -1, 0);
      return made;
    };
    this.input = bio();
    this.output = bio();
  }

  /**
   * Takes note of an object that is freed by `free` alone, or with the thread.
   *
   * @throws Error when there is none: there was no memory
   */
  own(kind: Freed, object: Pointer): Pointer {
    if (object === 0) throw new Error(`OpenSSL has no memory for another object (${kind.replace(/_free$/, '')})`);
    if (this.#hooks !== null) this.#hooks.add(this.#hooks.env, this.#freeOf(kind), object);
    return object;
  }

  /** Frees an object that was noted. */
  free(kind: Freed, object: Pointer): void {
    if (this.#hooks !== null) this.#hooks.remove(this.#hooks.env, this.#freeOf(kind), object);
    this.functions[kind](object);
  }

  #freeOf(kind: Freed): number {
    let address = this.#frees.get(kind);
    if (address === undefined) this.#frees.set(kind, (address = Number(this.#library.symbol(kind))));
    return address;
  }

  // — What goes in and comes out —

  /**
   * Begins a call of a connection: nothing is left of another's, nor of an earlier one's.
   *
   * @param connection whose call it is
   */
  begin(connection: object): void {
    const { functions } = this;
    if (this.#inputUsed) functions.BIO_ctrl(this.input, BIO_CTRL_RESET, 0, 0);
    if (this.#outputUsed) functions.BIO_ctrl(this.output, BIO_CTRL_RESET, 0, 0);
    this.#inputUsed = false;
    this.#outputUsed = true;
    this.#turnOf = connection;
  }

  /** Something may be written from now on, until it is taken. */
  mayWrite(): void {
    this.#outputUsed = true;
  }

  /** Whether the call that began last is this connection's. */
  isTurnOf(connection: object): boolean {
    return this.#turnOf === connection;
  }

  /** Puts bytes where a connection reads them: a plain array, as the caller has seen. */
  put(bytes: Uint8Array): void {
    const { length } = bytes;
    const { functions, input } = this;
    this.#inputUsed = true;
    if (length <= COPIED) {
      this.scratch.bytes.set(bytes);
      functions.BIO_write(input, this.scratch.address, length);
    } else functions.BIO_writeBytes(input, bytes, length);
  }

  /** All that was put in has been read, and nothing was written for it. */
  settled(): void {
    this.#inputUsed = false;
    this.#outputUsed = false;
  }

  /** All that was put in has been read. */
  emptied(): void {
    this.#inputUsed = false;
  }

  /**
   * Takes what a connection has written.
   *
   * @param little whether it is most likely less than some thousand bytes
   * @returns the bytes, the caller's own; `null` for none
   */
  takeOutput(little: boolean): Uint8Array | null {
    if (!this.#outputUsed) return null;
    const { functions, output, scratch } = this;
    let read = 0;
    if (little) {
      read = functions.BIO_read(output, scratch.address, COPIED);
      if (read < COPIED) {
        this.#outputUsed = false;
        return read <= 0 ? null : scratch.bytes.slice(0, read);
      }
    }
    const pending = functions.BIO_ctrl(output, BIO_CTRL_PENDING, 0, 0);
    const bytes = allocate(read + pending);
    if (read > 0) bytes.set(scratch.bytes.subarray(0, read));
    if (pending > 0) {
      const rest = read === 0 ? bytes : bytes.subarray(read);
      if (functions.BIO_readBytes(output, rest, pending) !== pending)
        throw new Error('OpenSSL gave back less than it had');
    }
    this.#outputUsed = false;
    return bytes.length === 0 ? null : bytes;
  }

  // — Texts —

  /** Copies a text to the scratch, in UTF-8 and with a zero behind it. Returns its length; -1 for one too long. */
  putText(text: string): number {
    const { bytes } = this.scratch;
    const { read, written } = new TextEncoder().encodeInto(text, bytes.subarray(0, SCRATCH - 1));
    if (read !== text.length) return -1;
    bytes[written] = 0;
    return written;
  }

  /** Reads memory of OpenSSL's own, which must be there: a copy. */
  copyOf(address: Pointer, length: number): Uint8Array {
    if (address === 0 || length <= 0) return new Uint8Array(0);
    // By a BIO: it copies from where a number says.
    const { functions } = this;
    const bytes = new Uint8Array(length);
    this.begin(this);
    functions.BIO_write(this.output, address, length);
    const read = functions.BIO_readBytes(this.output, bytes, length);
    this.#outputUsed = false;
    return read === length ? bytes : new Uint8Array(0);
  }

  /** A pointer that a function wrote to `words`. */
  get firstWord(): Pointer {
    return this.words.view.getUint32(0, true) + this.words.view.getUint32(4, true) * 0x1_0000_0000;
  }

  /** Puts a pointer where a function reads, and moves, it. */
  putFirstWord(value: Pointer): void {
    writeWord(this.words.ints, 0, value);
  }

  /** Empties the thread's queue of errors: Node.js' own functions look there too. Returns the codes, oldest first. */
  takeErrors(): number[] {
    const codes: number[] = [];
    for (let code = this.functions.ERR_get_error(); code !== 0; code = this.functions.ERR_get_error()) codes.push(code);
    return codes;
  }

  /** What an error of the queue means; without the text where there is none. */
  reasonOf(code: number): string {
    return this.functions.ERR_reason_error_string(code) ?? `OpenSSL's error ${code.toString(16)}`;
  }

  // — What OpenSSL calls —

  /** What takes lines of secrets. */
  get keyLogCallback(): Pointer {
    if (this.#keyLogCallback === 0) {
      this.#keyLogCallback = register('void ws2spi_keylog(intptr_t, const char *)', (_ssl: number, line: string) => {
        this.#secrets.push(line);
      });
    }
    return this.#keyLogCallback;
  }

  /** Whether lines of secrets have come. */
  get hasSecrets(): boolean {
    return this.#secrets.length > 0;
  }

  /** Takes the lines of secrets that have come. */
  takeSecrets(): readonly string[] {
    const lines = this.#secrets;
    this.#secrets = [];
    return lines;
  }

  /** What chooses a protocol of those that a client offers; its argument is the address of a length and a list. */
  get alpnCallback(): Pointer {
    if (this.#alpnCallback === 0) {
      const { functions } = this;
      const [NEGOTIATED, OK, FATAL] = [1, 0, 2];
      const ffi = koffi();
      this.#alpnCallback = register(
        'int ws2spi_alpn(intptr_t, intptr_t, intptr_t, intptr_t, unsigned int, intptr_t)',
        (_ssl: number, chosen: number, size: number, theirs: number, theirLength: number, own: number) => {
          const ownLength = ffi.decode(BigInt(own), 'uint32') as number;
          const how = functions.SSL_select_next_proto(chosen, size, own + 4, ownLength, theirs, theirLength);
          return how === NEGOTIATED ? OK : FATAL;
        },
      );
    }
    return this.#alpnCallback;
  }

  /** What goes on whatever a certificate looks like. */
  get lenientCallback(): Pointer {
    if (this.#lenientCallback === 0) {
      this.#lenientCallback = register('int ws2spi_verify(int, intptr_t)', () => 1);
    }
    return this.#lenientCallback;
  }
}

function register(declaration: string, callback: (...values: never[]) => unknown): Pointer {
  const ffi = koffi();
  return Number(ffi.register(callback as never, ffi.pointer(ffi.proto(declaration))));
}

function hooksOf(library: Library): { readonly add: Hook; readonly remove: Hook; readonly env: number } {
  return {
    add: library.func('int napi_add_env_cleanup_hook(intptr_t, intptr_t, intptr_t)') as Hook,
    remove: library.func('int napi_remove_env_cleanup_hook(intptr_t, intptr_t, intptr_t)') as Hook,
    env: Number(koffi().node.env),
  };
}

/** Memory that is about to be written: zeroing it first would cost as much again. */
export function allocate(size: number): Uint8Array {
  return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer);
}

let engine: OpenSsl | null = null;

/**
 * OpenSSL for this thread; binds it at the first call.
 *
 * @throws Error that says what to do, where Node.js does not export its OpenSSL
 */
export function openSsl(): OpenSsl {
  engine ??= new OpenSsl();
  return engine;
}
