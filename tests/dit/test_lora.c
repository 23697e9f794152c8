#include "tests/support/trial.h"

#include "ref/dit/lora.h"

#include <math.h>
#include <string.h>

/* y = W x + b + scale B A x with W = [1 2; 3 4; 5 6], b = [1 1 1], A = [1 -1; 2 0], B = rows (1 0),
 * (0 1), (1 1); x = [3 1]: A x = [2 6], B A x = [2 6 8], W x + b = [6 14 22]. */
static float w_data[] = {1, 2, 3, 4, 5, 6}, b_data[] = {1, 1, 1}, a_data[] = {1, -1, 2, 0},
             up_data[] = {1, 0, 0, 1, 1, 1}, zero_data[6], x_data[] = {3, 1};

static ts_tensor matrix(float *data, int64_t rows, int64_t columns)
{
    return ts_tensor_of(data, TS_F32, 2, (int64_t[]){rows, columns});
}

static ts_tensor row(float *data, int64_t n)
{
    return ts_tensor_of(data, TS_F32, 1, &n);
}

static ts_adapted layer(void)
{
    ts_adapted y = {.w = matrix(w_data, 3, 2), .b = row(b_data, 3)};
    y.w.name = "m.weight";
    return y;
}

typedef struct {
    const char *key;
    ts_tensor value;
} entry;

/* Opens an adapter of these tensors (NULL-ended) and attaches it to module "m". The file, which is
 * returned, lives as long as the layer. */
static ts_weights *attached(ts_ctx *ctx, ts_adapted *y, const entry *entries, double alpha)
{
    ts_weights *file = ts_weights_new(ctx, "adapter");
    for (int i = 0; entries[i].key; i++)
        ts_weights_add(ctx, file, entries[i].key, entries[i].value);
    ts_lora *lora = ts_lora_open(ctx, file, alpha);
    ts_lora_attach(ctx, lora, y, "m");
    ts_lora_attach(ctx, lora, y, "another"); /* has none: nothing changes */
    ts_lora_all_used(ctx, lora);
    if (lora) {
        int64_t used, all;
        ts_lora_counts(lora, &used, &all);
        assert_true(ctx->status || (used == all && all > 0));
    }
    ts_lora_close(lora);
    return file;
}

static void gives(const entry *entries, double alpha, bool on, double scale)
{
    static const ts_dtype storages[] = {TS_F32, TS_F64};
    for (int s = 0; s < 2; s++)
        for (int t = 0; ts_table_name(t); t++) {
            ts_ctx ctx;
            ts_ctx_open(&ctx, ts_table_named(ts_table_name(t)), storages[s], 1);
            ts_adapted y = layer();
            ts_weights *file = attached(&ctx, &y, entries, alpha);
            if (ctx.status)
                fail_msg("%s", ctx.message);
            const ts_tensor x = ts_new(&ctx, ctx.compute, 2, (int64_t[]){1, 2});
            ts_convert(x.data, x.dtype, x_data, TS_F32, 2);
            const ts_tensor out = ts_adapted_linear(&ctx, x, &y, on);
            assert_int_equal(ctx.status, TS_OK);
            const double base[] = {6, 14, 22}, low[] = {2, 6, 8};
            for (int i = 0; i < 3; i++)
                assert_true(ts_load(out.data, out.dtype, i) == base[i] + scale * low[i]);
            ts_weights_close(file);
            ts_ctx_close(&ctx);
        }
}

static void spellings_and_scales(void **state)
{
    (void)state;
    static float eight = 8;
    const ts_tensor a = matrix(a_data, 2, 2), b = matrix(up_data, 3, 2), file = row(&eight, 1);
    const entry plain[] = {{"m.lora_A.weight", a}, {"m.lora_B.weight", b}, {0}};
    const entry prefixed[] = {
        {"transformer.m.lora_A.weight", a}, {"transformer.m.lora_B.weight", b}, {0}};
    const entry peft[] = {
        {"m.lora_A.default.weight", a}, {"transformer.m.lora_B.default.weight", b}, {0}};
    const entry with_alpha[] = {
        {"m.alpha", file}, {"m.lora_A.weight", a}, {"m.lora_B.weight", b}, {0}};
    gives(plain, 0, true, 1);      /* alpha = rank */
    gives(prefixed, 6, true, 3);   /* alpha / rank */
    gives(peft, 1, true, 0.5);
    gives(with_alpha, 0, true, 4);
    gives(with_alpha, 6, true, 4); /* the file's own alpha wins */
    gives(plain, 6, false, 0);     /* off */
}

/* B = 0, the beginning of every training: the same bits as without. */
static void zero_changes_nothing(void **state)
{
    (void)state;
    const entry zero[] = {{"m.lora_A.weight", matrix(a_data, 2, 2)},
                          {"m.lora_B.weight", matrix(zero_data, 3, 2)},
                          {0}};
    gives(zero, 64, true, 0);
    /* A rank of 0: an adapter without numbers. */
    const entry none[] = {{"m.lora_A.weight", matrix(a_data, 0, 2)},
                          {"m.lora_B.weight", matrix(zero_data, 3, 0)},
                          {0}};
    gives(none, 0, true, 0);
}

static void refused(const entry *entries, double alpha, ts_status status, const char *words)
{
    ts_ctx ctx;
    ts_ctx_open(&ctx, &ts_table_plain, TS_F32, 1);
    ts_adapted y = layer();
    ts_weights_close(attached(&ctx, &y, entries, alpha));
    if (ctx.status != status || !strstr(ctx.message, words))
        fail_msg("expected \"%s\", got \"%s\"", words, ctx.message);
    ts_ctx_close(&ctx);
}

static void errors(void **state)
{
    (void)state;
    static float nan_value = NAN;
    const ts_tensor a = matrix(a_data, 2, 2), b = matrix(up_data, 3, 2);
    const entry down = {"m.lora_A.weight", a}, up = {"m.lora_B.weight", b};
    const int format = TS_ERROR_FORMAT;
    refused((entry[]){{0}}, 0, format, "holds no adapter");
    refused((entry[]){down, {0}}, 0, format, "m.lora_A.weight has no lora_B");
    refused((entry[]){up, {0}}, 0, format, "m.lora_B.weight has no lora_A");
    refused((entry[]){down, up, {"m.weight", b}, {0}}, 0, format, "m.weight is not the key");
    refused((entry[]){down, up, {".lora_A.weight", b}, {0}}, 0, format, "is not the key");
    refused((entry[]){down, up, {"transformer.m.lora_B.weight", b}, {0}}, 0, format,
            "stands there twice");
    refused((entry[]){down, up, {"other.lora_A.weight", a}, {0}}, 0, format,
            "other.lora_A.weight matches no module of the transformer (2 of 3");
    refused((entry[]){down, up, {"m.alpha", a}, {0}}, 0, format, "m.alpha: expected one number");
    refused((entry[]){down, up, {"m.alpha", row(&nan_value, 1)}, {0}}, 0, format,
            "m.alpha: expected one number");
    refused((entry[]){{"other.alpha", row(b_data, 1)}, {0}}, 0, format, "matches no module");
    refused((entry[]){down, up, {0}}, -1, TS_ERROR_USAGE, "alpha");
    refused((entry[]){{"m.lora_A.weight", matrix(w_data, 2, 3)}, up, {0}}, 0, TS_ERROR_SHAPE,
            "m.lora_A.weight: expected (*, 2)");
    refused((entry[]){down, {"m.lora_B.weight", matrix(up_data, 2, 3)}, {0}}, 0, TS_ERROR_SHAPE,
            "m.lora_B.weight: expected (3, 2)");
}

static ts_status read_file(ts_ctx *ctx, const void *arg)
{
    (void)arg;
    ts_weights *file = ts_weights_open_file(ctx, TINY_LORA);
    ts_lora *lora = ctx->status ? NULL : ts_lora_open(ctx, file, 0);
    assert_true((lora != NULL) == (ctx->status == TS_OK));
    ts_lora_close(lora);
    ts_weights_close(file);
    return ctx->status;
}

static void no_memory(void **state)
{
    (void)state;
    assert_true(trial_faults(read_file, NULL, 1) > 50);
}

/* The sum has the module's name, and A and B have theirs: as PEFT's modules are named. */
static void names(void **state)
{
    (void)state;
    trial t;
    trial_open(&t, "data/goldens/modules/x_embedder_lora.safetensors", NULL);
    const ts_how how = {.table = &ts_table_fast, .compute = TS_F64, .threads = 1, .trace = true};
    assert_int_equal(ts_run(&t.ran, &how, &t.job), TS_OK);
    t.has_run = true;
    const ts_tensor y = ts_ran_get(&t.ran, TS_OUTPUT, "output"),
                    named = ts_ran_get(&t.ran, TS_TRACE, "x_embedder.output");
    assert_false(ts_is_empty(named));
    assert_memory_equal(y.data, named.data, (size_t)ts_numel(y) * sizeof(double));
    assert_true(ts_is_empty(ts_ran_get(&t.ran, TS_TRACE, "x_embedder@2.output")));
    trial_close(&t);
}

static void goldens(void **state)
{
    (void)state;
    golden_accepted("data/goldens/modules/x_embedder_lora.safetensors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spellings_and_scales), cmocka_unit_test(zero_changes_nothing),
        cmocka_unit_test(errors),               cmocka_unit_test(no_memory),
        cmocka_unit_test(names),                cmocka_unit_test(goldens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
