// Where the settings come from: options first, then resolv.conf, which is read again when it has changed.
import { getServers } from 'node:dns';
import { statSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemConventions } from '../../../platform/systems.js';
import { readOrdinaryFile } from '../../../shared-file/index.js';
import { toWireName } from './names.js';
import { DEFAULT_SETTINGS, parseResolvConf, type ResolvConf, type ResolverSettings } from './resolv-conf.js';
import { parseServer, type ServerAddress } from './server-address.js';

/** How names are asked for; what is left out is as resolv.conf says. */
export interface DnsSettings {
  /**
   * Path of the resolv.conf, `null` to read none; if absent, the one that WS2SPI_RESOLV_CONF names in the environment, or
   * the system's own, where it has one.
   */
  readonly resolvConf?: string | null;
  /** The servers' addresses, in the form of resolv.conf, with a port if it is not 53: `127.0.0.1:5353`, `[::1]:5353`. */
  readonly servers?: readonly string[];
  /** Domains that are put behind short names. */
  readonly search?: readonly string[];
  /** A name with so many dots is asked for as it is first. */
  readonly ndots?: number;
  /** How long one server is waited for, in milliseconds. */
  readonly timeout?: number;
  /** How often all servers are asked. */
  readonly attempts?: number;
  /** Whether each question begins with another server. */
  readonly rotate?: boolean;
}

/** Larger files are not read: resolv.conf has some lines. */
const LARGEST_FILE = 1 << 20;
/** How long the file is not looked at again while the cache answers, in milliseconds. */
const LOOK_EVERY = 1000;

/** The settings as they are now. */
export class SettingsSource {
  readonly #path: string | null;
  readonly #fixed: Partial<ResolverSettings>;
  #signature: string | null | undefined;
  #settings: ResolverSettings | null = null;
  #lookedAt = -Infinity;

  /**
   * @param options what holds whatever the file says
   * @param say told what is wrong with the file
   * @throws TypeError when an option is none
   */
  constructor(
    options: DnsSettings,
    private readonly say: (message: string, cause?: unknown) => void,
  ) {
    const { resolvConf = process.env['WS2SPI_RESOLV_CONF'] || systemConventions().resolverFile } = options;
    this.#path = resolvConf;
    this.#fixed = fixedSettings(options);
  }

  /**
   * The settings.
   *
   * @param now milliseconds of the instance's clock; `Infinity` to look at the file in any case
   * @returns the same object for as long as they are the same
   */
  at(now: number): ResolverSettings {
    if (this.#settings !== null && now - this.#lookedAt < LOOK_EVERY) return this.#settings;
    if (now !== Infinity) this.#lookedAt = now;
    const signature = this.#sign();
    if (this.#settings === null || signature !== this.#signature) {
      this.#signature = signature;
      this.#settings = this.#read();
    }
    return this.#settings;
  }

  /** What is wrong with the file, a line each; empty for nothing. */
  problems(): readonly string[] {
    const file = this.#load();
    return (file?.problems ?? []).map(({ line, message }) => `${this.#path}:${line}: ${message}`);
  }

  #read(): ResolverSettings {
    const file = this.#load();
    const problems = file?.problems ?? [];
    if (problems.length > 0) {
      const lines = problems.map(({ line, message }) => `line ${line}: ${message}`);
      this.say(`of ${this.#path} it leaves out ${lines.join('; ')}`);
    }
    const said = { ...file?.settings, ...this.#fixed };
    return {
      ...DEFAULT_SETTINGS,
      ...said,
      servers: said.servers ?? systemServers(file === null),
      search: said.search ?? ownDomain(),
    };
  }

  #load(): ResolvConf | null {
    if (this.#path === null) return null;
    try {
      // Never one that has to be waited for, or has no end.
      return parseResolvConf(readOrdinaryFile(this.#path, LARGEST_FILE, true).bytes.toString());
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') this.say(`could not read ${this.#path}`, cause);
      return null;
    }
  }

  // What changes whenever the file does; null while there is none.
  #sign(): string | null {
    if (this.#path === null) return null;
    try {
      const { mtimeNs, ctimeNs, size, ino } = statSync(this.#path, { bigint: true });
      return [mtimeNs, ctimeNs, size, ino].join();
    } catch {
      return null;
    }
  }
}

function fixedSettings(options: DnsSettings): Partial<ResolverSettings> {
  const refuse = (what: string): never => {
    throw new TypeError(`createDnsNameSpace: ${what}`);
  };
  const number = (name: 'ndots' | 'timeout' | 'attempts', least: number): object => {
    const value = options[name];
    if (value === undefined) return {};
    if (typeof value !== 'number' || !(value >= least) || value === Infinity) {
      refuse(`\`${name}\` is a number from ${least}, not ${String(value)}`);
    }
    return { [name]: name === 'timeout' ? value : Math.floor(value) };
  };
  const servers = options.servers?.map(
    (text) => parseServer(text) ?? refuse(`"${text}" is not the address of a server, such as 127.0.0.1 or [::1]:5353`),
  );
  if (servers?.length === 0) refuse('`servers` names no server');
  const search = options.search?.map((text) => toWireName(text) ?? refuse(`"${text}" is not a domain`));
  return {
    ...(servers === undefined ? {} : { servers }),
    ...(search === undefined ? {} : { search }),
    ...number('ndots', 0),
    ...number('timeout', 1),
    ...number('attempts', 1),
    ...(options.rotate === undefined ? {} : { rotate: options.rotate }),
  };
}

/** The servers where no file names any: the system's where it has no such file, else one on this machine. */
function systemServers(hasNoFile: boolean): readonly ServerAddress[] {
  const texts = hasNoFile && systemConventions().resolverFile === null ? getServers() : [];
  const found = texts.flatMap((text) => parseServer(text) ?? []);
  return found.length > 0 ? found : [parseServer('127.0.0.1')!];
}

/** The domain of the machine's own name, where nothing says what to search. */
function ownDomain(): readonly string[] {
  const name = hostname();
  const dot = name.indexOf('.');
  const domain = dot < 0 ? null : toWireName(name.slice(dot + 1));
  return domain === null ? [] : [domain];
}
