/* activation.c: the activations of the networks in float vectors; the others, and the way back, are
 * fast's. */
#include "ref/ops/blas/vector.h"
#include "ref/ops/fast/pieces.h"
#include "ref/ops/kernels.h"

#if TS_REAL_BITS == 32
typedef struct {
    float *y;
    const float *x;
} call;

/* s(x) = 1 / (1 + e^-x) from e^-|x|: plain/activation.h */
TS_INTO_LOOPS float sigmoid(float x)
{
    const float z = exp_real(x < 0 ? x : -x);
    return (x < 0 ? z : 1.0f) / (1.0f + z);
}

/* x / (1 + e^-x). Where that is subnormal, which floats hold with few digits, fast computes the piece
 * anew. */
TS_CLONES
static void silu(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    float *y = c->y;
    const float *x = c->x;
    int32_t far = 0; /* not the least number: a minimum is no vector loop */
    for (int64_t at = first; at < last; at += TS_BLOCK) {
        const int64_t end = at + TS_BLOCK < last ? at + TS_BLOCK : last;
        fetch_ahead(x, y, at, last);
        for (int64_t i = at; i < end; i++) {
            const float size = x[i] > 87.0f ? 87.0f : x[i]; /* e^-87 is nothing beside 1 */
            far |= x[i] < -87.0f;
            y[i] = x[i] / (1.0f + exp_between(-size, 0));
        }
    }
    if (far)
        TS_FAST(activation_forward)(y + first, x + first, TS_SILU, 0.0, 0.0, last - first);
}

/* x s(2u): what e^(2u) loses where 2u is large is little beside x, which is this function's gauge. */
TS_CLONES
static void gelu_tanh(void *arg, int64_t first, int64_t last)
{
    const call *c = arg;
    float *y = c->y;
    const float *x = c->x;
    for (int64_t i = first; i < last; i++) {
        const float u2 = 1.5957691216f * (x[i] + 0.044715f * x[i] * x[i] * x[i]);
        y[i] = x[i] * sigmoid(u2);
    }
}
#endif

void TS_NAME(activation_forward)(real *y, const real *x, ts_activation f, double low, double high,
                                 int64_t n)
{
#if TS_REAL_BITS == 32
    call c = {y, x};
    if (f == TS_SILU || f == TS_GELU_TANH) {
        ts_par_for(n, TS_PIECE, f == TS_SILU ? silu : gelu_tanh, &c);
        return;
    }
#endif
    TS_FAST(activation_forward)(y, x, f, low, high, n);
}
