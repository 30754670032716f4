// Contractions of one row and a short depth over gathered columns, such as depthwise convolutions: columns are loaded where
// they are, for packing would cost more than it saves. What is known of a vector of columns serves all batches.
#ifndef ASSAY_DIRECT_H
#define ASSAY_DIRECT_H

#include "gather.h"
#include "tile_common.h"

enum { DIRECT_DEPTH = 64 };

static int is_direct(const struct contraction *c) {
  return c->rows == 1 && c->depth <= DIRECT_DEPTH && c->factor[SIDE_COLUMNS].mode == MODE_GATHERED;
}

// One vector of columns of one batch. The row's elements are `row`.
INLINE void direct_vector(const struct gather *g, const vm *mask, int64_t depth, const float *row, float *out) {
  vf sum = vf_zero();
  if (mask == 0)
    for (int64_t r = 0; r < depth; r++) sum = vf_fma(vf_set1(row[r]), gather_load(g, r, g->lanes), sum);
  else
    for (int64_t r = 0; r < depth; r++) sum = vf_fma(vf_set1(row[r]), gather_load(g, r, mask[r]), sum);
  vf_store_mask(out, sum, g->lanes);
}

static void contract_direct(uint8_t *memory, const struct contraction *c, struct region region) {
  struct extent extent[MAX_GUARDS];
  extents_of(view_of(memory, c, SIDE_COLUMNS, region.b0), c->depth, extent);
  const int32_t *out_batch = table(memory, c->out_batch);
  for (int64_t n = region.n0; n < region.n1; n += LANES) {
    struct gather g = gather_of(view_of(memory, c, SIDE_COLUMNS, region.b0), n, least(region.n1 - n, LANES), extent);
    vm mask[DIRECT_DEPTH];
    if (g.guards != 0)
      for (int64_t r = 0; r < c->depth; r++) mask[r] = gather_mask(&g, r);
    for (int32_t b = region.b0; b < region.b1; b++) {
      const struct view rows = view_of(memory, c, SIDE_ROWS, b);
      float copy[DIRECT_DEPTH];
      const float *row = copy;
      if (rows.factor->mode == MODE_PACKED) row = (const float *)bytes_of(rows);
      else if (rows.factor->mode == MODE_STRIDED && rows.factor->stride == 1) row = floats_of(rows) + rows.lane[0];
      else copy_float_rows(rows, 0, 1, 0, c->depth, copy, DIRECT_DEPTH);
      g.from = floats_of(view_of(memory, c, SIDE_COLUMNS, b));
      float *out = (float *)(memory + c->out) + out_batch[b] + table(memory, c->out_row)[0] + n;
      direct_vector(&g, g.guards == 0 ? 0 : mask, c->depth, row, out);
    }
  }
}

#endif
