// Memory of libvpx, see memory.c.
#ifndef BESIDE_ENCODE_MEMORY_H
#define BESIDE_ENCODE_MEMORY_H

#include <stddef.h>

typedef struct {
  void *start;
  size_t size;
} beside_memory;

// Forgets what this thread took; then beside_memory_largest is the largest zeroed block
// taken since.
void beside_memory_watch(void);
beside_memory beside_memory_largest(void);

// Gives the pages of a block back to the system. They read as zeros afterwards.
void beside_memory_give_back(beside_memory m);

// Gives freed memory back to the system.
void beside_memory_trim(void);

#endif
