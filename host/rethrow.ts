/** An application's exception surfaces as an uncaught one, from the event loop, as one thrown by any callback does. */
export function rethrow(cause: unknown): void {
  setImmediate(() => {
    throw cause;
  });
}
