import { onTestFinished } from 'vitest';
import { INSTANCE, NS_DNS, type GUID, type Ws2_32 } from 'ws2spi';
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
