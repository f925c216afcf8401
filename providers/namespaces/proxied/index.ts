/**
 * The name space `proxied`: answers every name with an address that stands for it, and asks nobody. For programs that look a name up
 * before they connect, over a layer that takes names, such as `socks` and `http-proxy`: the proxy is asked for the name.
 *
 * @module
 */
import { defineNameSpace, type NameSpace } from '../../../name-space/index.js';
import { AF_INET, AF_INET6, NS_DNS, parseIPv4, sockaddr_in, sockaddr_in6, WSATRY_AGAIN } from '../../../spi/index.js';
import { checkOptions, numberThat, type OptionRule } from '../../../spi/option-check.js';

/** Which names are answered. */
export interface ProxiedNameSpaceOptions {
  /**
   * The names that are answered, and all that end like one of them: `onion` and `corp.example`. All if absent, but for `localhost`; the
   * name spaces behind this one are asked for the others.
   */
  readonly domains?: readonly string[];
  /** The name space that it is installed for; NS_DNS if absent. */
  readonly nameSpace?: number;
}

const RULES: Readonly<Record<keyof ProxiedNameSpaceOptions, OptionRule>> = {
  domains: {
    fits: (value) => Array.isArray(value) && value.every((each) => typeof each === 'string' && /^[^.\s]/.test(each)),
    expected: "a list of names such as 'corp.example'",
  },
  nameSpace: numberThat((value) => value >>> 0 === value && value !== 0, 'an NS_ number'),
};

/**
 * Makes a name space whose addresses stand for names. Put it before those that ask somebody: `addNameSpace(ws2, …, { first: true })`.
 *
 * @param options which names are answered
 * @throws TypeError that names the option that is wrong
 */
export function createProxiedNameSpace(options: ProxiedNameSpaceOptions = {}): NameSpace {
  checkOptions('createProxiedNameSpace', options, RULES);
  const { domains, nameSpace = NS_DNS } = options;
  const isAnswered = ofDomains(domains?.map((domain) => domain.toLowerCase().replace(/\.$/, '')));
  return defineNameSpace({
    name: 'proxied names',
    nameSpace,
    start: ({ host: { names } }) => ({
      lookup(question, answer) {
        if (question.kind === 'address') {
          const name = names.nameOf(sockaddrOf(question.name));
          if (name !== null) answer.found({ name });
        } else if (question.kind === 'host' && isAnswered(question.name.toLowerCase().replace(/\.$/, ''))) {
          const family = question.wants(AF_INET) ? AF_INET : AF_INET6;
          const address = names.addressOf(question.name.replace(/\.$/, ''), family);
          if (address === null) return answer.fail(WSATRY_AGAIN);
          answer.found({ name: question.name, addresses: [address] });
        }
        answer.done();
      },
    }),
  });
}

/** Starts the name space for all names but `localhost` (specification: NSPStartup). */
export const { NSPStartup } = createProxiedNameSpace();

function ofDomains(domains: readonly string[] | undefined): (name: string) => boolean {
  if (domains === undefined) return (name) => name !== '' && name !== 'localhost' && !name.endsWith('.localhost');
  return (name) => domains.some((domain) => name === domain || name.endsWith(`.${domain}`));
}

function sockaddrOf(text: string): Uint8Array {
  try {
    return parseIPv4(text) !== null ? sockaddr_in(text, 0) : sockaddr_in6(text, 0);
  } catch {
    return new Uint8Array(16);
  }
}
