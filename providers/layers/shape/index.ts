/**
 * The layer that makes a network slow: sends and receives are held to a rate, take their time, and datagrams are lost, doubled and
 * overtaken, by the instance's clock and by seeded chance.
 *
 * @module
 */
import { createCodecProvider, createLayerStartup, defineLayer, type Layer } from '../../../chain/index.js';
import { seededRandom, type SeededRandom } from '../../../host/random.js';
import type { LPWSPSTARTUP } from '../../../spi/index.js';
import { checkOptions, numberThat, oneOf, SEED, textThat, type OptionRule } from '../../../spi/option-check.js';
import { Bottleneck, type ShapingHost } from './bottleneck.js';
import { DatagramShaper } from './datagram-shaper.js';
import { Path, type Shape, type ShapedDirection } from './shaper.js';
import { StreamShaper } from './stream-shaper.js';

/** What traffic is held to; what is left out is not limited, and without any of it the layer is not in the way at all. */
export interface ShapeOptions {
  /** Bytes per second that are sent, 1 or more. */
  readonly up?: number;
  /** Bytes per second that are received, 1 or more. */
  readonly down?: number;
  /** Bytes that may go at once in each direction that has a rate, 1 or more; a tenth of a second's if absent, at least 1460. */
  readonly burst?: number;
  /** Who has the rates: each socket for itself (the default), or all sockets of the layer in an instance together. */
  readonly per?: 'socket' | 'layer';
  /** Milliseconds that what is sent takes, and what is received, from 0 to 60,000; a connect takes both. 0 if absent. */
  readonly latency?: number;
  /** Milliseconds that chance adds to it at most, from 0 to 60,000; nothing overtakes. 0 if absent. */
  readonly jitter?: number;
  /** The probability that a datagram is lost, from 0 to 1; connections lose nothing. 0 if absent. */
  readonly loss?: number;
  /** The probability that a datagram arrives twice, from 0 to 1. 0 if absent. */
  readonly duplication?: number;
  /**
   * The probability that a datagram takes up to five times as long, and is overtaken, from 0 to 1. Without `latency` and `jitter` it takes
   * up to five milliseconds. 0 if absent.
   */
  readonly reordering?: number;
  /** The seed of chance, a number or a text; chance is the instance's if absent. */
  readonly seed?: number | string;
  /**
   * Bytes that may be under way in each direction of a socket, from 1460 to 2³⁰: who sends has to wait when there are more. As many as the
   * rate brings in twice the latency if absent, from 1 to 64 MiB.
   */
  readonly window?: number;
  /** The layer's name; `shape` if absent. */
  readonly name?: string;
}

const MIB = 1024 * 1024;
const RATE = numberThat((value) => value >= 1 && value < Infinity, 'bytes per second, 1 or more');
const TIME = numberThat((value) => value >= 0 && value <= 60_000, 'milliseconds from 0 to 60000');
const PROBABILITY = numberThat((value) => value >= 0 && value <= 1, 'a probability from 0 to 1, such as 0.05 for 5 %');

const RULES: Readonly<Record<keyof ShapeOptions, OptionRule>> = {
  up: RATE,
  down: RATE,
  burst: numberThat((value) => value >= 1 && value < Infinity, 'bytes, 1 or more'),
  per: oneOf('socket', 'layer'),
  latency: TIME,
  jitter: TIME,
  loss: PROBABILITY,
  duplication: PROBABILITY,
  reordering: PROBABILITY,
  seed: SEED,
  window: numberThat((value) => value >= 1460 && value <= 2 ** 30, 'bytes from 1460 to 1073741824'),
  name: textThat((value) => value !== '' && value.length <= 128, 'a name of 1 to 128 characters'),
};

/**
 * Makes a layer that shapes traffic.
 *
 * @param options what traffic is held to
 * @throws TypeError for an option that there is not, or that cannot be so; it names the option and what it must be
 */
export function shape(options: ShapeOptions = {}): Layer {
  checkOptions('shape', options, RULES);
  const { name = 'shape', seed, up, down, burst } = options;
  if (burst !== undefined && up === undefined && down === undefined)
    throw new TypeError('shape: `burst` is how much of a rate may go at once: it takes `up` or `down` beside it');
  const shape = shapeOf(options);
  if (!limits(shape)) return defineLayer({ name, version: VERSION });
  /** By instance: a layer is started once for each protocol that it lies over. */
  const shapings = new WeakMap<object, Shaping>();
  const WSPStartup = createLayerStartup(`${name} ${VERSION}`, (context, table) => {
    const { host } = context;
    const shaping = shapings.get(host.turn) ?? new Shaping(shape, host, seededRandom(seed ?? host.random.next()));
    shapings.set(host.turn, shaping);
    const provider = createCodecProvider(context, {
      name,
      codec: (connection) => new StreamShaper(connection, ...shaping.paths()),
      datagrams: () => new DatagramShaper(...shaping.paths()),
      // Both end by themselves, however slow they are to be.
      handshakeTimeout: Infinity,
      endTimeout: Infinity,
    });
    Object.assign(table, provider);
  });
  return { name, version: VERSION, ifs: false, WSPStartup };
}

const VERSION = '1.0.0';

/** The layer as a provider, for catalogs: without limits, and so not in the way. */
export const WSPStartup: LPWSPSTARTUP = shape().WSPStartup;

function shapeOf(options: ShapeOptions): Shape {
  const { up = Infinity, down = Infinity, burst, per = 'socket', latency = 0, jitter = 0 } = options;
  const { loss = 0, duplication = 0, reordering = 0 } = options;
  const rates = [up, down].filter((rate) => rate < Infinity);
  const underWay = rates.length === 0 ? 0 : ((2 * (latency + jitter)) / 1000) * Math.max(...rates);
  const window = options.window ?? Math.min(64 * MIB, Math.max(MIB, Math.ceil(underWay)));
  return { up, down, burst, shared: per === 'layer', latency, jitter, loss, duplication, reordering, window };
}

function limits({ up, down, latency, jitter, loss, duplication, reordering }: Shape): boolean {
  return up < Infinity || down < Infinity || latency + jitter + loss + duplication + reordering > 0;
}

/** What the sockets of a layer in one instance have together. */
class Shaping {
  readonly #shared: Readonly<Record<ShapedDirection, Bottleneck | null>>;
  #count = 0;

  constructor(
    private readonly shape: Shape,
    private readonly host: ShapingHost,
    private readonly random: SeededRandom,
  ) {
    this.#shared = shape.shared
      ? { up: this.#bottleneck('up'), down: this.#bottleneck('down') }
      : { up: null, down: null };
  }

  #bottleneck(direction: ShapedDirection): Bottleneck | null {
    const rate = this.shape[direction];
    return rate === Infinity ? null : new Bottleneck(this.host, rate, this.shape.burst);
  }

  /** The two directions of a new socket. */
  paths(): [up: Path, down: Path] {
    const random = this.random.fork(++this.#count);
    const path = (direction: ShapedDirection): Path =>
      new Path(this.shape, this.host, random.fork(direction), this.#shared[direction] ?? this.#bottleneck(direction));
    return [path('up'), path('down')];
  }
}
