import { createRequire } from 'node:module';
import { Container, type ServiceIdentifier } from 'inversify';
import type { Clock, LPNSPSTARTUP, LPWSPSTARTUP, RandomSource } from '../spi/index.js';

/** What a provider's module exports: the one or the other, or both. */
export interface ProviderModule {
  readonly WSPStartup?: LPWSPSTARTUP;
  readonly NSPStartup?: LPNSPSTARTUP;
}

/** Looks up a service of the instance; `undefined` when nothing is bound. */
export type ServiceLookup = <T>(identifier: ServiceIdentifier<T>) => T | undefined;

/**
 * What the module of a built-in provider may export in place of `WSPStartup` and `NSPStartup`, when it needs services of
 * the instance beyond its host: called once per instance, at first need.
 */
export interface ProviderFactoryModule {
  createProvider(lookup: ServiceLookup): ProviderModule;
}

/** The instance's clock. */
export const CLOCK: ServiceIdentifier<Clock> = Symbol.for('ws2spi.clock');
/** The instance's source of chance. */
export const RANDOM: ServiceIdentifier<RandomSource> = Symbol.for('ws2spi.random');
/** The network of the memory provider, as `createMemoryNetwork()` made it; bound only when the instance was given one. */
export const NETWORK: ServiceIdentifier<object> = Symbol.for('ws2spi.network');
/** The binding to the operating system; bound only when the instance was given one. */
export const PLATFORM: ServiceIdentifier<object> = Symbol.for('ws2spi.platform');

/** The identifier under which a container binds the provider that catalogs call `di:<name>`. */
export function providerIdentifier(name: string): ServiceIdentifier<ProviderModule> {
  return `di:${name}`;
}

/** Built-in providers by name, and their modules. They are loaded at first need, so that nobody pays for the others. */
const BUILT_IN: Readonly<Record<string, string>> = {
  tcpip: '../providers/tcpip/index.js',
  memory: '../providers/memory/index.js',
  'namespaces/files': '../providers/namespaces/files/index.js',
  'namespaces/dns': '../providers/namespaces/dns/index.js',
  'layers/trace': '../providers/layers/trace/index.js',
};

const require = createRequire(import.meta.url);

/** What an instance binds in its container. */
export interface InstanceServices {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly network?: object | undefined;
  readonly platform?: object | undefined;
}

/**
 * Makes the container of an instance: a child of the user's, so that several instances may share that one, and whatever
 * the user bound himself wins over what is built in.
 */
export function createInstanceContainer(parent: Container | undefined, services: InstanceServices): Container {
  const container = parent === undefined ? new Container() : new Container({ parent });
  container.bind(CLOCK).toConstantValue(services.clock);
  container.bind(RANDOM).toConstantValue(services.random);
  if (services.network !== undefined) container.bind(NETWORK).toConstantValue(services.network);
  if (services.platform !== undefined) container.bind(PLATFORM).toConstantValue(services.platform);

  const lookup: ServiceLookup = (identifier) => container.get(identifier, { optional: true });
  for (const [name, path] of Object.entries(BUILT_IN)) {
    const identifier = providerIdentifier(name);
    if (container.isBound(identifier)) continue;
    container
      .bind(identifier)
      .toDynamicValue(() => {
        const module = require(path) as ProviderModule | ProviderFactoryModule;
        return 'createProvider' in module ? module.createProvider(lookup) : module;
      })
      .inSingletonScope();
  }
  return container;
}
