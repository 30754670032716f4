// Columns of floats packed in panels: PANEL columns for r = 0, then for r = 1, …; the last panel filled with zeros.
#ifndef ASSAY_FLOAT_COLUMNS_H
#define ASSAY_FLOAT_COLUMNS_H

#include "gather.h"

// One vector of a panel, r in [r0, r1).
static void pack_vector(const struct gather *g, int64_t r0, int64_t r1, float *to) {
  if (g->guards == 0)
    for (int64_t r = r0; r < r1; r++, to += PANEL) vf_store(to, gather_load(g, r, g->lanes));
  else
    for (int64_t r = r0; r < r1; r++, to += PANEL) vf_store(to, gather_load(g, r, gather_mask(g, r)));
}

static void pack_strided_vector(struct view v, int64_t n, int64_t count, int64_t r0, int64_t r1, float *to) {
  const float *from = floats_of(v) + v.lane[0] + n;
  const vm lanes = vm_first(count);
  for (int64_t r = r0; r < r1; r++, to += PANEL) vf_store(to, vf_load_mask(from + v.depth[r], lanes));
}

// Columns [n0, n1), r in [r0, r1).
static void pack_float_columns(struct view v, const struct extent *extent, int64_t n0, int64_t n1, int64_t r0, int64_t r1,
                               float *to) {
  for (int64_t n = n0; n < n1; n += PANEL, to += (r1 - r0) * PANEL) {
    for (int64_t j = 0; j < PANEL; j += LANES) {
      const int64_t count = greatest(0, least(n1 - n - j, LANES));
      if (count == 0)
        for (int64_t r = 0; r < r1 - r0; r++) vf_store(to + r * PANEL + j, vf_zero());
      else if (v.factor->mode == MODE_STRIDED) pack_strided_vector(v, n + j, count, r0, r1, to + j);
      else {
        const struct gather g = gather_of(v, n + j, count, extent);
        pack_vector(&g, r0, r1, to + j);
      }
    }
  }
}

#endif
