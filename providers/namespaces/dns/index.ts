/**
 * The name-space provider of the domain name system: a resolver of its own, over the sockets of the instance.
 *
 * @module
 */
import { ANY, checkOptions, FLAG, isObject, type OptionRule } from '../../../spi/option-check.js';
import { NS_DNS } from '../../../spi/index.js';
import { defineNameSpace, type NameSpace } from '../../../name-space/index.js';
import { createDnsCounters, type DnsCounters } from './counters.js';
import { DnsNames } from './dns-names.js';
import { SettingsSource, type DnsSettings } from './settings.js';

export { createDnsCounters, type DnsCounters } from './counters.js';
export type { DnsSettings } from './settings.js';
export { recordText } from './record-text.js';
export { parseResolvConf, type ResolvConf, type ResolvConfProblem, type ResolverSettings } from './resolv-conf.js';
export type { ServerAddress } from './server-address.js';

/** How the provider resolves names; what is left out is as resolv.conf says. */
export interface DnsNameSpaceOptions extends DnsSettings {
  /** Answers that are kept, those included that say that there is nothing; 4096 if absent, 0 for none. */
  readonly cacheSize?: number;
  /** Counts what is done, over all instances that use the provider. */
  readonly counters?: DnsCounters;
  /** The name space that the provider is installed for; NS_DNS if absent. */
  readonly nameSpace?: number;
}

const CACHE_SIZE = 4096;

const LIST: OptionRule = { fits: Array.isArray, expected: 'an array' };

const RULES: Readonly<Record<keyof DnsNameSpaceOptions, OptionRule>> = {
  servers: LIST,
  search: LIST,
  resolvConf: { fits: (value) => value === null || typeof value === 'string', expected: 'a path or null' },
  ndots: ANY,
  timeout: ANY,
  attempts: ANY,
  rotate: FLAG,
  cacheSize: ANY,
  counters: { fits: isObject, expected: 'counters, as createDnsCounters makes them' },
  nameSpace: ANY,
};

/**
 * Makes a provider of the domain name system.
 *
 * @param options which servers are asked, and how
 * @returns the provider, whose `NSPStartup` may be called any number of times; each call has its own state
 * @throws TypeError when an option is none: a server that is no address, a domain that is no name
 */
export function createDnsNameSpace(options: DnsNameSpaceOptions = {}): NameSpace {
  checkOptions('createDnsNameSpace', options, RULES);
  const { cacheSize = CACHE_SIZE, nameSpace = NS_DNS, counters = createDnsCounters() } = options;
  if (!Number.isInteger(cacheSize) || cacheSize < 0) {
    throw new TypeError(`createDnsNameSpace: \`cacheSize\` is a whole number from 0, not ${String(cacheSize)}`);
  }
  // Looked at here already, so that who gives a wrong one is told.
  void new SettingsSource(options, () => undefined);
  return defineNameSpace({
    name: 'DNS',
    nameSpace,
    // Each question has an end of its own.
    timeout: Infinity,
    start: (session) => new DnsNames(session, options, counters, cacheSize).hooks,
  });
}

/** Starts the provider with the servers of the system (specification: NSPStartup). */
export const { NSPStartup } = createDnsNameSpace();
