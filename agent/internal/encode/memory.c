// libvpx's four functions for memory, in place of its own, which the linker then leaves
// out. Its vpx_calloc fills every page with zeros itself; for a screen of 1920 by 1080
// that is 100 MB for the worst frame imaginable, of which an ordinary one touches a few.
// The C library's calloc takes fresh pages from the system, which are zero and cost
// nothing until they are used. See vpx_mem/vpx_mem.h in libvpx for the contract.
//
// What a large frame did touch is given back after it, and so are pages that hold only
// zeros: libvpx clears whole pictures that it will never use (for scaling, for hidden
// frames), four of nine for a live screen.

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

// Blocks of this size and more are kept in their owner's list.
static const size_t large = 1 << 20;

// What is noted of a block, just before the place that libvpx knows.
struct beside_block {
  void *start;  // what malloc returned
  size_t size;
  beside_memory *owner;  // NULL when it is in no list
  beside_block *next, *previous;
};

static _Thread_local beside_memory *owner;

void beside_memory_owner(beside_memory *m) { owner = m; }

static beside_block *block_of(void *p) { return (beside_block *)p - 1; }

static void *memory_of(beside_block *b) { return b + 1; }

static void join(beside_block *b) {
  if (owner == NULL || b->size < large) return;
  b->owner = owner;
  b->next = owner->first;
  if (b->next != NULL) b->next->previous = b;
  owner->first = b;
}

static void leave(beside_block *b) {
  if (b->owner == NULL) return;
  if (b->next != NULL) b->next->previous = b->previous;
  if (b->previous != NULL) b->previous->next = b->next;
  if (b->owner->first == b) b->owner->first = b->next;
  if (b->owner->largest == memory_of(b)) b->owner->largest = NULL;
}

// Finds an aligned place for size bytes in what malloc returned.
static void *place(void *start, size_t size, size_t align) {
  if (start == NULL) return NULL;
  const uintptr_t first = (uintptr_t)start + sizeof(beside_block);
  void *p = (void *)((first + align - 1) & ~(uintptr_t)(align - 1));
  *block_of(p) = (beside_block){.start = start, .size = size};
  join(block_of(p));
  return p;
}

// The room that place needs beside size bytes; 0 when that is too much.
static size_t room(size_t size, size_t align) {
  const size_t more = align - 1 + sizeof(beside_block);
  return size > SIZE_MAX - more ? 0 : size + more;
}

void *vpx_memalign(size_t align, size_t size) {
  const size_t total = room(size, align);
  return total == 0 ? NULL : place(malloc(total), size, align);
}

void *vpx_malloc(size_t size) { return vpx_memalign(ALIGNMENT, size); }

void *vpx_calloc(size_t count, size_t size) {
  if (size != 0 && count > SIZE_MAX / size) return NULL;
  const size_t total = room(count * size, ALIGNMENT);
  if (total == 0) return NULL;
  void *p = place(calloc(total, 1), count * size, ALIGNMENT);
  if (p != NULL && owner != NULL && count * size > owner->largest_size) {
    owner->largest = p;
    owner->largest_size = count * size;
  }
  return p;
}

void vpx_free(void *p) {
  if (p == NULL) return;
  leave(block_of(p));
  free(block_of(p)->start);
}

#ifdef __linux__
// The whole pages within a block.
typedef struct {
  uintptr_t from, to, size;
} pages;

static pages pages_of(const void *start, size_t size) {
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  const uintptr_t from = ((uintptr_t)start + page - 1) & ~(page - 1);
  const uintptr_t to = ((uintptr_t)start + size) & ~(page - 1);
  return (pages){from, to < from ? from : to, page};
}

void beside_memory_drop_largest(const beside_memory *m) {
  if (m->largest == NULL) return;
  const pages p = pages_of(m->largest, m->largest_size);
  if (p.from < p.to) madvise((void *)p.from, p.to - p.from, MADV_DONTNEED);
}

// Tells whether a page is in memory and all zero. One that is not there reads as zeros,
// but looking would bring it in.
static int zero(uintptr_t page, size_t size) {
  unsigned char present = 0;
  if (mincore((void *)page, size, &present) != 0 || !(present & 1)) return 0;
  const uint64_t *words = (const uint64_t *)page;
  for (size_t i = 0; i < size / sizeof *words; i++) {
    if (words[i] != 0) return 0;
  }
  return 1;
}

void beside_memory_drop_zeros(const beside_memory *m) {
  for (beside_block *b = m->first; b != NULL; b = b->next) {
    const pages p = pages_of(memory_of(b), b->size);
    for (uintptr_t at = p.from; at < p.to;) {
      uintptr_t end = at;
      while (end < p.to && zero(end, p.size)) end += p.size;
      if (end > at) madvise((void *)at, end - at, MADV_DONTNEED);
      at = end + p.size;
    }
  }
}

void beside_memory_trim(void) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}
#else
void beside_memory_drop_largest(const beside_memory *m) { (void)m; }

void beside_memory_drop_zeros(const beside_memory *m) { (void)m; }

void beside_memory_trim(void) {}
#endif
