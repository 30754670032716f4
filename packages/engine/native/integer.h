// Contractions of bytes, modulo 2^32. With VNNI a group is four bytes, unsigned in rows and signed in columns (a sign bit
// is turned over where the tensor is of the other kind), and zero points are taken off by the sums of rows and columns, before
// where each side has one, else afterwards:
//
//   Σ (u - zu)(s - zs) = Σ u·s - zs·Σu - zu·(Σs - K·zs)
//
// Otherwise a group is two integers of 16 bits with their zero points taken off already, and nothing is left to do.
#ifndef ASSAY_INTEGER_H
#define ASSAY_INTEGER_H

#include "byte_panels.h"

// The packed form of a factor: its groups, then each lane's zero point, then its sum (less K·zero for columns).
struct packed_integers {
  int32_t *groups;
  // Numbers from one row or one panel to the next.
  int64_t step;
  int32_t *zeros, *sums;
};

static struct packed_integers packed_integers(int32_t side, int64_t depth, int64_t lanes, uint8_t *at) {
  struct packed_integers p = {.groups = (int32_t *)at};
  const int64_t groups = groups_of(depth);
  p.step = side == SIDE_ROWS ? row_pitch(groups, GROUPS_PER_LINE) : groups * PANEL;
  const int64_t padded = round_up(lanes, PANEL);
  p.zeros = p.groups + (side == SIDE_ROWS ? lanes * p.step : padded / PANEL * p.step);
  p.sums = p.zeros + padded;
  return p;
}

static int64_t packed_integer_bytes(int32_t side, int64_t depth, int64_t lanes) {
  const struct packed_integers p = packed_integers(side, depth, lanes, 0);
  return round_up((int64_t)((intptr_t)p.sums) + round_up(lanes, PANEL) * 4, 64);
}

// Each lane's zero point, and from the sum of a column K times its zero point.
static void finish_lanes(struct view v, int64_t from, int64_t to, int64_t depth, int32_t *zeros, int32_t *sums) {
  for (int64_t i = from; i < to; i++) {
    const int32_t zero = held_zero(v, zero_of(v, i));
    zeros[i - from] = zero;
    if (v.side == SIDE_COLUMNS) sums[i - from] = (int32_t)((uint32_t)sums[i - from] - (uint32_t)depth * (uint32_t)zero);
  }
}

static void pack_integers(uint8_t *memory, const struct contraction *c, int32_t side, int32_t b, uint8_t *to) {
  const struct view v = view_of(memory, c, side, b);
  const int64_t lanes = side == SIDE_ROWS ? c->rows : c->columns;
  const struct packed_integers p = packed_integers(side, c->depth, lanes, to);
  memset(p.zeros, 0, (size_t)round_up(lanes, PANEL) * 8);
  if (side == SIDE_ROWS) pack_integer_rows(v, 0, lanes, 0, c->depth, p.groups, p.step, p.sums,
                                            consecutive_rows(v, c->depth));
  else {
    const struct guards guards = guards_over(v, c->depth);
    for (int64_t n = 0; n < lanes; n += PANEL) {
      struct byte_panel panel;
      const int64_t end = least(n + PANEL, lanes);
      plan_byte_panel(&panel, v, &guards, n, end - n);
      pack_integer_columns(v, &panel, n, end, 0, c->depth, p.groups + n / PANEL * p.step, p.step, p.sums + n);
    }
  }
  finish_lanes(v, 0, lanes, c->depth, p.zeros, p.sums);
}

static int64_t integer_row_chunk(const struct contraction *c) { return least(c->rows, INTEGER_ROWS); }
static int64_t integer_column_chunk(const struct contraction *c) {
  return least(round_up(c->columns, PANEL), INTEGER_COLUMNS);
}

// Scratch: groups of rows and columns for one block, and zero points and sums of both for the whole depth; what the sums of rows
// begin at.
static int64_t integer_scratch(const struct contraction *c) {
  const int64_t depth = least(groups_of(c->depth), GROUP_BLOCK);
  const int64_t rows = integer_row_chunk(c), columns = integer_column_chunk(c);
  const int64_t packed = rows * row_pitch(depth, GROUPS_PER_LINE) + columns * depth;
  return (packed + 2 * round_up(rows, 16) + 2 * columns + round_up(c->rows, 16)) * 4;
}

// Whether all are the first.
static int all_alike(const int32_t *x, int64_t count) {
  int32_t odd = 0;
  for (int64_t i = 1; i < count; i++) odd |= x[i] ^ x[0];
  return odd == 0;
}

// -zero · sum: what sums begin at, so that zero points need not be taken off.
static void begin_at(const int32_t *sums, int32_t zero, int64_t count, int32_t *to) {
  for (int64_t i = 0; i < count; i++) to[i] = (int32_t)(0u - (uint32_t)zero * (uint32_t)sums[i]);
}

// Takes the zero points off the sums of rows [m0, m1) and columns [n0, n1).
static void take_zeros_off(int32_t *out, const int32_t *out_row, int64_t rows, int64_t columns, const int32_t *row_zeros,
                           const int32_t *row_sums, const int32_t *column_zeros, const int32_t *column_sums) {
  int32_t columns_zero = 0;
  for (int64_t n = 0; n < columns; n++) columns_zero |= column_zeros[n];
  for (int64_t m = 0; m < rows; m++) {
    int32_t *to = out + out_row[m];
    const vi zero = vi_set1(row_zeros[m]), sum = vi_set1(row_sums[m]);
    if (columns_zero == 0) {
      for (int64_t n = 0; n < columns; n += LANES) {
        const vm lanes = vm_first(columns - n);
        const vi by_columns = vi_mul(zero, vi_load_mask(column_sums + n, lanes));
        vi_store_mask(to + n, vi_sub(vi_load_mask(to + n, lanes), by_columns), lanes);
      }
      continue;
    }
    for (int64_t n = 0; n < columns; n += LANES) {
      const vm lanes = vm_first(columns - n);
      const vi by_columns = vi_mul(zero, vi_load_mask(column_sums + n, lanes));
      const vi by_rows = vi_mul(sum, vi_load_mask(column_zeros + n, lanes));
      const vi x = vi_sub(vi_load_mask(to + n, lanes), vi_add(by_columns, by_rows));
      vi_store_mask(to + n, x, lanes);
    }
  }
}

static void contract_integer_chunk(uint8_t *memory, const struct contraction *c, const struct byte_panel *panels, int32_t b,
                                   struct region g, int32_t *scratch) {
  const struct view rows = view_of(memory, c, SIDE_ROWS, b), columns = view_of(memory, c, SIDE_COLUMNS, b);
  const int64_t m = g.m1 - g.m0, n = g.n1 - g.n0;
  const int consecutive = rows.factor->mode != MODE_PACKED && consecutive_rows(rows, c->depth);
  const int64_t widest = least(groups_of(c->depth), GROUP_BLOCK);
  const int64_t row_chunk = integer_row_chunk(c), column_chunk = integer_column_chunk(c);
  int32_t *row_groups = scratch;
  int32_t *column_groups = row_groups + row_chunk * row_pitch(widest, GROUPS_PER_LINE);
  int32_t *row_zeros = column_groups + column_chunk * widest, *row_sums = row_zeros + round_up(row_chunk, 16);
  int32_t *column_zeros = row_sums + round_up(row_chunk, 16), *column_sums = column_zeros + column_chunk;
  int32_t *row_starts = column_sums + column_chunk;
  int begun = 0;
  struct packed_integers packed_rows = {0}, packed_columns = {0};
  if (rows.factor->mode == MODE_PACKED) {
    packed_rows = packed_integers(SIDE_ROWS, c->depth, c->rows, (uint8_t *)(uintptr_t)bytes_of(rows));
    row_zeros = packed_rows.zeros + g.m0;
    row_sums = packed_rows.sums + g.m0;
  } else memset(row_sums, 0, (size_t)m * 4);
  if (columns.factor->mode == MODE_PACKED) {
    packed_columns = packed_integers(SIDE_COLUMNS, c->depth, c->columns, (uint8_t *)(uintptr_t)bytes_of(columns));
    column_zeros = packed_columns.zeros + g.n0;
    column_sums = packed_columns.sums + g.n0;
  } else memset(column_sums, 0, (size_t)n * 4);

  const int32_t *out_row = table(memory, c->out_row) + g.m0;
  int32_t *out = (int32_t *)(memory + c->out) + table(memory, c->out_batch)[b] + g.n0;
  for (int64_t r0 = 0; r0 < c->depth; r0 += GROUP_BLOCK * GROUP) {
    const int64_t r1 = least(r0 + GROUP_BLOCK * GROUP, c->depth), groups = groups_of(r1 - r0);
    struct integers_block block = {.depth = groups, .step = 4, .out = out, .out_row = out_row, .mode = r0 == 0 ? START : GO_ON};
    if (packed_rows.groups != 0) {
      block.pitch = packed_rows.step * 4;
      block.a = packed_rows.groups + g.m0 * packed_rows.step + r0 / GROUP;
    } else {
      const int64_t pitch = row_pitch(groups, GROUPS_PER_LINE);
      pack_integer_rows(rows, g.m0, g.m1, r0, r1, row_groups, pitch, row_sums, consecutive);
      block.pitch = pitch * 4;
      block.a = row_groups;
    }
    if (packed_columns.groups != 0) {
      block.panel = packed_columns.step;
      block.b = packed_columns.groups + g.n0 / PANEL * block.panel + r0 / GROUP * PANEL;
    } else {
      block.panel = groups * PANEL;
      pack_integer_columns(columns, panels, g.n0, g.n1, r0, r1, column_groups, block.panel, column_sums);
      block.b = column_groups;
    }
    if (DOT_BYTES && r1 == c->depth) {
      if (packed_rows.groups == 0) finish_lanes(rows, g.m0, g.m1, c->depth, row_zeros, row_sums);
      if (packed_columns.groups == 0) finish_lanes(columns, g.n0, g.n1, c->depth, column_zeros, column_sums);
      // One zero point each, and all of the depth at once: the sums begin where they would be mended to.
      begun = r0 == 0 && all_alike(row_zeros, m) && all_alike(column_zeros, n);
      if (begun) begin_at(row_sums, column_zeros[0], m, row_starts);
    }
    int32_t column_starts[STRIPE];
    for (int64_t k = 0; k < n; k += STRIPE) {
      struct integers_block stripe = block;
      if (begun) {
        begin_at(column_sums + k, row_zeros[0], round_up(least(n - k, STRIPE), LANES), column_starts);
        stripe.row_start = row_starts;
        stripe.column_start = column_starts;
      }
      stripe.b += k / PANEL * block.panel;
      stripe.out += k;
      stripe.ahead = stripe.b + STRIPE / PANEL * block.panel;
      stripe.ahead_offsets = line_offsets;
      integers_all(stripe, m, least(n - k, STRIPE), 2 * STRIPE / PANEL, 0);
    }
  }
  if (DOT_BYTES && !begun)
    take_zeros_off(out, out_row, m, n, row_zeros, row_sums, column_zeros, column_sums);
}

static void contract_integer(uint8_t *memory, const struct contraction *c, struct region region, uint8_t *scratch) {
  const int64_t row_step = c->factor[SIDE_ROWS].mode == MODE_PACKED ? region.m1 - region.m0 : INTEGER_ROWS;
  const int64_t column_step = c->factor[SIDE_COLUMNS].mode == MODE_PACKED ? region.n1 - region.n0 : INTEGER_COLUMNS;
  const struct view columns = view_of(memory, c, SIDE_COLUMNS, region.b0);
  const struct guards guards = guards_over(columns, c->depth);
  struct byte_panel panels[INTEGER_COLUMNS / PANEL];
  for (int64_t n = region.n0; n < region.n1; n += column_step) {
    const int64_t end = least(n + column_step, region.n1);
    // What is known of columns serves all batches.
    if (columns.factor->mode != MODE_PACKED) plan_byte_panels(panels, columns, &guards, n, end);
    for (int32_t b = region.b0; b < region.b1; b++)
      for (int64_t m = region.m0; m < region.m1; m += row_step) {
        const struct region chunk = {b, b + 1, (int32_t)m, (int32_t)least(m + row_step, region.m1), (int32_t)n, (int32_t)end};
        contract_integer_chunk(memory, c, panels, b, chunk, (int32_t *)scratch);
      }
  }
}

#endif
