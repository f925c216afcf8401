import { createRequire } from 'node:module';
import type * as Inversify from 'inversify';
import type { Container } from 'inversify';
import { loadPart } from '../../host/load-part.js';
import {
  CLOCK,
  NETWORK,
  PLATFORM,
  PORT_RESERVATIONS,
  providerIdentifier,
  RANDOM,
  type Clock,
  type PortReservations,
  type ProviderFactoryModule,
  type ProviderModule,
  type RandomSource,
  type ServiceIdentifier,
  type ServiceLookup,
} from '../../spi/index.js';
import { BUILT_IN } from './built-in.js';

const require = createRequire(import.meta.url);

/** What an instance binds for its providers. */
export interface InstanceServices {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly network?: object | undefined;
  readonly platform?: object | undefined;
  /** Makes them, at first need. */
  readonly portReservations?: () => PortReservations;
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
  if (services.portReservations !== undefined) container.bindLazily(PORT_RESERVATIONS, services.portReservations);
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
