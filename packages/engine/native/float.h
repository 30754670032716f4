// Contractions of floats: the depth in blocks of 512, rows in place or copied, columns packed, in place, or packed here.
#ifndef ASSAY_FLOAT_H
#define ASSAY_FLOAT_H

#include "planes.h"
#include "turned.h"

// Columns whose sums are made over the whole depth before the next: they stay in the second-level cache. Rows copied at once.
enum { CHUNK_COLUMNS = 256, CHUNK_ROWS = 256 };

// Whether STRIDED columns are read where they are by all tiles of rows, or a copy pays. A distance from r to r of many whole
// kilobytes would put a panel's columns into the same few sets of the cache.
static int columns_in_place(struct view v, int64_t depth, int64_t rows) {
  if (v.factor->mode != MODE_STRIDED) return 0;
  if (rows <= 2 * TILE_ROWS) return 1;
  return rows <= TILES_IN_PLACE * TILE_ROWS && (depth < 2 || (v.depth[1] - v.depth[0]) % 512 != 0);
}

static int64_t packed_float_bytes(int32_t side, int64_t depth, int64_t lanes) {
  if (side == SIDE_ROWS) return packed_rows_bytes(depth, lanes);
  return round_up(lanes, PANEL) * depth * (int64_t)sizeof(float);
}

static void pack_floats(uint8_t *memory, const struct contraction *c, int32_t side, int32_t b, uint8_t *to) {
  const struct view v = view_of(memory, c, side, b);
  if (side == SIDE_ROWS) {
    pack_rows(v, c, to);
    return;
  }
  const struct column_plan plan = plan_columns(v, c->depth, c->columns);
  for (int64_t n = 0; n < c->columns; n += STRIPE)
    pack_panels(v, &plan, c->depth, n, least(n + STRIPE, c->columns), 0, c->depth, (float *)to + n * c->depth);
}

static int64_t copied_rows(const struct contraction *c) {
  return c->factor[SIDE_ROWS].mode == MODE_PACKED ? 0 : least(c->rows, CHUNK_ROWS);
}

static int64_t float_scratch(const struct contraction *c) {
  const int64_t depth = least(c->depth, BLOCK);
  const int64_t rows = copied_rows(c) * float_pitch(depth);
  const int has_planes = c->factor[SIDE_COLUMNS].mode == MODE_GATHERED;
  const int64_t columns = greatest(STRIPE * depth, has_planes ? PLANES_FLOATS : 0);
  const int64_t straight = (rows + columns) * (int64_t)sizeof(float);
  return may_be_turned(c) ? greatest(straight, turned_scratch(c)) : straight;
}

// Rows [m0, m1), r in [r0, r1), where they are or copied to `scratch`.
static void find_rows(struct floats_block *block, struct view v, const struct contraction *c, struct region g, int64_t r0,
                      int64_t r1, int in_place, float *scratch) {
  block->step = sizeof(float);
  if (v.factor->mode == MODE_PACKED) {
    block->pitch = float_pitch(c->depth) * (int64_t)sizeof(float);
    block->a = (const float *)(bytes_of(v) + PACKED_HEAD + g.m0 * block->pitch) + r0;
  } else if (in_place) {
    block->pitch = g.m1 - g.m0 < 2 ? 0 : (int64_t)(v.lane[g.m0 + 1] - v.lane[g.m0]) * (int64_t)sizeof(float);
    block->a = floats_of(v) + v.lane[g.m0] + r0;
  } else {
    const int64_t pitch = float_pitch(r1 - r0);
    copy_float_rows(v, g.m0, g.m1, r0, r1, scratch, pitch);
    block->pitch = pitch * (int64_t)sizeof(float);
    block->a = scratch;
  }
}

// Columns [n0, n1), few, r in [r0, r1): packed, in place, or packed to `scratch`. What follows them is asked for ahead.
static void find_columns(struct floats_block *block, struct view v, const struct column_plan *plan,
                         const struct contraction *c, int64_t rows, int64_t n0, int64_t n1, int64_t r0, int64_t r1,
                         float *scratch) {
  block->offsets = 0;
  block->ahead_offsets = v.depth + r0;
  const int64_t next = least(n1, c->columns - 1);
  if (v.factor->mode == MODE_PACKED) {
    block->panel = (int64_t)c->depth * PANEL;
    block->b = (const float *)bytes_of(v) + n0 / PANEL * block->panel + r0 * PANEL;
    block->ahead = block->b + (n1 - n0 + PANEL - 1) / PANEL * block->panel;
    block->ahead_offsets = line_offsets;
  } else if (columns_in_place(v, c->depth, rows)) {
    block->b = floats_of(v) + v.lane[0] + n0;
    block->offsets = v.depth + r0;
    block->ahead = block->b + (next - n0);
  } else {
    block->panel = (r1 - r0) * PANEL;
    block->b = scratch;
    block->ahead = scratch;
    block->ahead_offsets = no_offsets;
    if (v.factor->mode != MODE_QUANTISED) {
      block->ahead = floats_of(v) + (v.factor->mode == MODE_GATHERED ? v.lane[next] : v.lane[0] + next);
      block->ahead_offsets = v.depth + r0;
    }
    pack_panels(v, plan, c->depth, n0, n1, r0, r1, scratch);
  }
}

// One chunk of one batch: all of the depth.
static void contract_straight(uint8_t *memory, const struct contraction *c, int32_t b, struct region g,
                              const struct column_plan *plan, int in_place, float *scratch) {
  const struct view rows = view_of(memory, c, SIDE_ROWS, b), columns = view_of(memory, c, SIDE_COLUMNS, b);
  float *column_scratch = scratch + copied_rows(c) * float_pitch(least(c->depth, BLOCK));
  float *out = (float *)(memory + c->out) + table(memory, c->out_batch)[b];
  // Of packed columns one panel's lines follow; of others so many as a row of a stripe has, one more for the ends.
  const int packed = columns.factor->mode == MODE_PACKED;
  const int64_t height = g.m1 - g.m0, width = packed && height > TILE_ROWS_4 ? PANEL : STRIPE;
  struct sums_ahead sums;
  const int asks = asks_for_sums(height, c->depth);
  if (asks) plan_sums(&sums, out + g.n0, table(memory, c->out_row) + g.m0, height, c->depth);
  for (int64_t r0 = 0; r0 < c->depth; r0 += BLOCK) {
    const int64_t r1 = least(r0 + BLOCK, c->depth);
    struct floats_block block = {.depth = r1 - r0, .out_row = table(memory, c->out_row) + g.m0};
    block.mode = r0 == 0 ? START : c->blocked ? ADD : GO_ON;
    find_rows(&block, rows, c, g, r0, r1, in_place, scratch);
    for (int64_t n = g.n0; n < g.n1; n += width) {
      const int64_t end = least(n + width, g.n1);
      find_columns(&block, columns, plan, c, height, n, end, r0, r1, column_scratch);
      block.out = out + n;
      floats_all(block, height, end - n, packed ? 2 : STRIPE / 16 + 1, asks ? &sums : 0);
    }
  }
}

// The same of few rows and quantised columns.
static void contract_quantised(uint8_t *memory, const struct contraction *c, int32_t b, struct region g, int in_place,
                               float *scratch) {
  const struct view rows = view_of(memory, c, SIDE_ROWS, b);
  const struct quantised q = quantised_of(view_of(memory, c, SIDE_COLUMNS, b), c->depth, c->columns);
  float *out = (float *)(memory + c->out) + table(memory, c->out_batch)[b];
  for (int64_t r0 = 0; r0 < c->depth; r0 += BLOCK) {
    struct few_rows t = {.r0 = r0, .r1 = least(r0 + BLOCK, c->depth), .out_row = table(memory, c->out_row) + g.m0};
    t.mode = r0 == 0 ? START : c->blocked ? ADD : GO_ON;
    struct floats_block block;
    find_rows(&block, rows, c, g, r0, t.r1, in_place, scratch);
    t.a = block.a;
    t.pitch = block.pitch;
    for (int64_t n = g.n0; n < g.n1; n += PANEL) {
      t.out = out + n;
      t.columns = least(g.n1 - n, PANEL);
      contract_few_rows(&q, g.m1 - g.m0, n, t);
    }
  }
}

// The same of columns that are planes.
static void contract_planes(uint8_t *memory, const struct contraction *c, int32_t b, struct region g, const struct planes *p,
                            int in_place, float *scratch) {
  const struct view rows = view_of(memory, c, SIDE_ROWS, b), columns = view_of(memory, c, SIDE_COLUMNS, b);
  float *planes = scratch + copied_rows(c) * float_pitch(least(c->depth, BLOCK));
  float *out = (float *)(memory + c->out) + table(memory, c->out_batch)[b];
  const int64_t y = g.n0 / p->image.width, end = (g.n1 - 1) / p->image.width + 1;
  int32_t offsets[BLOCK];
  struct sums_ahead sums;
  const int asks = asks_for_sums(g.m1 - g.m0, c->depth);
  if (asks) plan_sums(&sums, out + g.n0, table(memory, c->out_row) + g.m0, g.m1 - g.m0, c->depth);
  for (int64_t r0 = 0; r0 < c->depth; r0 += BLOCK) {
    const int64_t r1 = least(r0 + BLOCK, c->depth);
    struct floats_block block = {.depth = r1 - r0, .out_row = table(memory, c->out_row) + g.m0, .offsets = offsets};
    block.mode = r0 == 0 ? START : c->blocked ? ADD : GO_ON;
    find_rows(&block, rows, c, g, r0, r1, in_place, scratch);
    fill_planes(p, columns, r0, r1, y, end - y, planes, offsets);
    for (int64_t n = g.n0; n < g.n1; n += STRIPE) {
      block.b = block.ahead = planes + (n - y * p->image.width);
      block.out = out + n;
      floats_all(block, g.m1 - g.m0, least(g.n1 - n, STRIPE), 0, asks ? &sums : 0);
    }
  }
}

static void contract_float(uint8_t *memory, const struct contraction *c, struct region region, uint8_t *scratch) {
  const struct column_plan plan = plan_columns(view_of(memory, c, SIDE_COLUMNS, region.b0), c->depth, c->columns);
  const struct view rows = view_of(memory, c, SIDE_ROWS, region.b0);
  const int in_place = rows_in_place(rows, region.m0, region.m1);
  struct planes planes;
  const int as_planes = plan_planes(&planes, view_of(memory, c, SIDE_COLUMNS, region.b0), c, region.n0, region.n1);
  const int64_t column_step = as_planes ? planes.columns : CHUNK_COLUMNS;
  const int64_t copied = in_place ? 0 : copied_rows(c), row_step = copied == 0 ? region.m1 - region.m0 : copied;
  for (int32_t b = region.b0; b < region.b1; b++) {
    if (may_be_turned(c) && packed_form(bytes_of(view_of(memory, c, SIDE_ROWS, b))) == PANELS) {
      contract_turned(memory, c, b, region, &plan, (float *)scratch);
      continue;
    }
    for (int64_t m = region.m0; m < region.m1; m += row_step)
      for (int64_t n = region.n0; n < region.n1; n += column_step) {
        const struct region chunk = {b, b + 1, (int32_t)m, (int32_t)least(m + row_step, region.m1), (int32_t)n,
                                     (int32_t)least(n + column_step, region.n1)};
        if (is_quantised(c) && chunk.m1 - chunk.m0 <= FEW_ROWS)
          contract_quantised(memory, c, b, chunk, in_place, (float *)scratch);
        else if (as_planes) contract_planes(memory, c, b, chunk, &planes, in_place, (float *)scratch);
        else contract_straight(memory, c, b, chunk, &plan, in_place, (float *)scratch);
      }
  }
}

#endif
