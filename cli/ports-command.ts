import { statSync } from 'node:fs';
import { defaultCatalogPath } from '../catalog/index.js';
import {
  createWs2_32,
  ERROR_SHARING_VIOLATION,
  NO_ERROR,
  ref,
  winsockErrorName,
  winsockErrorText,
  type Ws2_32,
} from '../index.js';
import { systemConventions } from '../platform/systems.js';
import { FileKeeping, PortReservationStore, reservationsPath, ReservationProblem } from '../port-reservations/index.js';
import type { PortProtocol } from '../spi/index.js';
import { oneOfWords, readArguments, UsageError, type Command } from './command.js';
import { heading, style } from './style.js';

const ACTIONS = ['list', 'reserve', 'release', 'lookup'] as const;

const OPTIONS = {
  udp: { type: 'boolean' },
  system: { type: 'boolean' },
  catalog: { type: 'string' },
  json: { type: 'boolean' },
} as const;

const HELP = `Usage: ws2spi ports <action> [options]

  list                    the blocks of ports that are reserved, and those that sockets have acquired; with --udp of UDP alone
  reserve FIRST [COUNT]   reserves a block until it is released; FIRST-LAST will do
  release FIRST [COUNT]   gives it up
  lookup FIRST [COUNT]    finds its token, which SIO_ASSOCIATE_PORT_RESERVATION takes: another one after every start of the
                          system

Options:
  --udp              ports of UDP, not of TCP
  --system           for reserve: has the system itself leave the ports alone when it gives ports to programs, until the block
                     is released or the system restarts; for root alone. For a block that is reserved already it will do too
  --catalog <path>   the catalog beside which the reservations lie; by default $WS2SPI_CATALOG, else ws2spi/catalog.json in
                     your state directory
  --json             prints JSON
  -h, --help         this text

Without --system a block is kept free by programs that use ws2spi with this catalog, and by no others.
Exit codes: 0 done or found, 1 failed or not found, 2 used wrongly.`;

type Values = ReturnType<typeof readArguments<typeof OPTIONS>>['values'];

/** What an action works on. */
interface Session {
  readonly ws2: Ws2_32;
  readonly store: PortReservationStore;
  readonly protocol: PortProtocol;
  readonly values: Values;
}

/** A block as it was given. */
interface Block {
  readonly first: number;
  readonly count: number;
}

/** Shows and changes the reservations of ports. */
export const portsCommand: Command = {
  name: 'ports',
  summary: 'lists, reserves and releases blocks of ports',
  help: HELP,
  options: OPTIONS,
  words: ACTIONS,
  values: { catalog: 'file' },
  async run(args) {
    const { values, positionals } = readArguments('ports', args, OPTIONS);
    const [action, ...words] = positionals;
    if (action === undefined) throw new UsageError(`ports takes an action: one of ${ACTIONS.join(', ')}`);
    const known = ACTIONS.find((each) => each === action);
    if (known === undefined) {
      throw new UsageError(
        `ports has no action "${action}"; it takes one of ${ACTIONS.join(', ')}${oneOfWords(ACTIONS, action)}`,
      );
    }
    if (values.catalog === '') throw new UsageError('--catalog needs the path of a file');
    if (values.system === true && known !== 'reserve') throw new UsageError('--system is for reserve alone');
    if (known === 'list' && words.length > 0) throw new UsageError(`list takes no port, not "${words.join(' ')}"`);
    const block = known === 'list' ? null : blockOf(known, words);
    const catalog = values.catalog ?? defaultCatalogPath();
    if (isFolder(catalog)) throw new UsageError(`${catalog} is a folder: --catalog takes the path of a file`);
    const store = new PortReservationStore(new FileKeeping(reservationsPath(catalog)));
    using ws2 = createWs2_32({ catalog });
    // The message of a call that fails is told by the action.
    ws2.on('defect', () => undefined);
    const session: Session = { ws2, store, protocol: values.udp === true ? 'udp' : 'tcp', values };
    try {
      return block === null ? list(session) : CARRIED_OUT[known as Exclude<typeof known, 'list'>](session, block);
    } catch (error) {
      if (!(error instanceof ReservationProblem)) throw error;
      return failed(session, error.code, error.message);
    } finally {
      store.close();
    }
  },
};

const CARRIED_OUT = { reserve, release, lookup } as const;

function blockOf(action: string, [first, count, ...rest]: readonly string[]): Block {
  const range = /^(\d+)-(\d+)$/.exec(first ?? '');
  if (first === undefined || rest.length > 0 || (range !== null && count !== undefined)) {
    throw new UsageError(`${action} takes the first port and how many: ws2spi ports ${action} 5000 20, or 5000-5019`);
  }
  const number = (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= 1 && value <= 65_535) return value;
    throw new UsageError(`a port, and a number of them, is from 1 to 65535, not "${text}"`);
  };
  if (range === null) return { first: number(first), count: count === undefined ? 1 : number(count) };
  const [from, to] = [number(range[1]!), number(range[2]!)];
  if (to < from) throw new UsageError(`${first} is no range: write the lower port first`);
  return { first: from, count: to - from + 1 };
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function list({ store, values }: Session): number {
  const { first, last } = systemConventions().ports.automatic();
  const blocks = store
    .list()
    .filter(({ block }) => values.udp !== true || block.protocol === 'udp')
    .map(({ block, sharedWithSystem }) => ({
      protocol: block.protocol,
      first: block.first,
      last: block.first + block.count - 1,
      count: block.count,
      token: `${block.token}`,
      persistent: block.holder === null,
      process: block.holder === null ? null : block.holder.pid,
      system: sharedWithSystem,
      automatic: block.first <= last && block.first + block.count > first,
    }));
  if (values.json === true) {
    console.log(JSON.stringify({ path: store.path, automatic: { first, last }, reservations: blocks }, undefined, 2));
    return 0;
  }
  console.log(heading(`${store.path}`));
  if (blocks.length === 0) console.log('no ports are reserved');
  for (const block of blocks) {
    const until = block.persistent ? 'until it is released' : `while a socket of process ${block.process} lives`;
    const shared = block.system ? ', and the system leaves it alone' : '';
    console.log(
      `${block.protocol}  ${`${block.first}-${block.last}`.padEnd(11)}  ${block.token.padEnd(20)}  ${until}${shared}`,
    );
  }
  return 0;
}

function reserve(session: Session, block: Block): number {
  const { ws2, protocol, values, store } = session;
  const token = ref(0n);
  const { create, find, remove } = functionsOf(ws2, protocol);
  const start = ws2.htons(block.first);
  const code = create(start, block.count, token);
  const made = code === NO_ERROR;
  const wasThere = code === ERROR_SHARING_VIOLATION && values.system === true && find(start, block.count, token) === 0;
  if (!made && !wasThere) return failed(session, code);
  if (values.system === true) {
    const refused = store.shareWithSystem(protocol, block.first, block.count);
    if (refused !== NO_ERROR) {
      const why = store.problem?.message;
      if (made) remove(start, block.count);
      return failed(session, refused, why);
    }
  }
  done(session, block, token.value, 'are reserved');
  const { first, last } = systemConventions().ports.automatic();
  if (values.system !== true && values.json !== true && block.first <= last && block.first + block.count > first) {
    const note = `The system gives ports from ${first} to ${last} to any program: reserve with --system, as root, and it leaves these alone.`;
    console.error(style('yellow', note, process.stderr));
  }
  return 0;
}

function release(session: Session, block: Block): number {
  const { ws2, protocol } = session;
  const code = functionsOf(ws2, protocol).remove(ws2.htons(block.first), block.count);
  return code === NO_ERROR ? done(session, block, null, 'are free again') : failed(session, code);
}

function lookup(session: Session, block: Block): number {
  const { ws2, protocol } = session;
  const token = ref(0n);
  const code = functionsOf(ws2, protocol).find(ws2.htons(block.first), block.count, token);
  return code === NO_ERROR ? done(session, block, token.value, 'are reserved') : failed(session, code);
}

function functionsOf(ws2: Ws2_32, protocol: PortProtocol) {
  return protocol === 'tcp'
    ? {
        create: ws2.CreatePersistentTcpPortReservation,
        find: ws2.LookupPersistentTcpPortReservation,
        remove: ws2.DeletePersistentTcpPortReservation,
      }
    : {
        create: ws2.CreatePersistentUdpPortReservation,
        find: ws2.LookupPersistentUdpPortReservation,
        remove: ws2.DeletePersistentUdpPortReservation,
      };
}

function done(
  { protocol, values, store }: Session,
  { first, count }: Block,
  token: bigint | null,
  what: string,
): number {
  const last = first + count - 1;
  if (values.json === true) {
    const found = token === null ? {} : { token: `${token}` };
    console.log(
      JSON.stringify({ path: store.path, protocol, first, last, count, ...found, system: values.system === true }),
    );
    return 0;
  }
  console.log(`the ${protocol} ports ${first}-${last} ${what}${token === null ? '' : `; token ${token}`}`);
  return 0;
}

function failed({ ws2, values, store }: Session, code: number, why = ws2.lastProblem()?.message): number {
  // The functions' errors are Win32's, of which WinSock has some by names of its own.
  const error = `${winsockErrorName(code).replace(/^WSA_/, 'ERROR_')}: ${why ?? winsockErrorText(code) ?? ''}`;
  if (values.json === true) console.log(JSON.stringify({ path: store.path, code, error }));
  else console.error(style('red', error, process.stderr));
  return 1;
}
