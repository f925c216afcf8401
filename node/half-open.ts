// How streams of this package end and close as those of Node.js do.
import { Duplex } from 'node:stream';
import { codedError } from './instance/index.js';
import { carriesTls } from './tls-carrier.js';

type Callback = (error: Error | null | undefined) => void;

// As for `node:net`: "write after end" would blame the wrong side.
function writeAfterFIN(this: Duplex, chunk: unknown, encoding?: unknown, callback?: unknown): boolean {
  if (!this.writableEnded)
    return Duplex.prototype.write.call(this, chunk, encoding as BufferEncoding, callback as Callback);
  const done = typeof encoding === 'function' ? encoding : callback;
  const error = codedError('EPIPE', 'This socket has been ended by the other party');
  if (typeof done === 'function') process.nextTick(done, error);
  this.destroy(error);
  return false;
}

/**
 * Called when the peer has ended its side: writes of a socket that is not to stay half open fail with EPIPE from now
 * on.
 */
export function onReadableEnd(this: Duplex): void {
  // What TLS has still to say goes out; it ends the socket itself.
  if (carriesTls(this)) this.allowHalfOpen = true;
  else if (!this.allowHalfOpen) this.write = writeAfterFIN as Duplex['write'];
}

/** Takes the effect of `onReadableEnd` back, for a socket that is connected anew. */
export function writableAgain(socket: Duplex): void {
  delete (socket as { write?: unknown }).write;
}

/** Ends the write that the socket was closed in, if there is one, and tells that it is closed. */
export function emitClose(socket: Duplex, hadError: boolean, callback: Callback | null, error: Error | null): void {
  callback?.(error);
  socket.emit('close', hadError);
}
