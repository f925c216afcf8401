// Turns of the event loop that begin where libuv's callbacks do: before immediates and timers, and before what is closed.
import { INSTANCE } from '../../index.js';
import type { ChainError } from '../instance/index.js';
import { tickThrew, type ChainHandle } from '../transfers/index.js';
import type { JsStreamClass } from './node-internals.js';
import { withinScope } from './outside-of-scopes.js';
import type { HandleChain } from './handle-chain.js';

/**
 * Has the sockets of a chain be told of their events in a callback of Node.js' own. The one that JavaScript can begin at any time is
 * a read of a stream that it has made itself.
 *
 * @returns takes a socket of the chain, or why there is none, and gives it back
 */
export function callbackScopes(
  JSStream: JsStreamClass,
): <Opened extends ChainHandle | ChainError>(opened: Opened) => Opened {
  const stream = new JSStream();
  let begins: (() => void) | null = null;
  // What handles throw the reactor has made uncaught. What is caught here is of ticks: of those that ran between two of the
  // reactor's looks, and of those that Node.js runs at the end of the scope.
  stream.onread = () => {
    try {
      begins?.();
    } catch (error) {
      tickThrew(error);
    }
  };
  const read = (): void => {
    try {
      stream.emitEOF();
    } catch (error) {
      tickThrew(error);
    }
  };
  const enter = (turn: () => void): void => {
    begins = turn;
    withinScope(read);
  };
  const known = new WeakSet();
  return <Opened extends ChainHandle | ChainError>(opened: Opened): Opened => {
    if (opened instanceof Error || known.has(opened.ws2)) return opened;
    known.add(opened.ws2);
    opened.ws2[INSTANCE].enterApplicationBy(enter);
    return opened;
  };
}

/** Has the sockets of a chain be told of their events in a callback of Node.js' own. @returns the chain, whose instances are told so */
export function toldInCallbackScopes(JSStream: JsStreamClass, on: HandleChain): HandleChain {
  const told = callbackScopes(JSStream);
  return {
    open: (family) => told(on.open(family)),
    openDatagrams: (family) => told(on.openDatagrams(family)),
    foreign: () => on.foreign?.() ?? null,
  };
}
