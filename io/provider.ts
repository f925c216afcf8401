import { type Ref, type WSPPROC_TABLE } from '../spi/index.js';
import { createAccept } from './accepting.js';
import { createAddressStringFunctions } from './address-strings.js';
import { createConnectionFunctions } from './connections.js';
import { createExtensionFunctions } from './extension-functions.js';
import { createIoctl } from './ioctl.js';
import { createNameFunctions } from './names.js';
import { createOptionFunctions } from './option-functions.js';
import { createOverlappedResult } from './overlapped-result.js';
import { createReceives } from './receiving.js';
import { createSelectionFunctions } from './selection.js';
import { createSends } from './sending.js';
import { SocketTable, type TransportProviderOptions } from './socket-table.js';

/**
 * Makes the thirty functions of a transport provider over cores, with every I/O model.
 *
 * @param options the upcalls, the entry, and what makes the cores
 */
export function createTransportProvider(options: TransportProviderOptions): WSPPROC_TABLE {
  const table = new SocketTable(options);
  options.siblings?.push(table);
  const connections = createConnectionFunctions(table);
  const forgetDescriber = table.host.describeWaiters(() =>
    table
      .open()
      .map((socket) => socket.describe())
      .filter((text): text is string => text !== null),
  );
  const receives = createReceives(table);
  const sends = createSends(table);
  const extensions = createExtensionFunctions(table, {
    connect: connections.functions.lpWSPConnect,
    send: sends.lpWSPSend,
    receive: receives.lpWSPRecv,
  });
  return {
    ...connections.functions,
    lpWSPAccept: createAccept(table),
    ...receives,
    ...sends,
    lpWSPGetOverlappedResult: createOverlappedResult(table),
    ...createSelectionFunctions(table),
    ...createOptionFunctions(table),
    ...createIoctl(table, extensions),
    ...createNameFunctions(table),
    ...createAddressStringFunctions(),
    lpWSPCleanup(_lpErrno: Ref<number>): number {
      connections.closeAll();
      forgetDescriber();
      table.offers.dropOf(table);
      options.factory.close?.();
      options.siblings?.splice(options.siblings.indexOf(table), 1);
      options.cleanup?.();
      return 0;
    },
  };
}
