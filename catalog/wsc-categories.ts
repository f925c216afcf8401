// The functions that say which categories layers are of, and which ones programs permit.
import { statSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { areBytes, isNull } from '../spi/arguments.js';
import {
  ERROR_CALL_NOT_IMPLEMENTED,
  ProviderInfoAudit,
  ProviderInfoLspCategories,
  WSAEFAULT,
  WSAEINVAL,
  WSAEINVALIDPROVIDER,
  WSANO_RECOVERY,
  WSASERVICE_NOT_FOUND,
  type Ref,
} from '../spi/index.js';
import {
  change,
  Failure,
  needDword,
  needDwordRef,
  needGuid,
  needRef,
  needString,
  runWithErrno,
  type CatalogContext,
} from './arguments.js';
import { categoriesOfProvider, permittedInRow, setPermitted, setProviderCategories } from './categories.js';
import type { Program } from './program.js';
import { MAX_EXTRA, MAX_PROGRAM_PATH } from './rules.js';
import type { CatalogData } from './schema.js';

/** The functions of categories, as methods of an instance have them (ws2spi.h, since Windows Vista). */
export interface CategoryFunctions {
  /**
   * Sets what is known of a layer (ws2spi.h: WSCSetProviderInfo). Which categories it has decides into which programs it is
   * loaded; those of the layer's own entry count, not those of its chains.
   *
   * @param lpProviderId the GUID of an installed provider
   * @param InfoType ProviderInfoLspCategories
   * @param Info a DWORD of `LSP_*` bits; 0 is a layer without categories, which no program loads that permits some alone
   * @param InfoSize 4
   * @param Flags 0
   * @param lpErrno receives the error: WSAEFAULT for bad pointers; WSAEINVAL for a malformed or unknown GUID, another kind
   *   of information, size or flags; ERROR_CALL_NOT_IMPLEMENTED for ProviderInfoAudit; WSANO_RECOVERY when the catalog is
   *   damaged or may not be written; WSATRY_AGAIN when another process kept it locked; WSASYSCALLFAILURE when the system
   *   failed otherwise
   * @returns 0, or SOCKET_ERROR
   */
  WSCSetProviderInfo(
    lpProviderId: string,
    InfoType: number,
    Info: Uint8Array,
    InfoSize: number,
    Flags: number,
    lpErrno: Ref<number>,
  ): number;
  /**
   * Tells what is known of a layer (ws2spi.h: WSCGetProviderInfo).
   *
   * @param Info receives a DWORD of `LSP_*` bits, 0 when none were set
   * @param InfoSize in: the buffer's size in bytes; out: 4, the size needed
   * @param lpErrno receives the error: WSAEFAULT for bad pointers and a small buffer; WSAEINVAL for a malformed GUID,
   *   another kind of information, or flags; ERROR_CALL_NOT_IMPLEMENTED for ProviderInfoAudit; WSAEINVALIDPROVIDER for an
   *   unknown GUID, and for one whose categories are damaged; WSANO_RECOVERY when the catalog is
   * @returns 0, or SOCKET_ERROR
   */
  WSCGetProviderInfo(
    lpProviderId: string,
    InfoType: number,
    Info: Uint8Array | null,
    InfoSize: Ref<number>,
    Flags: number,
    lpErrno: Ref<number>,
  ): number;
  /**
   * Sets which categories of layers a program permits (ws2spi.h: WSCSetApplicationCategory). An instance looks that up at
   * its first WSAStartup, and keeps to it.
   *
   * @param Path the program's main script, as an absolute path: a file, or one that has categories already
   * @param PathLength how many characters of it count
   * @param Extra arguments, separated by spaces: this is for the program with just these; `null` for all
   * @param ExtraLength how many characters of them count
   * @param PermittedLspCategories `LSP_*` bits. A layer is loaded if all of its categories are among them, at least one is,
   *   and it is of LSP_SYSTEM if that is permitted; 0 permits everything
   * @param pPrevPermLspCat receives what was permitted before, 0 if that was never set; or `null`
   * @param lpErrno receives the error: WSAEFAULT for bad pointers; WSAEINVAL for `null` as path, one that is empty,
   *   relative, too long or no file's; WSANO_RECOVERY, WSATRY_AGAIN and WSASYSCALLFAILURE as `WSCSetProviderInfo`
   * @returns 0, or SOCKET_ERROR
   */
  WSCSetApplicationCategory(
    Path: string,
    PathLength: number,
    Extra: string | null,
    ExtraLength: number,
    PermittedLspCategories: number,
    pPrevPermLspCat: Ref<number> | null,
    lpErrno: Ref<number>,
  ): number;
  /**
   * Tells which categories of layers a program permits (ws2spi.h: WSCGetApplicationCategory).
   *
   * @param Path as given to `WSCSetApplicationCategory`, or by other links to the same file
   * @param Extra as given there
   * @param pPermittedLspCategories receives `LSP_*` bits
   * @param lpErrno receives the error: WSAEFAULT for bad pointers, WSAEINVAL for a path that cannot be one,
   *   WSASERVICE_NOT_FOUND when nothing was set for it, WSANO_RECOVERY when the catalog is damaged
   * @returns 0, or SOCKET_ERROR
   */
  WSCGetApplicationCategory(
    Path: string,
    PathLength: number,
    Extra: string | null,
    ExtraLength: number,
    pPermittedLspCategories: Ref<number>,
    lpErrno: Ref<number>,
  ): number;
}

/** The bytes of a DWORD. */
const DWORD_SIZE = 4;

/**
 * Makes the functions of categories.
 *
 * @param context the catalog they work on, and whom they tell of changes and damage
 */
export function createCategoryFunctions(context: CatalogContext): CategoryFunctions {
  return {
    WSCSetProviderInfo: (lpProviderId, InfoType, Info, InfoSize, Flags, lpErrno) =>
      runWithErrno(context, 'WSCSetProviderInfo', lpErrno, () => {
        needString(lpProviderId, 'lpProviderId');
        needKind(InfoType, Flags);
        const size = needDword(InfoSize, 'InfoSize');
        if (!areBytes(Info, Math.min(size, DWORD_SIZE))) throw new Failure(WSAEFAULT, 'Info has not so many bytes');
        if (size !== DWORD_SIZE) throw new Failure(WSAEINVAL, `InfoSize is ${size}, where a DWORD takes ${DWORD_SIZE}`);
        const id = needGuid(lpProviderId);
        const categories = viewOf(Info).getUint32(0, true);
        change(context, WSANO_RECOVERY, (draft) => {
          if (!isInstalled(draft, id)) throw new Failure(WSAEINVAL, `no provider ${id} is installed`);
          setProviderCategories(draft, id, categories);
        });
        return 0;
      }),

    WSCGetProviderInfo: (lpProviderId, InfoType, Info, InfoSize, Flags, lpErrno) =>
      runWithErrno(context, null, lpErrno, () => {
        needString(lpProviderId);
        needKind(InfoType, Flags);
        const size = needDwordRef(InfoSize);
        const id = needGuid(lpProviderId);
        const data = context.store.read();
        if (!isInstalled(data, id)) throw new Failure(WSAEINVALIDPROVIDER);
        const room = size.value >>> 0;
        size.value = DWORD_SIZE;
        if (room < DWORD_SIZE || !areBytes(Info, DWORD_SIZE)) throw new Failure(WSAEFAULT);
        const categories = categoriesOfProvider(data, id, context.store.path);
        if (typeof categories !== 'number') throw new Failure(categories.code, categories);
        viewOf(Info as Uint8Array).setUint32(0, categories, true);
        return 0;
      }),

    WSCSetApplicationCategory: (
      Path,
      PathLength,
      Extra,
      ExtraLength,
      PermittedLspCategories,
      pPrevPermLspCat,
      lpErrno,
    ) =>
      runWithErrno(context, 'WSCSetApplicationCategory', lpErrno, () => {
        const program = needProgram(Path, PathLength, Extra, ExtraLength);
        const permitted = needDword(PermittedLspCategories, 'PermittedLspCategories');
        const before = isNull(pPrevPermLspCat) ? null : needRef(pPrevPermLspCat);
        let previous = 0;
        change(context, WSANO_RECOVERY, (draft) => {
          previous = permittedInRow(draft, program) ?? 0;
          const isKnown = setPermitted(draft, program, permitted);
          if (!isKnown && !isFile(program.path)) throw new Failure(WSAEINVAL, `there is no file ${program.path}`);
        });
        if (before !== null) before.value = previous;
        return 0;
      }),

    WSCGetApplicationCategory: (Path, PathLength, Extra, ExtraLength, pPermittedLspCategories, lpErrno) =>
      runWithErrno(context, null, lpErrno, () => {
        const program = needProgram(Path, PathLength, Extra, ExtraLength);
        const output = needRef(pPermittedLspCategories);
        const permitted = permittedInRow(context.store.read(), program);
        if (permitted === null) throw new Failure(WSASERVICE_NOT_FOUND);
        output.value = permitted;
        return 0;
      }),
  };
}

function isInstalled(data: CatalogData, id: string): boolean {
  return data.protocols.some((item) => item.entry.ProviderId === id);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, DWORD_SIZE);
}

function needKind(InfoType: unknown, Flags: unknown): void {
  const kind = needDword(InfoType, 'InfoType');
  const flags = needDword(Flags, 'Flags');
  if (kind === ProviderInfoAudit) {
    throw new Failure(ERROR_CALL_NOT_IMPLEMENTED, 'there are no audit records (ProviderInfoAudit)');
  }
  if (kind !== ProviderInfoLspCategories) throw new Failure(WSAEINVAL, `InfoType is ${kind}, which there is not`);
  if (flags !== 0) throw new Failure(WSAEINVAL, `Flags is ${flags}, where 0 belongs`);
}

function needProgram(path: unknown, pathLength: unknown, extra: unknown, extraLength: unknown): Program {
  // Measured behaviour 68: no pointer at all is WSAEINVAL here.
  if (isNull(path)) throw new Failure(WSAEINVAL, 'there is no path');
  const given = needCounted(path, pathLength, 'Path');
  const program = { path: given, extra: isNull(extra) ? '' : needCounted(extra, extraLength, 'Extra') };
  if (given === '' || given.length > MAX_PROGRAM_PATH || !isAbsolute(given)) {
    const what = given === '' ? 'empty' : given.length > MAX_PROGRAM_PATH ? 'too long' : `"${given.slice(0, 60)}"`;
    throw new Failure(WSAEINVAL, `the path is ${what}; it must be absolute, of at most ${MAX_PROGRAM_PATH} characters`);
  }
  if (program.extra.length > MAX_EXTRA) {
    throw new Failure(WSAEINVAL, `Extra has ${program.extra.length} characters, more than ${MAX_EXTRA}`);
  }
  return program;
}

// So many characters of a string.
function needCounted(value: unknown, length: unknown, name: string): string {
  const text = needString(value, name);
  const count = needDword(length, `${name}Length`);
  if (count > text.length) throw new Failure(WSAEFAULT, `${name} has ${text.length} characters, not ${count}`);
  const counted = text.slice(0, count);
  if (counted.includes('\0')) throw new Failure(WSAEINVAL, `${name} holds a NUL`);
  return counted;
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}
