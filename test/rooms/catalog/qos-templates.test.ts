// Templates of quality of service that are installed, and kept in the catalog.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AF_INET,
  createWs2_32,
  QOS_NOT_SPECIFIED,
  SERVICETYPE_GUARANTEED,
  SOCK_STREAM,
  WSAEFAULT,
  WSAEINVAL,
  type QOS,
  type Ws2_32,
} from 'ws2spi';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buffer } from '../../support/providers.js';
import { temporaryFolder } from './helpers.js';

const specification = {
  TokenRate: 64_000,
  TokenBucketSize: 1500,
  PeakBandwidth: -1,
  Latency: QOS_NOT_SPECIFIED,
  DelayVariation: QOS_NOT_SPECIFIED,
  ServiceType: SERVICETYPE_GUARANTEED,
  MaxSduSize: 1500,
  MinimumPolicedSize: 100,
};
const OPUS: QOS = {
  SendingFlowspec: specification,
  ReceivingFlowspec: { ...specification, TokenRate: 32_000 },
  ProviderSpecific: { len: 3, buf: Uint8Array.of(1, 2, 3, 4) },
};

describe('Templates of quality of service', () => {
  let file: string;
  const open: Ws2_32[] = [];

  function instance(): Ws2_32 {
    const ws2 = createWs2_32({ base: 'memory', catalog: file });
    ws2.WSAStartup(0x0202, {});
    open.push(ws2);
    return ws2;
  }
  function ask(ws2: Ws2_32, name: string): Partial<QOS> | number {
    const s = ws2.socket(AF_INET, SOCK_STREAM, 0);
    const qos: Partial<QOS> = {};
    const found = ws2.WSAGetQOSByName(s, buffer(name), qos);
    const error = ws2.WSAGetLastError();
    ws2.closesocket(s);
    return found ? qos : error;
  }
  const providerOf = (ws2: Ws2_32): string => {
    const found: { ProviderId: string; iAddressFamily: number; iSocketType: number }[] = [];
    ws2.WSCEnumProtocols(null, found as never, { value: 1e6 }, { value: 0 });
    return found.find((entry) => entry.iAddressFamily === AF_INET && entry.iSocketType === SOCK_STREAM)!.ProviderId;
  };

  beforeEach(() => {
    file = join(temporaryFolder(), 'catalog.json');
  });
  afterEach(() => {
    for (const ws2 of open.splice(0)) ws2[Symbol.dispose]();
  });

  it('are found by name by every instance from then on, and after a restart', () => {
    const [one, two] = [instance(), instance()];
    expect(ask(two, 'OPUS')).toBe(WSAEINVAL);
    expect(one.WSCInstallQOSTemplate(providerOf(one), buffer('Opus\0 and more'), OPUS)).toBe(0);
    const whole = { ...OPUS, ProviderSpecific: { len: 3, buf: Uint8Array.of(1, 2, 3) } };
    whole.SendingFlowspec = { ...specification, PeakBandwidth: QOS_NOT_SPECIFIED };
    whole.ReceivingFlowspec = { ...whole.SendingFlowspec, TokenRate: 32_000 };
    expect(ask(one, 'OPUS')).toEqual(whole);
    expect(ask(two, 'opus')).toEqual(whole);
    expect(ask(instance(), 'Opus')).toEqual(whole);
  });

  it('are listed behind those that are built in, and stand in for one of the same name', () => {
    const ws2 = instance();
    const provider = providerOf(ws2);
    expect(ws2.WSCInstallQOSTemplate(provider, buffer('opus'), OPUS)).toBe(0);
    expect(ws2.WSCInstallQOSTemplate(provider, buffer('g711'), OPUS)).toBe(0);
    expect(ask(ws2, 'G711')).toMatchObject({ ReceivingFlowspec: { TokenRate: 32_000 } });
    const s = ws2.socket(AF_INET, SOCK_STREAM, 0);
    const room = buffer(200);
    expect(ws2.WSAGetQOSByName(s, room, null)).toBe(true);
    const names = Buffer.from(room.buf).toString('latin1').split('\0').filter(Boolean);
    expect(names).toContain('opus');
    expect(names.filter((name) => name.toUpperCase() === 'G711')).toEqual(['G711']);
    expect(ws2.WSCRemoveQOSTemplate(provider, buffer('G711'))).toBe(0);
    expect(ask(ws2, 'G711')).toMatchObject({ SendingFlowspec: { TokenRate: 10_000 } });
  });

  it('are replaced by one of the same name, and removed once', () => {
    const ws2 = instance();
    const provider = providerOf(ws2);
    ws2.WSCInstallQOSTemplate(provider, buffer('opus'), OPUS);
    const other = { ...OPUS, SendingFlowspec: { ...specification, TokenRate: 1 } };
    expect(ws2.WSCInstallQOSTemplate(provider.toLowerCase(), buffer('OPUS'), other)).toBe(0);
    expect(ask(ws2, 'opus')).toMatchObject({ SendingFlowspec: { TokenRate: 1 } });
    expect(ws2.WSCRemoveQOSTemplate(provider, buffer('Opus'))).toBe(0);
    expect(ask(ws2, 'opus')).toBe(WSAEINVAL);
    expect(ws2.WSCRemoveQOSTemplate(provider, buffer('opus'))).toBe(WSAEINVAL);
  });

  it('are refused where something is wrong, and nothing is changed', () => {
    const ws2 = instance();
    const provider = providerOf(ws2);
    ws2.WSCInstallQOSTemplate(provider, buffer('opus'), OPUS);
    const before = readFileSync(file, 'utf8');
    const nobody = '5E0B0B1E-0E4C-4C1A-9F5B-1C0F6A7D9A01';
    const install = ws2.WSCInstallQOSTemplate as (...args: unknown[]) => number;
    const remove = ws2.WSCRemoveQOSTemplate as (...args: unknown[]) => number;
    for (const [arguments_, code] of [
      [[null, buffer('x'), OPUS], WSAEFAULT],
      [['no GUID', buffer('x'), OPUS], WSAEINVAL],
      [[nobody, buffer('x'), OPUS], WSAEINVAL],
      [[provider, 'x', OPUS], WSAEFAULT],
      [[provider, { len: 5, buf: new Uint8Array(1) }, OPUS], WSAEFAULT],
      [[provider, buffer(''), OPUS], WSAEINVAL],
      [[provider, buffer('\0x'), OPUS], WSAEINVAL],
      [[provider, buffer('x'.repeat(256)), OPUS], WSAEINVAL],
      [[provider, buffer('x'), null], WSAEFAULT],
      [[provider, buffer('x'), {}], WSAEFAULT],
      [[provider, buffer('x'), { ...OPUS, SendingFlowspec: { ...specification, TokenRate: 1.5 } }], WSAEINVAL],
      [[provider, buffer('x'), { ...OPUS, SendingFlowspec: { ...specification, TokenRate: 2 ** 33 } }], WSAEINVAL],
      [[provider, buffer('x'), { ...OPUS, ProviderSpecific: { len: 9, buf: new Uint8Array(1) } }], WSAEFAULT],
    ] as const) {
      expect([install(...arguments_), arguments_]).toEqual([code, arguments_]);
    }
    expect(remove(provider, buffer('G711'))).toBe(WSAEINVAL);
    expect(remove(nobody, buffer('opus'))).toBe(WSAEINVAL);
    expect(remove(provider, null)).toBe(WSAEFAULT);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it('that somebody has damaged in the file are none, and the others stay', () => {
    const ws2 = instance();
    ws2.WSCInstallQOSTemplate(providerOf(ws2), buffer('opus'), OPUS);
    const catalog = JSON.parse(readFileSync(file, 'utf8')) as { qosTemplates: Record<string, unknown>[] };
    const [sound] = catalog.qosTemplates;
    catalog.qosTemplates.push({ ...sound, name: 'bad', SendingFlowspec: { TokenRate: 'much' } }, null as never);
    writeFileSync(file, JSON.stringify(catalog));
    expect(ask(ws2, 'bad')).toBe(WSAEINVAL);
    expect(ask(ws2, 'opus')).toMatchObject({ ReceivingFlowspec: { TokenRate: 32_000 } });
  });
});
