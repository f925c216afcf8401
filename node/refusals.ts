// Errors of wrong arguments, made by `node:net` itself, so that code and words are those of the Node.js that runs.
import net from 'node:net';
import { codedError } from './instance/index.js';

function nothing(): void {
  // Never calls back: nothing is looked up.
}

/** What an action throws; `undefined` when it throws nothing. */
function thrownBy(act: () => unknown): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
}

function orOwn(error: unknown, what: string): unknown {
  return error ?? codedError('ERR_INVALID_ARG_VALUE', `The ${what} is invalid`, TypeError);
}

/** The error of options that a socket cannot be made from. */
export function socketRefusal(options: unknown): unknown {
  return orOwn(
    thrownBy(() => new net.Socket(options as net.SocketConstructorOpts)),
    'argument "options"',
  );
}

/** The error of arguments that `connect` refuses. */
export function connectRefusal(options: object): unknown {
  const socket = new net.Socket();
  const { host, lookup } = options as { host?: unknown; lookup?: unknown };
  const harmless = { ...options, lookup: (lookup ?? nothing) instanceof Function ? nothing : lookup } as {
    lookup: unknown;
  };
  // Before Node.js 22 it is the lookup that refuses what is not a name, before it looks.
  if (host && typeof host !== 'string') harmless.lookup = undefined;
  const error = thrownBy(() => socket.connect(harmless as unknown as net.SocketConnectOpts));
  // It has not begun: what it does comes at the next tick, and only while it is wanted.
  socket.destroy();
  return orOwn(error, 'argument "options"');
}

/** The error of a time limit, or of its listener, that `setTimeout` refuses. */
export function timeoutRefusal(milliseconds: unknown, callback?: unknown): unknown {
  const socket = new net.Socket();
  const error = thrownBy(() => socket.setTimeout(milliseconds as number, callback as () => void));
  socket.destroy();
  return orOwn(error, 'argument "msecs"');
}

/** The error of options that a server cannot be made from. */
export function serverRefusal(options: unknown): unknown {
  return orOwn(
    thrownBy(() => new net.Server(options as net.ServerOpts)),
    'argument "options"',
  );
}

/** The error of arguments that `listen` refuses. */
export function listenRefusal([first, ...others]: readonly unknown[]): unknown {
  const server = new net.Server().on('error', nothing);
  // The message shows the options; the instance is none of theirs, and long.
  const { ws2: _ws2, chain: _chain, ...options } = Object(first) as Record<string, unknown>;
  const shown = typeof first === 'object' && first !== null ? options : first;
  const error = thrownBy(() => server.listen(...([shown, ...others] as unknown as [])));
  server.close();
  return orOwn(error, 'argument "options"');
}

/** The error of something that `node:net` takes and a chain has no use for. */
export function notOnAChain(option: string, why: string): Error {
  return codedError('ERR_INVALID_ARG_VALUE', `The property 'options.${option}' is not supported: ${why}`, TypeError);
}
