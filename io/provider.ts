import type { Ref, WSPPROC_TABLE } from '../spi/index.js';
import { loadPart } from '../host/load-part.js';
import type * as Extensions from './extensions/index.js';
import {
  createAccept,
  createAddressStringProcedures,
  createConnectionProcedures,
  createIoctl,
  createNameProcedures,
  createOptionProcedures,
  createOverlappedResult,
  createReceives,
  createSelectionProcedures,
  createSends,
} from './functions/index.js';
import { SocketTable, type TransportProviderOptions } from './socket/index.js';

/**
 * Makes the thirty functions of a transport provider over cores, with every I/O model.
 *
 * @param options the upcalls, the entry, and what makes the cores
 */
export function createTransportProvider(options: TransportProviderOptions): WSPPROC_TABLE {
  const table = new SocketTable(options);
  options.siblings?.push(table);
  const connections = createConnectionProcedures(table);
  const forgetDescriber = table.host.describeWaiters(() =>
    table
      .open()
      .map((socket) => socket.describe())
      .filter((text): text is string => text !== null),
  );
  const receives = createReceives(table);
  const sends = createSends(table);
  // Few programs ask for an extension function; those that do ask often.
  let extensions: { readonly part: typeof Extensions; readonly procedures: Extensions.ExtensionProcedures } | null =
    null;
  const loadExtensions = (): NonNullable<typeof extensions> => {
    const part = loadPart<typeof Extensions>(import.meta.url, './extensions/index.js');
    const procedures = part.createExtensionProcedures(table, {
      connect: connections.functions.lpWSPConnect,
      send: sends.lpWSPSend,
      receive: receives.lpWSPRecv,
    });
    return { part, procedures };
  };
  return {
    ...connections.functions,
    lpWSPAccept: createAccept(table),
    ...receives,
    ...sends,
    lpWSPGetOverlappedResult: createOverlappedResult(table),
    ...createSelectionProcedures(table),
    ...createOptionProcedures(table),
    ...createIoctl(table, (...args) => {
      const { part, procedures } = (extensions ??= loadExtensions());
      return part.findExtensionFunction(procedures, ...args);
    }),
    ...createNameProcedures(table),
    ...createAddressStringProcedures(options.factory.addressForms),
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
