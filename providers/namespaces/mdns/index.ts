/**
 * The name-space provider of multicast DNS and DNS-SD (RFC 6762, RFC 6763): names in `.local`, and services that come and
 * go on the links of this machine. It is in no default catalog: whoever installs it has it join groups and send to them.
 *
 * ```ts
 * import { INSTANCE, NS_DNS } from 'ws2spi';
 * import { createMdnsNameSpace } from 'ws2spi/providers/namespaces/mdns';
 * ws2[INSTANCE].bindProvider('mdns', createMdnsNameSpace());
 * ws2.WSCInstallNameSpace('Multicast DNS', 'di:mdns', NS_DNS, 2, MDNS_NAMESPACE_PROVIDER);
 * ```
 *
 * @module
 */
import { defineNameSpace, type NameSpace } from '../../../name-space/index.js';
import { GUID, WSAEALREADY, WSAEINVAL, WSATYPE_NOT_FOUND, type LPNSPSTARTUP } from '../../../spi/index.js';
import { createMdnsCounters, type MdnsCounters } from './counters.js';
import { Mdns } from './mdns.js';
import { completeOptions, type MdnsNameSpaceOptions } from './options.js';

export type { MdnsCounters } from './counters.js';
export type { MdnsNameSpaceOptions } from './options.js';
export { mdnsServiceClass, SVCID_WS2SPI_DNS_SD } from './service-types.js';

/** The GUID that the provider is installed under, unless one takes another. */
export const MDNS_NAMESPACE_PROVIDER: GUID = GUID.parse('2D8E7B14-53A6-4C0F-8E91-B7046F3A5D2C')!;

/** Multicast DNS, ready to be installed. */
export interface MdnsNameSpace extends NameSpace {
  /** What it has done so far, in all instances together. */
  readonly counters: Readonly<MdnsCounters>;
}

/**
 * Makes a provider of multicast DNS. The groups are joined by the first look-up or registration in `.local`.
 *
 * @param options which interfaces, which name this host has, and how long others are waited for
 * @returns the name space, for `bindProvider`
 * @throws TypeError when an option is none
 */
export function createMdnsNameSpace(options: MdnsNameSpaceOptions = {}): MdnsNameSpace {
  const settings = completeOptions(options);
  const counters = createMdnsCounters();
  const nameSpace = defineNameSpace({
    name: settings.name,
    nameSpace: settings.nameSpace,
    containers: true,
    // Every name is found or given up before.
    timeout: Math.max(settings.lookupTime, settings.browseTime) + 30_000,
    start(session) {
      const mdns = new Mdns(session, settings, counters);
      const { serviceTypes } = mdns;
      return {
        lookup: (question, answer) => mdns.lookup(question, answer),
        register: (registration, answer) => mdns.register(registration, answer),
        deregister: (registration, answer) => mdns.deregister(registration, answer),
        watch: (question, changed) => mdns.watch(question, changed),
        installClass(info, answer) {
          if (!serviceTypes.isType(info)) answer.fail(WSAEINVAL);
          else if (serviceTypes.get(GUID.parse(info.lpServiceClassId ?? '')!) !== undefined) answer.fail(WSAEALREADY);
          else {
            serviceTypes.install(info);
            answer.done();
          }
        },
        removeClass(serviceClass, answer) {
          if (serviceTypes.remove(serviceClass)) answer.done();
          else answer.fail(WSATYPE_NOT_FOUND);
        },
        getClass(serviceClass, answer) {
          const info = serviceTypes.get(serviceClass);
          if (info === undefined) answer.fail(WSATYPE_NOT_FOUND);
          else answer.done(info);
        },
        end: () => mdns.end(),
      };
    },
  });
  return { ...nameSpace, counters };
}

/** Starts the provider with the options that are usual (specification: NSPStartup). */
export const NSPStartup: LPNSPSTARTUP = (lpProviderId, lpnspRoutines) =>
  createMdnsNameSpace().NSPStartup(lpProviderId, lpnspRoutines);
