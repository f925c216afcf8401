// Why a socket could not be opened: what providers are reported for while it is tried.
import type { Defect, Ws2_32 } from '../index.js';
import type { ChainError } from '../node/instance/index.js';

const heard = new WeakMap<Ws2_32, Defect[]>();

function defectsOf(ws2: Ws2_32): Defect[] {
  let defects = heard.get(ws2);
  if (defects === undefined) {
    const made: Defect[] = (defects = []);
    heard.set(ws2, made);
    ws2.on('defect', (defect) => void made.push(defect));
  }
  return defects;
}

function describe({ message, cause }: Defect): string {
  return cause instanceof Error && !message.includes(cause.message) ? `${message}: ${cause.message}` : message;
}

/**
 * Opens a socket; if that fails, the error has the reasons that providers gave.
 *
 * @param open opens it, or says why that cannot be
 */
export function openWithReasons<Socket>(ws2: Ws2_32, open: () => Socket | ChainError): Socket | ChainError {
  const defects = defectsOf(ws2);
  const opened = open();
  if (opened instanceof Error && defects.length > 0) {
    opened.message = `socket ${opened.code}: ${defects.map(describe).join('; ')}`;
  }
  defects.length = 0;
  return opened;
}
