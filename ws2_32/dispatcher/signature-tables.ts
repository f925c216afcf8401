import { loadPart } from '../../host/load-part.js';
import type * as Signatures from '../../spi/signatures/index.js';

/** The signatures of the functions that cross a border, by table: loaded when the first is hooked, or a provider is contained. */
export function signatureTables(): typeof Signatures {
  return loadPart<typeof Signatures>(import.meta.url, '../../spi/signatures/index.js');
}
