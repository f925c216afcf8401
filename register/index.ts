/**
 * `node --import ws2spi/register app.js` puts the TCP and UDP sockets of a program, and the names that it looks up, on a protocol
 * chain: the one that `WS2SPI_CHAIN` names, else the one that the catalog gives. The program is not changed.
 *
 * @module
 */
import { writeSync } from 'node:fs';
import { AF_INET, AF_INET6, type Ws2_32 } from '../index.js';
import { putOnChain } from '../node/handle/index.js';
import { defaultInstance, resolveChain, type ChainChoice, type ChainError } from '../node/instance/index.js';
import { ChainHandle } from '../node/transfers/index.js';
import { lookUpByInstance } from './look-ups.js';

const chain = chosenChain(process.env['WS2SPI_CHAIN']);
const told = new Set<string>();

/**
 * What `WS2SPI_CHAIN` names: entries by their numbers or their protocols' names, with `;` between them; `undefined` for what the
 * catalog gives.
 */
function chosenChain(text: string | undefined): ChainChoice | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  return text.split(';').map((each) => (/^\s*\d+\s*$/.test(each) ? Number(each) : each.trim()));
}

/** Ends the program before it opens a socket that is not on the chain. */
function refuse(error: unknown): never {
  writeSync(2, `ws2spi/register: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

/** `net` has but a number for an error: what it means is said once. */
function tell(error: ChainError): ChainError {
  if (!told.has(error.message)) {
    told.add(error.message);
    process.emitWarning(error.message, 'Ws2spiChain');
  }
  return error;
}

/** The instance of this thread, made when it is needed. */
function instance(): Ws2_32 | ChainError {
  try {
    return defaultInstance();
  } catch (error) {
    return error as ChainError;
  }
}

function onChain(open: (ws2: Ws2_32) => ChainHandle | ChainError): ChainHandle | ChainError {
  const ws2 = instance();
  if (ws2 instanceof Error) return tell(ws2);
  const handle = open(ws2);
  return handle instanceof Error ? tell(handle) : handle;
}

function checkChain(): void {
  if (chain === undefined) return;
  const ws2 = instance();
  if (ws2 instanceof Error) refuse(ws2);
  const entries = [AF_INET, AF_INET6].map((family) => resolveChain(ws2, chain, family));
  const [refusal] = entries;
  if (entries.every((entry) => entry instanceof Error)) refuse(refusal);
}

try {
  putOnChain({
    open: (family) => onChain((ws2) => ChainHandle.open(ws2, chain, family, 'TCPWRAP')),
    openDatagrams: (family) => onChain((ws2) => ChainHandle.openDatagrams(ws2, chain, family, 'UDPWRAP')),
  });
  lookUpByInstance(instance, chain);
} catch (error) {
  refuse(error);
}
checkChain();
