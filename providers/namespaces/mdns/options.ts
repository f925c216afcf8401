import { hostname } from 'node:os';
import { AF_INET, AF_INET6, NS_DNS, parseIPv4, parseIPv6 } from '../../../spi/index.js';
import { checkOptions, type OptionRule } from '../../../spi/option-check.js';
import { isSendable } from './names.js';

/** How multicast DNS is to be; everything may be left out. */
export interface MdnsNameSpaceOptions {
  /** The name space's name in reports; `multicast DNS` if absent. */
  readonly name?: string;
  /** Which name space it is installed for; NS_DNS if absent, as others do it that serve names in `.local`. */
  readonly nameSpace?: number;
  /** The first label of this host's name, which services lead to; the machine's name up to its first dot if absent. */
  readonly hostName?: string;
  /**
   * Local addresses, in text, of the interfaces that are used (`10.0.0.1`, `fe80::1%3`); all that are up if absent, and
   * loopback only where there is nothing else.
   */
  readonly interfaces?: readonly string[];
  /** AF_INET, AF_INET6 or both, which is the default: over which the group is joined. */
  readonly families?: readonly number[];
  /** What becomes of a registration whose name is taken: it gets another (`rename`, the default), or fails: WSAEADDRINUSE. */
  readonly conflict?: 'rename' | 'fail';
  /** Told when a name of ours was taken, and which it is now; hosts and services alike. */
  readonly renamed?: (from: string, to: string) => void;
  /** Milliseconds after which a name that nobody answers for is not there; 5000 if absent. */
  readonly lookupTime?: number;
  /** Milliseconds for which answers of several are gathered; 3000 if absent. */
  readonly browseTime?: number;
  /** Records of others that are kept; 4096 if absent. */
  readonly cacheSize?: number;
}

/** The options, completed. */
export type MdnsSettings = Required<Omit<MdnsNameSpaceOptions, 'renamed'>> & Pick<MdnsNameSpaceOptions, 'renamed'>;

const isAddress = (value: unknown): boolean => {
  if (typeof value !== 'string') return false;
  const [address, scope] = value.split('%');
  return (parseIPv4(address!) ?? parseIPv6(address!)) !== null && (scope === undefined || /^\d{1,9}$/.test(scope));
};
const isTime: OptionRule = {
  fits: (value) => typeof value === 'number' && value > 0 && value < 2 ** 31,
  expected: 'a number of milliseconds above 0',
};

const RULES: Readonly<Record<keyof MdnsNameSpaceOptions, OptionRule>> = {
  name: { fits: (value) => typeof value === 'string' && value !== '', expected: 'a name' },
  nameSpace: { fits: (value) => typeof value === 'number' && value > 0, expected: 'a name space, such as NS_DNS' },
  hostName: {
    fits: (value) => typeof value === 'string' && !value.includes('.') && isSendable(value),
    expected: 'one label of at most 63 bytes',
  },
  interfaces: {
    fits: (value) => Array.isArray(value) && value.length > 0 && value.every(isAddress),
    expected: "an array of local addresses, such as ['10.0.0.1', 'fe80::1%3']",
  },
  families: {
    fits: (value) =>
      Array.isArray(value) && value.length > 0 && value.every((each) => each === AF_INET || each === AF_INET6),
    expected: 'an array of AF_INET, AF_INET6 or both',
  },
  conflict: { fits: (value) => value === 'rename' || value === 'fail', expected: "'rename' or 'fail'" },
  renamed: { fits: (value) => typeof value === 'function', expected: 'a function of the old name and the new one' },
  lookupTime: isTime,
  browseTime: isTime,
  cacheSize: {
    fits: (value) => Number.isInteger(value) && (value as number) >= 16 && (value as number) <= 65_536,
    expected: 'a whole number from 16 to 65536',
  },
};

/**
 * Completes options.
 *
 * @throws TypeError when one is none, or there is none of that name
 */
export function completeOptions(options: MdnsNameSpaceOptions): MdnsSettings {
  checkOptions('createMdnsNameSpace', options, RULES);
  const { renamed } = options;
  return {
    name: options.name ?? 'multicast DNS',
    nameSpace: options.nameSpace ?? NS_DNS,
    hostName: options.hostName ?? machineName(),
    interfaces: options.interfaces ?? [],
    families: [...new Set(options.families ?? [AF_INET, AF_INET6])],
    conflict: options.conflict ?? 'rename',
    lookupTime: options.lookupTime ?? 5000,
    browseTime: options.browseTime ?? 3000,
    cacheSize: options.cacheSize ?? 4096,
    ...(renamed === undefined ? {} : { renamed }),
  };
}

// Maybe a name that is none here, or none at all.
function machineName(): string {
  const [label = ''] = hostname().split('.');
  return isSendable(label) ? label : 'host';
}
