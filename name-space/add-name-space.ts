import { randomUUID } from 'node:crypto';
import { isStructure } from '../spi/arguments.js';
import { kindOf } from '../spi/answers.js';
import { INSTANCE, type GUID, type ProviderRegistry } from '../spi/index.js';
import { checkOptions, type OptionRule } from '../spi/option-check.js';
import type { NameSpace } from './definition.js';

/** An instance, as `createWs2_32` returns it. */
export interface NameSpaceInstance {
  readonly [INSTANCE]: ProviderRegistry;
}

/** How a name space is added; everything may be left out. */
export interface AddNameSpaceOptions {
  /** Whether it is asked before the name spaces that are there; else it is asked when they know no answer. */
  readonly first?: boolean;
}

const RULES: Readonly<Record<keyof AddNameSpaceOptions, OptionRule>> = {
  first: { fits: (value) => typeof value === 'boolean', expected: 'true or false' },
};

/** The names that providers are bound by, of those that were added. */
const bindings = new WeakMap<ProviderRegistry, Map<GUID, string>>();

/**
 * Adds a name space to one instance, until `removeNameSpace`; nothing is saved.
 *
 * @param ws2 the instance
 * @param nameSpace as `defineNameSpace` returns it
 * @param options its place among the others
 * @returns the provider's GUID, by which queries may ask it alone (`lpNSProviderId`)
 * @throws TypeError when the arguments are not an instance, a name space and options
 */
export function addNameSpace(ws2: NameSpaceInstance, nameSpace: NameSpace, options: AddNameSpaceOptions = {}): GUID {
  const registry = registryOf('addNameSpace', ws2);
  if (!isStructure(nameSpace) || typeof (nameSpace as Partial<NameSpace>).NSPStartup !== 'function') {
    throw new TypeError(
      `addNameSpace: the second argument is a name space, as defineNameSpace returns it, not ${kindOf(nameSpace)}`,
    );
  }
  checkOptions('addNameSpace', options, RULES);
  const providerId = randomUUID().toUpperCase();
  const name = `name-space-${providerId}`;
  registry.bindProvider(name, { NSPStartup: nameSpace.NSPStartup });
  const added = bindings.get(registry) ?? new Map<GUID, string>();
  bindings.set(registry, added.set(providerId, name));
  const info = {
    NSProviderId: providerId,
    dwNameSpace: nameSpace.nameSpace,
    fActive: true,
    dwVersion: 2,
    lpszIdentifier: nameSpace.name,
  };
  registry.addNameSpace(`di:${name}`, info, options.first === true);
  return providerId;
}

/**
 * Takes a name space off that `addNameSpace` added. What is asked of it is cancelled.
 *
 * @param ws2 the instance
 * @param providerId as `addNameSpace` returned it; one that was taken off does not matter
 * @throws TypeError when the first argument is not an instance
 */
export function removeNameSpace(ws2: NameSpaceInstance, providerId: GUID): void {
  const registry = registryOf('removeNameSpace', ws2);
  const added = bindings.get(registry);
  const name = added?.get(providerId);
  if (name === undefined) return;
  added!.delete(providerId);
  registry.removeNameSpace(providerId);
  registry.unbindProvider(name);
}

function registryOf(caller: string, ws2: unknown): ProviderRegistry {
  const registry = (ws2 as Partial<NameSpaceInstance> | null | undefined)?.[INSTANCE];
  if (registry !== undefined) return registry;
  throw new TypeError(`${caller}: the first argument is the instance, as createWs2_32 returns it, not ${kindOf(ws2)}`);
}
