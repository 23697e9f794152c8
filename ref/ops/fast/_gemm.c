/* _gemm.c: the product of blocks; gemm.h says what is promised. Everything here is double. */
#include "ref/base/clones.h"
#include "ref/ops/fast/gemm.h"

#include <string.h>

enum { ROWS = 8, COLUMNS = TS_PANEL_COLUMNS };

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

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector) && __has_builtin(__builtin_convertvector)
#define HAS_SHUFFLES
#endif
#endif

enum { FEW = 8, AHEAD = 48 };

#if defined(HAS_SHUFFLES)
typedef float eight_floats __attribute__((vector_size(32), aligned(4), may_alias));
typedef double eight __attribute__((vector_size(64), aligned(8), may_alias));

/* to[i step + j] = from[i + j side] for 8 x 8 numbers: pairs change places, then pairs of pairs,
 * then halves. */
TS_CLONES
static void turn(double *to, int64_t step, const float *from, int64_t side)
{
    eight x[FEW], y[FEW];
    for (int j = 0; j < FEW; j++) {
        x[j] = __builtin_convertvector(*(const eight_floats *)(from + j * side), eight);
        __builtin_prefetch(from + j * side + AHEAD);
    }
    for (int j = 0; j < FEW; j += 2) {
        y[j] = __builtin_shufflevector(x[j], x[j + 1], 0, 8, 2, 10, 4, 12, 6, 14);
        y[j + 1] = __builtin_shufflevector(x[j], x[j + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    }
    for (int j = 0; j < FEW; j += j % 2 ? 3 : 1) {
        x[j] = __builtin_shufflevector(y[j], y[j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        x[j + 2] = __builtin_shufflevector(y[j], y[j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
    for (int j = 0; j < FEW / 2; j++) {
        *(eight *)(to + j * step) =
            __builtin_shufflevector(x[j], x[j + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        *(eight *)(to + (j + 4) * step) =
            __builtin_shufflevector(x[j], x[j + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}
#endif

static bool turned(double *to, int64_t step, ts_factor f, int64_t at, int64_t n, int64_t depth)
{
#if defined(HAS_SHUFFLES)
    if (f.is_float && f.along == 1 && n == FEW && depth == FEW) {
        turn(to, step, (const float *)f.data + at, f.side);
        return true;
    }
#endif
    (void)to, (void)step, (void)f, (void)at, (void)n, (void)depth;
    return false;
}

/* to[i step + j] = f[at + i along + j side] for i < depth, j < n, where terms lie close together in
 * memory: a few terms of all columns at a time, so that many lines of memory come at once. */
static void interleave(double *to, int64_t step, ts_factor f, int64_t at, int64_t n, int64_t depth)
{
    for (int64_t i = 0; i < depth; i += FEW)
        for (int64_t j = 0; j < n; j += FEW) {
            const int64_t terms = i + FEW < depth ? FEW : depth - i;
            const int64_t columns = j + FEW < n ? FEW : n - j;
            double *corner = to + i * step + j;
            const int64_t first = at + i * f.along + j * f.side;
            if (!turned(corner, step, f, first, columns, terms))
                for (int64_t c = 0; c < columns; c++)
                    line(corner + c, step, f, first + c * f.side, f.along, terms);
        }
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
            interleave(panel, COLUMNS, b, (j + first) * b.side + k * b.along, n, depth);
    }
}

typedef void tile_function(double *c, int64_t ldc, const double *a, const double *b, int64_t depth);

#if defined(__GNUC__)
/* c (8 x 16) += a b over `depth` terms: a holds eight numbers a term, b a panel. The sums of 8 rows
 * and `across` vectors stay in registers, so each processor has vectors of its own width, and as
 * many as it has registers for. */
#define TILE(name, width, across, attribute)                                                       \
    typedef double name##_lanes                                                                    \
        __attribute__((vector_size(width * sizeof(double)), aligned(8), may_alias));               \
    attribute static void name(double *c, int64_t ldc, const double *a, const double *b,           \
                               int64_t depth)                                                      \
    {                                                                                              \
        for (int64_t j = 0; j < COLUMNS; j += across * width) {                                    \
            name##_lanes s[ROWS][across];                                                          \
            for (int r = 0; r < ROWS; r++)                                                         \
                for (int v = 0; v < across; v++)                                                   \
                    s[r][v] = ((const name##_lanes *)(c + r * ldc + j))[v];                        \
            for (int64_t k = 0; k < depth; k++) {                                                  \
                const name##_lanes *bk = (const name##_lanes *)(b + k * COLUMNS + j);              \
                for (int r = 0; r < ROWS; r++)                                                     \
                    for (int v = 0; v < across; v++)                                               \
                        s[r][v] += a[k * ROWS + r] * bk[v];                                        \
            }                                                                                      \
            for (int r = 0; r < ROWS; r++)                                                         \
                for (int v = 0; v < across; v++)                                                   \
                    ((name##_lanes *)(c + r * ldc + j))[v] = s[r][v];                              \
        }                                                                                          \
    }

TILE(tile_of_2, 2, 1, )
#if defined(__x86_64__)
TILE(tile_of_4, 4, 1, __attribute__((target("avx2"))))
TILE(tile_of_8, 8, 2, __attribute__((target("avx512f"))))
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

/* Eight rows of a, term by term side by side; rows beyond the last one are zeros. */
static void pack_rows(double *to, ts_factor a, int64_t row, int64_t rows, const int64_t *offset,
                      int64_t depth)
{
    if (rows < ROWS)
        memset(to, 0, (size_t)(depth * ROWS) * sizeof *to);
    if (!a.group)
        interleave(to, ROWS, a, row * a.side + offset[0], rows, depth);
    else
        for (int64_t i = 0; i < rows; i++)
            for (int64_t k = 0; k < depth; k++)
                to[k * ROWS + i] = element(a, (row + i) * a.side + offset[k]);
}

void ts_add_packed(double *c, int64_t ldc, ts_factor a, int64_t k, const double *packed,
                   int64_t rows, int64_t depth, int64_t columns)
{
    double some[ROWS * TS_BLOCK_K];
    int64_t offset[TS_BLOCK_K] = {0};
    tile_function *const tile = best_tile();
    for (int64_t i = 0; i < depth; i++)
        offset[i] = offset_of(a, k + i);
    for (int64_t row = 0; row < rows; row += ROWS) {
        const int64_t m = row + ROWS < rows ? ROWS : rows - row;
        pack_rows(some, a, row, m, offset, depth);
        for (int64_t j = 0; j < columns; j += COLUMNS) {
            const int64_t n = j + COLUMNS < columns ? COLUMNS : columns - j;
            const double *panel = packed + ts_packed_at(depth, 0, j);
            if (m == ROWS && n == COLUMNS)
                tile(c + row * ldc + j, ldc, some, panel, depth);
            else
                edge_tile(tile, c + row * ldc + j, ldc, some, panel, depth, m, n);
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
