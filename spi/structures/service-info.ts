// The structures of WinSock 1.1's service functions (nspapi.h): EnumProtocols, GetService, SetService.
import { nested, structure, type Field, type TableCodec } from './codec.js';
import { BLOB } from './buffers.js';
import { bytesPointer, charPointer, countOf, i32, pointer, trailing, u32, widePointer } from './fields.js';
import { guid, type GUID } from './guid.js';

// The members that A and W forms have alike stand in the same places.

/** A protocol, as EnumProtocols describes it. */
export interface PROTOCOL_INFO {
  /** `XP_*`. */
  dwServiceFlags: number;
  iAddressFamily: number;
  iMaxSockAddr: number;
  iMinSockAddr: number;
  iSocketType: number;
  iProtocol: number;
  dwMessageSize: number;
  lpProtocol: string | null;
}

const protocolFields = (text: typeof widePointer): readonly Field<PROTOCOL_INFO>[] => [
  ['dwServiceFlags', 0, u32],
  ['iAddressFamily', 4, i32],
  ['iMaxSockAddr', 8, i32],
  ['iMinSockAddr', 12, i32],
  ['iSocketType', 16, i32],
  ['iProtocol', 20, i32],
  ['dwMessageSize', 24, u32],
  ['lpProtocol', 28, text],
];

/** Codec of PROTOCOL_INFOW (32 bytes). */
export const PROTOCOL_INFOW: TableCodec<PROTOCOL_INFO> = structure('PROTOCOL_INFOW', 32, protocolFields(widePointer));
/** Codec of PROTOCOL_INFOA (32 bytes). */
export const PROTOCOL_INFOA: TableCodec<PROTOCOL_INFO> = structure('PROTOCOL_INFOA', 32, protocolFields(charPointer));
/** Codec of PROTOCOL_INFO, which is the W form. */
export const PROTOCOL_INFO = PROTOCOL_INFOW;
/** A protocol with text in UTF-16. */
export type PROTOCOL_INFOW = PROTOCOL_INFO;
/** A protocol with text in bytes. */
export type PROTOCOL_INFOA = PROTOCOL_INFO;

/** One address of a service. */
export interface SERVICE_ADDRESS {
  /** The address family. */
  dwAddressType: number;
  /** `SERVICE_ADDRESS_FLAG_*`. */
  dwAddressFlags: number;
  dwAddressLength: number;
  dwPrincipalLength: number;
  /** A sockaddr. */
  lpAddress: Uint8Array | null;
  lpPrincipal: Uint8Array | null;
}

/** Codec of SERVICE_ADDRESS (24 bytes). */
export const SERVICE_ADDRESS: TableCodec<SERVICE_ADDRESS> = structure<SERVICE_ADDRESS>('SERVICE_ADDRESS', 24, [
  ['dwAddressType', 0, u32],
  ['dwAddressFlags', 4, u32],
  ['dwAddressLength', 8, countOf('lpAddress')],
  ['dwPrincipalLength', 12, countOf('lpPrincipal')],
  ['lpAddress', 16, bytesPointer('dwAddressLength')],
  ['lpPrincipal', 20, bytesPointer('dwPrincipalLength')],
]);

/** The addresses of a service. */
export interface SERVICE_ADDRESSES {
  dwAddressCount: number;
  Addresses: SERVICE_ADDRESS[];
}

/** Codec of SERVICE_ADDRESSES (28 bytes, with one address). */
export const SERVICE_ADDRESSES: TableCodec<SERVICE_ADDRESSES> = structure<SERVICE_ADDRESSES>('SERVICE_ADDRESSES', 28, [
  ['dwAddressCount', 0, countOf('Addresses')],
  ['Addresses', 4, trailing(nested(SERVICE_ADDRESS), 'dwAddressCount')],
]);

/** A service, or a type of services. */
export interface SERVICE_INFO {
  lpServiceType: GUID | null;
  lpServiceName: string | null;
  lpComment: string | null;
  lpLocale: string | null;
  dwDisplayHint: number;
  dwVersion: number;
  dwTime: number;
  lpMachineName: string | null;
  lpServiceAddress: SERVICE_ADDRESSES | null;
  /** A SERVICE_TYPE_INFO_ABS when a type is added. */
  ServiceSpecificInfo: BLOB;
}

const serviceFields = (text: typeof widePointer): readonly Field<SERVICE_INFO>[] => [
  ['lpServiceType', 0, pointer(guid)],
  ['lpServiceName', 4, text],
  ['lpComment', 8, text],
  ['lpLocale', 12, text],
  ['dwDisplayHint', 16, u32],
  ['dwVersion', 20, u32],
  ['dwTime', 24, u32],
  ['lpMachineName', 28, text],
  ['lpServiceAddress', 32, pointer(nested(SERVICE_ADDRESSES))],
  ['ServiceSpecificInfo', 36, nested(BLOB)],
];

/** Codec of SERVICE_INFOW (44 bytes). */
export const SERVICE_INFOW: TableCodec<SERVICE_INFO> = structure('SERVICE_INFOW', 44, serviceFields(widePointer));
/** Codec of SERVICE_INFOA (44 bytes). */
export const SERVICE_INFOA: TableCodec<SERVICE_INFO> = structure('SERVICE_INFOA', 44, serviceFields(charPointer));
/** Codec of SERVICE_INFO, which is the W form. */
export const SERVICE_INFO = SERVICE_INFOW;
/** A service with text in UTF-16. */
export type SERVICE_INFOW = SERVICE_INFO;
/** A service with text in bytes. */
export type SERVICE_INFOA = SERVICE_INFO;

/** What one name space knows of a service. */
export interface NS_SERVICE_INFO {
  dwNameSpace: number;
  ServiceInfo: SERVICE_INFO;
}

/** Codec of NS_SERVICE_INFOW (48 bytes). */
export const NS_SERVICE_INFOW: TableCodec<NS_SERVICE_INFO> = structure<NS_SERVICE_INFO>('NS_SERVICE_INFOW', 48, [
  ['dwNameSpace', 0, u32],
  ['ServiceInfo', 4, nested(SERVICE_INFOW)],
]);
/** Codec of NS_SERVICE_INFOA (48 bytes). */
export const NS_SERVICE_INFOA: TableCodec<NS_SERVICE_INFO> = structure<NS_SERVICE_INFO>('NS_SERVICE_INFOA', 48, [
  ['dwNameSpace', 0, u32],
  ['ServiceInfo', 4, nested(SERVICE_INFOA)],
]);
/** Codec of NS_SERVICE_INFO, which is the W form. */
export const NS_SERVICE_INFO = NS_SERVICE_INFOW;
/** What one name space knows, with text in UTF-16. */
export type NS_SERVICE_INFOW = NS_SERVICE_INFO;
/** What one name space knows, with text in bytes. */
export type NS_SERVICE_INFOA = NS_SERVICE_INFO;

/** One value of a type of services in one name space. */
export interface SERVICE_TYPE_VALUE_ABS {
  dwNameSpace: number;
  dwValueType: number;
  dwValueSize: number;
  lpValueName: string | null;
  lpValue: Uint8Array | null;
}

const valueFields = (text: typeof widePointer): readonly Field<SERVICE_TYPE_VALUE_ABS>[] => [
  ['dwNameSpace', 0, u32],
  ['dwValueType', 4, u32],
  ['dwValueSize', 8, countOf('lpValue')],
  ['lpValueName', 12, text],
  ['lpValue', 16, bytesPointer('dwValueSize')],
];

/** Codec of SERVICE_TYPE_VALUE_ABSW (20 bytes). */
export const SERVICE_TYPE_VALUE_ABSW: TableCodec<SERVICE_TYPE_VALUE_ABS> = structure(
  'SERVICE_TYPE_VALUE_ABSW',
  20,
  valueFields(widePointer),
);
/** Codec of SERVICE_TYPE_VALUE_ABSA (20 bytes). */
export const SERVICE_TYPE_VALUE_ABSA: TableCodec<SERVICE_TYPE_VALUE_ABS> = structure(
  'SERVICE_TYPE_VALUE_ABSA',
  20,
  valueFields(charPointer),
);
/** Codec of SERVICE_TYPE_VALUE_ABS, which is the W form. */
export const SERVICE_TYPE_VALUE_ABS = SERVICE_TYPE_VALUE_ABSW;
/** A value with text in UTF-16. */
export type SERVICE_TYPE_VALUE_ABSW = SERVICE_TYPE_VALUE_ABS;
/** A value with text in bytes. */
export type SERVICE_TYPE_VALUE_ABSA = SERVICE_TYPE_VALUE_ABS;

/** What a type of services is. */
export interface SERVICE_TYPE_INFO_ABS {
  lpTypeName: string | null;
  dwValueCount: number;
  Values: SERVICE_TYPE_VALUE_ABS[];
}

/** Codec of SERVICE_TYPE_INFO_ABSW (28 bytes, with one value). */
export const SERVICE_TYPE_INFO_ABSW: TableCodec<SERVICE_TYPE_INFO_ABS> = structure<SERVICE_TYPE_INFO_ABS>(
  'SERVICE_TYPE_INFO_ABSW',
  28,
  [
    ['lpTypeName', 0, widePointer],
    ['dwValueCount', 4, countOf('Values')],
    ['Values', 8, trailing(nested(SERVICE_TYPE_VALUE_ABSW), 'dwValueCount')],
  ],
);
/** Codec of SERVICE_TYPE_INFO_ABSA (28 bytes, with one value). */
export const SERVICE_TYPE_INFO_ABSA: TableCodec<SERVICE_TYPE_INFO_ABS> = structure<SERVICE_TYPE_INFO_ABS>(
  'SERVICE_TYPE_INFO_ABSA',
  28,
  [
    ['lpTypeName', 0, charPointer],
    ['dwValueCount', 4, countOf('Values')],
    ['Values', 8, trailing(nested(SERVICE_TYPE_VALUE_ABSA), 'dwValueCount')],
  ],
);
/** Codec of SERVICE_TYPE_INFO_ABS, which is the W form. */
export const SERVICE_TYPE_INFO_ABS = SERVICE_TYPE_INFO_ABSW;
/** A type of services with text in UTF-16. */
export type SERVICE_TYPE_INFO_ABSW = SERVICE_TYPE_INFO_ABS;
/** A type of services with text in bytes. */
export type SERVICE_TYPE_INFO_ABSA = SERVICE_TYPE_INFO_ABS;
