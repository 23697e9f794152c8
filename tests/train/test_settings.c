#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/files.h"
#include "tests/support/training.h"

#include "ref/io/json.h"

#include <stdio.h>
#include <string.h>

static ts_status read_text(const char *text, ts_train_settings *s, char said[TS_MESSAGE])
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    json_t *json = training_json(text);
    const ts_status status = ts_train_settings_read(&ctx, s, json, "test");
    memcpy(said, ctx.message, TS_MESSAGE);
    json_decref(json);
    ts_ctx_close(&ctx);
    return status;
}

/* What a stage does not say is looked for outside; what nobody says has a value. */
static void stages(void **state)
{
    (void)state;
    ts_train_settings s;
    char said[TS_MESSAGE];
    assert_int_equal(read_text("{'ranks': 4, 'nodes': 2, 'batch': 32, 'fold': '3/7', 'lr': 0.5,"
                               " 'stages': [{'epochs': 13, 'resolution': 96, 'density': '1/50'},"
                               " {'epochs': 2, 'batch': 8, 'scheme': 'torus'}]}", &s, said), TS_OK);
    assert_int_equal(s.stages, 2);
    assert_int_equal(s.stage[0].epochs, 13);
    assert_int_equal(s.stage[0].resolution, 96);
    assert_int_equal(s.stage[0].batch, 32);
    assert_int_equal(s.stage[0].way.scheme.density.num * 50, s.stage[0].way.scheme.density.den);
    assert_int_equal(s.stage[1].batch, 8);
    assert_string_equal(s.stage[0].way.name, "ring");
    assert_string_equal(s.stage[1].way.name, "torus");
    assert_true(s.stage[1].way.scheme.feedback.feedback);
    assert_int_equal(s.fold, 3);
    assert_int_equal(s.folds, 7);
    assert_true(s.rule.optim.lr == 0.5 && s.rule.optim.momentum == 0.9);
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } wrong[] = {
        {"[]", "test: expected an object of settings"},
        {"{'rank': 4}", "test: unknown key \"rank\""},
        {"{'ranks': 4, 'batch': 30}", "test: batch 30 is no multiple of the 4 ranks"},
        {"{'nodes': 2}", "test: nodes is 2, expected 1 to 1"},
        {"{'ranks': 257}", "test: ranks is 257, expected 1 to 256"},
        {"{'fold': '10/10'}",
         "test: fold is \"10/10\", expected K/N: part K (from 0) of N is held out"},
        {"{'fold': '1/10x'}",
         "test: fold is \"1/10x\", expected K/N: part K (from 0) of N is held out"},
        {"{'schedule': 'step'}",
         "test: schedule is \"step\", expected one of constant, linear, cosine"},
        {"{'stages': []}", "test: stages is expected to be a list of 1 to 16 objects"},
        {"{'stages': [3]}", "test: stage 0 is no object"},
        {"{'stages': [{'lr': 3}]}", "test: unknown key \"lr\""},
        {"{'density': '2'}", NULL},
        {"{'momentum': 1.5}", "test: momentum is 1.5, expected 0 to 1"},
        {"{'network': {'model': 'lm-tiny'}}", "test: the network does not fit the task resnet"},
        {"{'task': 'vit'}", "test: task is \"vit\", expected one of resnet, lm"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ts_train_settings s;
        char said[TS_MESSAGE];
        assert_int_not_equal(read_text(wrong[i].text, &s, said), TS_OK);
        if (wrong[i].said)
            assert_string_equal(said, wrong[i].said);
    }
}

/* The recipes that come with the sources. */
static void recipes(void **state)
{
    (void)state;
    static const char *const names[] = {"record", "digits", "genesis"};
    ts_train_settings s[3];
    for (int i = 0; i < 3; i++) {
        ts_ctx ctx;
        char path[64];
        snprintf(path, sizeof path, "data/train/recipes/%s.json", names[i]);
        ts_ctx_open_plain(&ctx);
        json_t *json = ts_json_read_object(&ctx, path);
        if (ts_train_settings_read(&ctx, &s[i], json, path))
            fail_msg("%s", ctx.message);
        json_decref(json);
        ts_ctx_close(&ctx);
    }
    int64_t epochs = 0;
    for (int i = 0; i < s[0].stages; i++)
        epochs += s[0].stage[i].epochs;
    assert_int_equal(epochs, 28);
    assert_true(ts_scheme_is_sparse(&s[0].stage[0].way.scheme));
    assert_false(ts_scheme_is_sparse(&s[0].stage[1].way.scheme));
    assert_true(s[0].rule.optim.eta == 0.0008 && s[0].rule.optim.max_trust == 1);
    assert_true(s[0].stage[2].min_area == 0.11 && s[0].stage[3].min_area == 0.5);
}

/* Momentum is corrected once: the optimiser has none then. */
static void correction(void **state)
{
    (void)state;
    ts_train_settings s;
    char said[TS_MESSAGE];
    assert_int_equal(read_text("{'correction': true, 'scheme': 'mstopk', 'nesterov': true,"
                               " 'momentum': 0.8}", &s, said), TS_OK);
    assert_true(s.rule.optim.momentum == 0 && !s.rule.optim.nesterov);
    assert_true(s.stage[0].way.scheme.feedback.momentum == 0.8);
    assert_true(s.stage[0].way.scheme.feedback.nesterov && s.stage[0].way.scheme.feedback.masking);
    assert_int_equal(read_text("{'correction': true}", &s, said), TS_ERROR_USAGE);
    assert_string_equal(said, "test: correction needs a sparse scheme, not ring");
    assert_int_equal(read_text("{'correction': true, 'scheme': 'topk', 'optimizer': 'lamb',"
                               " 'momentum': 0.5}", &s, said), TS_ERROR_USAGE);
    assert_string_equal(said, "test: correction is for all stages and the optimizer sgd");
}

/* A change goes where the key stands. */
static void changes(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    json_t *json = training_json("{'batch': 8, 'stages': [{'density': '0.1'}, {'epochs': 2}]}");
    ts_train_settings_set(&ctx, json, "density", json_string("0.5"));
    ts_train_settings_set(&ctx, json, "seed", json_integer(4));
    json_t *want = training_json(
        "{'batch': 8, 'seed': 4, 'stages': [{'density': '0.5'}, {'epochs': 2}]}");
    assert_true(json_equal(json, want));
    assert_int_equal(ts_train_settings_same(&ctx, json, want, "here"), TS_OK);
    ts_train_settings_set(&ctx, want, "seed", json_integer(5));
    ts_train_settings_same(&ctx, json, want, "here");
    files_failed(&ctx, TS_ERROR_USAGE,
                 "here: cannot go on: \"seed\" was 4 in the checkpoint and is 5 now");
    ts_train_settings_set(&ctx, want, "seed", json_integer(4));
    ts_train_settings_set(&ctx, want, "flip", json_true());
    ts_train_settings_same(&ctx, json, want, "here");
    files_failed(&ctx, TS_ERROR_USAGE,
                 "here: cannot go on: \"flip\" was not given in the checkpoint and is true now");
    assert_int_equal(ts_train_settings_set(&ctx, want, "seed", NULL), TS_ERROR_MEMORY);
    json_decref(json);
    json_decref(want);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(stages), cmocka_unit_test(refuses),
                                       cmocka_unit_test(recipes), cmocka_unit_test(correction),
                                       cmocka_unit_test(changes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
