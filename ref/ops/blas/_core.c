/* _core.c: for which processor OpenBLAS computes.
 *
 * OpenBLAS picks its kernels ("core") while it is loaded, before main, and one that is older than
 * the processor picks AVX2 kernels where AVX-512 ones would be twice as fast. The only word it
 * listens to is OPENBLAS_CORETYPE in the environment it is loaded into: a program that finds
 * ts_openblas_core_wanted() not empty sets that variable to it and executes itself anew. */
#include "ref/ops/blas/gemm.h"

#include <stdlib.h>
#include <string.h>

/* Of OpenBLAS; its header stays in _gemm.c. */
char *openblas_get_corename(void);

const char *ts_openblas_core(void)
{
    return openblas_get_corename();
}

/* Cores of OpenBLAS whose kernels use AVX-512. */
static bool has_wide_kernels(const char *core)
{
    return strcmp(core, "SkylakeX") == 0 || strcmp(core, "Cooperlake") == 0 ||
           strcmp(core, "SapphireRapids") == 0;
}

static bool wide_processor(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
#else
    return false;
#endif
}

const char *ts_openblas_core_wanted(void)
{
    const char *chosen = getenv("OPENBLAS_CORETYPE");
    if (chosen && *chosen)
        return "";
    return wide_processor() && !has_wide_kernels(ts_openblas_core()) ? "SkylakeX" : "";
}
