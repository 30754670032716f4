// A gathered factor as an image: where its tables of offsets and guards say that columns are places of a grid, `width` in a
// row, and depths are taps of a window, channel by channel. Row and place of an element are those of its column, times the
// step, plus those of its tap; only the rows and places of two ranges exist.
#ifndef ASSAY_IMAGE_H
#define ASSAY_IMAGE_H

#include "factor.h"

// Columns in a row, at most.
enum { MAX_WIDTH = 1024 };

struct image {
  // Columns in a row; image rows and places from one column to the next; taps of a window down and across.
  int64_t width, step, down, across;
  // The offset of row 0, place 0 from the first channel's; elements from row to row.
  int64_t first, pitch;
  // Rows and places that exist: [low, high).
  int64_t row_low, row_high, place_low, place_high;
};

// A table that is first + down · (i / width) + across · (i mod width).
struct grid {
  int32_t first, down, across;
};

static struct grid grid_of(const int32_t *at, int64_t count, int64_t width) {
  return (struct grid){at[0], count > width ? at[width] - at[0] : 0, width > 1 ? at[1] - at[0] : 0};
}

// Whether entries [from, to) are the grid's.
static int follows(const int32_t *at, int64_t from, int64_t to, int64_t width, struct grid g) {
  uint32_t odd = 0;
  for (int64_t i = from, end; i < to; i = end) {
    const int64_t y = i / width;
    end = least((y + 1) * width, to);
    const uint32_t start = (uint32_t)g.first + (uint32_t)y * (uint32_t)g.down - (uint32_t)(y * width) * (uint32_t)g.across;
    for (int64_t k = i; k < end; k++) odd |= (uint32_t)at[k] ^ (start + (uint32_t)k * (uint32_t)g.across);
  }
  return odd == 0;
}

// How long a table goes on in its first step.
static int64_t even_length(const int32_t *at, int64_t count) {
  int64_t n = 2;
  while (n < count && at[n] - at[n - 1] == at[1] - at[0]) n++;
  return least(n, count);
}

// The taps across: how long all tables go on in their first steps, where that is one element for the offsets.
static int64_t taps_across(struct view v, int64_t depth) {
  if (depth < 2 || v.depth[1] - v.depth[0] != 1) return 1;
  int64_t taps = even_length(v.depth, depth);
  for (uint32_t k = 0; k < v.factor->guards; k++)
    taps = least(taps, even_length(table(v.memory, v.factor->guard[k].depth), depth));
  return taps;
}

// The taps down: rows of taps until one does not lie `pitch` after the one before, or a guard's table comes again.
static int64_t taps_down(struct view v, int64_t depth, int64_t across, int64_t pitch) {
  int64_t taps = 1;
  for (;; taps++) {
    const int64_t r = taps * across;
    if (r >= depth || v.depth[r] - v.depth[r - across] != pitch) return taps;
    for (uint32_t k = 0; k < v.factor->guards; k++)
      if (table(v.memory, v.factor->guard[k].depth)[r] < table(v.memory, v.factor->guard[k].depth)[r - across]) return taps;
  }
}

// Whether every channel's taps lie as the first one's do, with the same guards.
static int alike_channels(struct view v, int64_t depth, int64_t taps) {
  for (uint32_t k = 0; k < v.factor->guards; k++) {
    const int32_t *at = table(v.memory, v.factor->guard[k].depth);
    if (memcmp(at, at + taps, (size_t)(depth - taps) * sizeof *at) != 0) return 0;
  }
  uint32_t odd = 0;
  for (int64_t r = taps; r < depth; r += taps)
    for (int64_t k = 1; k < taps; k++)
      odd |= ((uint32_t)v.depth[r + k] - (uint32_t)v.depth[r]) ^ ((uint32_t)v.depth[k] - (uint32_t)v.depth[0]);
  return odd == 0;
}

// What a guard leaves of rows or places.
static int take_guard(struct view v, const struct guard *guard, int64_t columns, int64_t from, int64_t to,
                      struct image *image) {
  const int32_t *lane = table(v.memory, guard->lane), *tap = table(v.memory, guard->depth);
  const int64_t taps = image->down * image->across;
  const struct grid l = grid_of(lane, columns, image->width), t = grid_of(tap, taps, image->across);
  if (!follows(lane, from, to, image->width, l) || !follows(tap, 0, taps, image->across, t)) return 0;
  const int64_t first = (int64_t)l.first + t.first, size = guard->size;
  // Sums of table entries are taken modulo 2^32; of small ones they are what they seem.
  if (first < -(1 << 28) || first > 1 << 28 || size > 1 << 28) return 0;
  if (l.down == image->step && l.across == 0 && t.down == (image->down > 1) && t.across == 0) {
    image->row_low = greatest(image->row_low, -first);
    image->row_high = least(image->row_high, size - first);
    return 1;
  }
  if (l.across == image->step && l.down == 0 && t.across == (image->across > 1) && t.down == 0) {
    image->place_low = greatest(image->place_low, -first);
    image->place_high = least(image->place_high, size - first);
    return 1;
  }
  return 0;
}

// Whether columns [from, to) are places of an image.
static int is_image(struct view v, int64_t columns, int64_t depth, int64_t from, int64_t to, struct image *image) {
  const struct factor *f = v.factor;
  if (f->mode != MODE_GATHERED || columns < 4) return 0;
  const int64_t looked = least(columns, MAX_WIDTH + 1);
  int64_t width = even_length(v.lane, looked);
  for (uint32_t k = 0; k < f->guards; k++) width = least(width, even_length(table(v.memory, f->guard[k].lane), looked));
  if (width >= looked || columns % width != 0) return 0;
  const struct grid lane = grid_of(v.lane, columns, width);
  if (lane.across < 1 || lane.down % lane.across != 0 || !follows(v.lane, from, to, width, lane)) return 0;
  *image = (struct image){.width = width, .step = lane.across, .pitch = lane.down / lane.across};
  image->across = taps_across(v, depth);
  image->down = taps_down(v, depth, image->across, image->pitch);
  const int64_t taps = image->down * image->across;
  const struct grid tap = grid_of(v.depth, taps, image->across);
  if (depth % taps != 0 || !follows(v.depth, 0, taps, image->across, tap) || !alike_channels(v, depth, taps)) return 0;
  image->first = (int64_t)lane.first + tap.first;
  // What is used, and what of it no guard hides.
  image->row_high = (columns / width - 1) * image->step + image->down;
  image->place_high = (width - 1) * image->step + image->across;
  for (uint32_t k = 0; k < f->guards; k++)
    if (!take_guard(v, &f->guard[k], columns, from, to, image)) return 0;
  return 1;
}

#endif
