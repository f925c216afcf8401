import { GUID, SOCKET_ERROR, WSAEINVAL } from '../spi/index.js';
import { directLookUpsOf } from './direct-look-up.js';
import { checkDefinition, type NameSpace, type NameSpaceDefinition } from './definition.js';
import { Provider } from './provider.js';
import { routinesOfVersion1 } from './version-1.js';
import { routinesOfVersion2 } from './version-2.js';

/** Sizes of NSP_ROUTINE in bytes. */
const SIZE = 44;
const SIZE_WITH_IOCTL = 48;

/**
 * Defines a name space by what it knows; blocking, asynchronous, overlapped and message-driven look-ups, buffers,
 * paging, flags, time-outs and cancellation come with it.
 *
 * @param definition what the name space is
 * @returns the name space, whose `NSPStartup` a module exports, or a container binds
 * @throws TypeError when the definition is not one: no name, no `lookup`, a hook that there is none of, or one that is
 *   not a function
 */
export function defineNameSpace(definition: NameSpaceDefinition): NameSpace {
  checkDefinition(definition);
  const { name, version = '1.0.0', nameSpace } = definition;
  return {
    name,
    version,
    nameSpace,
    NSPStartup(lpProviderId, lpnspRoutines) {
      const providerId = GUID.parse(lpProviderId);
      if (providerId === null) {
        lpnspRoutines.host.setLastError(WSAEINVAL);
        return SOCKET_ERROR;
      }
      const provider = new Provider(definition, providerId, lpnspRoutines.host);
      const { NSPIoctl, ...version1 } = routinesOfVersion1(provider);
      // Whether there is something to control shows in the size (specification: NSPStartup); what `start` returns, later.
      const watches = definition.watch !== undefined || definition.start !== undefined;
      const version2 = routinesOfVersion2(provider);
      Object.assign(lpnspRoutines, version1, version2, watches ? { NSPIoctl } : {}, {
        directLookUps: directLookUpsOf(provider, version2),
        cbSize: watches ? SIZE_WITH_IOCTL : SIZE,
        dwMajorVersion: 1,
        dwMinorVersion: 0,
      });
      return 0;
    },
  };
}
