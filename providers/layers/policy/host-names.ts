// Names of hosts as policies compare them.
import { domainToASCII } from 'node:url';

/**
 * The form in which a name is compared: lower case, international names as they are on the wire, no dot at the end.
 *
 * @returns `null` for what is no host's name; an address in any spelling is none
 */
export function normalHostName(name: string): string | null {
  const ascii = /^[\x00-\x7f]*$/.test(name) ? name.toLowerCase() : domainToASCII(name);
  const bare = ascii.endsWith('.') ? ascii.slice(0, -1) : ascii;
  if (bare.length > 253 || !/^(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}$/.test(bare)) return null;
  return endsInNumber(bare) ? null : bare;
}

/** Whether a text is an address in some spelling, as inet_aton and its like read them: `0x7f.1`, `2130706433`, `fe80::1%2`. */
export function isAddressText(text: string): boolean {
  return text.includes(':') || endsInNumber(text.endsWith('.') ? text.slice(0, -1) : text);
}

function endsInNumber(name: string): boolean {
  return /^(?:\d+|0x[\da-f]*)$/i.test(name.slice(name.lastIndexOf('.') + 1));
}

/** A name of a rule: one host's, or those of all below a domain, which begins with a dot then. */
export type HostPattern = string;

/**
 * Reads a name of a rule: `api.example.com`, or `*.example.com`.
 *
 * @returns the pattern, behind `pattern`; or what is wrong with the text
 */
export function readHostPattern(text: string): { readonly pattern: HostPattern } | string {
  const isDomain = text.startsWith('*.');
  const rest = isDomain ? text.slice(2) : text;
  if (text === '*') return 'matches every name: leave "name" out, or write "*.com"';
  if (rest.includes('*')) return 'has a * that is not the whole of its first part: write *.example.com';
  if (isAddressText(rest)) return 'is an address: write it as "address"';
  const name = normalHostName(rest);
  if (name === null) return "is not a host's name such as api.example.com or *.example.com";
  return { pattern: isDomain ? `.${name}` : name };
}

/** The patterns that a name fits: itself, and each domain that it lies below. */
export function patternsFitting(name: string): HostPattern[] {
  const patterns = [name];
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) patterns.push(name.slice(dot));
  return patterns;
}
