// What tiles of all kinds of numbers share.
#ifndef ASSAY_TILE_COMMON_H
#define ASSAY_TILE_COMMON_H

#include "contraction.h"
#include "stride.h"
#include "vector.h"

enum { START, ADD, GO_ON };

// Widest tile, in vectors, that has registers for so many rows.
static inline int widest_tile(int rows) {
  return rows <= TILE_ROWS_8 ? 8 : rows <= TILE_ROWS_4 ? 4 : 2;
}
static inline int width_index(int width) { return width == 8 ? 3 : width == 4 ? 2 : width - 1; }

#endif
