// The groups of a provider, before somebody opens a socket in one: hardly any program does.
import { loadPart } from '../../host/load-part.js';
import type { SocketGroups } from '../core/index.js';
import type * as Groups from './socket-groups.js';

/**
 * Finds the groups of a provider, and loads what they are made of with the first socket in one.
 *
 * @param provider names the provider; whoever gives the same name, in whichever process, has the same groups
 */
export function socketGroupsOf(provider: string): SocketGroups {
  let groups: SocketGroups | null = null;
  return {
    enter(g, connectionOriented, host) {
      groups ??= loadPart<typeof Groups>(import.meta.url, './socket-groups.js').socketGroupsOf(provider);
      return groups.enter(g, connectionOriented, host);
    },
  };
}
