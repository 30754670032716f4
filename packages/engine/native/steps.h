// Steps of a plan as words in the linear memory, as packages/engine/src/plan/stepWords.ts writes them: generated kernels, and
// contractions that one is the last part of; or a row group, whose members in one row are such steps; or row groups that do not
// read one another. A step falls into parts that may be computed in any order; a row group is one.
#ifndef ASSAY_STEPS_H
#define ASSAY_STEPS_H

#include "kernels.h"

// A kernel generated for one record (native/generated): elements [from, to) of its tensor.
typedef void generated(uint8_t *memory, const uint32_t *parameters, uint32_t from, uint32_t to);

enum { STEP_MAP = 1, STEP_CONTRACTION = 2, STEP_ROWS = 3, STEP_TOGETHER = 4 };

struct step {
  uint32_t kind, parameters;
  // The kernel's address in this process.
  uint64_t kernel;
  // Of a map: its elements, or, where that is not 0, the address of the word that says how many; elements of a part.
  // Of a row group: its members. Of several: how many.
  uint32_t count, count_at, unit;
  // Of a contraction: the address of its words; extents of a part. Of a row group: the address of its members' words; of several
  // that of theirs.
  uint32_t at;
  int32_t batches, rows, columns;
  // Elements of the tensor before the step's own: those of earlier rows.
  uint32_t first;
  uint32_t unused[4];
};

// A member of a row group: the step of one row, which `enter_row` makes that of any row; its rows and the elements of them all,
// or, where those are not 0, the addresses of the words that say how many.
struct member {
  struct step step;
  uint32_t rows, rows_at, elements, elements_at;
  // Of a contraction: addresses of row 0's sums and of the elements of its rows, bytes from there to the next row's.
  uint32_t out, out_bytes, factor, factor_bytes;
};

// What runs steps: an instruction set's kernels, the linear memory, this thread's scratch.
struct place {
  const struct kernels *kernels;
  uint8_t *memory, *scratch;
};

static generated *at_address(uint64_t kernel) { return (generated *)(uintptr_t)kernel; }

static int64_t parts_in(int64_t extent, int64_t part) { return (extent + part - 1) / part; }

static uint32_t size_of(const uint8_t *memory, uint32_t size, uint32_t at) {
  return at == 0 ? size : *(const uint32_t *)(memory + at);
}

static uint32_t count_of(const uint8_t *memory, const struct step *s) { return size_of(memory, s->count, s->count_at); }

static int64_t parts_of(const uint8_t *memory, const struct step *s) {
  if (s->kind == STEP_ROWS) return 1;
  if (s->kind == STEP_TOGETHER) return s->count;
  if (s->kind == STEP_MAP) return greatest(1, parts_in(count_of(memory, s), s->unit));
  const struct contraction *c = (const struct contraction *)(memory + s->at);
  return parts_in(c->batches, s->batches) * parts_in(c->rows, s->rows) * parts_in(c->columns, s->columns);
}

// The elements of a region's sums, while those are in the cache; rows that touch are one range. `before`: elements of the
// tensor before the contraction's first.
static void finish(uint8_t *memory, const struct contraction *c, struct region region, generated *kernel,
                   const uint32_t *parameters, uint32_t before) {
  const int32_t *batch = table(memory, c->out_batch), *row = table(memory, c->out_row);
  const int32_t width = region.n1 - region.n0;
  for (int32_t b = region.b0; b < region.b1; b++) {
    for (int32_t m = region.m0; m < region.m1;) {
      const int32_t first = row[m];
      int32_t count = 1;
      while (m + count < region.m1 && row[m + count] == first + count * width) count++;
      const uint32_t from = before + (uint32_t)(batch[b] + first + region.n0);
      kernel(memory, parameters, from, from + (uint32_t)(count * width));
      m += count;
    }
  }
}

// The region that a part of a contraction is. Parts run through rows first: they share packed columns, which then are in the
// cache.
static struct region region_of(const struct contraction *c, const struct step *s, int64_t part) {
  const int64_t across = parts_in(c->rows, s->rows), along = parts_in(c->columns, s->columns);
  const int64_t m = part % across * s->rows, n = part / across % along * s->columns, b = part / (across * along) * s->batches;
  return (struct region){(int32_t)b, (int32_t)least(b + s->batches, c->batches), (int32_t)m,
                         (int32_t)least(m + s->rows, c->rows), (int32_t)n, (int32_t)least(n + s->columns, c->columns)};
}

static uint32_t rows_of(const uint8_t *memory, const struct member *m) { return size_of(memory, m->rows, m->rows_at); }

// Makes a member's step that of a row, which is one of its rows.
static void enter_row(uint8_t *memory, struct member *m, uint32_t row) {
  const uint32_t width = size_of(memory, m->elements, m->elements_at) / rows_of(memory, m);
  m->step.first = row * width;
  if (m->step.kind == STEP_MAP) {
    m->step.count = width;
    m->step.count_at = 0;
    return;
  }
  struct contraction *c = (struct contraction *)(memory + m->step.at);
  c->out = m->out + row * m->out_bytes;
  c->factor[SIDE_ROWS].address = m->factor + row * m->factor_bytes;
}

// Computes a whole step, in some way that `context` says more of.
typedef void compute_step(void *context, const struct place *p, const struct step *s);

// A row group: row by row, in each the members in order.
static void run_rows(const struct place *p, const struct step *group, compute_step *compute, void *context) {
  struct member *members = (struct member *)(p->memory + group->at), *end = members + group->count;
  uint32_t rows = 0;
  for (struct member *m = members; m < end; m++) rows = (uint32_t)greatest(rows, rows_of(p->memory, m));
  for (uint32_t row = 0; row < rows; row++)
    for (struct member *m = members; m < end; m++) {
      if (row >= rows_of(p->memory, m)) continue;
      enter_row(p->memory, m, row);
      compute(context, p, &m->step);
    }
}

static compute_step run_alone;

// Parts [from, to) of a step.
static void run_parts(const struct place *p, const struct step *s, int64_t from, int64_t to) {
  if (s->kind == STEP_ROWS) {
    run_rows(p, s, run_alone, 0);
    return;
  }
  if (s->kind == STEP_TOGETHER) {
    const struct step *groups = (const struct step *)(p->memory + s->at);
    for (int64_t part = from; part < to; part++) run_rows(p, groups + part, run_alone, 0);
    return;
  }
  const uint32_t *parameters = (const uint32_t *)(p->memory + s->parameters);
  if (s->kind == STEP_MAP) {
    const int64_t count = count_of(p->memory, s), unit = s->unit;
    at_address(s->kernel)(p->memory, parameters, s->first + (uint32_t)(from * unit),
                          s->first + (uint32_t)least(to * unit, count));
    return;
  }
  const struct contraction *c = (const struct contraction *)(p->memory + s->at);
  for (int64_t part = from; part < to; part++) {
    const struct region region = region_of(c, s, part);
    p->kernels->contract(p->memory, c, region, p->scratch);
    finish(p->memory, c, region, at_address(s->kernel), parameters, s->first);
  }
}

static void run_alone(void *context, const struct place *p, const struct step *s) {
  (void)context;
  run_parts(p, s, 0, parts_of(p->memory, s));
}

#endif
