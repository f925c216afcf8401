import { loadPart } from '../host/load-part.js';
import type { Ws2_32Options } from './instance-options.js';
import type * as Instance from './instance.js';

/**
 * Makes an instance: a WS2_32 of its own, with its handles, its catalog and its providers. The first call loads what
 * instances are made of, so that a program which imports the package, but never comes to use it, does not pay for that.
 *
 * @param options what it is made from
 * @throws TypeError for an option that there is not, a wrong value, or a `base` that contradicts the catalog;
 *   CatalogError when
 *   `catalog` is an object that is not a catalog; a file is read by WSAStartup
 */
export function createWs2_32(options: Ws2_32Options = {}): Instance.Ws2_32 {
  return loadPart<typeof Instance>(import.meta.url, './instance.js').createInstance(options);
}
