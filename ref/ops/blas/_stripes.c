/* _stripes.c: convolutions forward on vectors of 16 floats, where the processor has them.
 *
 *     y_o(p, q) = b_o + sum over c, u, v of w_ocuv x_c(p down + u - top, q + v - left)
 *
 * A product of matrices would have the picture laid out once for each tap. Here a thread copies what
 * a piece of the result looks at, some channels at a time and with zeros around it, into a stripe,
 *
 *     stripe (c, i, j) = x_c(row + i, column + j)
 *
 * and every tap is a shifted view of that: 16 neighbouring results see 16 neighbouring numbers, from
 * wherever v says. The sums of 6 outputs for 4 vectors of pixels stay in registers. Each runs over
 * c, u, v in order, so that its bits depend neither on the pieces nor on the threads.
 * Test: tests/ops/test_conv2d.c */
#include "ref/ops/blas/stripes.h"

#include "ref/base/par.h"

#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

enum {
    OUTPUTS = 6, /* of a tile */
    VECTORS = 4,
    LANES = 16,
    PIECE = 16,     /* vectors that a thread has in work */
    TAPS = 1152,    /* terms added before the next outputs have their turn: their weights stay cached */
    STRIPE = 65536, /* numbers of a stripe: a quarter of a core's second cache */
};
_Static_assert(STRIPE * sizeof(float) <= TS_CONV_DEPTH * TS_CONV_PIXELS * sizeof(double),
               "the scratch of a convolution holds a stripe");

typedef struct {
    float *y[VECTORS];       /* where the first output of each vector stands */
    const float *x[VECTORS]; /* what its tap (0, 0, 0) sees */
    const float *w, *b;      /* of the first output; b or NULL */
    int64_t next_y, next_w;  /* from one output to the next */
    const int32_t *offset;   /* of each tap in the stripe */
    int64_t taps;
    bool add; /* to y; otherwise to b */
} tile_job;

#define TARGET __attribute__((target("avx512f")))

/* Inlined with a constant number of outputs, so that the sums are registers. */
TARGET __attribute__((always_inline)) static inline void tile_of(const tile_job *t, int outputs)
{
    __m512 sum[OUTPUTS][VECTORS];
    for (int o = 0; o < outputs; o++)
        for (int v = 0; v < VECTORS; v++)
            sum[o][v] = t->add ? _mm512_loadu_ps(t->y[v] + o * t->next_y)
                               : _mm512_set1_ps(t->b ? t->b[o] : 0.0f);
    for (int64_t k = 0; k < t->taps; k++) {
        __m512 x[VECTORS];
        for (int v = 0; v < VECTORS; v++)
            x[v] = _mm512_loadu_ps(t->x[v] + t->offset[k]);
        for (int o = 0; o < outputs; o++) {
            const __m512 w = _mm512_set1_ps(t->w[o * t->next_w + k]);
            for (int v = 0; v < VECTORS; v++)
                sum[o][v] = _mm512_fmadd_ps(w, x[v], sum[o][v]);
        }
    }
    for (int o = 0; o < outputs; o++)
        for (int v = 0; v < VECTORS; v++)
            _mm512_storeu_ps(t->y[v] + o * t->next_y, sum[o][v]);
}

TARGET static void tile_of_6(const tile_job *t)
{
    tile_of(t, 6);
}

TARGET static void tile_of_fewer(const tile_job *t, int64_t outputs)
{
    switch (outputs) {
    case 5: tile_of(t, 5); break;
    case 4: tile_of(t, 4); break;
    case 3: tile_of(t, 3); break;
    case 2: tile_of(t, 2); break;
    default: tile_of(t, 1);
    }
}

typedef struct {
    float *y;
    const float *x, *w, *b;
    const ts_conv_shape *s;
    int64_t rows, across;        /* of a piece: rows of results, vectors of a row */
    int64_t down, pieces_across; /* how many pieces a picture has */
} job;

/* A piece of one picture's results, of one group, and the stripe that it sees. */
typedef struct {
    int64_t row, rows, column, across; /* results: from row, column; across: vectors */
    float *stripe;
    int64_t height, ld, channels; /* of the stripe */
} piece;

static int64_t shorter(int64_t n, int64_t limit)
{
    return n < limit ? n : limit;
}

static int64_t vectors_of(int64_t numbers)
{
    return (numbers + LANES - 1) / LANES;
}

static piece piece_of(const job *work, int64_t number)
{
    const ts_conv_shape *s = work->s;
    const int64_t row = number / work->pieces_across * work->rows;
    const int64_t first = number % work->pieces_across * work->across;
    piece p = {.row = row, .rows = shorter(work->rows, s->out_h - row), .column = first * LANES,
               .across = shorter(work->across, vectors_of(s->out_w) - first),
               .stripe = (float *)(void *)((char *)s->scratch + ts_par_self() * s->scratch_bytes)};
    p.height = (p.rows - 1) * s->down + s->kh;
    p.ld = vectors_of(p.across * LANES + s->kw - 1) * LANES;
    p.channels = shorter(TAPS / (s->kh * s->kw), STRIPE / (p.height * p.ld));
    return p;
}

/* Channels x, x + h w, ... into the stripe. */
static void look(const piece *p, const float *x, const ts_conv_shape *s, int64_t channels)
{
    const int64_t row = p->row * s->down - s->top, column = p->column - s->left;
    const int64_t first = column < 0 ? shorter(-column, p->ld) : 0;
    const int64_t end = shorter(s->w - column, p->ld), last = end < first ? first : end;
    for (int64_t line = 0; line < channels * p->height; line++) {
        const int64_t c = line / p->height, i = row + line % p->height;
        float *to = p->stripe + line * p->ld;
        if (i < 0 || i >= s->h) {
            memset(to, 0, (size_t)p->ld * sizeof *to);
            continue;
        }
        memset(to, 0, (size_t)first * sizeof *to);
        if (first < last)
            memcpy(to + first, x + (c * s->h + i) * s->w + column + first,
                   (size_t)(last - first) * sizeof *to);
        memset(to + last, 0, (size_t)(p->ld - last) * sizeof *to);
    }
}

static int64_t offsets(int32_t *offset, const piece *p, const ts_conv_shape *s, int64_t channels)
{
    int64_t k = 0;
    for (int64_t c = 0; c < channels; c++)
        for (int64_t u = 0; u < s->kh; u++)
            for (int64_t v = 0; v < s->kw; v++)
                offset[k++] = (int32_t)((c * p->height + u) * p->ld + v);
    return k;
}

/* How many results of vector v of the piece there are, and where the first one is in a plane of
 * results. */
static int64_t inside(const piece *p, const ts_conv_shape *s, int64_t v, int64_t *at)
{
    const int64_t column = p->column + v % p->across * LANES;
    const bool has = v < p->rows * p->across;
    *at = has ? (p->row + v / p->across) * s->out_w + column : 0;
    return has ? shorter(LANES, s->out_w - column) : 0;
}

/* Vectors v .. v + 4 of some outputs, whose first plane is y. A tile that hangs over the edge of the
 * picture is computed aside. */
static void add_tile(tile_job t, const piece *p, const ts_conv_shape *s, float *y, int64_t v,
                     int64_t outputs)
{
    float aside[OUTPUTS][VECTORS * LANES] = {{0}};
    const int64_t area = s->out_h * s->out_w;
    int64_t at[VECTORS], n[VECTORS], whole = 0;
    for (int i = 0; i < VECTORS; i++) {
        n[i] = inside(p, s, v + i, &at[i]);
        whole += n[i] == LANES;
        const int64_t seen = n[i] ? v + i : 0; /* of vectors beyond the last one nothing is kept */
        t.x[i] = p->stripe + seen / p->across * s->down * p->ld + seen % p->across * LANES;
    }
    for (int i = 0; i < VECTORS; i++)
        t.y[i] = whole == VECTORS ? y + at[i] : aside[0] + i * LANES;
    t.next_y = whole == VECTORS ? area : VECTORS * LANES;
    for (int i = 0; i < VECTORS && t.add && whole < VECTORS; i++)
        for (int64_t o = 0; o < outputs; o++)
            memcpy(aside[o] + i * LANES, y + o * area + at[i], (size_t)n[i] * sizeof *y);
    if (outputs == OUTPUTS)
        tile_of_6(&t);
    else
        tile_of_fewer(&t, outputs);
    for (int i = 0; i < VECTORS && whole < VECTORS; i++)
        for (int64_t o = 0; o < outputs; o++)
            memcpy(y + o * area + at[i], aside[o] + i * LANES, (size_t)n[i] * sizeof *y);
}

static void pieces(void *arg, int64_t first, int64_t last)
{
    const job *work = arg;
    const ts_conv_shape *s = work->s;
    const int64_t count = work->down * work->pieces_across, kernel = s->kh * s->kw;
    int32_t offset[TAPS];
    for (int64_t i = first; i < last; i++) {
        const int64_t pair = i / count, group = pair % s->groups;
        const piece p = piece_of(work, i % count);
        float *y = work->y + pair * s->o * s->out_h * s->out_w;
        for (int64_t c = 0; c < s->c; c += p.channels) {
            const int64_t channels = shorter(p.channels, s->c - c);
            tile_job t = {.next_w = s->c * kernel, .offset = offset, .add = c > 0};
            t.taps = offsets(offset, &p, s, channels);
            look(&p, work->x + (pair * s->c + c) * s->h * s->w, s, channels);
            for (int64_t o = 0; o < s->o; o += OUTPUTS) {
                t.w = work->w + (group * s->o + o) * t.next_w + c * kernel;
                t.b = work->b ? work->b + group * s->o + o : NULL;
                for (int64_t v = 0; v < p.rows * p.across; v += VECTORS)
                    add_tile(t, &p, s, y + o * s->out_h * s->out_w, v, shorter(OUTPUTS, s->o - o));
            }
        }
    }
}

/* Rows whole where a piece holds several, otherwise parts of a row. */
bool ts_conv_stripes(float *y, const float *x, const float *w, const float *b,
                     const ts_conv_shape *s)
{
    const int64_t across = vectors_of(s->out_w);
    job work = {y, x, w, b, s, .rows = 1, .across = shorter(across, PIECE)};
    if (!__builtin_cpu_supports("avx512f") || s->across != 1 || s->c == 0 || across == 0 ||
        s->kh > TAPS || s->kw > TAPS || s->kh * s->kw > TAPS)
        return false;
    if (across < PIECE)
        work.rows = shorter(PIECE / across, s->out_h);
    if (s->down > STRIPE || ((work.rows - 1) * s->down + s->kh) *
                                (vectors_of(work.across * LANES + s->kw - 1) * LANES) > STRIPE)
        return false;
    work.down = (s->out_h + work.rows - 1) / work.rows;
    work.pieces_across = (across + work.across - 1) / work.across;
    ts_par_for(s->batch * s->groups * work.down * work.pieces_across, 1, pieces, &work);
    return true;
}
#else
bool ts_conv_stripes(float *y, const float *x, const float *w, const float *b,
                     const ts_conv_shape *s)
{
    (void)y, (void)x, (void)w, (void)b, (void)s;
    return false;
}
#endif
