/* Wine 8 has no bcryptprimitives.dll, of which vitest's bundler wants this one function. */
#include <windows.h>

BOOLEAN WINAPI SystemFunction036(PVOID room, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE room, SIZE_T length) {
  return SystemFunction036(room, (ULONG)length);
}
