/* table.c: the tables of this build. Each is made from the same list (kernels.def), so that a kernel
 * that is forgotten in one of them does not link. */
#include "ref/ops/table.h"

#if defined(TS_WITH_BLAS)
#include "ref/ops/blas/gemm.h"
#endif

#include <stddef.h>
#include <string.h>

#define GAUGE(name, args)

/* Prototypes: every kernel of plain, honest and paired, and those of fast and blas that are their own. */
#define real float
#define KERNEL_PLAIN(name, args) void ts_plain_##name##_f32 args; void ts_honest_##name##_f32 args; void ts_paired_##name##_f32 args;
#define KERNEL_FAST(name, args) KERNEL_PLAIN(name, args) void ts_fast_##name##_f32 args;
#define KERNEL_BLAS(name, args) KERNEL_FAST(name, args) void ts_blas_##name##_f32 args;
#include "ref/ops/kernels.def"
#undef KERNEL_PLAIN
#undef KERNEL_FAST
#undef KERNEL_BLAS
#undef real

#define real double
#define KERNEL_PLAIN(name, args) void ts_plain_##name##_f64 args;
#define KERNEL_FAST(name, args) KERNEL_PLAIN(name, args) void ts_fast_##name##_f64 args;
#define KERNEL_BLAS(name, args) KERNEL_FAST(name, args) void ts_blas_##name##_f64 args;
#include "ref/ops/kernels.def"
#undef KERNEL_PLAIN
#undef KERNEL_FAST
#undef KERNEL_BLAS
#undef real

#define OF(table, name) .f32.name = ts_##table##_##name##_f32, .f64.name = ts_##table##_##name##_f64,

#define KERNEL_PLAIN(name, args) OF(plain, name)
#define KERNEL_FAST(name, args) OF(plain, name)
#define KERNEL_BLAS(name, args) OF(plain, name)
const ts_table ts_table_plain = {
    .name = "plain",
    .has_f64 = true,
#include "ref/ops/kernels.def"
};
#undef KERNEL_FAST
#undef KERNEL_BLAS

#define KERNEL_FAST(name, args) OF(fast, name)
#define KERNEL_BLAS(name, args) OF(fast, name)
const ts_table ts_table_fast = {
    .name = "fast",
    .has_f64 = true,
#include "ref/ops/kernels.def"
};
#undef KERNEL_BLAS

#if defined(TS_WITH_BLAS)
#define KERNEL_BLAS(name, args) OF(blas, name)
const ts_table ts_table_blas = {
    .name = "blas",
    .has_f64 = true,
    .bf16 = ts_blas_bf16,
#include "ref/ops/kernels.def"
};
#undef KERNEL_BLAS
#endif
#undef KERNEL_PLAIN
#undef KERNEL_FAST

#define KERNEL_PLAIN(name, args) .f32.name = ts_honest_##name##_f32,
#define KERNEL_FAST KERNEL_PLAIN
#define KERNEL_BLAS KERNEL_PLAIN
const ts_table ts_table_honest = {
    .name = "honest",
#include "ref/ops/kernels.def"
};
#undef KERNEL_PLAIN

#define KERNEL_PLAIN(name, args) .f32.name = ts_paired_##name##_f32,
const ts_table ts_table_paired = {
    .name = "paired",
#include "ref/ops/kernels.def"
};

static const ts_table *const tables[] = {
    &ts_table_plain,
    &ts_table_fast,
#if defined(TS_WITH_BLAS)
    &ts_table_blas,
#endif
};

const char *ts_table_name(int i)
{
    return i >= 0 && (size_t)i < sizeof tables / sizeof *tables ? tables[i]->name : NULL;
}

const ts_table *ts_table_named(const char *name)
{
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        if (strcmp(tables[i]->name, name) == 0)
            return tables[i];
    return NULL;
}

const char *ts_blas_core(void)
{
#if defined(TS_WITH_BLAS)
    return ts_openblas_core();
#else
    return "";
#endif
}

const char *ts_blas_core_wanted(void)
{
#if defined(TS_WITH_BLAS)
    return ts_openblas_core_wanted();
#else
    return "";
#endif
}

#if !defined(TS_WITH_BLAS)
const ts_bf16_product *ts_blas_bf16(void)
{
    return NULL;
}
#endif
