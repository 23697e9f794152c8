/* softmax.c: rows of float vectors. */
#include "ref/ops/blas/vector.h"
#include "ref/ops/fast/pieces.h"
#include "ref/ops/kernels.h"
#include "ref/ops/plain/exponential.h"

#if TS_REAL_BITS == 32
typedef struct {
    real *y;
    const real *x;
    int64_t n;
} call;

enum { LONGEST = 8192, UP = 24 };

/* e_i = e^(x_i - m) 2^UP, which no float loses digits of; their sum. Below e^-104 a probability is 0.
 * Meanwhile the next row and the place of the result are fetched. */
TS_INTO_LOOPS double kept(float *e, const float *x, float m, int64_t n,
                          const float *next, const float *y)
{
    enum { LANES = TS_BLOCK / 2 };
    float part[LANES] = {0};
    double sum = 0.0;
    const int64_t whole = n - n % LANES;
    for (int64_t at = 0; at < whole; at += LANES) {
        if (at % TS_BLOCK == 0 && at + TS_BLOCK <= n)
            fetch_block(next + at, y + at);
        for (int l = 0; l < LANES; l++) {
            const float d = x[at + l] - m, near = d < -104.0f ? -104.0f : d;
            e[at + l] = exp_between(near, UP);
            part[l] += e[at + l];
        }
    }
    for (int64_t i = whole; i < n; i++) {
        const float d = x[i] - m;
        e[i] = exp_between(d < -104.0f ? -104.0f : d, UP);
        sum += (double)e[i];
    }
    for (int l = 0; l < LANES; l++)
        sum += (double)part[l];
    return sum;
}

/* A row without a number that is finite is NaN, as in plain: its distances from m are. */
TS_CLONES
static void rows(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    float e[LONGEST];
    for (int64_t row = first; row < last; row++) {
        const float *x = c->x + row * c->n;
        float *y = c->y + row * c->n;
        const float m = (float)largest(x, c->n);
        const float *next = row + 1 < last ? x + c->n : x;
        const float factor = (float)(1.0 / kept(e, x, m, c->n, next, y));
        for (int64_t i = 0; i < c->n; i++)
            y[i] = e[i] * factor;
    }
}
#endif

void TS_NAME(softmax_forward)(real *y, const real *x, int64_t count, int64_t n)
{
#if TS_REAL_BITS == 32
    if (n <= LONGEST) {
        call c = {y, x, n};
        ts_par_for(count, rows_of_piece(n), rows, &c);
        return;
    }
#endif
    TS_FAST(softmax_forward)(y, x, count, n);
}
