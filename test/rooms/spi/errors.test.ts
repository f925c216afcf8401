import * as spi from 'ws2spi/spi';
import { describe, expect, it } from 'vitest';

const exported = spi as unknown as Record<string, unknown>;

describe('the table of errors', () => {
  it('has every name once, with the value of its constant', () => {
    const names = spi.WINSOCK_ERRORS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, value } of spi.WINSOCK_ERRORS) expect({ [name]: exported[name] }).toEqual({ [name]: value });
  });

  it('has a text and a cure for every error, each a sentence', () => {
    for (const { text, cure } of spi.WINSOCK_ERRORS) {
      expect(text).toMatch(/^[A-Z].*\.$/);
      expect(cure).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('has every exported error', () => {
    const known = new Set(spi.WINSOCK_ERRORS.map(({ value }) => value));
    const codes = Object.entries(exported).filter(([name]) => /^(WSAE|WSA_QOS_|WSA_E_|ERROR_[A-Z])/.test(name));
    const missing = codes.filter(
      ([name, value]) => value !== 0 && typeof value === 'number' && !known.has(value) && name !== 'WSAEVENT',
    );
    expect(missing).toEqual([]);
  });
});

describe('names, texts and codes of errors', () => {
  it('prefer WinSock names where Win32 has the same number', () => {
    expect(spi.winsockErrorName(997)).toBe('WSA_IO_PENDING');
    expect(spi.winsockErrorName(10061)).toBe('WSAECONNREFUSED');
    expect(spi.winsockErrorName(0)).toBe('NO_ERROR');
    expect(spi.winsockErrorName(424242)).toBe('424242');
  });

  it("include Node.js' own codes", () => {
    expect(spi.nodeErrorCode(spi.WSAECONNREFUSED)).toBe('ECONNREFUSED');
    expect(spi.nodeErrorCode(spi.WSAHOST_NOT_FOUND)).toBe('ENOTFOUND');
    expect(spi.nodeErrorCode(spi.WSANOTINITIALISED)).toBe('WSANOTINITIALISED');
  });

  it('explain every number', () => {
    expect(spi.winsockErrorText(spi.WSAEADDRINUSE)).toContain('address');
    expect(spi.winsockErrorText(424242)).toContain('424242');
    expect(spi.winsockErrorText(0)).not.toBe('');
  });
});

describe('NT status codes', () => {
  it.each([
    ['STATUS_SUCCESS', 0],
    ['STATUS_PENDING', spi.WSA_IO_INCOMPLETE],
    ['STATUS_BUFFER_OVERFLOW', spi.WSAEMSGSIZE],
    ['STATUS_CANCELLED', spi.WSA_OPERATION_ABORTED],
    ['STATUS_CONNECTION_RESET', spi.WSAECONNRESET],
    ['STATUS_PORT_UNREACHABLE', spi.WSAECONNRESET],
    ['STATUS_CONNECTION_REFUSED', spi.WSAECONNREFUSED],
    ['STATUS_TOO_MANY_ADDRESSES', spi.WSAENOBUFS],
    ['STATUS_HOST_DOWN', spi.WSAEHOSTDOWN],
    ['STATUS_GRACEFUL_DISCONNECT', spi.WSAEDISCON],
    ['STATUS_UNSUCCESSFUL', spi.WSAEINVAL],
  ])('%s means %d', (name, error) => {
    expect(spi.winsockErrorOfStatus(exported[name] as number)).toBe(error);
  });

  it('mean success below 0x80000000, and WSAEINVAL when they are failures of no known kind', () => {
    expect(spi.winsockErrorOfStatus(0x40000000)).toBe(0);
    expect(spi.winsockErrorOfStatus(0xc0ffee00)).toBe(spi.WSAEINVAL);
    expect(spi.winsockErrorOfStatus(0x80001234)).toBe(spi.WSAEINVAL);
  });

  it('may be given signed, as C has them', () => {
    expect(spi.winsockErrorOfStatus(spi.STATUS_CANCELLED | 0)).toBe(spi.WSA_OPERATION_ABORTED);
  });

  it('stand for every error, and turn into it again', () => {
    for (const { name, value } of spi.WINSOCK_ERRORS) {
      if (value === spi.WSA_IO_PENDING) continue;
      const status = spi.statusOfWinsockError(value);
      expect(status).toBeGreaterThan(0);
      expect({ [name]: spi.winsockErrorOfStatus(status) }).toEqual({ [name]: value });
    }
  });

  it('are the ones of Windows for errors that have one', () => {
    expect(spi.statusOfWinsockError(0)).toBe(spi.STATUS_SUCCESS);
    expect(spi.statusOfWinsockError(spi.WSA_IO_PENDING)).toBe(spi.STATUS_PENDING);
    expect(spi.statusOfWinsockError(spi.WSAECONNRESET)).toBe(0xc000020d);
    expect(spi.statusOfWinsockError(spi.WSAEMSGSIZE)).toBe(0x80000005);
    expect(spi.statusOfWinsockError(spi.WSA_OPERATION_ABORTED)).toBe(0xc0000120);
    expect(spi.statusOfWinsockError(spi.WSAECONNREFUSED)).toBe(0xc0000236);
    expect(spi.winsockErrorOfStatus(spi.statusOfWinsockError(424242))).toBe(spi.WSAEINVAL);
  });
});
