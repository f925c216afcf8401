// What is on a chain stays in its thread: the connection would not go with it.
import { codedError } from './instance/index.js';

const TRANSFERS = new Set(['messaging_transfer_list_symbol', 'messaging_transfer_symbol']);

/** Has the objects of a class refuse to go to another thread, where Node.js lets them: the connection would not go with them. */
export function refuseTransfers(prototype: object): void {
  for (const symbol of Object.getOwnPropertySymbols(Object.getPrototypeOf(prototype))) {
    if (symbol.description === undefined || !TRANSFERS.has(symbol.description)) continue;
    Object.defineProperty(prototype, symbol, {
      value: () => {
        throw codedError('ERR_WORKER_HANDLE_NOT_TRANSFERABLE', 'What is on a chain cannot go to another thread');
      },
      configurable: true,
    });
  }
}
