#include "tests/support/faults.h"
#include "tests/support/files.h"

#include "ref/io/module.h"
#include "ref/io/safetensors.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const ts_module table[] = {
    {.pattern = "a.b"},
    {.pattern = "a.blocks.*.attn"},
    {.pattern = "a.*.*"},
    {.pattern = "v.**"},
    {.pattern = "x*"},
    {0},
};

static void finds(void **state)
{
    (void)state;
    ts_call call = {0};
    assert_ptr_equal(ts_module_find(table, "a.b", &call), &table[0]);
    assert_string_equal(call.module, "a.b");
    assert_null(call.rest);
    assert_ptr_equal(ts_module_find(table, "a.blocks.12.attn", &call), &table[1]);
    assert_int_equal(call.wild[0], 12);
    assert_ptr_equal(ts_module_find(table, "a.0.34", &call), &table[2]);
    assert_int_equal(call.wild[0], 0);
    assert_int_equal(call.wild[1], 34);
    assert_ptr_equal(ts_module_find(table, "v.down.0.conv", &call), &table[3]);
    assert_string_equal(call.rest, "down.0.conv");
    assert_ptr_equal(ts_module_find(table, "x123456789012345678", &call), &table[4]);
    assert_int_equal(call.wild[0], 123456789012345678);
    static const char *const none[] = {"", "a", "a.b.c", "a.blocks..attn", "a.blocks.x.attn",
                                       "a.blocks.01.attn", "a.blocks.1.attn2", "a.1.", "v", "x",
                                       "x-1", "x1234567890123456789"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_null(ts_module_find(table, none[i], &call));
}

static void carries(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    float value = 3;
    const ts_tensor t = ts_tensor_of(&value, TS_F32, 0, NULL);
    json_t *settings = json_pack("{s:f, s:i, s:b, s:s, s:n, s:{s:i}}", "real", 0.5, "int", 3,
                                 "bool", 1, "text", "x", "null", "config", "d_ff", 64);
    ts_call call = {.module = "a.b", .settings = settings};
    ts_items_add(&ctx, &call.inputs, "x", t);
    assert_ptr_equal(ts_call_input(&ctx, &call, "x").data, &value);
    assert_ptr_equal(ts_call_optional(&call, "x").data, &value);
    assert_true(ts_is_empty(ts_call_optional(&call, "y")));
    assert_float_equal(ts_call_real(&ctx, &call, "real", 0), 0.5, 0);
    assert_float_equal(ts_call_real(&ctx, &call, "int", 0), 3, 0);
    assert_int_equal(ts_call_int(&ctx, &call, "int", 0), 3);
    assert_int_equal(ts_call_int(&ctx, &call, "config.d_ff", 0), 64);
    assert_int_equal(ts_call_int(&ctx, &call, "config.none", 5), 5);
    assert_int_equal(ts_call_int(&ctx, &call, "null", 6), 6);
    assert_true(ts_call_bool(&ctx, &call, "bool", false));
    assert_string_equal(ts_call_text(&ctx, &call, "text", ""), "x");
    assert_true(json_is_object(ts_call_json(&call, "config")));
    ts_call_output(&ctx, &call, "y", t);
    assert_int_equal(call.outputs.count, 1);
    assert_int_equal(ts_ctx_status(&ctx), TS_OK);

    ts_call_input(&ctx, &call, "y");
    files_failed(&ctx, TS_ERROR_USAGE, "a.b: the input y is missing");
    assert_ptr_equal(ts_call_sole_input(&ctx, &call, "y").data, &value);
    ts_items_add(&ctx, &call.inputs, "z", t);
    assert_ptr_equal(ts_call_sole_input(&ctx, &call, "z").data, &value);
    ts_call_sole_input(&ctx, &call, "y");
    files_failed(&ctx, TS_ERROR_USAGE, "a.b: the input y is missing");
    ts_call_int(&ctx, &call, "real", 0);
    files_failed(&ctx, TS_ERROR_FORMAT, "a.b: settings: real: expected an integer, got a real");
    ts_call_output(&ctx, &call, "z", (ts_tensor){0});
    files_failed(&ctx, TS_ERROR_USAGE, "a.b: the output z was not computed");
    call.answer = json_array();
    ts_call_free(&call);
    const ts_call bare = {.module = "a.b"};
    assert_int_equal(ts_call_int(&ctx, &bare, "int", 9), 9);
    json_decref(settings);
    ts_ctx_close(&ctx);
}

static void weights(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    float value = 3;
    ts_items items = {0};
    ts_items_add(&ctx, &items, "w", ts_tensor_of(&value, TS_F32, 0, NULL));
    files_write_text(files_path("model_index.json"), "{}");
    for (int i = 0; i < 9; i++) {
        char name[64];
        snprintf(name, sizeof name, "part%d", i);
        mkdir(files_path(name), 0777);
        snprintf(name, sizeof name, "part%d/config.json", i);
        files_write_text(files_path(name), "{}");
        snprintf(name, sizeof name, "part%d/model.safetensors", i);
        ts_safetensors_write(&ctx, files_path(name), &items, NULL);
    }
    ts_call call = {.module = "m", .want_param_grads = true};
    assert_null(ts_call_weights(&ctx, &call, "part0"));
    files_failed(&ctx, TS_ERROR_USAGE, "m: no weights");
    call.checkpoint = files_path("");
    ts_weights *first = ts_call_weights(&ctx, &call, "part0");
    assert_non_null(first);
    assert_non_null(ts_weight(&ctx, first, 0, NULL, "w").grad);
    assert_ptr_equal(ts_call_weights(&ctx, &call, "part0"), first);
    assert_int_equal(ts_weights_grad_count(first), 1); /* asking again forgets nothing */
    ts_weights *kept = ts_weights_open_file(&ctx, files_path("part1/model.safetensors"));
    assert_ptr_equal(ts_call_keep(&ctx, &call, kept), kept);
    assert_non_null(ts_weight(&ctx, kept, 0, NULL, "w").grad);
    for (int i = 2; i < 8; i++) {
        char name[16];
        snprintf(name, sizeof name, "part%d", i);
        assert_non_null(ts_call_weights(&ctx, &call, name));
    }
    assert_null(ts_call_weights(&ctx, &call, "part8"));
    files_failed(&ctx, TS_ERROR_UNSUPPORTED, "more than 8 sets of weights");
    assert_null(ts_call_keep(&ctx, &call, NULL)); /* what could not be opened was said before */
    assert_int_equal(ts_ctx_status(&ctx), TS_OK);
    ts_call_free(&call);

    call = (ts_call){.module = "m", .want_param_grads = true, .checkpoint = "nowhere"};
    assert_null(ts_call_weights(&ctx, &call, "part0"));
    files_failed(&ctx, TS_ERROR_IO, "nowhere: no such folder");
    call.params = ts_weights_new(&ctx, "param");
    ts_weights_add(&ctx, call.params, "w", items.items[0].value);
    ts_weights *params = ts_call_weights(&ctx, &call, "part0");
    assert_ptr_equal(params, call.params);
    assert_non_null(ts_weight(&ctx, params, 0, NULL, "w").grad);
    ts_call_weights(&ctx, &call, "part0");
    assert_int_equal(ts_weights_grad_count(params), 1);
    ts_call_free(&call);
    ts_weights_close(params); /* the caller's */
    ts_items_free(&items);
    ts_ctx_close(&ctx);
}

static int work(void)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_call call = {.module = "m", .checkpoint = "data/goldens/io/pipeline"};
    ts_weights *w = ts_call_weights(&ctx, &call, "transformer");
    if (w)
        ts_call_output(&ctx, &call, "y", ts_weight(&ctx, w, 1, (int64_t[]){3}, "a"));
    ts_call_free(&call);
    return faults_answer(&ctx);
}

static void faults(void **state)
{
    (void)state;
    assert_true(faults_walk("work") > 20);
}

int main(int count, char **arguments)
{
    (void)arguments;
    if (count > 1)
        return work();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds),
        cmocka_unit_test(carries),
        cmocka_unit_test(weights),
        cmocka_unit_test(faults),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
