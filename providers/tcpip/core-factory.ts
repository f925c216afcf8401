// Where the front gets its cores from.
import { SOCK_STREAM, type InstanceHost } from '../../spi/index.js';
import type { CoreFactory } from '../../io/core.js';
import { systemSockets, type PlatformSockets, type Poller } from '../../platform/index.js';
import type { CoreSurroundings } from './descriptor-core.js';
import { openDatagramCore } from './datagram-core.js';
import { SystemNetwork } from './local-network.js';
import { openStreamCore } from './stream-core.js';

/**
 * Makes cores over the operating system's sockets.
 *
 * @param poller of this thread
 * @param platform the binding; by default that of the operating system
 * @param host the instance, whose timers look for changes of the interfaces; without it nobody does
 * @throws UnsupportedPlatformError where the system has no binding and none is given
 */
export function createTcpipCoreFactory(
  poller: Poller,
  platform: PlatformSockets = systemSockets(),
  host: Pick<InstanceHost, 'clock' | 'setTimer'> | null = null,
): CoreFactory {
  const around: CoreSurroundings = { poller, sockets: platform, network: new SystemNetwork(platform, host) };
  return {
    createCore: (af, type, protocol) =>
      type === SOCK_STREAM ? openStreamCore(around, af, type, protocol) : openDatagramCore(around, af, type, protocol),
  };
}
