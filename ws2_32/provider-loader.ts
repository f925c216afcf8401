import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { providerIdentifier, type InstanceContainer, type ProviderModule } from './services.js';

/**
 * Loads the modules of providers, synchronously, by the paths that the catalog gives (calling conventions: Providers):
 * `di:<name>` from the instance's container, a `file:` URL, or a package path that is resolved from the catalog file's
 * folder, else from the working directory.
 */
export class ProviderLoader {
  /**
   * @param container the instance's container
   * @param catalogFile the catalog's file; `null` for a catalog in memory
   */
  constructor(
    private readonly container: InstanceContainer,
    private readonly catalogFile: string | null,
  ) {}

  /**
   * Loads a module.
   *
   * @param path as the catalog gives it
   * @returns the module
   * @throws whatever kept it from being loaded: no such file, top-level `await`, an exception of its own, no binding
   */
  load(path: string): ProviderModule {
    const module: unknown = path.startsWith('di:') ? this.#bound(path.slice(3)) : this.#required(path);
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
    if (path.startsWith('file:')) return createRequire(path)(fileURLToPath(path));
    const folders = [...(this.catalogFile === null ? [] : [dirname(this.catalogFile)]), process.cwd()];
    let unresolved: unknown;
    for (const folder of folders) {
      // createRequire wants a file; only its folder matters.
      const require = createRequire(join(folder, 'catalog.json'));
      let file: string;
      try {
        file = require.resolve(path);
      } catch (error) {
        unresolved ??= error;
        continue;
      }
      return require(file);
    }
    throw unresolved;
  }
}

// A CommonJS module that was compiled from ESM, or an ESM module whose exports are gathered in its default export.
function withDefaultExport(module: object): ProviderModule {
  if ('WSPStartup' in module || 'NSPStartup' in module) return module as ProviderModule;
  const exported = (module as { default?: unknown }).default;
  return typeof exported === 'object' && exported !== null ? exported : (module as ProviderModule);
}
