// Why a socket could not be opened, or its connection broke: what providers are reported for meanwhile.
import { SO_PROTOCOL_INFOW, SOL_SOCKET, WSAPROTOCOL_INFOW, type Defect, type Ws2_32 } from '../index.js';
import { defectText, type ChainError } from '../node/instance/index.js';
import { openHandlesOf, type ChainHandle } from '../node/transfers/index.js';

const heard = new WeakMap<Ws2_32, Defect[]>();

function defectsOf(ws2: Ws2_32): Defect[] {
  let defects = heard.get(ws2);
  if (defects === undefined) {
    const made: Defect[] = (defects = []);
    heard.set(ws2, made);
    ws2.on('defect', (defect) => {
      made.push(defect);
      blame(ws2, defect);
    });
  }
  return defects;
}

/** Whose socket it is, is told with the error that comes of it. */
function blame(ws2: Ws2_32, defect: Defect): void {
  for (const handle of openHandlesOf(ws2)) {
    if (handle.s !== defect.socket) continue;
    const text = defectText(defect);
    const chain = chainOf(handle);
    const why = new Error(chain === '' || text.includes(chain) ? text : `${chain}: ${text}`);
    handle.owner?.wronged?.(Object.assign(why, { wsaError: 0 }));
  }
}

function chainOf({ ws2, s }: ChainHandle): string {
  const bytes = new Uint8Array(WSAPROTOCOL_INFOW.size);
  const got = ws2.getsockopt(s, SOL_SOCKET, SO_PROTOCOL_INFOW, bytes, { value: bytes.length });
  return got === 0 ? WSAPROTOCOL_INFOW.decode(bytes).szProtocol : '';
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
    opened.message = `socket ${opened.code}: ${defects.map(defectText).join('; ')}`;
  }
  defects.length = 0;
  return opened;
}
