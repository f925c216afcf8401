import {
  INSTANCE,
  seededRandom,
  SIO_LAYER_TRAFFIC,
  type LPWSPSTARTUP,
  type RandomSource,
  type SOCKET,
  type WSAPROTOCOL_INFOW,
  type Ws2_32,
} from '../index.js';
import { kindOf } from '../spi/answers.js';
import { checkOptions, numberThat, type OptionRule } from '../spi/option-check.js';
import { createTestInstance, type TestInstance } from './instance.js';
import { connectedPair, type ConnectedPair } from './pair.js';
import { drip, firehose } from './pieces.js';
import { CutWire, overSlowWire } from './slow-wire.js';
import { IO_MODELS, Transfer, type IoModel } from './transfer.js';

/** What `verifyCodec` needs of a layer; what `defineLayer` returns has it. */
export interface LayerUnderTest {
  readonly name: string;
  readonly WSPStartup: LPWSPSTARTUP;
}

/** How thoroughly a codec is verified; everything may be left out. */
export interface VerifyCodecOptions {
  /** Where the first round's bytes come from, 1 if absent; the next round takes the next number. */
  readonly seed?: number;
  /** How many bytes each direction carries, 2000 if absent. */
  readonly bytes?: number;
  /** How many rounds, with other bytes each, 2 if absent. */
  readonly rounds?: number;
  /**
   * At how many places, one at a time, what each end receives below the layer is cut in two: at every one if there are no more,
   * else at the first ones and at others all along. 60 if absent; `Infinity` for every one, 0 for none.
   */
  readonly splits?: number;
}

const RULES: Readonly<Record<keyof VerifyCodecOptions, OptionRule>> = {
  seed: numberThat(Number.isInteger, 'a whole number'),
  bytes: numberThat((value) => Number.isInteger(value) && value >= 0, 'a whole number of bytes'),
  rounds: numberThat((value) => Number.isInteger(value) && value > 0, 'a whole number, 1 or more'),
  splits: numberThat(
    (value) => value === Infinity || (Number.isInteger(value) && value >= 0),
    'a whole number, or Infinity',
  ),
};

/** How bytes reach the codec. */
interface Pace {
  readonly name: string;
  readonly cut: (bytes: Uint8Array) => Uint8Array[];
  /** Whether the layer gets what comes from below one byte at a time, or cut in two. */
  readonly slowWire: boolean | CutWire;
  /** How much the application receives at once. */
  readonly room: number;
}

const PACES: readonly Pace[] = [
  { name: 'all at once', cut: firehose, slowWire: false, room: 64 * 1024 },
  { name: 'all at once, drop by drop on the wire', cut: firehose, slowWire: true, room: 64 * 1024 },
  { name: 'drop by drop', cut: (bytes) => drip(bytes), slowWire: true, room: 7 },
];

/** Bytes that each end sends where what comes of them is cut in two. */
const SPLIT_BYTES = 50;

const DIRECTIONS = ['client to server', 'server to client', 'both directions'] as const;

/**
 * Verifies that a layer hands on the bytes that it is given, however they come: the same bytes are sent drop by drop
 * and all at once, in each direction and in both, by blocking calls, by non-blocking calls and `select`, by event
 * objects and overlapped; each stream is ended by `shutdown`, and must end on the other side. Then a few bytes are carried again and
 * again, and what comes from below is cut in two at another place each time. Time is virtual, and chance seeded.
 *
 * @param layer the layer, as `defineLayer` makes it; anything whose two ends undo each other
 * @param options seed, number of bytes, number of rounds
 * @throws TypeError for what is not a layer; Error telling the round, its seed, the I/O model, the pace, the direction and the first difference; or what
 *   the layer did besides: a call that failed, a stream that never ended, a defect
 */
export function verifyCodec(layer: LayerUnderTest, options: VerifyCodecOptions = {}): void {
  checkLayer(layer);
  checkOptions('verifyCodec', options, RULES);
  const { seed = 1, bytes = 2000, rounds = 2, splits = 60 } = options;
  for (let round = 0; round < rounds; round++) {
    const random = seededRandom(seed + round);
    const payload = randomPayload(random, bytes);
    const answer = randomPayload(random, bytes);
    for (const pace of PACES) {
      for (const [model, carry] of Object.entries(IO_MODELS)) {
        for (const direction of DIRECTIONS) {
          try {
            verifyOnce(layer, seed + round, pace, carry, direction, payload, answer);
          } catch (cause) {
            const where = `round ${round + 1}, seed ${seed + round}, ${model}, ${pace.name}, ${direction}`;
            throw new Error(`verifyCodec: layer "${layer.name}": ${where}: ${messageOf(cause)}`, { cause });
          }
        }
      }
    }
  }
  if (splits > 0) verifySplits(layer, seed, splits);
}

function checkLayer(layer: unknown): void {
  const { name, WSPStartup } = (layer ?? {}) as Partial<LayerUnderTest>;
  if (typeof name === 'string' && typeof WSPStartup === 'function') return;
  const call = typeof layer === 'function' ? ': call it, if it makes one' : '';
  throw new TypeError(
    `verifyCodec: the first argument is a layer, as defineLayer returns it, not ${kindOf(layer)}${call}`,
  );
}

/** Cuts what comes from below in two: everywhere, or at so many places. */
function verifySplits(layer: LayerUnderTest, seed: number, most: number): void {
  const random = seededRandom(seed);
  const payload = randomPayload(random, SPLIT_BYTES);
  const answer = randomPayload(random, SPLIT_BYTES);
  const carry = IO_MODELS['non-blocking with select']!;
  const once = (at: number): number => {
    const wire = new CutWire(at);
    const pace: Pace = { name: 'cut', cut: firehose, slowWire: wire, room: 64 * 1024 };
    try {
      verifyOnce(layer, seed, pace, carry, 'both directions', payload, answer);
    } catch (cause) {
      const where = `seed ${seed}, what each end receives cut in two behind ${at} bytes`;
      throw new Error(`verifyCodec: layer "${layer.name}": ${where}: ${messageOf(cause)}`, { cause });
    }
    return wire.longest;
  };
  const length = once(Infinity);
  for (const at of placesWithin(length, most)) once(at);
}

/** Places to cut so many bytes at: all of them, or the first ones and others all along. */
function placesWithin(length: number, most: number): number[] {
  const all = Array.from({ length: Math.max(length - 1, 0) }, (_, at) => at + 1);
  if (all.length <= most) return all;
  const first = Math.ceil(most / 2);
  const step = (all.length - first) / (most - first);
  return all.filter((at) => at <= first || Math.floor((at - first) / step) > Math.floor((at - first - 1) / step));
}

function verifyOnce(
  layer: LayerUnderTest,
  seed: number,
  pace: Pace,
  carry: IoModel,
  direction: (typeof DIRECTIONS)[number],
  payload: Uint8Array,
  answer: Uint8Array,
): void {
  const test = createTestInstance({ seed });
  try {
    const WSPStartup = overPace(layer.WSPStartup, pace);
    const pair = connect(test, addChain(test.ws2, { name: layer.name, WSPStartup }));
    const { client, server } = pair;
    const toServer = new Transfer(test.ws2, client, server, pace.cut(payload), pace.room);
    const toClient = new Transfer(test.ws2, server, client, pace.cut(answer), pace.room);
    const transfers = {
      'client to server': [toServer],
      'server to client': [toClient],
      'both directions': [toServer, toClient],
    };
    try {
      carry(test.ws2, transfers[direction]);
    } catch (cause) {
      throw new Error(withDefects(messageOf(cause), test), { cause });
    }
    for (const transfer of transfers[direction]) {
      const difference = firstDifference(transfer === toServer ? payload : answer, transfer.received);
      if (difference === null) continue;
      const ends = transfer === toServer ? ([client, server] as const) : ([server, client] as const);
      const cure = transfer.received.length === 0 ? silenceOf(test.ws2, ...ends) : '';
      throw new Error(withDefects(`${difference}${cure}`, test));
    }
    pair.close();
    test.finish();
  } finally {
    test[Symbol.dispose]();
  }
}

/** Nothing came of what was sent: says which of the codec's functions handed on nothing. */
function silenceOf(ws2: Ws2_32, from: SOCKET, to: SOCKET): string {
  const [sent, received] = [trafficOf(ws2, from)?.sent, trafficOf(ws2, to)?.received];
  if (sent === 0) return ': the codec gave output.encoded nothing, which is what "send" hands on by';
  return received !== undefined && received > 0
    ? ': the codec gave output.decoded nothing, which is what "receive" hands on by'
    : '';
}

/** What the codec at a socket has carried, if there is one. */
function trafficOf(ws2: Ws2_32, s: SOCKET): { readonly sent: number; readonly received: number } | null {
  const [room, length] = [new Uint8Array(4096), { value: 0 }];
  const code = ws2.WSAIoctl(s, SIO_LAYER_TRAFFIC, null, 0, room, room.length, length, null, null);
  if (code !== 0) return null;
  const codecs = JSON.parse(Buffer.from(room.subarray(0, length.value)).toString()) as never[];
  return codecs[0] ?? null;
}

function overPace(WSPStartup: LPWSPSTARTUP, { slowWire }: Pace): LPWSPSTARTUP {
  if (slowWire instanceof CutWire) return slowWire.under(WSPStartup);
  return slowWire ? overSlowWire(WSPStartup) : WSPStartup;
}

function connect(test: TestInstance, entry: WSAPROTOCOL_INFOW): ConnectedPair {
  try {
    return connectedPair(test.ws2, { entry });
  } catch (cause) {
    throw new Error(withDefects(messageOf(cause), test), { cause });
  }
}

// A chain of the layer over the memory provider, of this instance alone.
function addChain(ws2: Ws2_32, layer: LayerUnderTest): WSAPROTOCOL_INFOW {
  const registry = ws2[INSTANCE];
  const base = registry.catalog.entries()[0]!;
  const path = 'di:layer-under-test';
  registry.bindProvider(path.slice('di:'.length), layer);
  const [own] = registry.addEntries([
    {
      path,
      entry: {
        ...base,
        ProviderId: '7A1E3C52-0D4B-4E8F-9B61-5C2D8F0A3E01',
        ProtocolChain: { ChainLen: 0, ChainEntries: [] },
        szProtocol: layer.name,
      },
    },
  ]);
  const ChainEntries = [own!.dwCatalogEntryId, base.dwCatalogEntryId];
  const [chain] = registry.addEntries([
    {
      path,
      entry: {
        ...base,
        ProviderId: '7A1E3C52-0D4B-4E8F-9B61-5C2D8F0A3E02',
        ProtocolChain: { ChainLen: ChainEntries.length, ChainEntries },
        szProtocol: `${layer.name} over [${base.szProtocol}]`.slice(0, 255),
      },
    },
  ]);
  return chain!;
}

// Noise, runs of one value and counted values in turn: what finds wrong lengths, wrong escapes and wrong windows.
function randomPayload(random: RandomSource, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  while (at < length) {
    const end = Math.min(length, at + 1 + Math.floor(random.next() * 200));
    const kind = Math.floor(random.next() * 3);
    const first = Math.floor(random.next() * 256);
    for (let i = at; i < end; i++) {
      bytes[i] = kind === 0 ? Math.floor(random.next() * 256) : kind === 1 ? first : first + (i - at);
    }
    at = end;
  }
  return bytes;
}

function firstDifference(sent: Uint8Array, pieces: readonly Uint8Array[]): string | null {
  const came = Buffer.concat(pieces);
  const length = Math.min(sent.length, came.length);
  for (let i = 0; i < length; i++) {
    if (sent[i] !== came[i]) return `byte ${i} of ${sent.length} came as ${hex(came[i]!)}, sent was ${hex(sent[i]!)}`;
  }
  if (came.length < sent.length) return `the stream ended after ${came.length} of ${sent.length} bytes`;
  return came.length > sent.length ? `${came.length} bytes came, ${sent.length} were sent` : null;
}

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}

function withDefects(message: string, { defects }: TestInstance): string {
  // What a pair could not be made for stands in the message already, without its cause.
  const lines = defects.map((defect) => `reported was: ${defect.message}${because(defect.cause)}`);
  const isThere = new Set(message.split('\n').map((line) => line.trim()));
  return [message, ...new Set(lines.filter((line) => !isThere.has(line)))].join('\n  ');
}

function because(cause: unknown): string {
  return cause instanceof Error ? ` (${cause.message})` : '';
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
