// Which layer somebody most likely meant, who named one that there is not.
import { nearestName } from '../spi/nearest-name.js';
import { BUILT_IN_LAYER_NAMES, BUILT_IN_LAYERS } from './built-in-layers.js';

/** Layers by other words for what they do. */
const BY_OTHER_WORDS: Readonly<Record<string, string>> = {
  pcap: 'capture',
  pcapng: 'capture',
  tcpdump: 'capture',
  wireshark: 'capture',
  deflate: 'compression',
  gzip: 'compression',
  brotli: 'compression',
  zstd: 'compression',
  chaos: 'fault',
  proxy: 'socks" or "http-proxy',
  connect: 'http-proxy',
  haproxy: 'proxy-protocol',
  firewall: 'policy',
  egress: 'policy',
  bandwidth: 'shape',
  slow: 'shape',
  throttle: 'shape',
  ssl: 'tls',
  https: 'tls',
  debug: 'trace',
  log: 'trace',
};

/**
 * Advice on the name of a layer that there is not.
 *
 * @returns what goes behind the name in a message, with a question mark or a point at its end; `null` when nothing is near
 */
export function adviceOnName(named: string): string | null {
  const name = named.toLowerCase();
  const known = (word: string): boolean => BUILT_IN_LAYER_NAMES.includes(word);
  const words = name.split(/[,;+ ]+/).map((word) => word.split(':')[0]!);
  if (words.length > 1 && words.every(known)) return ': one text names one layer; name each by a text of its own.';
  const [before] = name.split('=') as [string];
  if (before !== name && known(before)) return `: options stand behind a colon, as in ${before}:OPTION=VALUE.`;
  if (Object.hasOwn(BY_OTHER_WORDS, name)) return `: did you mean "${BY_OTHER_WORDS[name]}"?`;
  const owners = BUILT_IN_LAYER_NAMES.filter((layer) => layerHas(layer, before));
  if (before !== 'name' && owners.length > 0) {
    return `: ${before} is an option of ${owners.join(', ')}, as in ${owners[0]}:${before}=VALUE.`;
  }
  const nearest = nearestName(name, BUILT_IN_LAYER_NAMES);
  return nearest === null ? null : `: did you mean "${nearest}"?`;
}

function layerHas(layer: string, option: string): boolean {
  const { options } = BUILT_IN_LAYERS[layer]!;
  return Object.hasOwn(options, option) && options[option] !== 'program';
}
