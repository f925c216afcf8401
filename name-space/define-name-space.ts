import { GUID, SOCKET_ERROR, WSAEINVAL } from '../spi/index.js';
import { checkDefinition, type NameSpace, type NameSpaceDefinition } from './definition.js';
import { createRoutines } from './routines.js';

const VERSION = 2;

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
      lpnspRoutines.dwMajorVersion = VERSION;
      lpnspRoutines.dwMinorVersion = 0;
      Object.assign(lpnspRoutines, createRoutines(definition, providerId));
      return 0;
    },
  };
}
