/* The same input gives the same bits: `fast` equals `plain`, and any number of threads gives what one
 * gives, for every output, trace and gradient of the bundled cases, in float32 and in double. */
#include "tests/support/golden.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

static void run(ts_ran *ran, const ts_case *c, const char *table, ts_dtype compute, int threads)
{
    const ts_how how = {.table = ts_table_named(table), .compute = compute, .threads = threads,
                        .trace = true};
    if (ts_run(ran, &how, &c->job))
        fail_msg("%s (%s): %s", c->path, table, ran->ctx.message);
}

static void same(const char *path, const char *what, const char *name, ts_tensor a, ts_tensor b)
{
    if (!ts_same_size(a, b) || a.dtype != b.dtype)
        fail_msg("%s, %s: %s has another shape", path, what, name);
    if (memcmp(a.data, b.data, (size_t)ts_numel(a) * ts_dtype_size(a.dtype)) != 0)
        fail_msg("%s, %s: %s has other bits", path, what, name);
}

static int64_t compare(const char *path, const char *what, ts_ran *a, ts_ran *b)
{
    const int64_t outputs = a->call.outputs.count, grads = a->grads.count,
                  traced = ts_trace_count(a->trace);
    assert_int_equal(outputs, b->call.outputs.count);
    assert_int_equal(grads, b->grads.count);
    assert_int_equal(traced, ts_trace_count(b->trace));
    for (int64_t i = 0; i < outputs; i++) {
        const char *name = a->call.outputs.items[i].name;
        same(path, what, name, ts_ran_get(a, TS_OUTPUT, name), ts_ran_get(b, TS_OUTPUT, name));
    }
    for (int64_t i = 0; i < grads; i++) {
        const char *name = a->grads.items[i].name;
        same(path, what, name, ts_ran_get(a, TS_GRADIENT, name), ts_ran_get(b, TS_GRADIENT, name));
    }
    for (int64_t i = 0; i < traced; i++)
        same(path, what, ts_trace_name(a->trace, i), ts_trace_value(a->trace, i),
             ts_trace_value(b->trace, i));
    return outputs;
}

static int64_t case_has_the_same_bits(const char *path, ts_dtype compute)
{
    static const struct {
        const char *table, *what;
        int threads;
    } others[] = {
        {"plain", "plain against fast", 1},
        {"fast", "two threads against one", 2},
        {"fast", "five threads against one", 5},
        {"plain", "plain with three threads", 3},
    };
    ts_ctx ctx;
    ts_case c;
    ts_ran one, other;
    int64_t outputs = 0;
    ts_ctx_open_plain(&ctx);
    if (ts_case_open(&ctx, &c, path))
        fail_msg("%s", ctx.message);
    if (!c.expect) {
        run(&one, &c, "fast", compute, 1);
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
            run(&other, &c, others[i].table, compute, others[i].threads);
            outputs += compare(path, others[i].what, &one, &other);
            ts_ran_free(&other);
        }
        ts_ran_free(&one);
    }
    ts_case_close(&c);
    ts_ctx_close(&ctx);
    return outputs;
}

static void folder(const char *pattern, size_t least)
{
    glob_t files;
    assert_int_equal(glob(pattern, 0, NULL, &files), 0);
    assert_true(files.gl_pathc >= least);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        assert_true(case_has_the_same_bits(files.gl_pathv[i], TS_F32) > 0);
        assert_true(case_has_the_same_bits(files.gl_pathv[i], TS_F64) > 0);
    }
    globfree(&files);
}

static void parts(void **state)
{
    (void)state;
    folder("data/goldens/modules/*.safetensors", 11);
}

static void transformers(void **state)
{
    (void)state;
    folder("data/goldens/transformer/*.safetensors", 20);
}

static void text(void **state)
{
    (void)state;
    folder("data/goldens/text/*.safetensors", 8);
}

/* The larger ones; not under sanitizers. */
static void autoencoder(void **state)
{
    (void)state;
    folder(getenv("TS_QUICK") ? "data/goldens/vae/*_16x24.safetensors"
                              : "data/goldens/vae/*.safetensors", 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts),
        cmocka_unit_test(transformers),
        cmocka_unit_test(text),
        cmocka_unit_test(autoencoder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
