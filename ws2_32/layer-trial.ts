// Whether a layer that is to be installed can be used: started over what its chains lie over, in a catalog of its own.
import { messageOf, shown } from '../spi/answers.js';
import {
  BOUND,
  distrustOfModule,
  findModule,
  MemoryCatalogStore,
  type CatalogData,
  type CatalogProtocol,
  type CatalogStore,
  type TrialFailure,
} from '../catalog/index.js';
import {
  INVALID_SOCKET,
  providerIdentifier,
  ref,
  SIO_GET_EXTENSION_FUNCTION_POINTER,
  SOCK_STREAM,
  WSA_FLAG_OVERLAPPED,
  WSAEINVAL,
  WSAEINVALIDPROCTABLE,
  WSAEINVALIDPROVIDER,
  WSAEPROVIDERFAILEDINIT,
  WSAID_ACCEPTEX,
  WSAID_CONNECTEX,
  WSAID_DISCONNECTEX,
  WSAID_TRANSMITFILE,
  WSAID_TRANSMITPACKETS,
  WSAID_WSARECVMSG,
  WSASYSCALLFAILURE,
  winsockErrorName,
  XP1_IFS_HANDLES,
  type Defect,
  type WSAPROTOCOL_INFOW,
} from '../spi/index.js';
import type { Ws2_32Options } from './instance-options.js';
import type { OptionFunctions, SocketFunctions, StartupFunctions } from './api/index.js';
import { createInstanceContainer, ProviderLoader } from './loading/index.js';

/** What a layer whose sockets have handles of their own must have (ws2spi.h: WSCInstallProviderAndChains). */
const NEEDED = {
  AcceptEx: WSAID_ACCEPTEX,
  ConnectEx: WSAID_CONNECTEX,
  DisconnectEx: WSAID_DISCONNECTEX,
  TransmitFile: WSAID_TRANSMITFILE,
  TransmitPackets: WSAID_TRANSMITPACKETS,
  WSARecvMsg: WSAID_WSARECVMSG,
};

// Errors of WSASocket that are a layer's own fault.
const FAULTS: ReadonlyMap<number, number> = new Map([
  [WSAEPROVIDERFAILEDINIT, WSASYSCALLFAILURE],
  [WSAEINVALIDPROVIDER, WSASYSCALLFAILURE],
  [WSAEINVALIDPROCTABLE, WSAEINVALIDPROCTABLE],
]);

/** An instance, as far as a trial needs one. */
export type TrialInstance = Pick<StartupFunctions, 'WSAStartup' | 'WSAGetLastError'> &
  Pick<SocketFunctions, 'WSASocket' | 'closesocket'> &
  Pick<OptionFunctions, 'WSAIoctl'> &
  Disposable & { on(event: 'defect', listener: (defect: Defect) => void): void };

/** What a trial showed. */
export interface TrialResult {
  /** Why the layer cannot be used; `null` when it can, or is not there yet, so that nothing can be said. */
  readonly failure: TrialFailure | null;
  /** Whether its module was there. */
  readonly found: boolean;
  /** The chains on which no socket could be opened, with the error, where that need not be the layer's fault. */
  readonly refused: readonly { readonly entry: WSAPROTOCOL_INFOW; readonly code: number }[];
}

/**
 * Tries a layer.
 *
 * @param create makes an instance
 * @param options what the trying instance was made from: the layer may need what is in its container
 * @param data a catalog in which the layer is installed; not changed
 * @param chains the layer's chains in it
 * @param file the catalog's file; `null` for one in memory
 */
export function tryLayer(
  create: (options: Ws2_32Options) => TrialInstance,
  options: Omit<Ws2_32Options, 'catalog' | 'base'>,
  data: CatalogData,
  chains: readonly CatalogProtocol[],
  file: string | null,
): TrialResult {
  const failed = (code: number, why: string): TrialResult => ({ failure: { code, why }, found: true, refused: [] });
  const { path } = chains[0]!;
  const trusting = options.trustCatalog === true;
  const { clock, random, network, platform } = options;
  const container = createInstanceContainer(options.container, { clock: clock!, random: random!, network, platform });
  if (path.startsWith(BOUND)) {
    const name = path.slice(BOUND.length);
    if (!container.isBound(providerIdentifier(name)) && !container.isBound(name)) {
      return { failure: null, found: false, refused: [] };
    }
  } else {
    let module: string;
    try {
      module = findModule(path, file);
    } catch {
      return { failure: null, found: false, refused: [] };
    }
    const doubt = trusting ? null : distrustOfModule(path, module, file);
    if (doubt !== null) {
      return failed(WSAEINVAL, `${doubt.fault}, and so decide which code runs; to mend it, ${doubt.cure}`);
    }
  }
  try {
    const { WSPStartup } = new ProviderLoader(container, file, trusting).load(path);
    if (typeof WSPStartup !== 'function') return failed(WSAEINVALIDPROCTABLE, 'it does not export WSPStartup');
  } catch (error) {
    return failed(WSASYSCALLFAILURE, `it cannot be loaded: ${messageOf(error) || shown(error)}`);
  }

  // What this very program permits is no matter.
  const { categories: _categories, ...members } = data;
  using ws2 = create({ ...options, catalog: inMemory(members as CatalogData, file) });
  const told: string[] = [];
  ws2.on('defect', ({ message, cause }) => {
    const reason = messageOf(cause);
    told.push(reason === '' ? message : `${message}: ${reason}`);
  });
  ws2.WSAStartup(0x0202, {});
  const refused: { entry: WSAPROTOCOL_INFOW; code: number }[] = [];
  const open = (entry: WSAPROTOCOL_INFOW): number => {
    const { iAddressFamily, iSocketType, iProtocol } = entry;
    return ws2.WSASocket(iAddressFamily, iSocketType, iProtocol, entry, 0, WSA_FLAG_OVERLAPPED);
  };
  // What does not work without the layer is not its fault.
  const worksWithout = ({ ProtocolChain }: WSAPROTOCOL_INFOW): boolean => {
    const below = data.protocols.find(({ entry }) => entry.dwCatalogEntryId === ProtocolChain.ChainEntries[1]);
    const s = below === undefined ? INVALID_SOCKET : open(below.entry);
    if (s === INVALID_SOCKET) return false;
    ws2.closesocket(s);
    return true;
  };
  for (const { entry } of chains) {
    told.length = 0;
    const s = open(entry);
    if (s === INVALID_SOCKET) {
      const code = ws2.WSAGetLastError();
      const fault = FAULTS.get(code);
      const why = told[0] ?? winsockErrorName(code) ?? `${code}`;
      if (fault !== undefined && worksWithout(entry)) return failed(fault, why);
      refused.push({ entry, code });
      continue;
    }
    const lacks = missingFunctions(ws2, s, entry);
    ws2.closesocket(s);
    if (lacks.length > 0) return failed(WSAEINVALIDPROCTABLE, `its sockets lack ${lacks.join(', ')}`);
  }
  return { failure: null, found: true, refused };
}

function missingFunctions(
  ws2: TrialInstance,
  s: number,
  { dwServiceFlags1, iSocketType }: WSAPROTOCOL_INFOW,
): string[] {
  if ((dwServiceFlags1 & XP1_IFS_HANDLES) !== 0 || iSocketType !== SOCK_STREAM) return [];
  return Object.entries(NEEDED).flatMap(([name, id]) => {
    const found = ref(null) as never;
    const error = ws2.WSAIoctl(s, SIO_GET_EXTENSION_FUNCTION_POINTER, id as never, 16, found, 4, ref(0), null, null);
    return error === 0 ? [] : [name];
  });
}

// Packages are looked for from the folder of the file, though this catalog is never saved.
function inMemory(data: CatalogData, file: string | null): CatalogStore {
  const store = new MemoryCatalogStore(data);
  return {
    path: file,
    problem: null,
    read: () => store.read(),
    update: (change) => store.update(change),
    reset: (fresh) => store.reset(fresh),
    serial: () => store.serial(),
    onChange: (listener) => store.onChange(listener),
  };
}
