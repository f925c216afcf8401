import {
  ERROR_IO_PENDING,
  SO_SNDTIMEO,
  WSAEINTR,
  WSAETIMEDOUT,
  type ExtensionRoutes,
  type InstanceHost,
  type ErrorCode,
} from '../../spi/index.js';
import { State } from '../core/index.js';
import type { FrontSocket, Operation } from '../socket/index.js';

/** How the extension functions end: they return a BOOL and set the last error themselves. */
export class ExtensionCalls {
  constructor(
    readonly host: InstanceHost,
    /** The provider's own functions, through which nothing needs to be led. */
    private readonly own: ExtensionRoutes,
  ) {}

  /** The routes that lead through layers. */
  foreign({ condition, connect, send, receive, ownerOf }: ExtensionRoutes = {}): ExtensionRoutes {
    const { own } = this;
    return {
      ...(condition === undefined ? {} : { condition }),
      ...(connect === undefined || connect === own.connect ? {} : { connect }),
      ...(send === undefined || send === own.send ? {} : { send }),
      ...(receive === undefined || receive === own.receive ? {} : { receive }),
      ...(ownerOf === undefined ? {} : { ownerOf }),
    };
  }

  /** FALSE, with the last error. */
  fail(error: number): false {
    this.host.setLastError(error);
    return false;
  }

  /** TRUE for 0, else FALSE with the error. */
  end(error: number): boolean {
    this.host.setLastError(error);
    return error === 0;
  }

  /**
   * Begins an operation behind the sends of its socket. One that is overlapped is told by its completion, however soon
   * that is; for one that is not, the call waits.
   */
  beginSend(socket: FrontSocket, operation: Operation, description: string): boolean {
    const { overlapped } = operation;
    if (overlapped !== null) this.host.beginOverlapped(socket.handle, overlapped, operation.routine);
    socket.queueSend(operation);
    socket.sends!.serve();
    if (overlapped !== null) return this.fail(ERROR_IO_PENDING);
    return this.end(waitUntilOver(socket, operation, description, SO_SNDTIMEO));
  }
}

/**
 * Waits until an operation that was queued is over; cancels it when the time runs out or the wait is interrupted.
 *
 * @param timeoutOption SO_SNDTIMEO or SO_RCVTIMEO
 * @returns 0 or the WinSock code of the operation, WSAETIMEDOUT or WSAEINTR
 */
export function waitUntilOver(
  socket: FrontSocket,
  operation: Operation,
  description: string,
  timeoutOption: number,
): ErrorCode {
  const { host } = socket;
  const deadline = socket.deadline(timeoutOption);
  const ended = operation.over
    ? 'condition'
    : host.wait(() => operation.over, deadline, 'continue', `${description} on socket ${socket.handle}`);
  if (operation.over) return socket.state === State.CLOSED ? WSAEINTR : operation.error;
  socket.cancel(operation);
  return ended === 'timeout' ? WSAETIMEDOUT : WSAEINTR;
}
