/* limit.c: what the machine can do, by OpenBLAS with its own threads. */
#include "tests/bench/bench.h"

#include <time.h>

double bench_now(bool processor_time)
{
    struct timespec t;
    clock_gettime(processor_time ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

#if defined(TS_WITH_BLAS)
#include <cblas.h>

double bench_limit(const bench_data *data, int threads, bool processor_time)
{
    enum { N = 4096 };
    static float c[(size_t)N * N];
    const float *a = data->x.data;
    openblas_set_num_threads(threads);
    const double begin = bench_now(processor_time);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, N, N, N, 1.0f, a, N, a, N, 0.0f, c, N);
    return bench_now(processor_time) - begin;
}
#else
double bench_limit(const bench_data *data, int threads, bool processor_time)
{
    (void)data;
    (void)threads;
    (void)processor_time;
    return 0.0;
}
#endif
