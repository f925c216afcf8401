import { AsyncResource } from 'node:async_hooks';

/** A request of Node.js' that is under way: its end is told in the asynchronous context in which it was made. */
export class PendingRequest {
  readonly #scope: AsyncResource;

  /**
   * @param request as Node.js gave it
   * @param type what asynchronous resources of the kind are called
   */
  constructor(
    readonly request: object,
    type: 'TCPCONNECTWRAP' | 'SHUTDOWNWRAP' | 'WRITEWRAP' | 'UDPSENDWRAP',
  ) {
    this.#scope = new AsyncResource(type, { requireManualDestroy: true });
  }

  /** Tells of its end; once. */
  tell(tell: (request: object) => void): void {
    try {
      this.#scope.runInAsyncScope(tell, undefined, this.request);
    } finally {
      this.#scope.emitDestroy();
    }
  }
}
