/* _gemm.c: the only file that talks to OpenBLAS about products. */
#include "ref/ops/blas/gemm.h"

#include "ref/base/par.h"

#include <cblas.h>
#include <limits.h>

/* Debian has OpenBLAS with threads of its own and OpenBLAS on OpenMP. The first is told to use one
 * thread; the second looks at OpenMP's setting of the calling thread instead, unless that runs
 * beside others: so both are set. */
static void alone(void)
{
    if (openblas_get_num_threads() != 1)
        openblas_set_num_threads(1);
    ts_par_threads(1);
}

typedef struct {
    void (*body)(void *, int64_t, int64_t);
    void *arg;
} inner;

static void body_alone(void *arg, int64_t first, int64_t last)
{
    const inner *work = arg;
    ts_par_threads(1);
    work->body(work->arg, first, last);
}

void ts_blas_for(int64_t n, int64_t grain, void (*body)(void *, int64_t, int64_t), void *arg)
{
    const int threads = ts_par_count();
    alone();
    ts_par_threads(threads);
    ts_par_for(n, grain, body_alone, &(inner){body, arg});
    ts_par_threads(threads);
}

static CBLAS_TRANSPOSE way(ts_matrix m)
{
    return m.flipped ? CblasTrans : CblasNoTrans;
}

/* BLAS counts in int. Tiles are small, and no array of a real network has rows this long. */
static bool fits(int64_t ldc, ts_matrix a, ts_matrix b, int64_t rows, int64_t k, int64_t columns)
{
    return ldc <= INT_MAX && a.ld <= INT_MAX && b.ld <= INT_MAX && rows <= INT_MAX &&
           k <= INT_MAX && columns <= INT_MAX;
}

static int64_t at(ts_matrix m, int64_t i, int64_t j)
{
    return m.flipped ? j * m.ld + i : i * m.ld + j;
}

/* BLAS wants a row length of one at least, even where there are no rows. */
static blasint ld(int64_t n)
{
    return n > 0 ? (blasint)n : 1;
}

void ts_sgemm(float *c, int64_t ldc, ts_matrix a, ts_matrix b, int64_t rows, int64_t k,
              int64_t columns, bool add)
{
    if (rows > 0 && columns > 0 && k > 0 && fits(ldc, a, b, rows, k, columns)) {
        cblas_sgemm(CblasRowMajor, way(a), way(b), (blasint)rows, (blasint)columns, (blasint)k,
                    1.0f, a.data, ld(a.ld), b.data, ld(b.ld), add ? 1.0f : 0.0f, c, ld(ldc));
        return;
    }
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++) {
            double sum = add ? (double)c[i * ldc + j] : 0.0;
            for (int64_t l = 0; l < k; l++)
                sum += (double)((const float *)a.data)[at(a, i, l)] *
                       (double)((const float *)b.data)[at(b, l, j)];
            c[i * ldc + j] = (float)sum;
        }
}

void ts_dgemm(double *c, int64_t ldc, ts_matrix a, ts_matrix b, int64_t rows, int64_t k,
              int64_t columns, bool add)
{
    if (rows > 0 && columns > 0 && k > 0 && fits(ldc, a, b, rows, k, columns)) {
        cblas_dgemm(CblasRowMajor, way(a), way(b), (blasint)rows, (blasint)columns, (blasint)k,
                    1.0, a.data, ld(a.ld), b.data, ld(b.ld), add ? 1.0 : 0.0, c, ld(ldc));
        return;
    }
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++) {
            double sum = add ? c[i * ldc + j] : 0.0;
            for (int64_t l = 0; l < k; l++)
                sum += ((const double *)a.data)[at(a, i, l)] *
                       ((const double *)b.data)[at(b, l, j)];
            c[i * ldc + j] = sum;
        }
}
