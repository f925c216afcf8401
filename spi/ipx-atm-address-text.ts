// Socket addresses of IPX and ATM as text.
import { AF_ATM, AF_IPX } from './constants/sockets.js';
import { ATM_E164, ATM_NSAP, BHLI_UserSpecific, SAP_FIELD_ABSENT } from './constants/atm.js';

/** Bytes of a `sockaddr_ipx`. */
const IPX_SIZE = 14;
/** Bytes of a `sockaddr_atm`, and where its parts begin. */
const ATM_SIZE = 76;
const ATM_NUMBER = 4;
const ATM_ADDR = 12;
const ATM_LAYER_2 = 32;
const ATM_LAYER_3 = 40;
const ATM_HIGH_LAYER = 60;
const ATM_HIGH_LAYER_INFO = 68;
/** The most bytes of either. */
const NSAP_BYTES = 20;
const MOST_INFO = 8;

const IPX_FORM = /^([0-9a-f]{1,8})\.([0-9a-f]{1,12})(?::([0-9a-f]{1,4}))?$/i;
const ATM_FORM = /^(?:\+(\d{1,15})|([0-9a-f]{40}))(?::((?:[0-9a-f]{2}){1,8}))?$/i;

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));
}

function hexOf(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at++) text += bytes[at]!.toString(16).padStart(2, '0');
  return text;
}

/** Reads `network.node:socket`, all in hexadecimal, into a `sockaddr_ipx`; `null` when the text is anything else. */
export function parseIPX(text: string): Uint8Array | null {
  const found = IPX_FORM.exec(text);
  if (found === null) return null;
  const [, network, node, socket = '0'] = found;
  const name = new Uint8Array(IPX_SIZE);
  name[0] = AF_IPX;
  name.set(bytesOf(network!.padStart(8, '0') + node!.padStart(12, '0') + socket.padStart(4, '0')), 2);
  return name;
}

/**
 * Writes a `sockaddr_ipx` as `network.node:socket`; without the socket where that is 0.
 *
 * @param name at least 14 bytes
 */
export function formatIPX(name: Uint8Array): string {
  const address = `${hexOf(name, 2, 6)}.${hexOf(name, 6, 12)}`;
  return name[12] === 0 && name[13] === 0 ? address : `${address}:${hexOf(name, 12, 14)}`;
}

/**
 * Reads an NSAP address in 40 hexadecimal digits, or `+` and an E.164 number, and behind a colon which application is
 * meant, into a `sockaddr_atm`.
 *
 * @returns `null` when the text is anything else
 */
export function parseATM(text: string): Uint8Array | null {
  const found = ATM_FORM.exec(text);
  if (found === null) return null;
  const [, digits, nsap, application = ''] = found;
  const name = new Uint8Array(ATM_SIZE);
  const view = new DataView(name.buffer);
  view.setUint16(0, AF_ATM, true);
  view.setUint32(ATM_NUMBER, nsap === undefined ? ATM_E164 : ATM_NSAP, true);
  view.setUint32(ATM_NUMBER + 4, nsap === undefined ? digits!.length : NSAP_BYTES, true);
  name.set(nsap === undefined ? new TextEncoder().encode(digits) : bytesOf(nsap), ATM_ADDR);
  view.setUint32(ATM_LAYER_2, SAP_FIELD_ABSENT, true);
  view.setUint32(ATM_LAYER_3, SAP_FIELD_ABSENT, true);
  view.setUint32(ATM_HIGH_LAYER, application === '' ? SAP_FIELD_ABSENT : BHLI_UserSpecific, true);
  view.setUint32(ATM_HIGH_LAYER + 4, application.length / 2, true);
  name.set(bytesOf(application), ATM_HIGH_LAYER_INFO);
  return name;
}

/**
 * Writes a `sockaddr_atm` as `parseATM` reads it. What the lower layers speak is no part of the text.
 *
 * @param name at least 76 bytes
 * @returns `null` when it says no number, or longer parts than there is room for
 */
export function formatATM(name: Uint8Array): string | null {
  const view = new DataView(name.buffer, name.byteOffset, name.byteLength);
  const digits = view.getUint32(ATM_NUMBER + 4, true);
  const type = view.getUint32(ATM_NUMBER, true);
  const info = view.getUint32(ATM_HIGH_LAYER, true) === SAP_FIELD_ABSENT ? 0 : view.getUint32(ATM_HIGH_LAYER + 4, true);
  if (digits > NSAP_BYTES || info > MOST_INFO || (type !== ATM_E164 && type !== ATM_NSAP)) return null;
  const number =
    type === ATM_NSAP
      ? hexOf(name, ATM_ADDR, ATM_ADDR + NSAP_BYTES)
      : `+${new TextDecoder().decode(name.subarray(ATM_ADDR, ATM_ADDR + digits))}`;
  return info === 0 ? number : `${number}:${hexOf(name, ATM_HIGH_LAYER_INFO, ATM_HIGH_LAYER_INFO + info)}`;
}
