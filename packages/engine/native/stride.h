// Addresses of a tile's rows, a fixed distance apart: three pointers five rows apart, the distance, and three times it, so
// that every row is one x86 addressing mode away and all fit the registers.
#ifndef ASSAY_STRIDE_H
#define ASSAY_STRIDE_H

#include "vector.h"

struct stride {
  const char *row[3];
  intptr_t s1, s3;
};

// Keeps the compiler from knowing a value, and so from making multiples of it outside a loop, which would cost a register
// each.
#define HIDE(x) __asm__ volatile("" : "+r"(x))

INLINE struct stride stride_of(const void *first, intptr_t bytes) {
  const char *p = first;
  return (struct stride){{p, p + 5 * bytes, p + 10 * bytes}, bytes, 3 * bytes};
}

INLINE const char *row_at(const struct stride *s, int row) {
  const char *p = s->row[row / 5];
  switch (row % 5) {
    case 0: return p;
    case 1: return p + s->s1;
    case 2: return p + s->s1 * 2;
    case 3: return p + s->s3;
    default: return p + s->s1 * 4;
  }
}

// The next element of `rows` rows.
INLINE void step_on(struct stride *s, int rows, intptr_t step) {
  UNROLL for (int i = 0; i < 3; i++)
    if (i == 0 || rows > 5 * i) s->row[i] += step;
  if (rows > 1) HIDE(s->s1);
  if (rows > 3) HIDE(s->s3);
}

#endif
