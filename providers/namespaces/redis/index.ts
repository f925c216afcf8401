/**
 * The name-space provider of a registry on a Redis server, for services of several machines.
 *
 * @module
 */
import { defineNameSpace, type NameSpace, type NameSpaceHooks } from '../../../name-space/index.js';
import { NS_NIS } from '../../../spi/index.js';
import { checkOptions, numberThat, textThat, type OptionRule } from '../../../spi/option-check.js';
import { RedisRegistry } from './registry.js';
import { parseRedisUrl, type RedisServer } from './settings.js';

/** Which server, and how it is used. */
export interface RedisOptions {
  /**
   * The server: `redis://[user:password@]127.0.0.1:6379/0`; what `WS2SPI_REDIS` says if absent, else the server of this
   * machine. The host is an address or `localhost`.
   */
  readonly url?: string;
  /** What its keys begin with; `ws2spi` if absent. Registries with other prefixes do not see each other. */
  readonly prefix?: string;
  /**
   * For how long a registration holds when its process does not renew it any more, in milliseconds; 30,000 if absent. It is
   * renewed three times in that time.
   */
  readonly lease?: number;
  /** How long to wait for the server's answer, in milliseconds; 5000 if absent. */
  readonly timeout?: number;
  /** The name space that it is installed for; NS_NIS if absent. */
  readonly nameSpace?: number;
}

const RULES: Readonly<Record<keyof RedisOptions, OptionRule>> = {
  url: textThat((value) => value !== '', 'a URL such as redis://127.0.0.1:6379'),
  prefix: textThat((value) => /^[^\s|]{1,100}$/.test(value), 'up to 100 characters, no space and no |'),
  lease: numberThat((value) => value >= 100 && value <= 2 ** 31, 'milliseconds, 100 or more'),
  timeout: numberThat((value) => value > 0 && value <= 2 ** 31, 'milliseconds, more than 0'),
  nameSpace: numberThat((value) => value >>> 0 === value && value !== 0, 'an NS_ number'),
};

/**
 * Makes a name space of a registry on a Redis server.
 *
 * @param options which server; by default, that of this machine
 * @returns the name space, to be installed under a GUID and a path of the installer's choice
 * @throws TypeError for options that are none
 */
export function createRedisRegistry(options: RedisOptions = {}): NameSpace {
  checkOptions('createRedisRegistry', options, RULES);
  const { url, prefix = 'ws2spi', lease = 30_000, timeout = 5000, nameSpace = NS_NIS } = options;
  const given = url === undefined ? null : parseRedisUrl(url);
  return defineNameSpace({
    name: 'redis',
    nameSpace,
    start(session): NameSpaceHooks {
      const server: RedisServer = given ?? parseRedisUrl(process.env['WS2SPI_REDIS'] || 'redis://localhost');
      return new RedisRegistry(session, { ...server, prefix, lease, timeout });
    },
  });
}

/** Starts the provider for the server that `WS2SPI_REDIS` names (specification: NSPStartup). */
export const { NSPStartup } = createRedisRegistry();
