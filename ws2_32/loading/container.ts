import { createRequire } from 'node:module';
import type * as Inversify from 'inversify';
import type { Container, ServiceIdentifier } from 'inversify';
import { loadPart } from '../../host/load-part.js';
import type { Clock, LPNSPSTARTUP, LPWSPSTARTUP, NSPV2_ROUTINES, RandomSource } from '../../spi/index.js';

/** What a provider's module exports: a start-up function of either kind, or the routines of a name-space provider of version 2. */
export interface ProviderModule extends Partial<NSPV2_ROUTINES> {
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
  tcpip: '../../providers/tcpip/index.js',
  memory: '../../providers/memory/index.js',
  'namespaces/files': '../../providers/namespaces/files/index.js',
  'layers/trace': '../../providers/layers/trace/index.js',
};

/** What `di:` finds in every instance. */
export const BUILT_IN_PROVIDERS: readonly string[] = Object.keys(BUILT_IN);

const require = createRequire(import.meta.url);

/** What an instance binds for its providers. */
export interface InstanceServices {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly network?: object | undefined;
  readonly platform?: object | undefined;
}

/** Where an instance looks up providers by name, and providers look up what the instance has for them. */
export interface InstanceContainer {
  /** Whether there is something under the identifier. */
  isBound(identifier: ServiceIdentifier): boolean;
  /** What is bound under the identifier, made at first need; `undefined` when nothing is. */
  readonly get: ServiceLookup;
  /** Binds a value in this instance alone; it wins over everything else. */
  bind(identifier: ServiceIdentifier, value: unknown): void;
  /** Takes such a binding back, if it is there. */
  unbind(identifier: ServiceIdentifier): void;
}

/**
 * Makes the container of an instance: a child of the user's, so that several instances may share that one, and whatever
 * the user bound himself wins over what is built in. Without one of the user's, a map of the instance's own does, and
 * inversify, which takes longer to load than everything else together, is left alone.
 */
export function createInstanceContainer(parent: Container | undefined, services: InstanceServices): InstanceContainer {
  const container = parent === undefined ? new OwnContainer() : new ChildContainer(parent);
  container.bind(CLOCK, services.clock);
  container.bind(RANDOM, services.random);
  if (services.network !== undefined) container.bind(NETWORK, services.network);
  if (services.platform !== undefined) container.bind(PLATFORM, services.platform);
  for (const [name, path] of Object.entries(BUILT_IN)) {
    const identifier = providerIdentifier(name);
    if (container.isBound(identifier)) continue;
    container.bindLazily(identifier, () => {
      const module = loadPart<ProviderModule | ProviderFactoryModule>(import.meta.url, path);
      return 'createProvider' in module ? module.createProvider(container.get) : module;
    });
  }
  return container;
}

class OwnContainer implements InstanceContainer {
  readonly #values = new Map<ServiceIdentifier, unknown>();
  readonly #makers = new Map<ServiceIdentifier, () => unknown>();

  isBound(identifier: ServiceIdentifier): boolean {
    return this.#values.has(identifier) || this.#makers.has(identifier);
  }

  readonly get: ServiceLookup = <T>(identifier: ServiceIdentifier<T>) => {
    if (!this.#values.has(identifier)) {
      const make = this.#makers.get(identifier);
      if (make === undefined) return undefined;
      this.#values.set(identifier, make());
    }
    return this.#values.get(identifier) as T;
  };

  bind(identifier: ServiceIdentifier, value: unknown): void {
    this.#values.set(identifier, value);
  }

  bindLazily(identifier: ServiceIdentifier, make: () => unknown): void {
    this.#makers.set(identifier, make);
  }

  unbind(identifier: ServiceIdentifier): void {
    this.#values.delete(identifier);
  }
}

class ChildContainer implements InstanceContainer {
  readonly #container: Container;

  constructor(parent: Container) {
    const { Container } = require('inversify') as typeof Inversify;
    this.#container = new Container({ parent });
  }

  isBound(identifier: ServiceIdentifier): boolean {
    return this.#container.isBound(identifier);
  }

  readonly get: ServiceLookup = (identifier) => this.#container.get(identifier, { optional: true });

  bind(identifier: ServiceIdentifier, value: unknown): void {
    this.#container.bind(identifier).toConstantValue(value);
  }

  bindLazily(identifier: ServiceIdentifier, make: () => unknown): void {
    this.#container.bind(identifier).toDynamicValue(make).inSingletonScope();
  }

  unbind(identifier: ServiceIdentifier): void {
    if (this.#container.isCurrentBound(identifier)) this.#container.unbind(identifier);
  }
}
