/* par.h: the only place that knows about threads inside an operation.
 *
 * Work is cut by its size, never by the number of threads, and every piece writes its own results:
 * so the bits do not depend on how many threads there are. */
#ifndef TS_BASE_PAR_H
#define TS_BASE_PAR_H

#include <stdint.h>

#if defined(_OPENMP)
#include <omp.h>
#endif

/* body(arg, first, last) for pieces of [0, n) of `grain` items each (the last may be shorter). */
static inline void ts_par_for(int64_t n, int64_t grain, void (*body)(void *, int64_t, int64_t),
                              void *arg)
{
    const int64_t pieces = grain > 0 ? (n + grain - 1) / grain : 0;
#if defined(_OPENMP)
#pragma omp parallel for schedule(dynamic) if (pieces > 1)
#endif
    for (int64_t piece = 0; piece < pieces; piece++) {
        const int64_t first = piece * grain;
        body(arg, first, first + grain < n ? first + grain : n);
    }
}

/* How many threads ts_par_for may use from here on; 0: one for each processor. */
static inline void ts_par_threads(int threads)
{
#if defined(_OPENMP)
    omp_set_num_threads(threads > 0 ? threads : omp_get_num_procs());
#else
    (void)threads;
#endif
}

/* The number of the calling thread inside a body (0 .. ts_par_count() - 1), for its own scratch. */
static inline int ts_par_self(void)
{
#if defined(_OPENMP)
    return omp_get_thread_num();
#else
    return 0;
#endif
}

static inline int ts_par_count(void)
{
#if defined(_OPENMP)
    return omp_get_max_threads();
#else
    return 1;
#endif
}

#endif
