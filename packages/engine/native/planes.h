// Columns of an image as planes: for each channel and tap across, and where rows are a step of two apart for rows of even and
// odd number, the elements under that tap, row after row, borders filled with zeros. The columns of any tap then follow one
// another in memory, and tiles read them there: a plane serves all taps of one place down.
#ifndef ASSAY_PLANES_H
#define ASSAY_PLANES_H

#include "float_rows.h"
#include "image.h"

// Floats of all planes at once: they stay in the second-level cache.
enum { PLANES_FLOATS = 96 * 1024 };
// Of images that have planes: steps, taps across, vectors of a row.
enum { MAX_STEP = 2, MAX_ACROSS = 16, MAX_ROW = 32 };

struct planes {
  struct image image;
  // Row numbers of a plane are those equal modulo the step: so many planes by that, and planes of a channel.
  int64_t turns, each;
  // Columns whose planes are made at once.
  int64_t columns;
  // The elements of loads that exist, by tap across (where the step is two: by load) and vector of a row.
  vm there[MAX_ACROSS + 1][MAX_ROW];
};

// Floats of a plane of `rows` rows of columns, with room for the last row's last vector.
static int64_t plane_size(const struct planes *p, int64_t rows) {
  return row_pitch((rows + (p->image.down - 1) / p->image.step) * p->image.width + LANES, FLOATS_PER_LINE);
}

// Columns [from, to) of a factor as planes; 0 where they cannot be.
static int plan_planes(struct planes *p, struct view v, const struct contraction *c, int64_t from, int64_t to) {
  struct image *image = &p->image;
  if (!is_image(v, c->columns, c->depth, from, to, image) || image->step > MAX_STEP) return 0;
  const int64_t vectors = (image->width + LANES - 1) / LANES, taps = image->down * image->across;
  if (image->across > MAX_ACROSS || vectors > MAX_ROW) return 0;
  p->turns = least(image->step, image->down);
  p->each = p->turns * image->across;
  // Channels that a block of the depth has taps of, at most, and rows of their planes.
  const int64_t channels = least(c->depth / taps, (BLOCK + taps - 2) / taps + 1);
  int64_t rows = (to - from + image->width - 2) / image->width + 1;
  while (rows > 1 && plane_size(p, rows) * p->each * channels > PLANES_FLOATS) rows--;
  // So many rows hold any so many columns.
  p->columns = ((rows - 1) * image->width + 1) / PANEL * PANEL;
  if (p->columns < 2 * PANEL) return 0;
  for (int64_t k = 0; k < image->across + image->step - 1; k++)
    for (int64_t i = 0; i < vectors; i++) {
      const int64_t place = i * LANES * image->step + (image->step == 1 ? k : k / 2 * 2 + k % 2 * LANES);
      p->there[k][i] = vm_between(greatest(0, image->place_low - place), image->place_high - place);
    }
  return 1;
}

// An image row under tap k across, to its plane; where the step is two, under tap k + 1 too, whose plane is `size` floats on.
INLINE void fill_row(const struct planes *p, const float *row, int64_t k, float *to, int64_t size) {
  const int64_t width = p->image.width;
  for (int64_t x = 0, i = 0; x < width; x += LANES, i++) {
    if (p->image.step == 1) {
      vf_store(to + x, vf_load_mask(row + k + x, p->there[k][i]));
      continue;
    }
    const float *at = row + k + 2 * x;
    const vf low = vf_load_mask(at, p->there[k][i]), high = vf_load_mask(at + LANES, p->there[k + 1][i]);
    vf_store(to + x, vf_even(low, high));
    if (k + 1 < p->image.across) vf_store(to + size + x, vf_odd(low, high));
  }
}

INLINE void clear_row(const struct planes *p, int64_t k, float *to, int64_t size) {
  for (int64_t x = 0; x < p->image.width; x += LANES) {
    vf_store(to + x, vf_zero());
    if (p->image.step == 2 && k + 1 < p->image.across) vf_store(to + size + x, vf_zero());
  }
}

// Asks for the lines of an image row.
INLINE void ask_row(const struct planes *p, const float *row) {
  for (int64_t x = 0; x < p->image.width * p->image.step; x += FLOATS_PER_LINE) __builtin_prefetch(row + x, 0, 3);
}

// The planes of one channel for `rows` rows of columns from row y on; `from`: its row 0, place 0, `next`: another's.
static void fill_channel(const struct planes *p, const float *from, const float *next, int64_t y, int64_t rows, float *to,
                         int64_t size) {
  const struct image *image = &p->image;
  for (int64_t turn = 0; turn < p->turns; turn++)
    for (int64_t k = 0; k < image->across; k += image->step) {
      float *plane = to + (turn * image->across + k) * size;
      for (int64_t t = 0; t < rows + (image->down - 1 - turn) / image->step; t++, plane += image->width) {
        const int64_t row = (y + t) * image->step + turn;
        if (k == 0) ask_row(p, next + row * image->pitch);
        if (row >= image->row_low && row < image->row_high) fill_row(p, from + row * image->pitch, k, plane, size);
        else clear_row(p, k, plane, size);
      }
    }
}

// Planes of the channels that r in [r0, r1) are taps of, and where each r's first column stands in them.
static void fill_planes(const struct planes *p, struct view v, int64_t r0, int64_t r1, int64_t y, int64_t rows, float *to,
                        int32_t *offsets) {
  const struct image *image = &p->image;
  const int64_t taps = image->down * image->across, first = r0 / taps, size = plane_size(p, rows);
  for (int64_t channel = first; channel * taps < r1; channel++, to += p->each * size) {
    const float *all = floats_of(v) + image->first - v.depth[0];
    const int64_t next = (channel + 1) * taps < r1 ? channel + 1 : channel;
    fill_channel(p, all + v.depth[channel * taps], all + v.depth[next * taps], y, rows, to, size);
  }
  int64_t kx = r0 % image->across, ky = r0 % taps / image->across, plane = 0;
  for (int64_t r = r0; r < r1; r++) {
    const int64_t turn = image->step == 1 ? 0 : ky & 1, y0 = image->step == 1 ? ky : ky >> 1;
    offsets[r - r0] = (int32_t)((plane + turn * image->across + kx) * size + y0 * image->width);
    if (++kx < image->across) continue;
    kx = 0;
    if (++ky < image->down) continue;
    ky = 0;
    plane += p->each;
  }
}

#endif
