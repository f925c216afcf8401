// What the binding calls of Windows: a row per function.

/** The handle by which a process has itself. */
export const THIS_PROCESS = -1;
/** Of DuplicateHandle. */
export const DUPLICATE_SAME_ACCESS = 2;

/**
 * The functions, by the library that has them. Handles and addresses travel as numbers, the path of koffi without conversions: a
 * SOCKET and a HANDLE of the kernel's fit into 32 bits, and an address into 53. Those whose names end in `Bytes` take a user's array
 * by pointer instead. node.exe itself has those of libuv and Node-API.
 */
export const SIGNATURES = {
  'ws2_32.dll': {
    WSAStartup: 'int WSAStartup(uint16_t, intptr_t)',
    WSASocketW: 'intptr_t WSASocketW(int, int, int, intptr_t, uint32_t, uint32_t)',
    WSADuplicateSocketW: 'int WSADuplicateSocketW(intptr_t, uint32_t, intptr_t)',
    closesocket: 'int closesocket(intptr_t)',
    bind: 'int bind(intptr_t, intptr_t, int)',
    listen: 'int listen(intptr_t, int)',
    accept: 'intptr_t accept(intptr_t, intptr_t, intptr_t)',
    connect: 'int connect(intptr_t, intptr_t, int)',
    shutdown: 'int shutdown(intptr_t, int)',
    recv: 'int recv(intptr_t, intptr_t, int, int)',
    recvBytes: 'int recv(intptr_t, void *, int, int)',
    recvfrom: 'int recvfrom(intptr_t, intptr_t, int, int, intptr_t, intptr_t)',
    recvfromBytes: 'int recvfrom(intptr_t, void *, int, int, intptr_t, intptr_t)',
    send: 'int send(intptr_t, intptr_t, int, int)',
    sendBytes: 'int send(intptr_t, void *, int, int)',
    sendto: 'int sendto(intptr_t, intptr_t, int, int, intptr_t, int)',
    sendtoBytes: 'int sendto(intptr_t, void *, int, int, intptr_t, int)',
    WSARecv: 'int WSARecv(intptr_t, intptr_t, uint32_t, intptr_t, intptr_t, intptr_t, intptr_t)',
    WSARecvFrom:
      'int WSARecvFrom(intptr_t, intptr_t, uint32_t, intptr_t, intptr_t, intptr_t, intptr_t, intptr_t, intptr_t)',
    WSASend: 'int WSASend(intptr_t, intptr_t, uint32_t, intptr_t, uint32_t, intptr_t, intptr_t)',
    WSASendMsg: 'int WSASendMsg(intptr_t, intptr_t, uint32_t, intptr_t, intptr_t, intptr_t)',
    WSASendTo: 'int WSASendTo(intptr_t, intptr_t, uint32_t, intptr_t, uint32_t, intptr_t, int, intptr_t, intptr_t)',
    WSAIoctl: 'int WSAIoctl(intptr_t, uint32_t, intptr_t, uint32_t, intptr_t, uint32_t, intptr_t, intptr_t, intptr_t)',
    ioctlsocket: 'int ioctlsocket(intptr_t, int32_t, intptr_t)',
    getsockname: 'int getsockname(intptr_t, intptr_t, intptr_t)',
    getpeername: 'int getpeername(intptr_t, intptr_t, intptr_t)',
    getsockopt: 'int getsockopt(intptr_t, int, int, intptr_t, intptr_t)',
    WSAPoll: 'int WSAPoll(intptr_t, uint32_t, int)',
    select: 'int select(int, intptr_t, intptr_t, intptr_t, intptr_t)',
    WSAEventSelect: 'int WSAEventSelect(intptr_t, intptr_t, int)',
    WSAGetOverlappedResult: 'int WSAGetOverlappedResult(intptr_t, intptr_t, intptr_t, int, intptr_t)',
    setsockopt: 'int setsockopt(intptr_t, int, int, intptr_t, int)',
  },
  'kernel32.dll': {
    GetLastError: 'int GetLastError()',
    SetHandleInformation: 'int SetHandleInformation(intptr_t, uint32_t, uint32_t)',
    CloseHandle: 'int CloseHandle(intptr_t)',
    CreateIoCompletionPort: 'intptr_t CreateIoCompletionPort(intptr_t, intptr_t, intptr_t, uint32_t)',
    GetQueuedCompletionStatusEx:
      'int GetQueuedCompletionStatusEx(intptr_t, intptr_t, uint32_t, intptr_t, uint32_t, int)',
    RegisterWaitForSingleObject:
      'int RegisterWaitForSingleObject(intptr_t, intptr_t, intptr_t, intptr_t, uint32_t, uint32_t)',
    UnregisterWaitEx: 'int UnregisterWaitEx(intptr_t, intptr_t)',
    CancelIoEx: 'int CancelIoEx(intptr_t, intptr_t)',
    GetFileSizeEx: 'int GetFileSizeEx(intptr_t, intptr_t)',
    SetFilePointerEx: 'int SetFilePointerEx(intptr_t, int64_t, intptr_t, uint32_t)',
    CreateEventW: 'intptr_t CreateEventW(intptr_t, int, int, intptr_t)',
    VirtualAlloc: 'intptr_t VirtualAlloc(intptr_t, intptr_t, uint32_t, uint32_t)',
    GetModuleHandleW: 'intptr_t GetModuleHandleW(intptr_t)',
    LoadLibraryA: 'intptr_t LoadLibraryA(const char *)',
    GetProcAddress: 'intptr_t GetProcAddress(intptr_t, const char *)',
    OpenProcess: 'intptr_t OpenProcess(uint32_t, int, uint32_t)',
    DuplicateHandle: 'int DuplicateHandle(intptr_t, intptr_t, intptr_t, intptr_t, uint32_t, int, uint32_t)',
    CreateFileMappingW: 'intptr_t CreateFileMappingW(intptr_t, intptr_t, uint32_t, uint32_t, uint32_t, intptr_t)',
    MapViewOfFile: 'intptr_t MapViewOfFile(intptr_t, uint32_t, uint32_t, uint32_t, intptr_t)',
    UnmapViewOfFile: 'int UnmapViewOfFile(intptr_t)',
  },
  'ntdll.dll': {
    NtCreateFile:
      'int NtCreateFile(intptr_t, uint32_t, intptr_t, intptr_t, intptr_t, uint32_t, uint32_t, uint32_t, uint32_t, intptr_t, uint32_t)',
    NtDeviceIoControlFile:
      'int NtDeviceIoControlFile(intptr_t, intptr_t, intptr_t, intptr_t, intptr_t, uint32_t, intptr_t, uint32_t, intptr_t, uint32_t)',
    RtlGetNtProductType: 'uint8_t RtlGetNtProductType(intptr_t)',
    NtCancelIoFileEx: 'int NtCancelIoFileEx(intptr_t, intptr_t, intptr_t)',
  },
  'node.exe': {
    napi_get_uv_event_loop: 'int napi_get_uv_event_loop(intptr_t, intptr_t)',
    napi_add_env_cleanup_hook: 'int napi_add_env_cleanup_hook(intptr_t, intptr_t, intptr_t)',
    napi_remove_env_cleanup_hook: 'int napi_remove_env_cleanup_hook(intptr_t, intptr_t, intptr_t)',
    uv_get_osfhandle: 'intptr_t uv_get_osfhandle(int)',
    uv_handle_size: 'intptr_t uv_handle_size(int)',
    uv_async_init: 'int uv_async_init(intptr_t, intptr_t, intptr_t)',
    uv_ref: 'void uv_ref(intptr_t)',
    uv_unref: 'void uv_unref(intptr_t)',
    uv_close: 'void uv_close(intptr_t, intptr_t)',
  },
} as const;

type Signatures = typeof SIGNATURES;
type Name = { [L in keyof Signatures]: keyof Signatures[L] }[keyof Signatures];

/** An argument: a number, which keeps nothing alive (see `native-memory.ts`), or what a pointer is made of. */
export type Argument = number | string | Uint8Array;

/** The functions of Windows, each by its name. */
export type Winsock = { readonly [N in Name]: (...values: Argument[]) => number };
