// The packed form of a row factor of floats: a line that says which of two forms follows. PLAIN: rows one after another.
// PANELS: as columns are packed, so that rows can take the place of columns (turned.h).
#ifndef ASSAY_PACKED_ROWS_H
#define ASSAY_PACKED_ROWS_H

#include "float_rows.h"

enum { PACKED_HEAD = 64, PLAIN = 0, PANELS = 1 };

// Vectors of the machine that a pass over `lanes` lanes takes.
static int64_t vectors_of(int64_t lanes) { return (lanes + LANES - 1) / LANES; }

// Whether rows should take the place of columns: where vectors along the columns would be emptier, as over the 7 × 7 places
// of a late convolution. Counted in multiply-adds of a vector; packing a tile's columns for one index takes some 5, turning
// 16 sums back some 3 more than storing them.
static int better_turned(const struct contraction *c) {
  const int64_t rows = c->rows, columns = c->columns, depth = c->depth;
  const int64_t straight = vectors_of(columns) * rows * depth, turned = vectors_of(rows) * columns * depth;
  const int64_t packing = (columns + TILE_ROWS - 1) / TILE_ROWS * depth * 5, turning = rows * columns / 16 * 3;
  return rows >= PANEL && turned + packing + turning < straight + straight / 32;
}

static int64_t packed_rows_bytes(int64_t depth, int64_t rows) {
  // One row needs no distance to the next: the rows of many small batches lie close.
  const int64_t plain = rows == 1 ? depth : rows * float_pitch(depth);
  const int64_t panels = rows < PANEL ? 0 : round_up(rows, PANEL) * depth;
  return PACKED_HEAD + greatest(plain, panels) * (int64_t)sizeof(float);
}

static int packed_form(const uint8_t *packed) {
  int32_t form;
  memcpy(&form, packed, sizeof form);
  return form;
}

static void pack_rows(struct view v, const struct contraction *c, uint8_t *to) {
  const int32_t form = better_turned(c) ? PANELS : PLAIN;
  memset(to, 0, PACKED_HEAD);
  memcpy(to, &form, sizeof form);
  float *rows = (float *)(to + PACKED_HEAD);
  if (form == PLAIN) {
    copy_float_rows(v, 0, c->rows, 0, c->depth, rows, float_pitch(c->depth));
    return;
  }
  for (int64_t m = 0; m < round_up(c->rows, PANEL); m++) {
    float *lane = rows + m / PANEL * PANEL * c->depth + m % PANEL;
    for (int64_t r = 0; r < c->depth; r++) {
      const int64_t at = v.factor->mode == MODE_GATHERED || m >= c->rows ? 0 : v.lane[m] + r * v.factor->stride;
      if (m >= c->rows) lane[r * PANEL] = 0;
      else lane[r * PANEL] = v.factor->mode == MODE_GATHERED ? float_at(v, m, r) : floats_of(v)[at];
    }
  }
}

#endif
