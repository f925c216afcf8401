// The layers that `WS2SPI_LAYERS` names, stacked over what the chain or the catalog gives.
import { AF_INET, AF_INET6, INSTANCE, SOCK_DGRAM, SOCK_STREAM, WSAESOCKTNOSUPPORT, type Ws2_32 } from '../index.js';
import type * as Chain from '../chain/index.js';
import { loadPart } from '../host/load-part.js';
import type * as LayerTexts from '../layer-text/index.js';
import type { NamedLayer } from '../layer-text/index.js';
import { resolveChain, systemError, type ChainChoice, type ChainError } from '../node/instance/index.js';
import type { WSAPROTOCOL_INFOW } from '../spi/index.js';

/** Which entries sockets are opened on. */
export interface ChosenChain {
  /** For connections and listeners; `undefined` for what the catalog gives. */
  readonly streams: ChainChoice | undefined;
  /** For datagrams; an error where a layer has none. */
  readonly datagrams: ChainChoice | undefined | ChainError;
}

/**
 * Makes the layers that the environment names; the parts that make them are loaded only if it names some.
 *
 * @param value what `WS2SPI_LAYERS` is
 * @throws Error that says which layer or option is wrong
 */
export function layersOf(value: string | undefined): readonly NamedLayer[] {
  if (value === undefined || value.trim() === '') return [];
  const { makeNamedLayer, readLayerTexts } = loadPart<typeof LayerTexts>(import.meta.url, '../layer-text/index.js');
  try {
    return readLayerTexts(value).map((text) => makeNamedLayer(text));
  } catch (error) {
    throw new Error(`WS2SPI_LAYERS: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Stacks layers over what a choice gives, for an instance.
 *
 * @param layers the layers, the outermost first; at least one
 * @param chain what they are stacked over; `undefined` for what the catalog gives
 * @throws Error that says why they cannot be stacked
 */
export function stackLayers(ws2: Ws2_32, layers: readonly NamedLayer[], chain: ChainChoice | undefined): ChosenChain {
  const streams = basesOf(ws2, chain, SOCK_STREAM);
  if (streams instanceof Error) throw streams;
  const over = stackOver(ws2, layers, streams);
  const refusing = layers.find(({ datagrams }) => datagrams === 'refused');
  if (refusing !== undefined) return { streams: over, datagrams: noDatagrams(refusing) };
  const bases = basesOf(ws2, chain, SOCK_DGRAM);
  if (bases instanceof Error) return { streams: over, datagrams: bases };
  const carrying = layers.filter(({ datagrams }) => datagrams === 'carried');
  return { streams: over, datagrams: carrying.length === 0 ? bases : stackOver(ws2, carrying, bases) };
}

function stackOver(
  ws2: Ws2_32,
  layers: readonly NamedLayer[],
  over: readonly WSAPROTOCOL_INFOW[],
): WSAPROTOCOL_INFOW[] {
  const { stack } = loadPart<typeof Chain>(import.meta.url, '../chain/index.js');
  // Name spaces ask over them too. Where names go to a proxy, the proxy's own name alone is asked for, which cannot go by way of it.
  const first = !layers.some(({ takesNames }) => takesNames);
  return stack(
    ws2,
    layers.map(({ layer }) => layer),
    { over, first },
  );
}

/** The entries of both families that sockets of a type would be opened on. */
export function basesOf(ws2: Ws2_32, chain: ChainChoice | undefined, type: number): WSAPROTOCOL_INFOW[] | ChainError {
  const found: WSAPROTOCOL_INFOW[] = [];
  let refusal: ChainError | null = null;
  for (const family of [AF_INET, AF_INET6]) {
    const entry = resolveChain(ws2, chain, family, type) ?? firstOf(ws2, family, type);
    if (entry instanceof Error) refusal ??= entry;
    else if (entry !== undefined) found.push(entry);
  }
  if (found.length > 0) return found;
  return refusal ?? systemError(WSAESOCKTNOSUPPORT, 'socket');
}

/** What the catalog gives for a family and a type. */
function firstOf(ws2: Ws2_32, family: number, type: number): WSAPROTOCOL_INFOW | undefined {
  return ws2[INSTANCE].providerHost
    .catalogEntries()
    .find(
      ({ iAddressFamily, iSocketType, ProtocolChain }) =>
        iAddressFamily === family && iSocketType === type && ProtocolChain.ChainLen > 0,
    );
}

function noDatagrams({ name }: NamedLayer): ChainError {
  const error = systemError(WSAESOCKTNOSUPPORT, 'socket');
  error.message = `socket ${error.code}: the layer ${name} carries no datagrams, and nothing goes around it`;
  return error;
}
