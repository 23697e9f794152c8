#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/training.h"

#include "ref/ops/table.h"
#include "tests/support/files.h"

#include <stdlib.h>
#include <string.h>

static ts_train_settings settings_of(ts_ctx *ctx, const char *text)
{
    ts_train_settings s;
    json_t *json = training_json(text);
    ts_train_settings_read(ctx, &s, json, "test");
    json_decref(json);
    return s;
}

/* The batch of one rank is those of four ranks, one after another: pictures and texts. */
static void parts(void **state)
{
    (void)state;
    static const char *const texts[2] = {"{'pad': 1, 'seed': 5, 'batch': 16, 'colour': 0.2}",
                                         "{'task': 'lm', 'length': 9, 'batch': 16}"};
    for (int k = 0; k < 2; k++) {
        ts_ctx ctx;
        ts_train_data d;
        ts_ctx_open(&ctx, ts_table_named("fast"), TS_F32, 1);
        const ts_train_settings s = settings_of(&ctx, texts[k]);
        ts_train_data_open(&ctx, &d, &s, k ? TRAINING_TEXT : TRAINING_DIGITS);
        assert_int_equal(ctx.status, TS_OK);
        const int64_t *order = d.split.train;
        const ts_batch all =
            ts_train_data_batch(&ctx, &d, &s, s.stage, (ts_train_place){2, 3, 0, 16, order});
        const size_t row = (size_t)ts_numel(all.x) / 16 * ts_dtype_size(all.x.dtype);
        for (size_t part = 0; part < 4; part++) {
            const ts_batch b = ts_train_data_batch(&ctx, &d, &s, s.stage,
                                                   (ts_train_place){2, 3, (int64_t)part * 4, 4, order});
            assert_int_equal(ctx.status, TS_OK);
            assert_memory_equal(b.x.data, (char *)all.x.data + part * 4 * row, 4 * row);
            const size_t t = (size_t)ts_numel(b.target) * 8;
            assert_memory_equal(b.target.data, (char *)all.target.data + part * t, t);
        }
        const ts_batch next =
            ts_train_data_batch(&ctx, &d, &s, s.stage, (ts_train_place){2, 4, 0, 16, order});
        assert_memory_not_equal(next.x.data, all.x.data, row);
        ts_train_data_close(&d);
        ts_ctx_close(&ctx);
    }
}

/* Every picture is either trained on or held out, and over the folds held out once. */
static void folds(void **state)
{
    (void)state;
    int seen[1797] = {0};
    for (int fold = 0; fold < 3; fold++) {
        ts_ctx ctx;
        ts_train_data d;
        char text[64];
        snprintf(text, sizeof text, "{'fold': '%d/3'}", fold);
        ts_ctx_open(&ctx, ts_table_named("fast"), TS_F32, 1);
        const ts_train_settings s = settings_of(&ctx, text);
        ts_train_data_open(&ctx, &d, &s, TRAINING_DIGITS);
        assert_int_equal(d.split.trains + ts_train_data_tests(&d, &s), 1797);
        assert_int_equal(ts_train_data_steps(&d, &s, 64), 18);
        for (int64_t i = 0; i < d.split.tests; i++)
            seen[d.split.test[i]]++;
        ts_train_data_close(&d);
        ts_ctx_close(&ctx);
    }
    for (int i = 0; i < 1797; i++)
        assert_int_equal(seen[i], 1);
}

/* Targets are the tokens that follow; no token of the held-out part is trained on. */
static void text(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_train_data d;
    ts_ctx_open(&ctx, ts_table_named("fast"), TS_F32, 1);
    const ts_train_settings s = settings_of(&ctx, "{'task': 'lm', 'length': 50, 'fold': '0/10'}");
    ts_train_data_open(&ctx, &d, &s, TRAINING_TEXT);
    assert_int_equal(ctx.status, TS_OK);
    assert_int_equal(d.held + d.held_count, d.first);
    assert_int_equal(d.first + d.count, d.text.count);
    const ts_batch b = ts_train_data_test(&ctx, &d, &s, s.stage, 7, 3);
    const int64_t *x = b.x.data, *y = b.target.data;
    for (int64_t i = 0; i < 150; i++) {
        assert_int_equal(x[i], d.text.ids[d.held + 350 + i]);
        assert_int_equal(y[i], d.text.ids[d.held + 351 + i]);
    }
    json_t *json = training_json("{'task': 'lm'}");
    ts_train_data_complete(&ctx, &d, json);
    assert_int_equal(json_integer_value(json_object_get(json, "samples")), d.text.count);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(json, "network"),
                                                        "vocabulary")), d.text.vocabulary);
    json_decref(json);
    ts_train_data_close(&d);
    ts_ctx_close(&ctx);
}

static void refused(const char *settings, const char *path, const char *said)
{
    ts_ctx ctx;
    ts_train_data d;
    ts_ctx_open(&ctx, ts_table_named("fast"), TS_F32, 1);
    const ts_train_settings s = settings_of(&ctx, settings);
    assert_int_not_equal(ts_train_data_open(&ctx, &d, &s, path), TS_OK);
    if (said)
        assert_string_equal(ctx.message, said);
    ts_train_data_close(&d);
    ts_ctx_close(&ctx);
}

static void refuses(void **state)
{
    (void)state;
    refused("{'task': 'lm', 'fold': '4/10'}", TRAINING_TEXT,
            "fold 4/10: of a text the first or the last part is held out");
    refused("{'task': 'lm', 'length': 1000000}", TRAINING_TEXT, NULL);
    refused("{}", "data/train/nowhere", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(parts), cmocka_unit_test(folds),
                                       cmocka_unit_test(text), cmocka_unit_test(refuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
