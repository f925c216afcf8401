import { onTestFinished } from 'vitest';
import { INSTANCE, LUP_RETURN_ALL, NS_DNS, ref, WSAQUERYSETW, winsockErrorName, type GUID, type Ws2_32 } from 'ws2spi';
import { defineNameSpace, type NameSpace, type NameSpaceDefinition } from 'ws2spi/name-space';
import { createTestInstance, type TestInstance, type TestInstanceOptions } from 'ws2spi/testkit';

/** Installs a name space in an instance, before those that it has. */
export function install(ws2: Ws2_32, nameSpace: NameSpace): GUID {
  const count = ws2[INSTANCE].catalog.nameSpaces().length;
  const id = `${`${count}`.padStart(8, '0')}-2222-4333-8444-555555555555`;
  ws2[INSTANCE].bindProvider(`name-space-${count}`, nameSpace);
  if (ws2.WSCInstallNameSpace(nameSpace.name, `di:name-space-${count}`, nameSpace.nameSpace, 2, id) !== 0) {
    throw new Error(`WSCInstallNameSpace failed with ${ws2.WSAGetLastError()}`);
  }
  // An instance sees the catalog as it was at WSAStartup.
  ws2.WSACleanup();
  ws2.WSAStartup(0x0202, {});
  return id;
}

/** A test instance with one more name space. */
export function withNameSpace(
  definition: Partial<NameSpaceDefinition>,
  options: TestInstanceOptions = {},
): TestInstance & { readonly id: GUID } {
  const test = createTestInstance(options);
  onTestFinished(() => test[Symbol.dispose]());
  const id = install(test.ws2, defineNameSpace({ name: 'test names', nameSpace: NS_DNS, ...definition }));
  return { ...test, id };
}

/** The class of the services that these tests are about. */
export const PRINTERS = 'A1B2C3D4-0001-4002-8003-ABCDEF012345';

/** What a query is to be. */
export interface Asked extends Partial<WSAQUERYSETW> {
  /** `LUP_*`, of the beginning. */
  readonly flags?: number;
}

/** Begins a query of a provider; returns its handle. */
export function begin(ws2: Ws2_32, id: GUID, { flags = LUP_RETURN_ALL, ...asked }: Asked = {}): number {
  const handle = ref(0);
  const error = ws2.WSALookupServiceBegin(
    { dwSize: WSAQUERYSETW.size, lpServiceClassId: PRINTERS, lpNSProviderId: id, ...asked },
    flags,
    handle,
  );
  if (error !== 0) throw new Error(`WSALookupServiceBegin failed with ${winsockErrorName(ws2.WSAGetLastError())}`);
  return handle.value;
}

/** Fetches the next result of a query: the result, or the error's name. */
export function next(ws2: Ws2_32, handle: number, flags = 0): WSAQUERYSETW | string {
  const results: WSAQUERYSETW[] = [];
  const error = ws2.WSALookupServiceNext(handle, flags, ref(100_000), results);
  return error === 0 ? results[0]! : winsockErrorName(ws2.WSAGetLastError());
}

/** Fetches results until there is an error: their names, and the error's. */
export function names(ws2: Ws2_32, handle: number, flags = 0): string[] {
  const found: string[] = [];
  for (;;) {
    const result = next(ws2, handle, flags);
    if (typeof result === 'string') return [...found, result];
    found.push(result.lpszServiceInstanceName ?? '');
  }
}

/** The names that a query finds, and the error behind them. */
export function ask(ws2: Ws2_32, id: GUID, asked: Asked = {}): string[] {
  const handle = begin(ws2, id, asked);
  const found = names(ws2, handle);
  ws2.WSALookupServiceEnd(handle);
  return found;
}
