// What is done in one way about every codec, be it of connections or of datagrams: making, closing and reporting it.
import { cureOf } from '../../spi/layer-rules.js';
import { codecAnswerFault } from './faults.js';
import type { SessionLayer } from './session-layer.js';

/** Tells what is wrong with a codec, with what it threw if it did. */
export type TellFault = (message: string, cause?: unknown) => void;

/**
 * Has a codec made, and looks at it. The first of a layer is looked at for misspelt members as well.
 *
 * @param make calls the layer's function
 * @param faultOf what is wrong with what that returned, for a codec of this kind; `null` for nothing
 * @param oddityOf what a codec of this kind has that may not be meant; `null` for nothing
 * @param failed told when there is no codec
 * @param told told of what is odd about one
 * @returns `null` when none could be made
 */
export function makeCodec<C>(
  layer: SessionLayer,
  make: () => C,
  faultOf: (value: unknown) => string | null,
  oddityOf: (codec: C) => string | null,
  failed: TellFault,
  told: TellFault,
): C | null {
  try {
    const codec = make();
    const fault = faultOf(codec);
    if (fault !== null) {
      failed(`the function that makes the codec ${fault}`);
      return null;
    }
    if (!layer.spellingChecked) {
      layer.spellingChecked = true;
      const oddity = oddityOf(codec);
      if (oddity !== null) told(oddity);
    }
    return codec;
  } catch (cause) {
    failed(`the function that makes the codec threw${cureOf('codecMakerThrows')}`, cause);
    return null;
  }
}

/** Tells a codec that its socket is gone; what it does wrong then is told, and has no other consequence. */
export function closeCodec(codec: { close?: (() => void) | undefined } | null, told: TellFault): void {
  tellCodec('close', () => codec?.close?.(), told);
}

/**
 * Tells a codec of something by the function of that name. What it does wrong then is told, and has no other consequence.
 *
 * @param tell calls the function, if there is one
 */
export function tellCodec(name: 'broken' | 'close', tell: () => unknown, told: TellFault): void {
  try {
    const answer = tell();
    const fault = answer === undefined ? null : codecAnswerFault(name, answer);
    if (fault !== null) told(fault);
  } catch (cause) {
    told(`the codec's ${name} threw`, cause);
  }
}

/** Tells people why a connection of a layer cannot be, or breaks. */
export function tellReason({ name, context }: SessionLayer, socket: number, reason: string): void {
  context.host.report({ message: `${name}: ${reason}`, provider: name, socket });
}

/** Reports what a codec of a layer does wrong, by the layer's name. */
export function reportCodec({ context }: SessionLayer, socket: number, message: string, cause: unknown): void {
  const provider = context.entry.szProtocol;
  context.host.report({
    message: `${provider}: ${message}`,
    provider,
    socket,
    ...(cause !== undefined && { cause }),
  });
}
