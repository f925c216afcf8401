/**
 * Lets the program be looked at by `ws2spi top`: a socket of the local system, its owner's alone, that neither keeps the program alive nor
 * stands on the chain.
 *
 * @module
 */
import { chmodSync, unlinkSync } from 'node:fs';
import net from 'node:net';
import { threadId } from 'node:worker_threads';
import type { Ws2_32 } from '../../index.js';
import { loadPart } from '../../host/load-part.js';
import type * as Platform from '../../platform/index.js';
import { lookFolder, lookPath, whyNotOurs } from '../../looks/index.js';
import { beforeHandlesClose } from '../../node/transfers/index.js';
import { lastLookAt, lookAtSockets } from './look.js';
import { countClosed } from './totals.js';

/** Characters that somebody who asks may send before the end of a line. */
const LONGEST_QUESTION = 256;

/**
 * Opens the socket; where that cannot be, a warning says why, and the program goes on.
 *
 * @param instance gives the instance of this thread, if there is one yet
 */
export function letLook(instance: () => Ws2_32 | null): void {
  const folder = lookFolder();
  const fault = whyNotOurs(folder, true);
  const warn = (why: string): void =>
    process.emitWarning(`ws2spi top cannot look at this program: ${why}`, 'Ws2spiTop');
  if (fault !== null) return warn(`${folder} ${fault}`);
  const path = lookPath(folder, process.pid, threadId);
  removeQuietly(path);
  const server = net.createServer((socket) => answer(socket, instance));
  server.on('error', (error) => warn(error.message));
  server.listen({ path, exclusive: true }, () => {
    try {
      chmodSync(path, 0o600);
    } catch (error) {
      server.close();
      warn((error as Error).message);
    }
  });
  server.unref();
  beforeHandlesClose((handle) => countClosed(lastLookAt(handle)));
  process.on('exit', () => removeQuietly(path));
}

/** Each line that comes is a question, whatever is in it. */
function answer(socket: net.Socket, instance: () => Ws2_32 | null): void {
  socket.unref();
  if (isAnother(socket)) return void socket.destroy();
  socket.setEncoding('latin1');
  socket.on('error', () => undefined);
  let asked = '';
  socket.on('data', (text: string) => {
    asked += text;
    const end = asked.lastIndexOf('\n');
    if (end >= 0) {
      asked = asked.slice(end + 1);
      // Who does not read what was told is told nothing more.
      if (socket.writableLength === 0) socket.write(`${JSON.stringify(lookAtSockets(instance()))}\n`);
    }
    if (asked.length > LONGEST_QUESTION) socket.destroy();
  });
}

/** Whether the program at the other end is known to be another user's. */
function isAnother(socket: net.Socket): boolean {
  const descriptor = (socket as unknown as { _handle?: { fd?: number } | null })._handle?.fd ?? -1;
  if (descriptor < 0) return false;
  try {
    const user = loadPart<typeof Platform>(import.meta.url, '../../platform/index.js')
      .systemSockets()
      .peerUser?.(descriptor);
    return user !== undefined && user >= 0 && user !== process.getuid?.();
  } catch {
    // A system without a binding: its folder is shut to others.
    return false;
  }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is gone.
  }
}
