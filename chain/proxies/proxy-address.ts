/** A proxy, as an option spells it. */
export interface ProxyAddress {
  /** In lower case; `null` when the text has none. */
  readonly scheme: string | null;
  /** A host's name, or an address in text form without brackets. */
  readonly host: string;
  readonly port: number;
  /** `null` when the text has none; so may be the password. */
  readonly user: string | null;
  readonly password: string | null;
}

const FORM = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:([^@/]*)@)?(\[[0-9a-f:.]+\]|[^:@/[\]\s]+)(?::(\d{1,5}))?\/?$/i;

/**
 * Reads a proxy's address: `host:port`, `[::1]:port`, or with a scheme, a user and a password, as in `socks5://user:password@host:port`;
 * what is special in user and password is spelt as in a URL, `%40` for `@`.
 *
 * @param schemes the schemes that there are
 * @param defaultPort the port where the text has none
 * @returns the address; or what is wrong, to be read behind "`proxy` must be", which never shows the text: it may have a password
 */
export function readProxy(text: unknown, schemes: readonly string[], defaultPort: number): ProxyAddress | string {
  const example = `'host:port' or '${schemes[0]}://user:password@host:port'`;
  if (typeof text !== 'string' || text === '') return example;
  const form = FORM.exec(text);
  if (form === null)
    return `${example}; an IPv6 address stands in brackets, and what is special in a password is spelt as %40`;
  const [, scheme = null, credentials, host, port = String(defaultPort)] = form;
  if (scheme !== null && !schemes.includes(scheme.toLowerCase())) {
    return `${example}: there is no scheme "${scheme.slice(0, 20)}" but ${schemes.join(', ')}`;
  }
  if (/^\d+$/.test(host!))
    return `${example}: a number alone is a port without a host; this machine is 127.0.0.1:${host}`;
  if (Number(port) > 0xffff || Number(port) === 0) return `${example}: a port is a number from 1 to 65535`;
  const [user, password] = credentialsOf(credentials);
  if (user === undefined) return `${example}: what is special in user and password is spelt as in a URL, % as %25`;
  return {
    scheme: scheme?.toLowerCase() ?? null,
    host: host!.replace(/^\[|\]$/g, ''),
    port: Number(port),
    user,
    password: password ?? null,
  };
}

function credentialsOf(
  text: string | undefined,
): [user: string | null | undefined, password: string | null | undefined] {
  if (text === undefined) return [null, null];
  const colon = text.indexOf(':');
  try {
    if (colon < 0) return [decodeURIComponent(text), null];
    return [decodeURIComponent(text.slice(0, colon)), decodeURIComponent(text.slice(colon + 1))];
  } catch {
    return [undefined, undefined];
  }
}

/** The proxy without its user and password, for messages. */
export function shownProxy({ host, port }: ProxyAddress): string {
  return formatAddressAndPort(host, port);
}
/** An address or a host's name with a port, as URLs have them: IPv6 addresses in brackets. */
export function formatAddressAndPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
