/* _bf16.c: linear layers on the processor's dot products of bf16 pairs.
 *
 *     y_ij = sum_k x_ik w_jk + b_j,       x and w in bf16, sums in f32
 *
 * A 6 x 64 tile of results stays in 24 vector registers; each step multiplies six pairs of inputs,
 * broadcast, by 64 pairs of weights, which lie side by side in a panel. Subnormal inputs count as
 * zero and pairs are added without rounding between them: within the gauge of bf16, not its bits.
 * Test: tests/ops/test_linear.c */
#include "ref/ops/table.h"

#include "ref/base/clones.h"
#include "ref/base/par.h"

#include <string.h>

enum { ROWS = 6, COLUMNS = 64, PAIRS = 512, BAND = 32 * ROWS, TURN = 16 };

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

static bool has_dots(void)
{
    return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512bw");
}

#define TARGET __attribute__((target("avx512f,avx512bw,avx512bf16")))
#define EACH_ROW(step) step(0) step(1) step(2) step(3) step(4) step(5)

/* c (6 x 64) += x w over `pairs` pairs, or = where it is the first time. */
TARGET static void tile(float *c, int64_t ldc, const uint16_t *x, int64_t ldx, const uint32_t *w,
                        int64_t pairs, bool add)
{
#define BEGIN(i)                                                                                   \
    __m512 c##i##0 = _mm512_setzero_ps(), c##i##1 = c##i##0, c##i##2 = c##i##0, c##i##3 = c##i##0; \
    if (add) {                                                                                     \
        c##i##0 = _mm512_loadu_ps(c + i * ldc), c##i##1 = _mm512_loadu_ps(c + i * ldc + 16);       \
        c##i##2 = _mm512_loadu_ps(c + i * ldc + 32), c##i##3 = _mm512_loadu_ps(c + i * ldc + 48);  \
    }
#define STEP(i)                                                                                    \
    memcpy(&pair, x + i * ldx + 2 * k, sizeof pair);                                               \
    a = (__m512bh)_mm512_set1_epi32(pair);                                                         \
    c##i##0 = _mm512_dpbf16_ps(c##i##0, a, w0), c##i##1 = _mm512_dpbf16_ps(c##i##1, a, w1);        \
    c##i##2 = _mm512_dpbf16_ps(c##i##2, a, w2), c##i##3 = _mm512_dpbf16_ps(c##i##3, a, w3);
#define END(i)                                                                                     \
    _mm512_storeu_ps(c + i * ldc, c##i##0), _mm512_storeu_ps(c + i * ldc + 16, c##i##1);           \
    _mm512_storeu_ps(c + i * ldc + 32, c##i##2), _mm512_storeu_ps(c + i * ldc + 48, c##i##3);
    EACH_ROW(BEGIN)
    for (int64_t k = 0; k < pairs; k++) {
        const uint32_t *at = w + k * COLUMNS;
        const __m512bh w0 = (__m512bh)_mm512_loadu_si512(at),
                       w1 = (__m512bh)_mm512_loadu_si512(at + 16),
                       w2 = (__m512bh)_mm512_loadu_si512(at + 32),
                       w3 = (__m512bh)_mm512_loadu_si512(at + 48);
        int pair;
        __m512bh a;
        EACH_ROW(STEP)
    }
    EACH_ROW(END)
}

/* to[i COLUMNS + j] = pair i of row j, for 16 rows of 16 pairs: pairs change places within quarters of
 * vectors (as 32 bits, then as 64), then the quarters do. */
TARGET static void turn(uint32_t *to, const uint16_t *rows, int64_t ld)
{
    __m512i a[TURN], b[TURN];
    for (int j = 0; j < TURN; j++)
        a[j] = _mm512_loadu_si512(rows + j * ld);
    for (int j = 0; j < TURN; j += 2) {
        b[j] = _mm512_unpacklo_epi32(a[j], a[j + 1]);
        b[j + 1] = _mm512_unpackhi_epi32(a[j], a[j + 1]);
    }
    for (int j = 0; j < TURN; j += 4) { /* quarter q of a[j + c]: pair 4q + c of rows j .. j + 3 */
        a[j] = _mm512_unpacklo_epi64(b[j], b[j + 2]);
        a[j + 1] = _mm512_unpackhi_epi64(b[j], b[j + 2]);
        a[j + 2] = _mm512_unpacklo_epi64(b[j + 1], b[j + 3]);
        a[j + 3] = _mm512_unpackhi_epi64(b[j + 1], b[j + 3]);
    }
    for (int c = 0; c < 4; c++) {
        const __m512i low = _mm512_shuffle_i32x4(a[c], a[c + 4], 0x44);
        const __m512i high = _mm512_shuffle_i32x4(a[c], a[c + 4], 0xee);
        const __m512i low2 = _mm512_shuffle_i32x4(a[c + 8], a[c + 12], 0x44);
        const __m512i high2 = _mm512_shuffle_i32x4(a[c + 8], a[c + 12], 0xee);
        _mm512_storeu_si512(to + c * COLUMNS, _mm512_shuffle_i32x4(low, low2, 0x88));
        _mm512_storeu_si512(to + (c + 4) * COLUMNS, _mm512_shuffle_i32x4(low, low2, 0xdd));
        _mm512_storeu_si512(to + (c + 8) * COLUMNS, _mm512_shuffle_i32x4(high, high2, 0x88));
        _mm512_storeu_si512(to + (c + 12) * COLUMNS, _mm512_shuffle_i32x4(high, high2, 0xdd));
    }
}
#else
static bool has_dots(void)
{
    return false;
}

static void tile(float *c, int64_t ldc, const uint16_t *x, int64_t ldx, const uint32_t *w,
                 int64_t pairs, bool add)
{
    (void)c, (void)ldc, (void)x, (void)ldx, (void)w, (void)pairs, (void)add;
}

static void turn(uint32_t *to, const uint16_t *rows, int64_t ld)
{
    (void)to, (void)rows, (void)ld;
}
#endif

static int64_t up(int64_t n, int64_t to)
{
    return (n + to - 1) / to * to;
}

static int64_t rows_room(int64_t rows, int64_t k)
{
    return up(rows, ROWS) * up(k, 2);
}

static int64_t weights_room(int64_t n, int64_t k)
{
    return up(n, COLUMNS) * up(k, 2);
}

typedef struct {
    uint16_t *to;
    const float *x;
    const uint16_t *w;
    int64_t rows, k;
} packing;

/* To nearest, ties to even; what is not a number stays none. */
TS_CLONES
static void narrow(uint16_t *to, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        const uint32_t nearest = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
        to[i] = (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? bits >> 16 | 0x40 : nearest);
    }
}

static void narrow_rows(void *arg, int64_t first, int64_t last)
{
    const packing *p = arg;
    const int64_t ld = up(p->k, 2);
    for (int64_t row = first; row < last; row++) {
        memset(p->to + row * ld, 0, (size_t)ld * sizeof *p->to);
        if (row < p->rows)
            narrow(p->to + row * ld, p->x + row * p->k, p->k);
    }
}

static void pack_rows(uint16_t *to, const float *x, int64_t rows, int64_t k)
{
    ts_par_for(up(rows, ROWS), ROWS, narrow_rows, &(packing){to, x, NULL, rows, k});
}

/* Rows row .. row + 16 of the weights, pairs from k on, into their places in a panel; what the weights
 * do not have is 0. */
static void pack_corner(uint32_t *to, const packing *p, int64_t row, int64_t k)
{
    const int64_t ld = up(p->k, 2), n = k + 2 * TURN < ld ? 2 * TURN : ld - k;
    if (row + TURN <= p->rows && k + 2 * TURN <= p->k) {
        turn(to, p->w + row * p->k + k, p->k);
        return;
    }
    for (int64_t j = row; j < row + TURN; j++, to++)
        for (int64_t i = 0; i < n; i += 2) {
            const int64_t at = j * p->k + k + i;
            const uint32_t one = j < p->rows ? p->w[at] : 0;
            const uint32_t other = j < p->rows && k + i + 1 < p->k ? p->w[at + 1] : 0;
            to[i / 2 * COLUMNS] = one | other << 16;
        }
}

/* A panel: pair by pair, the 64 outputs side by side. */
static void pack_panels(void *arg, int64_t first, int64_t last)
{
    const packing *p = arg;
    const int64_t ld = up(p->k, 2);
    for (int64_t panel = first; panel < last; panel++) {
        uint32_t *to = (uint32_t *)(void *)(p->to + panel * COLUMNS * ld);
        for (int64_t k = 0; k < ld; k += 2 * TURN)
            for (int64_t j = 0; j < COLUMNS; j += TURN)
                pack_corner(to + k / 2 * COLUMNS + j, p, panel * COLUMNS + j, k);
    }
}

static void pack_weights(uint16_t *to, const uint16_t *w, int64_t n, int64_t k)
{
    ts_par_for(up(n, COLUMNS) / COLUMNS, 1, pack_panels, &(packing){to, NULL, w, n, k});
}

typedef struct {
    float *y;
    int64_t ldy;
    const uint16_t *x, *w;
    const float *b;
    int64_t rows, k, n;
} job;

/* Pairs k .. of six rows and a panel. Results that hang over the edge are computed aside. */
static void add_tile(const job *work, int64_t row, int64_t panel, int64_t k)
{
    float aside[ROWS * COLUMNS] = {0};
    const int64_t ld = up(work->k, 2), pairs = ld / 2, column = panel * COLUMNS;
    const int64_t depth = k + PAIRS < pairs ? PAIRS : pairs - k;
    const int64_t rows = row + ROWS < work->rows ? ROWS : work->rows - row;
    const int64_t n = column + COLUMNS < work->n ? COLUMNS : work->n - column;
    const uint16_t *x = work->x + row * ld + 2 * k;
    const uint32_t *w = (const uint32_t *)(const void *)(work->w + panel * COLUMNS * ld);
    float *y = work->y + row * work->ldy + column;
    if (rows == ROWS && n == COLUMNS) {
        tile(y, work->ldy, x, ld, w + k * COLUMNS, depth, k > 0);
    } else {
        for (int64_t i = 0; i < rows && k > 0; i++)
            memcpy(aside + i * COLUMNS, y + i * work->ldy, (size_t)n * sizeof *y);
        tile(aside, COLUMNS, x, ld, w + k * COLUMNS, depth, true);
        for (int64_t i = 0; i < rows; i++)
            memcpy(y + i * work->ldy, aside + i * COLUMNS, (size_t)n * sizeof *y);
    }
    for (int64_t i = 0; i < rows && work->b && k + depth == pairs; i++)
        for (int64_t j = 0; j < n; j++)
            y[i * work->ldy + j] += work->b[column + j];
}

/* A band of rows and a panel; the part of the panel in work stays in a core's cache. */
static void bands(void *arg, int64_t first, int64_t last)
{
    const job *work = arg;
    const int64_t panels = up(work->n, COLUMNS) / COLUMNS;
    for (int64_t i = first; i < last; i++) {
        const int64_t begin = i / panels * BAND;
        const int64_t end = begin + BAND < work->rows ? begin + BAND : work->rows;
        for (int64_t k = 0; k < up(work->k, 2) / 2; k += PAIRS)
            for (int64_t row = begin; row < end; row += ROWS)
                add_tile(work, row, i % panels, k);
    }
}

static void linear(float *y, int64_t ldy, const uint16_t *x, const uint16_t *w, const float *b,
                   const int64_t size[3])
{
    job work = {y, ldy, x, w, b, size[0], size[1], size[2]};
    const int64_t panels = up(work.n, COLUMNS) / COLUMNS, down = (work.rows + BAND - 1) / BAND;
    if (work.k == 0) /* nothing to add up */
        for (int64_t i = 0; i < work.rows * work.n; i++)
            y[i / work.n * ldy + i % work.n] = b ? b[i % work.n] : 0;
    else
        ts_par_for(down * panels, 1, bands, &work);
}

static const ts_bf16_product product = {rows_room, weights_room, pack_rows, pack_weights,
                                        linear};

const ts_bf16_product *ts_blas_bf16(void)
{
    return has_dots() ? &product : NULL;
}
