// What tiles of all kinds of numbers share.
#ifndef ASSAY_TILE_COMMON_H
#define ASSAY_TILE_COMMON_H

#include "contraction.h"
#include "stride.h"
#include "sums_ahead.h"
#include "vector.h"

enum { START, ADD, GO_ON };

// Numbers from line to line of 64 bytes: offsets of what tiles ask for ahead.
#define FOUR(x, n) x(n), x((n) + 1), x((n) + 2), x((n) + 3)
#define SIXTEEN(x, n) FOUR(x, n), FOUR(x, (n) + 4), FOUR(x, (n) + 8), FOUR(x, (n) + 12)
#define SIXTY_FOUR(x, n) SIXTEEN(x, n), SIXTEEN(x, (n) + 16), SIXTEEN(x, (n) + 32), SIXTEEN(x, (n) + 48)
#define LINE_OF(n) (16 * (n))
static const int32_t line_offsets[BLOCK] = {
    SIXTY_FOUR(LINE_OF, 0),   SIXTY_FOUR(LINE_OF, 64),  SIXTY_FOUR(LINE_OF, 128), SIXTY_FOUR(LINE_OF, 192),
    SIXTY_FOUR(LINE_OF, 256), SIXTY_FOUR(LINE_OF, 320), SIXTY_FOUR(LINE_OF, 384), SIXTY_FOUR(LINE_OF, 448)};

// Columns that all rows pass over before the next: the widest tile.
enum { STRIPE = 4 * PANEL };

// Widest tile, in vectors, that has registers for so many rows.
static inline int widest_tile(int rows) {
  return rows <= TILE_ROWS_8 ? 8 : rows <= TILE_ROWS_4 ? 4 : 2;
}
static inline int width_index(int width) { return width == 8 ? 3 : width == 4 ? 2 : width - 1; }

#endif
