// Rows of floats as tiles read them: elements one after another, rows a fixed distance apart.
#ifndef ASSAY_FLOAT_ROWS_H
#define ASSAY_FLOAT_ROWS_H

#include "factor.h"
#include "vector.h"

enum { FLOATS_PER_LINE = 16 };

// Rows that are copied lie `row_pitch` floats apart.
static int64_t float_pitch(int64_t depth) { return row_pitch(depth, FLOATS_PER_LINE); }

// Whether rows [m0, m1) can be read where they are. A distance of many whole kilobytes would put a tile's rows into the same
// few sets of the cache.
static int rows_in_place(struct view v, int64_t m0, int64_t m1) {
  if (v.factor->mode != MODE_STRIDED || v.factor->stride != 1 || !evenly_spaced(v.lane, m0, m1)) return 0;
  return m1 - m0 <= 6 || (v.lane[m0 + 1] - v.lane[m0]) % 512 != 0;
}

static void copy_float_rows(struct view v, int64_t m0, int64_t m1, int64_t r0, int64_t r1, float *to, int64_t pitch) {
  const float *from = floats_of(v);
  for (int64_t m = m0; m < m1; m++, to += pitch) {
    if (v.factor->mode == MODE_GATHERED)
      for (int64_t r = r0; r < r1; r++) to[r - r0] = float_at(v, m, r);
    else if (v.factor->stride == 1) memcpy(to, from + v.lane[m] + r0, (size_t)(r1 - r0) * sizeof(float));
    else
      for (int64_t r = r0; r < r1; r++) to[r - r0] = from[v.lane[m] + r * v.factor->stride];
  }
}

#endif
