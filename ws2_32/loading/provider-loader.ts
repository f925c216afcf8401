import { createRequire } from 'node:module';
import { BOUND } from '../../catalog/instance.js';
import type * as Modules from '../../catalog/modules.js';
import { loadPart } from '../../host/load-part.js';
import { providerIdentifier, type ProviderModule } from '../../spi/index.js';
import type { InstanceContainer } from './container.js';

/**
 * Loads the modules of providers, synchronously, by the paths that the catalog gives (calling conventions: Providers):
 * `di:<name>` from the instance's container, a `file:` URL, or a package path that is resolved from the catalog file's
 * folder; for a catalog in memory, from the working directory. A module that others may write is not run.
 */
export class ProviderLoader {
  /**
   * @param container the instance's container
   * @param catalogFile the catalog's file; `null` for a catalog in memory
   * @param trusting whether modules are run although others may write them
   */
  constructor(
    private readonly container: InstanceContainer,
    private readonly catalogFile: string | null,
    private readonly trusting = false,
  ) {}

  /**
   * Loads a module.
   *
   * @param path as the catalog gives it
   * @returns the module
   * @throws whatever kept it from being loaded: no such file, top-level `await`, an exception of its own, no binding
   */
  load(path: string): ProviderModule {
    const module: unknown = path.startsWith(BOUND) ? this.#bound(path.slice(BOUND.length)) : this.#required(path);
    if (typeof module !== 'object' || module === null) throw new TypeError(`${path} is not a provider's module`);
    return withDefaultExport(module);
  }

  #bound(name: string): unknown {
    const identifier = providerIdentifier(name);
    if (!this.container.isBound(identifier) && !this.container.isBound(name)) {
      throw new Error(`nothing is bound as "di:${name}" in the instance's container`);
    }
    const bound: unknown = this.container.get(this.container.isBound(identifier) ? identifier : name);
    // A bare WSPStartup will do: it is what a provider with nothing else exports.
    return typeof bound === 'function' ? { WSPStartup: bound } : bound;
  }

  #required(path: string): unknown {
    // Loaded with the first that is not built in.
    const { distrustOfModule, findModule } = loadPart<typeof Modules>(import.meta.url, '../../catalog/modules.js');
    const file = findModule(path, this.catalogFile);
    const doubt = this.trusting ? null : distrustOfModule(path, file, this.catalogFile);
    if (doubt !== null) {
      throw new Error(
        `${doubt.fault}, and so decide which code runs; to mend it, ${doubt.cure}; ` +
          'to run it all the same, createWs2_32({ trustCatalog: true })',
      );
    }
    return createRequire(file)(file);
  }
}

// A CommonJS module that was compiled from ESM, or an ESM module whose exports are gathered in its default export.
function withDefaultExport(module: object): ProviderModule {
  if ('WSPStartup' in module || 'NSPStartup' in module || 'NSPv2Startup' in module) return module as ProviderModule;
  const exported = (module as { default?: unknown }).default;
  return typeof exported === 'object' && exported !== null ? exported : (module as ProviderModule);
}
