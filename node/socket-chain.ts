// The chain that one socket or server is on, and what went wrong there.
import type { BlockList } from 'node:net';
import { WSANOTINITIALISED, type Ws2_32 } from '../index.js';
import { blockedError, blockListHere, isBlocked } from './block-lists.js';
import { winsockErrorBehind, type HandleChain } from './handle/index.js';
import {
  checkedChainOptions,
  instanceOr,
  systemError,
  winsockErrorFor,
  type ChainChoice,
  type ChainError,
  type ChainOptions,
} from './instance/index.js';
import { ChainHandle, type HandleType } from './transfers/index.js';

/** An error of Node.js', as far as it is looked at here. */
type NodeError = NodeJS.ErrnoException & Partial<ChainError> & { errors?: unknown };

/** The chain that one socket or server opens its handles on. */
export class SocketChain implements HandleChain {
  readonly connectsAnew = true;
  readonly ws2: Ws2_32 | undefined;
  readonly chain: ChainChoice | undefined;
  readonly #blockList: BlockList | undefined;
  #refusal: ChainError | null = null;

  /** @param type what handles are called in the asynchronous context that they make */
  constructor(
    options: ChainOptions & { blockList?: BlockList | undefined },
    private readonly type: HandleType,
  ) {
    this.ws2 = options.ws2;
    this.chain = checkedChainOptions(options);
    this.#blockList = blockListHere(options.blockList);
  }

  /** The instance. @throws a ChainError when it was not started */
  get instance(): Ws2_32 {
    return instanceOr(this.ws2);
  }

  open(family: number): ChainHandle | ChainError {
    return this.#opened(() => ChainHandle.open(this.instance, this.chain, family, this.type));
  }

  openDatagrams(family: number): ChainHandle | ChainError {
    return this.#opened(() => ChainHandle.openDatagrams(this.instance, this.chain, family, this.type));
  }

  /** Whether there is a block list to be looked at here. */
  get blocks(): boolean {
    return this.#blockList !== undefined;
  }

  refuses(address: string): number {
    if (!isBlocked(this.#blockList, address)) return 0;
    this.#refusal = blockedError(address);
    return this.#refusal.wsaError;
  }

  /** The same socket or server, by options of its next connect. */
  with(options: ChainOptions & { blockList?: BlockList | undefined }): SocketChain {
    const { ws2 = this.ws2, chain = this.chain, blockList = this.#blockList } = options;
    return new SocketChain({ ws2, chain, blockList }, this.type);
  }

  #opened(open: () => ChainHandle | ChainError): ChainHandle | ChainError {
    let opened: ChainHandle | ChainError;
    try {
      opened = open();
    } catch (error) {
      opened = error as ChainError;
    }
    this.#refusal = opened instanceof Error ? opened : null;
    return opened;
  }

  /**
   * Makes an error of Node.js' one that tells WinSock's number too. Where the chain itself refused a socket, its own error takes
   * the place of the other, which has but a number.
   *
   * @returns the error; `undefined` for none, when the use of the instance ended meanwhile
   */
  explain(error: unknown): unknown {
    if (!(error instanceof Error)) return error;
    const failed = error as NodeError;
    if (Array.isArray(failed.errors)) {
      failed.errors = failed.errors.map((each) => this.explain(each));
      return failed;
    }
    if (typeof failed.errno !== 'number' || failed.syscall === undefined) return failed;
    const wsaError = failed.wsaError ?? winsockErrorBehind(failed.errno) ?? winsockErrorFor(failed.code ?? '');
    const refusal = this.#refusal;
    if (refusal?.wsaError === wsaError) return wsaError === WSANOTINITIALISED ? undefined : refusal;
    // Conditions that Node.js has no number for.
    if (failed.code === 'UNKNOWN') return systemError(wsaError, failed.syscall, failed.address, failed.port);
    failed.wsaError = wsaError;
    return failed;
  }
}
