// Lines of sums that tiles ask for before other tiles make those sums. They come from far, and asked for all at once by the
// tile that makes them they keep what it reads from coming. A tile asks for one line with every index of its depth.
#ifndef ASSAY_SUMS_AHEAD_H
#define ASSAY_SUMS_AHEAD_H

#include "contraction.h"

// Numbers of a line of sums. Fewer rows have too few lines to trouble; over a greater depth a tile takes so long that it may
// as well fetch its own.
enum { SUMS_LINE = 16, LEAST_ROWS_AHEAD = 8, MOST_DEPTH_AHEAD = 256 };

struct sums_ahead {
  // The first row's number whose line is asked for next, and the next row.
  const int32_t *at;
  int64_t row;
  int64_t rows, depth;
  const int32_t *out_row;
  // Where there are fewer rows than a tile asks for: lines of all rows, then their next lines, …
  int32_t many[MOST_DEPTH_AHEAD];
};

// Nothing but 0: offsets of a tile that has nothing to ask for.
static const int32_t no_offsets[BLOCK];

// Whether it pays.
static int asks_for_sums(int64_t rows, int64_t depth) { return rows >= LEAST_ROWS_AHEAD && depth <= MOST_DEPTH_AHEAD; }

static void plan_sums(struct sums_ahead *s, const void *out, const int32_t *out_row, int64_t rows, int64_t depth) {
  s->at = out;
  s->row = 0;
  s->rows = rows;
  s->depth = depth;
  s->out_row = out_row;
  if (rows >= depth) return;
  for (int64_t r = 0, line = 0; r < depth; line += SUMS_LINE)
    for (int64_t i = 0; i < rows && r < depth; i++) s->many[r++] = (int32_t)(out_row[i] + line);
}

// What a tile asks for, of columns in [from, to): where that begins, and the offsets from there by index. Where there is nothing,
// or `s` is 0, that is its own first line, which is at hand.
static const void *ask_sums(struct sums_ahead *s, const void *own, const void *from, const void *to, const int32_t **offsets) {
  if (s != 0 && (const void *)s->at < from) {
    s->at = from;
    s->row = 0;
  }
  if (s == 0 || (const void *)s->at >= to) {
    *offsets = no_offsets;
    return own;
  }
  const int32_t *at = s->at;
  if (s->rows < s->depth) {
    *offsets = s->many;
    s->at += s->depth / s->rows * SUMS_LINE;
    return at;
  }
  *offsets = s->out_row + s->row;
  if (s->row + s->depth < s->rows) s->row = least(s->row + s->depth, s->rows - s->depth);
  else {
    s->at += SUMS_LINE;
    s->row = 0;
  }
  return at;
}

#endif
