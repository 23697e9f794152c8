#include "tests/support/golden.h"

#include "ref/des/modules.h"

#include <math.h>
#include <string.h>

#define FOLDER "data/goldens/des/"

/* The case, with settings changed, must fail so. */
static void refused(const char *file, const char *const *settings, ts_status status,
                    const char *words)
{
    golden_run g;
    char path[256] = FOLDER;
    strcat(path, file);
    golden_open(&g, path, settings, TS_F32);
    assert_int_equal(g.ran.ctx.status, status);
    if (!strstr(g.ran.ctx.message, words))
        fail_msg("%s", g.ran.ctx.message);
    golden_close(&g);
}

static void settings(void **state)
{
    (void)state;
    static const struct {
        const char *file, *set;
        ts_status status;
        const char *words;
    } all[] = {
        {"fm_hash.safetensors", "ranks=0", TS_ERROR_USAGE, "0 ranks: expected 1 .. 256"},
        {"fm_hash.safetensors", "ranks=257", TS_ERROR_USAGE, "257 ranks: expected 1 .. 256"},
        {"fm_hash.safetensors", "ranks=x", TS_ERROR_FORMAT, "ranks"},
        {"fm_hash.safetensors", "shard=modulo", TS_ERROR_USAGE, "expected one of hash, field, width"},
        {"fm_hash.safetensors", "fm=pair", TS_ERROR_USAGE, "expected one of feature, field"},
        {"fm_hash.safetensors", "fields=2", TS_ERROR_SHAPE, "is not in [0, 2)"},
        {"fm_hash.safetensors", "fields=0", TS_ERROR_SHAPE, "a batch needs a field"},
        {"fm_hash.safetensors", "fields=1152921504606846976", TS_ERROR_SHAPE, "too"},
        {"fm_hash.safetensors", "mode=sum", TS_ERROR_USAGE, "mode"},
        {"pool_sum.safetensors", "mode=middle", TS_ERROR_USAGE, "expected one of sum, mean, sqrtn, max"},
        {"fc.safetensors", "hidden=6", TS_ERROR_SHAPE, "hidden is 6, the weights have 5"},
        {"fc.safetensors", "fields=5", TS_ERROR_SHAPE, "fc.weight"},
        {"dcn.safetensors", "layers=2", TS_ERROR_SHAPE, "layers is 2, the weights have 3"},
        {"cin_hash.safetensors", "maps=[4]", TS_ERROR_SHAPE, "cin.weight.0"},
        {"cin_hash.safetensors", "maps=[]", TS_ERROR_USAGE, "maps is missing"},
        {"ffm.safetensors", "fields=5", TS_ERROR_SHAPE, "embedding"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        refused(all[i].file, (const char *const[]){all[i].set, NULL}, all[i].status, all[i].words);
}

/* The case with an input replaced (an empty one: left out); the context tells how it went. */
static void changed(golden_run *g, const char *file, const char *input, ts_tensor value)
{
    static const ts_how how = {.table = &ts_table_fast, .compute = TS_F32, .threads = 1};
    char path[256] = FOLDER;
    strcat(path, file);
    ts_ctx_open_plain(&g->ctx);
    ts_case_open(&g->ctx, &g->c, path);
    for (int64_t i = 0; i < g->c.job.inputs.count; i++)
        if (strcmp(g->c.job.inputs.items[i].name, input) == 0) {
            if (ts_is_empty(value))
                g->c.job.inputs.items[i].name[0] = '?';
            else
                g->c.job.inputs.items[i].value = value;
        }
    ts_run(&g->ran, &how, &g->c.job);
}

static void wrong(const char *file, const char *input, ts_tensor value, const char *words)
{
    golden_run g;
    changed(&g, file, input, value);
    if (!g.ran.ctx.status || !strstr(g.ran.ctx.message, words))
        fail_msg("%s of %s: %s", input, file, g.ran.ctx.message);
    golden_close(&g);
}

static void inputs(void **state)
{
    (void)state;
    static const char *const names[] = {"ids",       "fields", "values", "offsets", "row_ids",
                                        "embedding", "weight", "bias"};
    float numbers[160] = {0};
    int64_t words[160] = {0};
    for (int i = 0; i < 8; i++) {
        wrong("fm_hash.safetensors", names[i], (ts_tensor){0}, names[i]);
        wrong("fm_hash.safetensors", names[i], ts_tensor_of(numbers, TS_F32, 0, NULL), "expected");
        wrong("fm_hash.safetensors", names[i],
              ts_tensor_of(words, TS_I64, 2, (const int64_t[]){1, 1}), "expected");
    }
    wrong("fm_hash.safetensors", "weight", ts_tensor_of(words, TS_I64, 1, (const int64_t[]){40}),
          "weight must be floats");
    wrong("fm_hash.safetensors", "fields", ts_tensor_of(words, TS_I64, 1, (const int64_t[]){3}),
          "61 ids, 3 fields, 7 offsets");
    wrong("fm_hash.safetensors", "offsets", ts_tensor_of(words, TS_I64, 1, (const int64_t[]){0}),
          "61 ids, 61 fields, 0 offsets");
    wrong("fm_hash.safetensors", "offsets", ts_tensor_of(words, TS_I64, 1, (const int64_t[]){4}),
          "offsets go from 0 to 0");
    wrong("fm_hash.safetensors", "row_ids", ts_tensor_of(words, TS_I64, 1, (const int64_t[]){40}),
          "id 0 stands twice, as rows 0 and 1");
    numbers[7] = (float)NAN;
    wrong("fm_hash.safetensors", "embedding",
          ts_tensor_of(numbers, TS_F32, 2, (const int64_t[]){40, 4}), "nonfinite number 7 of embedding");
    wrong("fm_hash.safetensors", "values", ts_tensor_of(numbers, TS_F32, 1, (const int64_t[]){61}),
          "nonfinite value of occurrence 7");
}

static int64_t fact(const golden_run *g, const char *name)
{
    const json_t *value = json_object_get(g->ran.call.facts, name);
    assert_non_null(value);
    return json_integer_value(value);
}

/* What the table lacks, and values of 0, are counted. */
static void counts(void **state)
{
    (void)state;
    golden_run g;
    golden_open(&g, FOLDER "fm_mess.safetensors", NULL, TS_F32);
    assert_int_equal(g.ran.ctx.status, TS_OK);
    assert_true(fact(&g, "unknown_ids") > 0 && fact(&g, "absent") > 0);
    assert_int_equal(fact(&g, "unknown_ids") + fact(&g, "absent") + fact(&g, "occurrences"), 63);
    assert_int_equal(fact(&g, "message_numbers"), 5);
    assert_int_equal(fact(&g, "bytes_forward"), 2 * 6 * 5 * 4);
    assert_int_equal(fact(&g, "bytes_backward"), 0);
    assert_int_equal(fact(&g, "ranks"), 2);
    assert_int_equal(ts_trace_count(g.ran.trace), 2);
    assert_int_equal(ts_size(ts_ran_get(&g.ran, TS_TRACE, "message.1"), 1), 5);
    golden_close(&g);
    golden_open(&g, FOLDER "dcn.safetensors", (const char *const[]){"ranks=5", NULL}, TS_F64);
    assert_int_equal(fact(&g, "bytes_forward"), 2 * 4 * 7 * 4 * 8);
    assert_int_equal(fact(&g, "bytes_backward"), 2 * 4 * 4 * 16 * 8);
    golden_close(&g);
}

/* A case without a truth of its own: attention and pairs against themselves on one rank. */
static void alike(const char *module, const char *const *names, int count)
{
    static const ts_how how = {.table = &ts_table_plain, .compute = TS_F64, .threads = 1, .trace = true};
    static const char *const worlds[][3] = {{"ranks=1", "shard=hash"}, {"ranks=3", "shard=hash"},
                                            {"ranks=5", "shard=field"}, {"ranks=3", "shard=width"}};
    double weight[4][16], first[7 * 4 * 4];
    for (int i = 0; i < 64; i++)
        weight[i / 16][i % 16] = sin(1.0 + i);
    for (int w = 0; w < 4; w++) {
        golden_run g;
        ts_ctx_open_plain(&g.ctx);
        ts_case_open(&g.ctx, &g.c, FOLDER "pool_sum.safetensors");
        g.c.job.module = module;
        g.c.job.grads = false;
        json_object_del(g.c.job.settings, "mode");
        for (int i = 0; i < 2; i++)
            ts_job_set(&g.ctx, &g.c.job, worlds[w][i]);
        for (int i = 0; i < count; i++)
            ts_items_add(&g.ctx, &g.c.job.inputs, names[i],
                         ts_tensor_of(weight[i], TS_F64, 2, (const int64_t[]){4, 4}));
        ts_run(&g.ran, &how, &g.c.job);
        if (g.ran.ctx.status)
            fail_msg("%s", g.ran.ctx.message);
        const ts_tensor y = ts_ran_get(&g.ran, TS_OUTPUT, "output");
        for (int64_t i = 0; i < ts_numel(y); i++) {
            first[i] = w ? first[i] : ((const double *)y.data)[i];
            assert_true(fabs(((const double *)y.data)[i] - first[i]) < 1e-14);
        }
        golden_close(&g);
    }
}

static void without_goldens(void **state)
{
    (void)state;
    static const char *const names[] = {"attention.query", "attention.key", "attention.value",
                                        "attention.residual"};
    alike("des.attention", names, 4);
    alike("des.attention", names, 3);
    alike("des.bi_interaction", NULL, 0);
}

static void heads(void **state)
{
    (void)state;
    static const char *const bad[] = {"heads=3", "heads=0", "heads=-1", "scale=1e999"};
    static const char *const names[] = {"attention.query", "attention.key", "attention.value"};
    float weight[16] = {0};
    for (int b = 0; b < 4; b++) {
        golden_run g;
        static const ts_how how = {.table = &ts_table_plain, .compute = TS_F32, .threads = 1};
        ts_ctx_open_plain(&g.ctx);
        ts_case_open(&g.ctx, &g.c, FOLDER "pool_sum.safetensors");
        g.c.job.module = "des.attention";
        json_object_del(g.c.job.settings, "mode");
        ts_job_set(&g.ctx, &g.c.job, bad[b]);
        for (int i = 0; i < 3; i++)
            ts_items_add(&g.ctx, &g.c.job.inputs, names[i],
                         ts_tensor_of(weight, TS_F32, 2, (const int64_t[]){4, 4}));
        assert_true(ts_run(&g.ran, &how, &g.c.job) || g.ctx.status);
        golden_close(&g);
    }
}

static void every_case_has_a_module(void **state)
{
    (void)state;
    assert_int_equal(golden_corpus("data/goldens/des", ts_des_modules, golden_accepted), 23);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings),
        cmocka_unit_test(inputs),
        cmocka_unit_test(counts),
        cmocka_unit_test(without_goldens),
        cmocka_unit_test(heads),
        cmocka_unit_test(every_case_has_a_module),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
