// A register tile: sums of `rows` rows and `width` vectors of columns, over one block of the depth. Included once per kind of
// number, with TILE (a prefix), NUMBER (its C type), VECTOR (its prefix of vector.h) and MULTIPLY_ADD(sum, row, column).
//
// Row i stands at a + i·pitch bytes, its next element `step` bytes on. Columns are packed panels (PANEL columns per r, panels
// `panel` numbers apart), or stand in place at b + offsets[r] + n. STARTS: sums may begin at other numbers than 0.

#define PASTE_(a, b) a##b
#define PASTE(a, b) PASTE_(a, b)
#define V(name) PASTE(VECTOR, name)
#define T(name) PASTE(TILE, name)


// START writes the block's sums, ADD adds them to what the output holds, GO_ON continues the output's sums.
struct T(_block) {
  int64_t depth;
  const NUMBER *a;
  int64_t pitch, step;
  const NUMBER *b;
  int64_t panel;
  const int32_t *offsets;
  NUMBER *out;
  const int32_t *out_row;
  int mode;
  // Columns of the tile's last vector.
  int last;
#if STARTS
  // Where they are given: sums begin at the row's start and the column's.
  const NUMBER *row_start, *column_start;
#endif
  // What will be wanted next: at every r the line of number ahead + ahead_offsets[r] is asked for.
  const NUMBER *ahead;
  const int32_t *ahead_offsets;
};

typedef void T(_function)(const struct T(_block) *);

INLINE void T(_tile)(const int rows, const int width, const int in_place, const struct T(_block) *t) {
  VECTOR sum[14][8];
  const vm last = vm_first(t->last);
  UNROLL for (int i = 0; i < rows; i++) {
    NUMBER *out = t->out + t->out_row[i];
    UNROLL for (int j = 0; j < width; j++) {
      // The sums' own lines are fetched while the sums are made.
      __builtin_prefetch(out + j * LANES, 1, 3);
#if STARTS
      if (t->mode == START && t->column_start != 0) {
        sum[i][j] = V(_add)(V(_load)(t->column_start + j * LANES), V(_set1)(t->row_start[i]));
        continue;
      }
#endif
      if (t->mode != GO_ON) sum[i][j] = V(_zero)();
      else sum[i][j] = j == width - 1 ? V(_load_mask)(out + j * LANES, last) : V(_load)(out + j * LANES);
    }
  }
  struct stride a = stride_of(t->a, t->pitch), b = stride_of(t->b, t->panel * (intptr_t)sizeof(NUMBER));
  const int64_t depth = t->depth, step = t->step;
  const NUMBER *ahead = t->ahead;
  const int32_t *ahead_offsets = t->ahead_offsets;
  const int32_t *offsets = t->offsets;
  for (int64_t r = 0; r < depth; r++) {
    const NUMBER *at = (const NUMBER *)b.row[0] + (in_place ? offsets[r] : 0);
    if (width <= 2) {
      VECTOR column[2];
      UNROLL for (int j = 0; j < width; j++) {
        if (in_place == 2 && j == width - 1) column[j] = V(_load_mask)(at + j * LANES, last);
        else column[j] = V(_load)(at + j * LANES);
      }
      UNROLL for (int i = 0; i < rows; i++) {
        const VECTOR row = V(_set1)(*(const NUMBER *)row_at(&a, i));
        UNROLL for (int j = 0; j < width; j++) sum[i][j] = MULTIPLY_ADD(sum[i][j], row, column[j]);
      }
    } else {
      VECTOR row[6];
      UNROLL for (int i = 0; i < rows; i++) row[i] = V(_set1)(*(const NUMBER *)row_at(&a, i));
      UNROLL for (int j = 0; j < width; j++) {
        const NUMBER *from = in_place ? at + j * LANES : (const NUMBER *)row_at(&b, j / 2) + j % 2 * LANES;
        const VECTOR column = in_place == 2 && j == width - 1 ? V(_load_mask)(from, last) : V(_load)(from);
        UNROLL for (int i = 0; i < rows; i++) sum[i][j] = MULTIPLY_ADD(sum[i][j], row[i], column);
      }
    }
    step_on(&a, rows, step);
    if (!in_place) step_on(&b, width / 2, PANEL * sizeof(NUMBER));
    __builtin_prefetch(ahead + ahead_offsets[r], 0, 2);
  }
  // The outputs' addresses are made again: the loop has no registers for them.
  HIDE(t);
  UNROLL for (int i = 0; i < rows; i++) {
    NUMBER *out = t->out + t->out_row[i];
    UNROLL for (int j = 0; j < width; j++) {
      VECTOR x = sum[i][j];
      if (j == width - 1 && t->last < LANES) {
        if (t->mode == ADD) x = V(_add)(V(_load_mask)(out + j * LANES, last), x);
        V(_store_mask)(out + j * LANES, x, last);
      } else {
        if (t->mode == ADD) x = V(_add)(V(_load)(out + j * LANES), x);
        V(_store)(out + j * LANES, x);
      }
    }
  }
}

#define INSTANCE(rows, width) \
  static void T(PASTE(_packed_##rows##x, width))(const struct T(_block) *t) { T(_tile)(rows, width, 0, t); } \
  static void T(PASTE(_place_##rows##x, width))(const struct T(_block) *t) { T(_tile)(rows, width, 1, t); } \
  static void T(PASTE(_edge_##rows##x, width))(const struct T(_block) *t) { T(_tile)(rows, width, 2, t); }
#define NAMES(rows, width) \
  {T(PASTE(_packed_##rows##x, width)), T(PASTE(_place_##rows##x, width)), T(PASTE(_edge_##rows##x, width))}
#include "tile_instances.h"
#undef INSTANCE
#undef NAMES

// Sums of `rows` × `columns`, tiles of all sizes: the block's fields are those of its first row and column.
static void T(_rows)(struct T(_block) *t, int rows, int64_t columns) {
  const NUMBER *b = t->b;
  NUMBER *out = t->out;
#if STARTS
  const NUMBER *column_start = t->column_start;
#endif
  const int in_place = t->offsets != 0;
  const int widest = widest_tile(rows);
  for (int64_t n = 0; n < columns;) {
    const int64_t vectors = (columns - n + LANES - 1) / LANES;
    int width = widest;
    while (width > vectors) width /= 2;
    const int64_t end = least(n + width * LANES, columns);
    t->last = (int)(end - n - (width - 1) * LANES);
    t->b = in_place ? b + n : b + n / PANEL * t->panel;
    t->out = out + n;
#if STARTS
    if (column_start != 0) t->column_start = column_start + n;
#endif
    T(_tiles)[rows][width_index(width)][!in_place ? 0 : t->last == LANES ? 1 : 2](t);
    n = end;
  }
  t->b = b;
  t->out = out;
#if STARTS
  t->column_start = column_start;
#endif
}

// Sums of `rows` × `columns`, few columns: panel by panel, so that one stays in the cache while all rows pass over it.
// Tiles are of nearly equal heights, so that none is left thin. The first `lines` of them ask for another line from `ahead`
// each, the others for lines of sums.
static void T(_all)(struct T(_block) block, int64_t rows, int64_t columns, int64_t lines, struct sums_ahead *sums) {
  const int64_t tiles = (rows + TILE_ROWS - 1) / TILE_ROWS, height = rows / tiles, higher = rows % tiles;
  const int64_t width = rows <= TILE_ROWS_4 ? columns : PANEL;
  const NUMBER *a = block.a;
  const int32_t *out_row = block.out_row;
#if STARTS
  const NUMBER *row_start = block.row_start;
#endif
  const NUMBER *end = block.out + columns + STRIPE;
  for (int64_t n = 0; n < columns; n += width) {
    block.a = a;
    block.out_row = out_row;
#if STARTS
    block.row_start = row_start;
#endif
    for (int64_t i = 0; i < tiles; i++) {
      const int64_t own = height + (i < higher);
      if (lines-- <= 0)
        block.ahead = ask_sums(sums, block.out + *block.out_row, block.out + width, end, &block.ahead_offsets);
      T(_rows)(&block, (int)own, least(columns - n, width));
      block.ahead += 64 / sizeof(NUMBER);
      block.a = (const NUMBER *)((const char *)block.a + own * block.pitch);
      block.out_row += own;
#if STARTS
      if (row_start != 0) block.row_start += own;
#endif
    }
    block.b += block.offsets != 0 ? PANEL : block.panel;
    block.out += PANEL;
#if STARTS
    if (block.column_start != 0) block.column_start += PANEL;
#endif
  }
}

#undef V
#undef T

#undef PASTE
#undef PASTE_
