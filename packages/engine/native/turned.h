// Contractions of floats turned round: rows, packed as panels, take the place of the columns, and columns that of the rows.
// The sums come out turned, are kept so in scratch over all blocks of the depth, and are turned back at the end.
#ifndef ASSAY_TURNED_H
#define ASSAY_TURNED_H

#include "float_columns.h"
#include "float_tile.h"
#include "packed_rows.h"

// Tiles of columns at once: packed, they stay in the second-level cache. Floats from one r to the next in such a tile.
enum { TURNED_TILES = 10, TURNED_COLUMNS = TURNED_TILES * TILE_ROWS, TURNED_WIDTH = (TILE_ROWS + LANES - 1) / LANES * LANES };
// Rows at once, which bounds the sums kept: those of a region (native/region.ts), and of a panel that begins before it.
enum { TURNED_ROWS = 512 + PANEL };

static int may_be_turned(const struct contraction *c) {
  return c->factor[SIDE_ROWS].mode == MODE_PACKED;
}

static int64_t turned_scratch(const struct contraction *c) {
  const int64_t depth = least(c->depth, BLOCK);
  const int64_t columns = round_up(least(c->columns, TURNED_COLUMNS), LANES);
  const int64_t rows = row_pitch(least(round_up(c->rows, PANEL) + PANEL, TURNED_ROWS), FLOATS_PER_LINE);
  return (TURNED_TILES * depth * TURNED_WIDTH + columns * rows) * (int64_t)sizeof(float);
}

// Rows [m0, m1) and `columns` columns of sums, turned back: sums[n · pitch + m - from] to out[out_row[m] + n].
static void turn_back(const float *sums, int64_t pitch, int64_t from, int64_t m0, int64_t m1, int64_t columns, float *out,
                      const int32_t *out_row) {
#if HAS_TRANSPOSE
  for (int64_t m = m0; m < m1; m += LANES) {
    const vm there = vm_first(m1 - m);
    for (int64_t n = 0; n < columns; n += LANES) {
      vf x[LANES];
      UNROLL for (int i = 0; i < LANES; i++)
        x[i] = n + i < columns ? vf_load_mask(sums + (n + i) * pitch + m - from, there) : vf_zero();
      vf_transpose(x);
      const vm lanes = vm_first(columns - n);
      UNROLL for (int i = 0; i < LANES; i++)
        if (m + i < m1) vf_store_mask(out + out_row[m + i] + n, x[i], lanes);
    }
  }
#else
  for (int64_t m = m0; m < m1; m++)
    for (int64_t n = 0; n < columns; n++) out[out_row[m] + n] = sums[n * pitch + m - from];
#endif
}

// Rows [m0, m1), at most TURNED_ROWS with those of their first panel before, and columns [n0, n1), at most TURNED_COLUMNS.
static void contract_turned_chunk(uint8_t *memory, const struct contraction *c, int32_t b, struct region g,
                                  const struct column_plan *plan, float *scratch) {
  const struct view columns = view_of(memory, c, SIDE_COLUMNS, b);
  const float *packed = (const float *)(bytes_of(view_of(memory, c, SIDE_ROWS, b)) + PACKED_HEAD);
  const int64_t from = g.m0 / PANEL * PANEL, to = least(round_up(g.m1, PANEL), round_up(c->rows, PANEL));
  const int64_t pitch = row_pitch(to - from, FLOATS_PER_LINE), count = g.n1 - g.n0, tiles = (count + TILE_ROWS - 1) / TILE_ROWS;
  const int64_t tile_size = least(c->depth, BLOCK) * TURNED_WIDTH;
  float *sums = scratch + tiles * tile_size;
  int32_t out_row[TURNED_COLUMNS];
  for (int64_t n = 0; n < count; n++) out_row[n] = (int32_t)(n * pitch);
  for (int64_t r0 = 0; r0 < c->depth; r0 += BLOCK) {
    const int64_t r1 = least(r0 + BLOCK, c->depth);
    struct slot slots[TURNED_TILES * TURNED_WIDTH / LANES];
    int vectors = 0;
    for (int64_t t = 0; t < tiles; t++) {
      const int64_t n = count * t / tiles, end = count * (t + 1) / tiles;
      for (int64_t k = 0; k < TURNED_WIDTH; k += LANES)
        slots[vectors++] = (struct slot){g.n0 + n + k, greatest(0, least(end - n - k, LANES)), scratch + t * tile_size + k};
    }
    for (int k = 0; k < vectors; k += MAX_SLOTS)
      pack_slots(columns, plan, c->depth, slots + k, (int)least(vectors - k, MAX_SLOTS), r0, r1, TURNED_WIDTH);
    struct floats_block block = {.depth = r1 - r0, .pitch = sizeof(float), .step = TURNED_WIDTH * sizeof(float)};
    block.panel = (int64_t)c->depth * PANEL;
    block.mode = r0 == 0 ? START : c->blocked ? ADD : GO_ON;
    for (int64_t m = from; m < to; m += PANEL) {
      block.b = packed + m / PANEL * block.panel + r0 * PANEL;
      block.out = sums + m - from;
      for (int64_t t = 0; t < tiles; t++) {
        const int64_t n = count * t / tiles, end = count * (t + 1) / tiles;
        block.a = scratch + t * tile_size;
        block.out_row = out_row + n;
        // A panel has two vectors per r, so two tiles bring the next.
        block.ahead = block.b + block.panel + (t & 1) * block.depth * LANES;
        block.ahead_offsets = t < 2 ? line_offsets : no_offsets;
        floats_rows(&block, (int)(end - n), PANEL);
      }
    }
  }
  float *out = (float *)(memory + c->out) + table(memory, c->out_batch)[b] + g.n0;
  turn_back(sums, pitch, from, g.m0, g.m1, count, out, table(memory, c->out_row));
}

static void contract_turned(uint8_t *memory, const struct contraction *c, int32_t b, struct region g,
                            const struct column_plan *plan, float *scratch) {
  const int64_t row_step = TURNED_ROWS - PANEL;
  // Nearly equal chunks of columns.
  const int64_t count = g.n1 - g.n0, chunks = (count + TURNED_COLUMNS - 1) / TURNED_COLUMNS;
  for (int64_t m = g.m0; m < g.m1; m += row_step)
    for (int64_t i = 0; i < chunks; i++) {
      const int64_t n = g.n0 + count * i / chunks, end = g.n0 + count * (i + 1) / chunks;
      const struct region chunk = {b, b + 1, (int32_t)m, (int32_t)least(m + row_step, g.m1), (int32_t)n, (int32_t)end};
      contract_turned_chunk(memory, c, b, chunk, plan, scratch);
    }
}

#endif
