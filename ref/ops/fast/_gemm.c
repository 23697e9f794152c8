/* _gemm.c: the product of blocks; gemm.h says what is promised. Everything here is double. */
#include "ref/base/clones.h"
#include "ref/ops/fast/gemm.h"

#include <string.h>

enum { ROWS = 4, COLUMNS = TS_PANEL_COLUMNS };

static int64_t offset_of(ts_factor f, int64_t k)
{
    return f.group ? k / f.group * f.far + k % f.group * f.along : k * f.along;
}

static double element(ts_factor f, int64_t at)
{
    return f.is_float ? (double)((const float *)f.data)[at] : ((const double *)f.data)[at];
}

/* to[i step] = from[i stride] for i < n; one loop for each way through memory. */
TS_CLONES
static void widen(double *to, int64_t step, const float *from, int64_t stride, int64_t n)
{
    if (step == 1 && stride == 1)
        for (int64_t i = 0; i < n; i++)
            to[i] = (double)from[i];
    else
        for (int64_t i = 0; i < n; i++)
            to[i * step] = (double)from[i * stride];
}

static void copy(double *to, int64_t step, const double *from, int64_t stride, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        to[i * step] = from[i * stride];
}

static void line(double *to, int64_t step, ts_factor f, int64_t at, int64_t stride, int64_t n)
{
    if (f.is_float)
        widen(to, step, (const float *)f.data + at, stride, n);
    else
        copy(to, step, (const double *)f.data + at, stride, n);
}

void ts_pack_block(double *packed, ts_factor b, int64_t k, int64_t depth, int64_t j,
                   int64_t columns)
{
    for (int64_t first = 0; first < columns; first += COLUMNS) {
        double *panel = packed + ts_packed_at(depth, 0, first);
        const int64_t n = first + COLUMNS < columns ? COLUMNS : columns - first;
        if (n < COLUMNS)
            memset(panel, 0, (size_t)(depth * COLUMNS) * sizeof *panel);
        if (b.side == 1 || b.group)
            for (int64_t i = 0; i < depth; i++)
                line(panel + i * COLUMNS, 1, b, (j + first) * b.side + offset_of(b, k + i), b.side,
                     n);
        else
            for (int64_t i = 0; i < n; i++)
                line(panel + i, COLUMNS, b, (j + first + i) * b.side + k * b.along, b.along, depth);
    }
}

typedef void tile_function(double *c, int64_t ldc, const double *a, const double *b, int64_t depth);

#if defined(__GNUC__)
/* c (4 x 16) += a b over `depth` terms: a holds four numbers a term, b a panel. The sums of 4 x 2
 * vectors stay in registers, so each processor's copy has vectors of its own width. */
#define TILE(name, width, attribute)                                                               \
    typedef double name##_lanes                                                                    \
        __attribute__((vector_size(width * sizeof(double)), aligned(8), may_alias));               \
    attribute static void name(double *c, int64_t ldc, const double *a, const double *b,           \
                               int64_t depth)                                                      \
    {                                                                                              \
        for (int64_t j = 0; j < COLUMNS; j += 2 * width) {                                         \
            name##_lanes *c0 = (name##_lanes *)(c + j), *c1 = (name##_lanes *)(c + ldc + j),       \
                         *c2 = (name##_lanes *)(c + 2 * ldc + j),                                  \
                         *c3 = (name##_lanes *)(c + 3 * ldc + j);                                  \
            name##_lanes s00 = c0[0], s01 = c0[1], s10 = c1[0], s11 = c1[1], s20 = c2[0],          \
                         s21 = c2[1], s30 = c3[0], s31 = c3[1];                                    \
            for (int64_t k = 0; k < depth; k++) {                                                  \
                const double *ak = a + k * ROWS;                                                   \
                const name##_lanes *bk = (const name##_lanes *)(b + k * COLUMNS + j);              \
                const name##_lanes b0 = bk[0], b1 = bk[1];                                         \
                s00 += ak[0] * b0, s01 += ak[0] * b1;                                              \
                s10 += ak[1] * b0, s11 += ak[1] * b1;                                              \
                s20 += ak[2] * b0, s21 += ak[2] * b1;                                              \
                s30 += ak[3] * b0, s31 += ak[3] * b1;                                              \
            }                                                                                      \
            c0[0] = s00, c0[1] = s01, c1[0] = s10, c1[1] = s11;                                    \
            c2[0] = s20, c2[1] = s21, c3[0] = s30, c3[1] = s31;                                    \
        }                                                                                          \
    }

TILE(tile_of_2, 2, )
#if defined(__x86_64__)
TILE(tile_of_4, 4, __attribute__((target("avx2"))))
TILE(tile_of_8, 8, __attribute__((target("avx512f"))))
#endif

static tile_function *best_tile(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f"))
        return tile_of_8;
    if (__builtin_cpu_supports("avx2"))
        return tile_of_4;
#endif
    return tile_of_2;
}
#else
static void tile_of_1(double *c, int64_t ldc, const double *a, const double *b, int64_t depth)
{
    for (int64_t k = 0; k < depth; k++, a += ROWS, b += COLUMNS)
        for (int i = 0; i < ROWS; i++)
            for (int j = 0; j < COLUMNS; j++)
                c[i * ldc + j] += a[i] * b[j];
}

static tile_function *best_tile(void)
{
    return tile_of_1;
}
#endif

/* A tile that hangs over the edge of c: computed aside. */
static void edge_tile(tile_function *tile, double *c, int64_t ldc, const double *a,
                      const double *b, int64_t depth, int64_t rows, int64_t columns)
{
    double aside[ROWS * COLUMNS] = {0};
    for (int64_t i = 0; i < rows; i++)
        memcpy(aside + i * COLUMNS, c + i * ldc, (size_t)columns * sizeof *c);
    tile(aside, COLUMNS, a, b, depth);
    for (int64_t i = 0; i < rows; i++)
        memcpy(c + i * ldc, aside + i * COLUMNS, (size_t)columns * sizeof *c);
}

/* Four rows of a, term by term side by side; rows beyond the last one are zeros. */
static void pack_rows(double *to, ts_factor a, int64_t row, int64_t rows, const int64_t *offset,
                      int64_t depth)
{
    if (rows < ROWS)
        memset(to, 0, (size_t)(depth * ROWS) * sizeof *to);
    for (int64_t i = 0; i < rows; i++) {
        const int64_t at = (row + i) * a.side;
        if (!a.group)
            line(to + i, ROWS, a, at + offset[0], a.along, depth);
        else
            for (int64_t k = 0; k < depth; k++)
                to[k * ROWS + i] = element(a, at + offset[k]);
    }
}

void ts_add_packed(double *c, int64_t ldc, ts_factor a, int64_t k, const double *packed,
                   int64_t rows, int64_t depth, int64_t columns)
{
    double four[ROWS * TS_BLOCK_K];
    int64_t offset[TS_BLOCK_K] = {0};
    tile_function *const tile = best_tile();
    for (int64_t i = 0; i < depth; i++)
        offset[i] = offset_of(a, k + i);
    for (int64_t row = 0; row < rows; row += ROWS) {
        const int64_t m = row + ROWS < rows ? ROWS : rows - row;
        pack_rows(four, a, row, m, offset, depth);
        for (int64_t j = 0; j < columns; j += COLUMNS) {
            const int64_t n = j + COLUMNS < columns ? COLUMNS : columns - j;
            const double *panel = packed + ts_packed_at(depth, 0, j);
            if (m == ROWS && n == COLUMNS)
                tile(c + row * ldc + j, ldc, four, panel, depth);
            else
                edge_tile(tile, c + row * ldc + j, ldc, four, panel, depth, m, n);
        }
    }
}

void ts_add_product(double *c, int64_t ldc, ts_factor a, ts_factor b, int64_t rows, int64_t k,
                    int64_t columns)
{
    double packed[TS_BLOCK];
    for (int64_t j = 0; j < columns; j += TS_BLOCK_COLUMNS)
        for (int64_t at = 0; at < k; at += TS_BLOCK_K) {
            const int64_t n = j + TS_BLOCK_COLUMNS < columns ? TS_BLOCK_COLUMNS : columns - j;
            const int64_t depth = at + TS_BLOCK_K < k ? TS_BLOCK_K : k - at;
            ts_pack_block(packed, b, at, depth, j, n);
            ts_add_packed(c + j, ldc, a, at, packed, rows, depth, n);
        }
}
