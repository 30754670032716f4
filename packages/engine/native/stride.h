// Addresses of a tile's rows, a fixed distance apart: a base and odd multiples of the distance in registers, so that every
// row is one x86 addressing mode away and no pointer per row has to be kept.
#ifndef ASSAY_STRIDE_H
#define ASSAY_STRIDE_H

#include "vector.h"

struct stride {
  intptr_t s1, s3, s5, s7, s9, s11, s13;
};

// Keeps the compiler from seeing how the multiples are related and undoing the scheme.
#define HIDE(x) __asm__("" : "+r"(x))

INLINE struct stride stride_of(intptr_t bytes) {
  struct stride s = {bytes, 3 * bytes, 5 * bytes, 7 * bytes, 9 * bytes, 11 * bytes, 13 * bytes};
  HIDE(s.s3);
  HIDE(s.s5);
  HIDE(s.s7);
  HIDE(s.s9);
  HIDE(s.s11);
  HIDE(s.s13);
  return s;
}

INLINE const char *row_at(const char *p, struct stride s, int row) {
  switch (row) {
    case 0: return p;
    case 1: return p + s.s1;
    case 2: return p + s.s1 * 2;
    case 3: return p + s.s3;
    case 4: return p + s.s1 * 4;
    case 5: return p + s.s5;
    case 6: return p + s.s3 * 2;
    case 7: return p + s.s7;
    case 8: return p + s.s1 * 8;
    case 9: return p + s.s9;
    case 10: return p + s.s5 * 2;
    case 11: return p + s.s11;
    case 12: return p + s.s3 * 4;
    default: return p + s.s13;
  }
}

#endif
