/* matmul.c: products of pairs of matrices.
 *
 *     y_ij = sum_l a_il b_lj           for each of `batch` pairs
 *
 * Source:   torch.matmul
 * Shapes:   a, da (batch, m, k); b, db (batch, k, n); y, dy (batch, m, n)
 * Pitfalls: b is not transposed (a linear layer's weight is); k may be 0 (then y is 0)
 * Test:     tests/ops/test_matmul.c          Golden: ops/matmul */
#include "ref/ops/kernels.h"

#include <math.h>

void TS_NAME(matmul_forward)(real *y, const real *a, const real *b, int64_t batch, int64_t m,
                             int64_t k, int64_t n)
{
    for (int64_t at = 0; at < batch; at++, y += m * n, a += m * k, b += k * n)
        for (int64_t i = 0; i < m; i++)
            for (int64_t j = 0; j < n; j++) {
                accumulator sum = {0};
                for (int64_t l = 0; l < k; l++)
                    accumulate(&sum, (wide)a[i * k + l] * (wide)b[l * n + j]);
                y[i * n + j] = (real)total(&sum);
            }
}

/* dL/da_il = sum_j dy_ij b_lj */
void TS_NAME(matmul_backward_a)(real *da, const real *dy, const real *b, int64_t batch, int64_t m,
                                int64_t k, int64_t n)
{
    for (int64_t at = 0; at < batch; at++, dy += m * n, da += m * k, b += k * n)
        for (int64_t i = 0; i < m; i++)
            for (int64_t l = 0; l < k; l++) {
                accumulator sum = {0};
                for (int64_t j = 0; j < n; j++)
                    accumulate(&sum, (wide)dy[i * n + j] * (wide)b[l * n + j]);
                da[i * k + l] = (real)total(&sum);
            }
}

/* dL/db_lj = sum_i a_il dy_ij */
void TS_NAME(matmul_backward_b)(real *db, const real *dy, const real *a, int64_t batch, int64_t m,
                                int64_t k, int64_t n)
{
    for (int64_t at = 0; at < batch; at++, dy += m * n, a += m * k, db += k * n)
        for (int64_t l = 0; l < k; l++)
            for (int64_t j = 0; j < n; j++) {
                accumulator sum = {0};
                for (int64_t i = 0; i < m; i++)
                    accumulate(&sum, (wide)a[i * k + l] * (wide)dy[i * n + j]);
                db[l * n + j] = (real)total(&sum);
            }
}

#if defined(TS_GAUGES)
static double off(const double *g, int64_t i)
{
    return g ? g[i] : 0.0;
}

/* g_ij = sum_l |a_il| |b_lj|; inputs that are off by ga and gb add ga |b| + |a| gb. */
void TS_NAME(matmul_gauge)(double *g, const real *a, const double *ga, const real *b,
                           const double *gb, const int64_t size[4])
{
    const int64_t batch = size[0], m = size[1], k = size[2], n = size[3];
    for (int64_t at = 0; at < batch * m; at++)
        for (int64_t j = 0; j < n; j++) {
            double sum = 0.0;
            for (int64_t l = 0; l < k; l++) {
                const int64_t ia = at * k + l, ib = (at / m * k + l) * n + j;
                const double x = fabs((double)a[ia]), w = fabs((double)b[ib]);
                sum += x * w + off(ga, ia) * w + x * off(gb, ib);
            }
            g[at * n + j] = sum;
        }
}

/* The two products of the walk back on absolute values. Each result may be NULL. */
void TS_NAME(matmul_backward_gauge)(double *gda, double *gdb, const real *dy, const double *gdy,
                                    const real *a, const real *b, const int64_t size[4])
{
    const int64_t batch = size[0], m = size[1], k = size[2], n = size[3];
    for (int64_t i = 0; i < batch * m * k && gda; i++)
        gda[i] = 0.0;
    for (int64_t i = 0; i < batch * k * n && gdb; i++)
        gdb[i] = 0.0;
    for (int64_t at = 0; at < batch * m; at++)
        for (int64_t j = 0; j < n; j++) {
            const double d = fabs((double)dy[at * n + j]) + off(gdy, at * n + j);
            for (int64_t l = 0; l < k; l++) {
                const int64_t ia = at * k + l, ib = (at / m * k + l) * n + j;
                if (gda)
                    gda[ia] += d * fabs((double)b[ib]);
                if (gdb)
                    gdb[ib] += d * fabs((double)a[ia]);
            }
        }
}
#endif
