// Names: as people write them, and as they are compared and sent. A label may hold dots ("Printer v1.2"): within this
// folder such a dot is DOT, so that names are texts that dots alone divide.

/** Stands for a dot within a label; control characters are in no name (RFC 6763, 4.1.1). */
export const DOT = '\x01';
/** Where all names of multicast DNS are. */
export const DOMAIN = 'local';
/** Whose instances are the service types that there are (RFC 6763, 9). */
export const ALL_TYPES = '_services._dns-sd._udp.local';

const LONGEST_LABEL = 63;
const LONGEST_NAME = 255;

/** What a service's name says. */
export interface ServiceName {
  /** The instance, as people read it; empty when a type alone was named. */
  readonly instance: string;
  /** The type: `_http._tcp.local`. */
  readonly type: string;
  /** What is asked for when only some instances are wanted: `_printer._sub._http._tcp.local`; else the type. */
  readonly browsed: string;
}

/** A name, so that those that are the same are equal: letters of ASCII count the same in both cases, others do not. */
export function keyOf(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** Whether a name can be sent: lengths of labels and of the whole, and no control characters. */
export function isSendable(name: string): boolean {
  let length = 1;
  for (const label of name.split('.')) {
    const bytes = Buffer.byteLength(label);
    if (bytes === 0 || bytes > LONGEST_LABEL) return false;
    length += bytes + 1;
  }
  // DOT is a control character that is allowed.
  return length <= LONGEST_NAME && !/[\x00\x02-\x1f\x7f\ufffd]/.test(name);
}

const SERVICE = /^(?:(.*)\.)?(_[a-z0-9-]{1,62}\._(?:tcp|udp))(?:\.local)?\.?$/is;
const SUBTYPE = /^_[^.]+\._sub$/i;

/**
 * Reads the name of a service or of a type: `My printer._ipp._tcp.local`, `_ipp._tcp`. Dots within the instance need no
 * backslash before them, but may have one.
 *
 * @returns `null` when it is neither
 */
export function readServiceName(text: string): ServiceName | null {
  const found = SERVICE.exec(text);
  if (found === null) return null;
  const type = `${found[2]!}.${DOMAIN}`;
  const before = found[1] ?? '';
  const isSubtype = SUBTYPE.test(before);
  const service = {
    instance: isSubtype ? '' : unescaped(before),
    type,
    browsed: isSubtype ? `${before}.${type}` : type,
  };
  const name = service.instance === '' ? service.browsed : instanceName(service.instance, type);
  return isSendable(name) ? service : null;
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, '$1').normalize('NFC');
}

/** The name of an instance, from how people read it. */
export function instanceName(instance: string, type: string): string {
  return `${instance.replaceAll('.', DOT)}.${type}`;
}

/**
 * Reads the name of a host: `alpha.local`, with or without a dot at the end.
 *
 * @returns `null` when it is none in this domain
 */
export function readHostName(text: string): string | null {
  const name = (text.endsWith('.') ? text.slice(0, -1) : text).normalize('NFC');
  if (!keyOf(name).endsWith(`.${DOMAIN}`) || !isSendable(name) || name.includes(DOT)) return null;
  return name;
}

/** A name as people read it; `readServiceName` understands it. */
export function shownName(name: string): string {
  return name.replaceAll('\\', '\\\\').replaceAll(DOT, '.');
}

/** A type as people read it: `_http._tcp`. */
export function shownType(type: string): string {
  return type.replace(/\.local$/i, '');
}

/** The first label of a name, as people read it. */
export function firstLabel(name: string): string {
  const dot = name.indexOf('.');
  return (dot < 0 ? name : name.slice(0, dot)).replaceAll(DOT, '.');
}

/** What stands behind the first label. */
export function behindFirstLabel(name: string): string {
  return name.slice(name.indexOf('.') + 1);
}

/**
 * The next name to try when one is taken: `Printer` becomes `Printer (2)`, `Printer (2)` becomes `Printer (3)`.
 *
 * @param instance as people read it
 */
export function nextInstance(instance: string): string {
  const [, before, number] = /^(.*) \((\d{1,6})\)$/s.exec(instance) ?? [null, instance, '1'];
  return shortened(before!, ` (${Number(number) + 1})`);
}

/** The next name of a host: `alpha`, `alpha-2`, `alpha-3`. */
export function nextHost(label: string): string {
  const [, before, number] = /^(.*)-(\d{1,6})$/s.exec(label) ?? [null, label, '1'];
  return shortened(before!, `-${Number(number) + 1}`);
}

// Cut off where the label would be too long, at the border of a character.
function shortened(text: string, behind: string): string {
  let kept = text;
  while (Buffer.byteLength(kept + behind) > LONGEST_LABEL) kept = [...kept].slice(0, -1).join('');
  return kept + behind;
}
