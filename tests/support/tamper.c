#include "tests/support/tamper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ref/io/safetensors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int tamper(const char *from, const char *to,
           void (*change)(const char *name, ts_tensor t, const void *arg), const void *arg)
{
    ts_ctx ctx;
    ts_items items = {0};
    ts_ctx_open_plain(&ctx);
    ts_safetensors *file = ts_safetensors_open(&ctx, from);
    if (!file)
        fail_msg("%s", ctx.message);
    const int n = (int)ts_safetensors_count(file);
    for (int i = 0; i < n; i++) {
        const ts_tensor t = ts_safetensors_tensor(file, i);
        ts_tensor copy = ts_new(&ctx, t.dtype, t.rank, t.size);
        assert_int_equal(ctx.status, TS_OK);
        memcpy(copy.data, t.data, (size_t)ts_numel(t) * ts_dtype_size(t.dtype));
        if (change)
            change(ts_safetensors_name(file, i), copy, arg);
        ts_items_add(&ctx, &items, ts_safetensors_name(file, i), copy);
    }
    assert_int_equal(ts_safetensors_write(&ctx, to, &items, ts_safetensors_all_metadata(file)),
                     TS_OK);
    ts_items_free(&items);
    ts_safetensors_close(file);
    ts_ctx_close(&ctx);
    return n;
}

void tamper_one_percent(const char *name, ts_tensor t, const void *arg)
{
    int64_t most = 0;
    if (strcmp(name, arg) != 0)
        return;
    for (int64_t i = 0; i < ts_numel(t); i++)
        if (fabs(ts_load(t.data, t.dtype, i)) > fabs(ts_load(t.data, t.dtype, most)))
            most = i;
    ts_store(t.data, t.dtype, most, 1.01 * ts_load(t.data, t.dtype, most));
}

void tamper_off_by_one(const char *name, ts_tensor t, const void *arg)
{
    const size_t size = ts_dtype_size(t.dtype);
    if (strcmp(name, arg) == 0)
        memmove(t.data, (char *)t.data + size, ((size_t)ts_numel(t) - 1) * size);
}

void tamper_swap_halves(const char *name, ts_tensor t, const void *arg)
{
    const size_t half = (size_t)ts_numel(t) * ts_dtype_size(t.dtype) / 2;
    if (strncmp(name, arg, strlen(arg)) != 0)
        return;
    char *keep = malloc(half);
    assert_non_null(keep);
    memcpy(keep, t.data, half);
    memmove(t.data, (char *)t.data + half, half);
    memcpy((char *)t.data + half, keep, half);
    free(keep);
}

void tamper_bf16(const char *name, ts_tensor t, const void *arg)
{
    if (strncmp(name, arg, strlen(arg)) == 0 && t.dtype == TS_F32)
        ts_round_to(t.data, TS_F32, TS_BF16, ts_numel(t));
}
