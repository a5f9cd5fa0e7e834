// libvpx's four functions for memory, in place of its own, which the linker then leaves
// out. Its vpx_calloc fills every page with zeros itself; for a screen of 1920 by 1080
// that is 100 MB for the worst frame imaginable, of which an ordinary one touches a few.
// The C library's calloc takes fresh pages from the system, which are zero and cost
// nothing until they are used. See vpx_mem/vpx_mem.h in libvpx for the contract.
//
// What a large frame did touch is given back after it, by beside_memory_give_back.

#define _DEFAULT_SOURCE  // for madvise

#include "memory.h"

#include <stdint.h>
#include <stdlib.h>

#ifdef __linux__
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>
#endif

// What libvpx's SIMD code expects of memory it did not ask an alignment for.
#define ALIGNMENT 32

void *vpx_memalign(size_t align, size_t size);
void *vpx_malloc(size_t size);
void *vpx_calloc(size_t count, size_t size);
void vpx_free(void *p);

// Finds an aligned place in a block and notes the block's address just before it.
static void *place(void *block, size_t align) {
  if (block == NULL) return NULL;
  const uintptr_t first = (uintptr_t)block + sizeof block;
  void **p = (void **)((first + align - 1) & ~(uintptr_t)(align - 1));
  p[-1] = block;
  return p;
}

// The room that place needs beside size bytes; 0 when that is too much.
static size_t room(size_t size, size_t align) {
  const size_t more = align - 1 + sizeof(void *);
  return size > SIZE_MAX - more ? 0 : size + more;
}

void *vpx_memalign(size_t align, size_t size) {
  const size_t total = room(size, align);
  return total == 0 ? NULL : place(malloc(total), align);
}

void *vpx_malloc(size_t size) { return vpx_memalign(ALIGNMENT, size); }

// The largest block that this thread took zeroed since beside_memory_watch.
static _Thread_local beside_memory largest;

void *vpx_calloc(size_t count, size_t size) {
  if (size != 0 && count > SIZE_MAX / size) return NULL;
  const size_t total = room(count * size, ALIGNMENT);
  if (total == 0) return NULL;
  void *p = place(calloc(total, 1), ALIGNMENT);
  if (p != NULL && count * size > largest.size) largest = (beside_memory){p, count * size};
  return p;
}

void vpx_free(void *p) {
  if (p != NULL) free(((void **)p)[-1]);
}

void beside_memory_watch(void) { largest = (beside_memory){NULL, 0}; }

beside_memory beside_memory_largest(void) { return largest; }

#ifdef __linux__
void beside_memory_give_back(beside_memory m) {
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  const uintptr_t from = ((uintptr_t)m.start + page - 1) & ~(page - 1);
  const uintptr_t to = ((uintptr_t)m.start + m.size) & ~(page - 1);
  if (from < to) madvise((void *)from, to - from, MADV_DONTNEED);
}

void beside_memory_trim(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}
#else
void beside_memory_give_back(beside_memory m) { (void)m; }

void beside_memory_trim(void) {}
#endif
