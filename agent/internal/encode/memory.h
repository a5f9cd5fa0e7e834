// Memory of libvpx, see memory.c.
#ifndef BESIDE_ENCODE_MEMORY_H
#define BESIDE_ENCODE_MEMORY_H

#include <stddef.h>

typedef struct beside_block beside_block;

// The large blocks of one encoder. Zero is none.
typedef struct {
  beside_block *first;
  void *largest;  // of those taken zeroed
  size_t largest_size;
} beside_memory;

// Has the blocks that this thread takes from here on belong to m, until it is called
// with NULL. A block leaves m when it is freed; then no other thread may use m.
void beside_memory_owner(beside_memory *m);

// Gives the pages of the largest zeroed block back to the system; its content is lost
// and reads as zeros.
void beside_memory_drop_largest(const beside_memory *m);

// Gives those pages back that hold nothing but zeros. Their content stays.
void beside_memory_drop_zeros(const beside_memory *m);

// Gives freed memory back to the system.
void beside_memory_trim(void);

#endif
