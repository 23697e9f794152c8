#include "tests/support/files.h"

#include "ref/io/safetensors.h"
#include "ref/io/weights.h"
#include "ref/base/grad.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static float values[] = {1, 2, 3, 4, 5, 6};
static int32_t integers[] = {1, 2};

static void write_file(const char *name, int count, const char *const *names)
{
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_items items = {0};
    for (int i = 0; i < count; i++)
        ts_items_add(&ctx, &items, names[i], ts_tensor_of(values, TS_F32, 2, (int64_t[]){2, 3}));
    ts_items_add(&ctx, &items, "whole", ts_tensor_of(integers, TS_I32, 1, (int64_t[]){2}));
    assert_int_equal(ts_safetensors_write(&ctx, files_path(name), &items, NULL), TS_OK);
    ts_items_free(&items);
    ts_ctx_close(&ctx);
}

static void opens(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    mkdir(files_path("pipe"), 0777);
    mkdir(files_path("pipe/vae"), 0777);
    files_write_text(files_path("pipe/model_index.json"), "{}");
    files_write_text(files_path("pipe/vae/config.json"),
                     "{\"n\":3,\"r\":0.5,\"b\":true,\"t\":\"x\",\"l\":[1,2],\"none\":null}");
    write_file("pipe/vae/diffusion_pytorch_model.safetensors", 2, (const char *[]){"z.2", "a.1"});
    ts_weights *w = ts_weights_open(&ctx, files_path("pipe"), "vae");
    assert_int_equal(ts_ctx_status(&ctx), TS_OK);
    assert_string_equal(ts_weights_component(w), "vae");
    assert_non_null(strstr(ts_weights_label(w), "pipe/vae"));
    assert_int_equal(ts_weights_count(w), 3);
    assert_string_equal(ts_weights_name(w, 0), "a.1");
    assert_string_equal(ts_weights_name(w, 2), "z.2");
    assert_int_equal(ts_weights_tensor(w, 1).dtype, TS_I32);
    assert_true(ts_weights_has(w, "z.2"));
    assert_false(ts_weights_has(w, "z"));
    const ts_tensor t = ts_weight(&ctx, w, 2, (int64_t[]){2, -1}, "z.%d", 2);
    assert_string_equal(t.name, "z.2");
    assert_null(t.grad);
    assert_float_equal(((const float *)t.data)[5], 6, 0);
    ts_weights_prefetch(w, "z.");
    int64_t list[2];
    assert_int_equal(ts_config_int(&ctx, w, "n", 0), 3);
    assert_int_equal(ts_config_int_required(&ctx, w, "n"), 3);
    assert_float_equal(ts_config_real(&ctx, w, "r", 0), 0.5, 0);
    assert_true(ts_config_bool(&ctx, w, "b", false));
    assert_string_equal(ts_config_text(&ctx, w, "t", ""), "x");
    assert_int_equal(ts_config_ints(&ctx, w, "l", list, 2), 2);
    assert_int_equal(list[1], 2);
    assert_int_equal(ts_config_int(&ctx, w, "none", 7), 7);
    assert_int_equal(json_object_size(ts_weights_config(w)), 6);
    assert_int_equal(ts_ctx_status(&ctx), TS_OK);

    ts_config_int(&ctx, w, "t", 0);
    files_failed(&ctx, TS_ERROR_FORMAT, "config.json: t: expected an integer, got a text");
    ts_config_int_required(&ctx, w, "missing");
    files_failed(&ctx, TS_ERROR_FORMAT, "config.json: the key missing is missing");
    ts_weight(&ctx, w, 2, (int64_t[]){2, 4}, "a.1");
    files_failed(&ctx, TS_ERROR_SHAPE, "tensor a.1: expected (2, 4), got (2, 3)");
    ts_weight(&ctx, w, 1, (int64_t[]){2}, "whole");
    files_failed(&ctx, TS_ERROR_FORMAT, "expected a floating type, got I32");
    ts_weight(&ctx, w, 1, (int64_t[]){2}, "nobody");
    files_failed(&ctx, TS_ERROR_FORMAT, "the tensor nobody is missing");
    ts_weights_close(w);

    w = ts_weights_open(&ctx, files_path("pipe/vae"), "vae"); /* the component's own folder */
    assert_non_null(w);
    ts_weights_close(w);
    ts_weights_close(NULL);
    ts_ctx_close(&ctx);
}

static void gradients(void **state)
{
    (void)state;
    ts_ctx ctx;
    ts_ctx_open_plain(&ctx);
    ts_weights *w = ts_weights_new(&ctx, "given");
    const ts_tensor t = ts_tensor_of(values, TS_F32, 1, (int64_t[]){6});
    static const char *const names[] = {"m", "c", "z", "a"};
    for (int i = 0; i < 4; i++)
        assert_int_equal(ts_weights_add(&ctx, w, names[i], t), TS_OK);
    for (int i = 1; i < 4; i++)
        assert_true(strcmp(ts_weights_name(w, i - 1), ts_weights_name(w, i)) < 0);
    ts_weights_want_grads(w, true);
    const ts_tensor first = ts_weight(&ctx, w, 1, (int64_t[]){6}, "c");
    const ts_tensor other = ts_weight(&ctx, w, 1, (int64_t[]){6}, "a");
    const ts_tensor again = ts_weight(&ctx, w, 1, (int64_t[]){6}, "c");
    assert_true(ctx.record);
    assert_non_null(first.grad);
    assert_ptr_equal(first.grad, again.grad);
    assert_ptr_not_equal(first.grad, other.grad);
    assert_int_equal(ts_weights_grad_count(w), 2);
    first.grad->value = t;
    const char *name;
    assert_ptr_equal(ts_weights_grad(w, 0, &name).data, values);
    assert_string_equal(name, "c");
    assert_true(ts_is_empty(ts_weights_grad(w, 1, &name)));
    assert_string_equal(name, "a");
    ts_weights_want_grads(w, true); /* a new run begins with nothing */
    assert_int_equal(ts_weights_grad_count(w), 0);
    assert_true(ts_is_empty(ts_weight(&ctx, w, 1, (int64_t[]){6}, "c").grad->value));
    ts_weights_want_grads(w, false);
    assert_null(ts_weight(&ctx, w, 1, (int64_t[]){6}, "c").grad);
    assert_int_equal(ts_weights_add(&ctx, w, "c", t), TS_ERROR_USAGE);
    files_failed(&ctx, TS_ERROR_USAGE, "given: two weights are named c");
    ts_weights_close(w);
    ts_ctx_close(&ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens),
        cmocka_unit_test(gradients),
    };
    return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
