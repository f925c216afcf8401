import {
  copyOfBytes,
  holdsBytes,
  SO_BROADCAST,
  SOL_SOCKET,
  WSAEACCES,
  WSAEADDRNOTAVAIL,
  WSAEAFNOSUPPORT,
  WSAEFAULT,
  WSAENETUNREACH,
} from '../../../spi/index.js';
import { type MemoryNetwork, type Binding } from '../network/index.js';
import { BROADCAST_4, isMulticast, parseEndpoint, type Endpoint } from '../wire/index.js';
import { carries } from './memory-core.js';
import { type SocketOptions } from './options.js';
/** Where the last datagram went, so that the next one to the same place need not ask again. */
export interface Route {
  readonly name: Uint8Array;
  readonly to: Endpoint;
  /** 0, or the negated code that sending there says. */
  readonly refusal: number;
  readonly source: Endpoint;
}

function beginsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  for (let at = 0; at < start.length; at++) if (bytes[at] !== start[at]) return false;
  return true;
}

const NO_NAME = new Uint8Array(0);
const NOWHERE: Endpoint = { stack: 4, host: '', port: 0, scope: 0 };

/** The ways of a datagram socket's datagrams. */
export class DatagramRoutes {
  #last: Route | null = null;

  constructor(
    private readonly network: MemoryNetwork,
    private readonly family: number,
    private readonly options: SocketOptions,
  ) {}

  /** Something has changed that the way remembered depends on. */
  forget(): void {
    this.#last = null;
  }

  /**
   * Looks for the way to a name.
   *
   * @param binding the socket's address
   * @param name where the datagram is to go
   */
  find(binding: Binding<object>, name: Uint8Array, namelen: number): Route {
    const known = this.#last;
    if (known !== null && known.name.length === namelen && beginsWith(name, known.name)) return known;
    if (!holdsBytes(name, namelen)) return { name: NO_NAME, to: NOWHERE, refusal: -WSAEFAULT, source: NOWHERE };
    const to = this.network.scoped(parseEndpoint(name));
    const { any, dual, endpoint } = binding;
    const source = any ? this.network.sourceFor(to, endpoint.port) : endpoint;
    let refusal = carries(to, this.family, this.options) ? this.network.route(to) : WSAENETUNREACH;
    if (to.port !== 0 && to.host === BROADCAST_4) {
      refusal = this.options.value(SOL_SOCKET, SO_BROADCAST) !== 0 ? 0 : WSAEACCES;
    } else if (to.port !== 0 && isMulticast(to)) {
      // Who the members are is found out as it arrives.
      refusal = 0;
    }
    if (refusal === 0 && to.stack !== endpoint.stack && !(any && dual)) refusal = WSAEADDRNOTAVAIL;
    if ((name[0]! | (name[1]! << 8)) !== this.family) refusal = WSAEAFNOSUPPORT;
    this.#last = { name: copyOfBytes(name, namelen), to, refusal: -refusal, source };
    return this.#last;
  }
}
