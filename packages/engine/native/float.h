// Contractions of floats: the depth in blocks of 512, rows in place or copied, columns packed, in place, or packed here.
#ifndef ASSAY_FLOAT_H
#define ASSAY_FLOAT_H

#include "float_columns.h"
#include "float_rows.h"
#include "float_tile.h"

// Columns packed at once, so that a block of them stays in the second-level cache; rows copied at once.
enum { CHUNK_COLUMNS = 256, CHUNK_ROWS = 256 };

static int64_t packed_float_bytes(int32_t side, int64_t depth, int64_t lanes) {
  if (side == SIDE_ROWS) return lanes * row_pitch(depth, FLOATS_PER_LINE) * (int64_t)sizeof(float);
  return round_up(lanes, PANEL) * depth * (int64_t)sizeof(float);
}

static void pack_floats(uint8_t *memory, const struct contraction *c, int32_t side, int32_t b, uint8_t *to) {
  const struct view v = view_of(memory, c, side, b);
  if (side == SIDE_ROWS) {
    copy_float_rows(v, 0, c->rows, 0, c->depth, (float *)to, row_pitch(c->depth, FLOATS_PER_LINE));
    return;
  }
  const struct column_plan plan = plan_columns(v, c->depth);
  pack_float_columns(v, &plan, 0, c->columns, 0, c->depth, (float *)to);
}

static int64_t float_row_chunk(const struct contraction *c) { return least(c->rows, CHUNK_ROWS); }
static int64_t float_column_chunk(const struct contraction *c) {
  return least(round_up(c->columns, PANEL), CHUNK_COLUMNS);
}

static int64_t float_scratch(const struct contraction *c) {
  const int64_t depth = least(c->depth, BLOCK);
  const int64_t rows = float_row_chunk(c) * row_pitch(depth, FLOATS_PER_LINE);
  return (rows + float_column_chunk(c) * depth) * (int64_t)sizeof(float);
}

// One chunk of one batch: all of the depth.
static void contract_float_chunk(uint8_t *memory, const struct contraction *c, int32_t b, struct region g,
                                 const struct column_plan *plan, int in_place, float *scratch) {
  const struct view rows = view_of(memory, c, SIDE_ROWS, b), columns = view_of(memory, c, SIDE_COLUMNS, b);
  const int64_t widest = least(c->depth, BLOCK);
  float *row_scratch = scratch, *column_scratch = scratch + float_row_chunk(c) * row_pitch(widest, FLOATS_PER_LINE);
  float *out = (float *)(memory + c->out) + table(memory, c->out_batch)[b] + g.n0;
  for (int64_t r0 = 0; r0 < c->depth; r0 += BLOCK) {
    const int64_t r1 = least(r0 + BLOCK, c->depth);
    struct floats_block block = {.depth = r1 - r0, .out = out, .out_row = table(memory, c->out_row) + g.m0};
    block.mode = r0 == 0 ? START : c->blocked ? ADD : GO_ON;
    if (rows.factor->mode == MODE_PACKED) {
      block.pitch = row_pitch(c->depth, FLOATS_PER_LINE) * (int64_t)sizeof(float);
      block.a = (const float *)(bytes_of(rows) + g.m0 * block.pitch) + r0;
    } else if (in_place) {
      block.pitch = g.m1 - g.m0 < 2 ? 0 : (int64_t)(rows.lane[g.m0 + 1] - rows.lane[g.m0]) * (int64_t)sizeof(float);
      block.a = floats_of(rows) + rows.lane[g.m0] + r0;
    } else {
      const int64_t pitch = row_pitch(r1 - r0, FLOATS_PER_LINE);
      copy_float_rows(rows, g.m0, g.m1, r0, r1, row_scratch, pitch);
      block.pitch = pitch * (int64_t)sizeof(float);
      block.a = row_scratch;
    }
    if (columns.factor->mode == MODE_PACKED) {
      block.panel = (int64_t)c->depth * PANEL;
      block.b = (const float *)bytes_of(columns) + g.n0 / PANEL * block.panel + r0 * PANEL;
    } else if (columns.factor->mode == MODE_STRIDED) {
      block.b = floats_of(columns) + columns.lane[0] + g.n0;
      block.offsets = columns.depth + r0;
    } else {
      pack_float_columns(columns, plan, g.n0, g.n1, r0, r1, column_scratch);
      block.panel = (r1 - r0) * PANEL;
      block.b = column_scratch;
    }
    floats_all(block, g.m1 - g.m0, g.n1 - g.n0);
  }
}

static void contract_float(uint8_t *memory, const struct contraction *c, struct region region, uint8_t *scratch) {
  const struct column_plan plan = plan_columns(view_of(memory, c, SIDE_COLUMNS, region.b0), c->depth);
  const struct view rows = view_of(memory, c, SIDE_ROWS, region.b0);
  const int in_place = rows_in_place(rows, region.m0, region.m1);
  const int copied = rows.factor->mode != MODE_PACKED && !in_place;
  const int64_t row_step = copied ? float_row_chunk(c) : region.m1 - region.m0;
  const int64_t column_step = c->factor[SIDE_COLUMNS].mode == MODE_GATHERED ? CHUNK_COLUMNS : region.n1 - region.n0;
  for (int32_t b = region.b0; b < region.b1; b++)
    for (int64_t m = region.m0; m < region.m1; m += row_step)
      for (int64_t n = region.n0; n < region.n1; n += column_step) {
        struct region chunk = {b, b + 1, (int32_t)m, (int32_t)least(m + row_step, region.m1), (int32_t)n,
                               (int32_t)least(n + column_step, region.n1)};
        contract_float_chunk(memory, c, b, chunk, &plan, in_place, (float *)scratch);
      }
}

#endif
