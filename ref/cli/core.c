/* core.c: OpenBLAS chooses its kernels while it is loaded, by a list of processors that ends with the
 * year of its release. On a newer one it falls back to kernels of half the speed, and only the
 * environment can say otherwise: so the program is executed anew. Test: tests/cli/test_core.c */
#include "ref/cli/core.h"

#include "ref/ops/table.h"

#include <stdlib.h>
#include <unistd.h>

void ts_core_choose(char **argv)
{
    const char *wanted = ts_blas_core_wanted();
    if (!*wanted || setenv("OPENBLAS_CORETYPE", wanted, 0) != 0)
        return;
    execv("/proc/self/exe", argv);
    /* No such file (not Linux), or not allowed: slower, but right. */
    unsetenv("OPENBLAS_CORETYPE");
}
