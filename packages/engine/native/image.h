// A gathered factor as an image: where its tables of offsets and guards say that columns are places (y, x) of a grid and
// depths taps (ky, kx) of a kernel, whose element stands in image row y·step + ky, place x·step + kx. Only the rows and
// places of two ranges exist.
#ifndef ASSAY_IMAGE_H
#define ASSAY_IMAGE_H

#include "factor.h"

struct image {
  // Places across and down; image rows and places from one to the next.
  int64_t width, height, step;
  // The offset of row 0, place 0 from the batch's first element, and from row to row.
  int64_t first, pitch;
  // Rows and places that exist: [low, high).
  int64_t row_low, row_high, place_low, place_high;
};

// The steps of a table that is first + down·(i / width) + across·(i mod width), where it is one.
struct grid {
  int32_t first, down, across;
};

static int is_grid(const int32_t *at, int64_t count, int64_t width, struct grid *g) {
  *g = (struct grid){at[0], at[width] - at[0], at[1] - at[0]};
  uint32_t odd = 0;
  for (int64_t i = 0; i < count; i += width) {
    const int32_t *row = at + i;
    const uint32_t start = (uint32_t)g->first + (uint32_t)(i / width) * (uint32_t)g->down;
    const int64_t end = least(width, count - i);
    for (int64_t x = 0; x < end; x++) odd |= (uint32_t)row[x] ^ (start + (uint32_t)x * (uint32_t)g->across);
  }
  return odd == 0;
}

// How long a table goes on in its first step.
static int64_t even_length(const int32_t *at, int64_t count) {
  int64_t n = 2;
  while (n < count && at[n] - at[n - 1] == at[1] - at[0]) n++;
  return n;
}

// Whether the columns are places under taps of a `kernel` × `kernel` window, `step` apart in both directions.
static int is_image(struct view v, int64_t columns, int64_t depth, int64_t kernel, int64_t step, struct image *image) {
  const struct factor *f = v.factor;
  if (depth != kernel * kernel || columns < 4) return 0;
  int64_t width = even_length(v.lane, columns);
  for (uint32_t k = 0; k < f->guards; k++) width = least(width, even_length(table(v.memory, f->guard[k].lane), columns));
  if (width >= columns || columns % width != 0) return 0;
  struct grid lane, tap;
  if (!is_grid(v.lane, columns, width, &lane) || !is_grid(v.depth, depth, kernel, &tap)) return 0;
  if (lane.across != step || tap.across != 1 || lane.down != step * tap.down) return 0;
  *image = (struct image){.width = width, .height = columns / width, .step = step};
  image->first = (int64_t)lane.first + tap.first;
  image->pitch = tap.down;
  // What is used, and what of it no guard hides.
  image->row_high = (image->height - 1) * step + kernel;
  image->place_high = (width - 1) * step + kernel;
  for (uint32_t k = 0; k < f->guards; k++) {
    if (!is_grid(table(v.memory, f->guard[k].lane), columns, width, &lane)) return 0;
    if (!is_grid(table(v.memory, f->guard[k].depth), depth, kernel, &tap)) return 0;
    const int64_t first = (int64_t)lane.first + tap.first, size = f->guard[k].size;
    if (lane.down == step && tap.down == 1 && lane.across == 0 && tap.across == 0) {
      image->row_low = greatest(image->row_low, -first);
      image->row_high = least(image->row_high, size - first);
    } else if (lane.across == step && tap.across == 1 && lane.down == 0 && tap.down == 0) {
      image->place_low = greatest(image->place_low, -first);
      image->place_high = least(image->place_high, size - first);
    } else return 0;
  }
  return 1;
}

#endif
